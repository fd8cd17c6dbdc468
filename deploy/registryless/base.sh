#!/bin/bash
# python:3.11-slim-bookworm without a registry: Debian by debootstrap from this host's package mirror.
# Debian 12 has Python 3.11. Also makes doorstep-build, the same with this host's pip settings, in which
# wheels are installed; images made for running never see those settings. REBUILD=1: made anew if it is there.
set -euo pipefail
cd "$(dirname "$0")/../.."
image=python:3.11-slim-bookworm builder=doorstep-build:latest

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
have() { docker image inspect "$1" >/dev/null 2>&1; }

work=$(mktemp -d)
trap 'as_root rm -rf "$work"' EXIT

# Lines of sources.list for Debian bookworm, from whatever format this host's apt has them in.
sources() {
    # shellcheck disable=SC2016  # apt fills these in, not the shell
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
        awk '$2 ~ /^bookworm/ && $3 == "main" {print "deb", $1, $2, $3}' | sort -u
}

if [ -n "${REBUILD:-}" ] || ! have $image; then
    sources >"$work/sources.list"
    mirror=$(awk '$3 == "bookworm" {print $2; exit}' "$work/sources.list")
    [ -n "$mirror" ] || { echo "base: this host's apt knows no Debian bookworm mirror" >&2; exit 1; }
    if grep -q '://[^/]*@' "$work/sources.list"; then
        echo "base: the mirror's URL holds a password, which the image would carry: use /etc/apt/auth.conf" >&2
        exit 1
    fi
    root=$work/root
    echo "base: debootstrap (two to three minutes)" >&2
    as_root debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv,python3-pip,tzdata \
        bookworm "$root" "$mirror" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }
    as_root cp "$work/sources.list" "$root/etc/apt/sources.list"
    # What apt needs to get out of here (a proxy), and certificates a proxy may bring.
    apt-config dump | grep -iE '^Acquire::(http|https)::(proxy|cainfo|verify)' |
        as_root tee "$root/etc/apt/apt.conf.d/90host" >/dev/null || true
    trusted() { as_root cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"; }
    trusted
    as_root ln -sf python3 "$root/usr/bin/python"
    # debootstrap takes the versions of the last point release; security updates are in another archive, if at all.
    as_root chroot "$root" env DEBIAN_FRONTEND=noninteractive sh -ec 'apt-get update -q; apt-get upgrade -qy' \
        </dev/null >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }
    trusted  # a newer package of certificates knows only its own
    as_root rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/cache/apt/*.bin "$root"/var/lib/apt/lists/* "$root"/var/log/*.log \
        "$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/locale
    as_root tar -C "$root" -c . | docker import --change 'CMD ["python3"]' --change 'ENV LANG=C.UTF-8' - $image >/dev/null
fi

# Always made anew: the settings may have changed, and it takes a second.
pip=python3\ -m\ pip
if [ -x .venv/bin/pip ]; then pip=.venv/bin/pip; fi
mkdir "$work/pip"
{
    echo "[global]"
    for key in index-url extra-index-url trusted-host proxy timeout; do
        variable=PIP_$(tr a-z- A-Z_ <<<"$key")
        value=${!variable:-$($pip config get "global.$key" 2>/dev/null || true)}
        [ -z "$value" ] || echo "$key = ${value//$'\n'/ }"
    done
    echo "cert = /etc/ssl/certs/ca-certificates.crt"
} >"$work/pip/pip.conf"
printf 'FROM %s\nCOPY pip.conf /etc/pip.conf\n' $image >"$work/pip/Dockerfile"
DOCKER_BUILDKIT=0 docker build -q -t $builder "$work/pip" >/dev/null 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
