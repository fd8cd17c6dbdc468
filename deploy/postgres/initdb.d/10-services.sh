#!/bin/bash
# A role and a database of its own for each service and the console, closed to the others. Runs by itself once, on an empty data
# directory; run again by hand (docs/operations/faults.md) it makes what is missing and changes nothing else.
set -euo pipefail
for service in registration isolation notification console; do
    psql -v ON_ERROR_STOP=1 --no-psqlrc --username "${POSTGRES_USER:-postgres}" --dbname postgres --quiet \
        --set name="$service" <<'SQL'
-- Read here: what stands on the command line is shown to whoever lists processes.
\set password `cat /run/secrets/:'name'_database_password`
SELECT format('CREATE ROLE %I LOGIN CONNECTION LIMIT 120 PASSWORD %L', :'name', :'password')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', :'name', :'name')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
