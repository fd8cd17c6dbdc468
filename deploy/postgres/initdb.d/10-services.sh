#!/bin/bash
# Once, on an empty data directory: a role and a database of its own for each service, closed to the others.
set -euo pipefail
for service in registration isolation notification; do
    psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --dbname postgres --quiet \
        --set name="$service" --set password="$(<"/run/secrets/${service}_database_password")" <<'SQL'
CREATE ROLE :"name" LOGIN CONNECTION LIMIT 120 PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name" ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
