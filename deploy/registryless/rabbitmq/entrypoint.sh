#!/bin/bash
# What the official image's entrypoint does, as far as it is used here: default user and password (the server
# reads RABBITMQ_DEFAULT_* itself), also from files; root gives way to the user rabbitmq.
set -euo pipefail
for name in RABBITMQ_DEFAULT_USER RABBITMQ_DEFAULT_PASS; do
    file=${name}_FILE
    if [ -n "${!file:-}" ]; then
        export "$name=$(<"${!file}")"
        unset "$file"
    fi
done
if [[ ${1:-} == rabbitmq* && $(id -u) = 0 ]]; then
    [ "$1" != rabbitmq-server ] || chown -R rabbitmq:rabbitmq /var/lib/rabbitmq
    exec setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups "$BASH_SOURCE" "$@"
fi
exec "$@"
