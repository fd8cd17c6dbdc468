#!/bin/bash
# A Docker engine for a machine that has none: what is missing is installed from Debian's packages.
#   engine.sh start         prints `export DOCKER_HOST=…`, or nothing where an engine answers already
#   engine.sh stop          stops the engine that `start` started, and no other
#   engine.sh run COMMAND…  with an engine; one that was not running before is stopped at the end
# Images and volumes are kept below DOORSTEP_ENGINE_DIR (default: var/engine). Needs root or sudo.
set -euo pipefail
cd "$(dirname "$0")/../.."

action=${1:-} directory=$(realpath -m "${DOORSTEP_ENGINE_DIR:-var/engine}")
# Sockets have short names: a path of more than 107 bytes cannot be listened on.
run=/run/doorstep-engine-$(printf %s "$directory" | sha256sum | cut -c1-8)
pidfile=$directory/dockerd.pid

fail() { echo "engine: $*" >&2; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
answers() { docker info >/dev/null 2>&1; }
ours() { [ -f "$pidfile" ] && as_root grep -qsz dockerd "/proc/$(cat "$pidfile")/cmdline"; }

# A server that Debian starts while installing is not wanted where no init system would look after it.
install() {
    command -v apt-get >/dev/null || fail "please install $*"
    echo "engine: installing $*" >&2
    local policy=/usr/sbin/policy-rc.d log result=0
    if [ ! -d /run/systemd/system ] && [ ! -e $policy ]; then
        trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
    fi
    log=$(mktemp)
    {
        as_root apt-get update -q &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$@"
    } </dev/null >"$log" 2>&1 || result=$?
    [ $result = 0 ] || { tail -n 15 "$log" >&2; fail "apt-get could not install $* (whole log: $log)"; }
    rm -f "$log"
}

start() {
    local packages=()
    command -v docker-compose >/dev/null || packages+=(docker-compose)
    command -v debootstrap >/dev/null || packages+=(debootstrap)
    if ! answers; then
        command -v dockerd >/dev/null || packages+=(docker.io)
        command -v iptables >/dev/null || packages+=(iptables)
    fi
    [ ${#packages[@]} = 0 ] || install "${packages[@]}"
    if answers; then return; fi
    if ! ours; then
        if as_root docker info >/dev/null 2>&1; then
            fail "an engine runs that $(id -un) may not use: sudo adduser $(id -un) docker, and log in again"
        fi
        mkdir -p "$(dirname "$directory")"  # ours, and not root's
        as_root mkdir -p -m 755 "$directory" "$run"
        as_root rm -f "$pidfile"  # of before the machine was restarted
        # Detached from our terminal and our caller's pipes; it ends by `stop`. The log is root's, too.
        # shellcheck disable=SC2016  # for the inner shell
        as_root sh -c 'log=$1; shift; exec setsid --fork dockerd "$@" </dev/null >"$log" 2>&1' sh \
            "$directory/dockerd.log" --host "unix://$run/docker.sock" --data-root "$directory/data" \
            --exec-root "$run/exec" --pidfile "$pidfile" --group "$(id -gn)"
    fi
    export DOCKER_HOST=unix://$run/docker.sock
    for _ in $(seq 120); do
        if answers; then echo "export DOCKER_HOST=$DOCKER_HOST"; return; fi
        sleep 0.5
    done
    as_root tail -n 15 "$directory/dockerd.log" >&2
    fail "dockerd did not answer within 60 s (whole log: $directory/dockerd.log)"
}

stop() {
    ours || { as_root rm -f "$pidfile"; return 0; }
    local pid
    pid=$(cat "$pidfile")
    as_root kill -TERM "$pid"
    for _ in $(seq 120); do
        [ -d "/proc/$pid" ] || break
        sleep 0.5
    done
    [ ! -d "/proc/$pid" ] || as_root kill -KILL "$pid"
    as_root rm -rf "$pidfile" "$run"
}

case $action in
    start) start ;;
    stop) stop ;;
    run)
        shift
        ours && was_running=1 || was_running=
        engine=$(start)
        eval "$engine"
        [ -n "$was_running" ] || trap stop EXIT
        "$@" ;;
    *) sed -n '2,6s/^# \?//p' "$0" >&2; exit 2 ;;
esac
