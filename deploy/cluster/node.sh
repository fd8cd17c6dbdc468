#!/bin/sh
# Starts a node of the cluster: the official image's entrypoint behind what a cluster needs.
set -eu
data=/var/lib/rabbitmq

# Erlang wants the cookie to be a file of its own user that nobody else reads; secrets are mounted otherwise.
install -m 600 /run/secrets/erlang_cookie "$data/.erlang.cookie"

# A new node waits for one that runs. Otherwise new nodes that start beside an older one which is still
# reading its data would form a cluster of their own. The first node waits for nobody.
if [ ! -e "$data/mnesia" ] && [ -n "${DOORSTEP_JOIN:-}" ]; then
    until for node in $DOORSTEP_JOIN; do
        rabbitmq-diagnostics -q -n "$node" check_running >/dev/null 2>&1 && break
    done; do
        echo "waiting for one of these nodes to run: $DOORSTEP_JOIN"
        sleep 1
    done
fi
exec docker-entrypoint.sh "$@"
