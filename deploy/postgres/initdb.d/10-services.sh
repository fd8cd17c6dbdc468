#!/bin/bash
# For each service and the console a database, closed to the others, and two roles: NAME_owner, by which `migrate`
# makes the tables, and NAME, by which services work with them (chassis/database/rights.py says what it may do).
# Runs by itself once, on an empty data directory; run again by hand (docs/operations/faults.md) it makes what is
# missing, hands over what a service of an earlier version owned, and changes nothing else.
set -euo pipefail
for service in registration isolation notification console; do
    psql -v ON_ERROR_STOP=1 --no-psqlrc --username "${POSTGRES_USER:-postgres}" --dbname postgres --quiet \
        --set name="$service" <<'SQL'
\set owner :name _owner
-- Read here: what stands on the command line is shown to whoever lists processes.
\set password `cat /run/secrets/:'name'_database_password`
\set owner_password `cat /run/secrets/:'owner'_password`
SELECT format('CREATE ROLE %I LOGIN CONNECTION LIMIT 120 PASSWORD %L', :'name', :'password')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
SELECT format('CREATE ROLE %I LOGIN CONNECTION LIMIT 10 PASSWORD %L', :'owner', :'owner_password')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') \gexec
SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', :'name', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
\connect :name
-- Table by table, each with the rights by which the services of that version go on: none waits for another's lock.
SET lock_timeout = '30s';
SELECT format(
    'ALTER TABLE %1$I OWNER TO %2$I; GRANT SELECT, INSERT, UPDATE, DELETE ON %1$I TO %3$I', tablename, :'owner', :'name')
FROM pg_tables WHERE schemaname = 'public' AND tableowner = :'name' ORDER BY tablename \gexec
BEGIN;
REASSIGN OWNED BY :"name" TO :"owner";
GRANT CONNECT ON DATABASE :"name" TO :"name";
COMMIT;
SQL
done
