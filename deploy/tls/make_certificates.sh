#!/bin/bash
# A certificate authority of this deployment and certificates for RabbitMQ and PostgreSQL, by openssl:
#   make_certificates.sh [NAME…]     NAMEs or addresses under which publishers reach the broker
# They go beside the other secrets. What is there stays; delete tls_rabbitmq.* and tls_postgres.* to have these made
# anew (they last 825 days), and name all NAMEs again.
set -euo pipefail
umask 077
secrets=${DOORSTEP_SECRETS:-$(dirname "$0")/../compose/secrets}
mkdir -p "$secrets"
cd "$secrets"

quietly() { # openssl tells what it does; wanted only where it fails
    local said
    said=$("$@" 2>&1) || { echo "$said" >&2; echo "make_certificates: ${*:1:2} failed" >&2; exit 1; }
}

if [ ! -e tls_ca.pem ]; then
    quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 -subj "/CN=Doorstep CA" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
        -keyout tls_ca.key -out tls_ca.new
    mv tls_ca.new tls_ca.pem  # what has its name is whole
fi

certify() { # name, further names
    local name=$1 names
    [ ! -e "tls_$name.pem" ] || return 0
    names="DNS:$name,DNS:localhost,IP:127.0.0.1"
    for one in "${@:2}"; do
        if [[ $one =~ ^[0-9.]+$ || $one == *:* ]]; then names+=",IP:$one"; else names+=",DNS:$one"; fi
    done
    quietly openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$name" \
        -keyout "tls_$name.key" -out "tls_$name.csr"
    quietly openssl x509 -req -in "tls_$name.csr" -CA tls_ca.pem -CAkey tls_ca.key -CAcreateserial -days 825 \
        -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' "$names") \
        -out "tls_$name.new"
    mv "tls_$name.new" "tls_$name.pem"
    rm "tls_$name.csr"
}
certify rabbitmq rabbitmq-2 rabbitmq-3 broker "$@"  # by these names the services know the broker and its nodes
certify postgres
# As the other secrets: the folder is closed, and containers of other users read what is mounted into them.
chmod 444 tls_ca.pem tls_rabbitmq.pem tls_rabbitmq.key tls_postgres.pem tls_postgres.key
echo "certificates are in $secrets; give tls_ca.pem to publishers, and tls_ca.key to nobody"
