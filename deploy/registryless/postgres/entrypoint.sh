#!/bin/bash
# What the official image's entrypoint does, as far as it is used here: on an empty data directory initdb, the
# database POSTGRES_DB and the files in /docker-entrypoint-initdb.d, by a server that nobody outside can reach.
set -euo pipefail

if [[ ${1:-} == -* ]]; then set -- postgres "$@"; fi
if [[ ${1:-} != postgres ]]; then exec "$@"; fi
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    chown postgres:postgres "$PGDATA" /run/postgresql
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$BASH_SOURCE" "$@"
fi

given() { # the variable, or the content of the file that VARIABLE_FILE names
    local file=$1_FILE
    if [ -n "${!file:-}" ]; then cat "${!file}"; else printf %s "${!1:-}"; fi
}
export POSTGRES_USER POSTGRES_DB
POSTGRES_USER=$(given POSTGRES_USER); POSTGRES_USER=${POSTGRES_USER:-postgres}
POSTGRES_DB=$(given POSTGRES_DB); POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
POSTGRES_PASSWORD=$(given POSTGRES_PASSWORD)

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    [ -n "$POSTGRES_PASSWORD" ] || { echo "POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE must be set" >&2; exit 1; }
    # Before there is a data directory: the next start would find it, and take it for finished.
    find /docker-entrypoint-initdb.d/ ! -readable -print -quit | {
        if read -r closed; then echo "$closed is not for $(id -un) to read" >&2; exit 1; fi
    }
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA" || true
    read -ra initdb_args <<<"${POSTGRES_INITDB_ARGS:-}"
    initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
        --auth-host=scram-sha-256 --auth-local=trust "${initdb_args[@]}"
    echo "host all all all ${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
    echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
    pg_ctl --pgdata "$PGDATA" --options "-c listen_addresses=''" --wait start
    psql=(psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER")
    if [ "$POSTGRES_DB" != postgres ]; then
        "${psql[@]}" --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
    fi
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
            *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
            *.sql) "${psql[@]}" --dbname "$POSTGRES_DB" -f "$file" ;;
            *.sql.gz) gunzip -c "$file" | "${psql[@]}" --dbname "$POSTGRES_DB" ;;
        esac
    done
    pg_ctl --pgdata "$PGDATA" --mode fast --wait stop
fi
unset POSTGRES_PASSWORD
exec "$@"
