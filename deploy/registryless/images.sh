#!/bin/bash
# Every image of docker-compose.yml without a registry, from Debian's packages and PyPI's wheels:
#   images.sh [doorstep] [rabbitmq] [postgres] [nginx] [prometheus]      (default: the first four)
# An image that is there already is kept, except doorstep, of which the engine's cache knows what changed.
# REBUILD=1: all are made anew, with the packages of today; without names also prometheus, if it is there.
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOCKER_BUILDKIT=0  # the builder that needs no image of its own

# The names by which the compose file asks for them; what is in them is Debian's version.
declare -A stands_in=()
for name in rabbitmq postgres nginx prometheus; do
    stands_in[$name]=$(sed -n "s/^    image: \${DOORSTEP_${name^^}_IMAGE:-\(.*\)}$/\1/p" docker-compose.yml)
done
have() { docker image inspect "${stands_in[$1]}" >/dev/null 2>&1; }
if [ $# = 0 ]; then
    set -- doorstep rabbitmq postgres nginx
    if [ -n "${REBUILD:-}" ] && have prometheus; then set -- "$@" prometheus; fi
fi

build() { # tag, arguments of docker build; its long output only where it fails
    local log
    log=$(mktemp)
    echo "images: building $1" >&2
    docker build -t "$@" >"$log" 2>&1 || { tail -n 30 "$log" >&2; echo "images: $1 failed (whole log: $log)" >&2; exit 1; }
    rm -f "$log"
}

deploy/registryless/base.sh
for wanted in "$@"; do
    case $wanted in
        doorstep)
            build "${DOORSTEP_IMAGE:-doorstep:latest}" -f deploy/image/Dockerfile \
                --build-arg BASE=python:3.11-slim-bookworm --build-arg BUILDER=doorstep-build:latest . ;;
        rabbitmq | postgres | nginx | prometheus)
            if [ -n "${REBUILD:-}" ] || ! have "$wanted"; then
                build "${stands_in[$wanted]}" "deploy/registryless/$wanted"
            fi ;;
        *) sed -n '2,5s/^# \?//p' "$0" >&2; exit 2 ;;
    esac
done
