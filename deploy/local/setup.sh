#!/bin/bash
# Makes this machine ready: .venv from the lock files, and the Debian packages that are missing.
#   setup.sh [--dev] [--bench] [--rabbitmq] [--postgresql] [--prometheus] [--chromium] [--age] [--faketime]
# Runs again in well under a second when there is nothing to do. Needs root or sudo only to install packages.
set -euo pipefail
cd "$(dirname "$0")/../.."

locks=(requirements.lock) packages=()
for wish in "$@"; do
    case $wish in
        --dev) locks+=(requirements-dev.lock) ;;
        --bench) locks+=(requirements-bench.lock) ;;
        --rabbitmq) [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || command -v rabbitmq-server >/dev/null || packages+=(rabbitmq-server) ;;
        --postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || packages+=(postgresql) ;;
        --prometheus) { command -v prometheus && command -v promtool; } >/dev/null || packages+=(prometheus) ;;
        --age) command -v age >/dev/null || packages+=(age) ;;  # encrypts backups
        --faketime) compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || packages+=(libfaketime) ;;  # for tests
        --chromium)  # for the browser tests: with a font that can show Chinese
            command -v chromium >/dev/null || packages+=(chromium)
            compgen -G '/usr/share/fonts/truetype/wqy/wqy-microhei.*' >/dev/null || packages+=(fonts-wqy-microhei) ;;
        *) echo "setup.sh: unknown option $wish" >&2; exit 2 ;;
    esac
done

fail() { echo "setup: $*" >&2; exit 1; }

python=
for candidate in python3.11 python3 python3.12 python3.13 python3.14; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$candidate; break; fi
done
if [ -z "$python" ]; then packages+=(python3 python3-venv) python=python3
elif [ ! -x .venv/bin/pip ] && ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then packages+=(python3-venv); fi

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Debian starts a server as soon as it is installed. We run private nodes and want no system-wide one, and in
# a container starting it fails: policy-rc.d forbids it, for as long as apt runs, unless there is a policy.
# Where a server was installed (and perhaps runs) before, its package is not touched at all.
install() {
    command -v apt-get >/dev/null || fail "please install $* (this is no Debian, there is no apt-get)"
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || fail "please install $* as root (we are not, and there is no sudo)"
    echo "setup: installing $*" >&2
    local policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
    fi
    local log result=0
    log=$(mktemp)
    {
        as_root apt-get update -q &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$@"
    } </dev/null >"$log" 2>&1 || result=$?
    [ $result = 0 ] || { tail -n 15 "$log" >&2; fail "apt-get could not install $* (whole log: $log)"; }
    rm -f "$log"
    if [ -d /run/systemd/system ]; then  # nor at the next boot
        for server in rabbitmq-server postgresql prometheus; do
            case " $* " in *" $server "*) as_root systemctl --quiet disable $server || true ;; esac
        done
    fi
}
if [ ${#packages[@]} -gt 0 ]; then install "${packages[@]}"; fi

# The stamp holds what was installed; an environment that has more than is asked for now stays as it is.
stamp=.venv/.doorstep-locks
wanted() { sha256sum "${locks[@]}" pyproject.toml clients/pyproject.toml 2>/dev/null || true; }
if ! [ -x .venv/bin/doorstep ] || ! [ -f $stamp ] || [ -n "$(wanted | grep -vxFf $stamp)" ]; then
    echo "setup: installing ${locks[*]} into .venv" >&2
    [ -x .venv/bin/pip ] || "$python" -m venv --clear .venv || fail "could not make .venv with $python"
    pip=(.venv/bin/python -m pip --quiet --disable-pip-version-check --no-input)
    for lock in "${locks[@]}"; do
        "${pip[@]}" install --require-hashes -r "$lock" || fail "pip could not install $lock"
    done
    projects=(-e .)
    if [ -f clients/pyproject.toml ]; then projects+=(-e clients); fi
    # compat: a plain path entry, so that a new top-level package is there without installing again
    PYTHONWARNINGS=ignore "${pip[@]}" install --no-deps --no-build-isolation --config-settings editable_mode=compat "${projects[@]}" ||
        fail "pip could not install the project itself"
    { grep -vF "$(wanted | awk '{print $2}')" $stamp 2>/dev/null || true; wanted; } >$stamp.new
    mv $stamp.new $stamp
fi
