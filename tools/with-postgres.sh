#!/bin/sh
# with-postgres.sh COMMAND…: runs it beside a private PostgreSQL on a unix socket; HECATE_TEST_PG is its URL. PostgreSQL refuses root, so root starts it as
# the Debian user `postgres`.
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
dir=$(mktemp -d)
as=
if [ "$(id -u)" = 0 ]; then
    chown postgres "$dir"
    chmod 0755 "$dir" # the socket is for other users
    as='runuser -u postgres --'
fi
stop() {
    [ -f "$dir/data/postmaster.pid" ] && pg "$bin/pg_ctl" -D "$dir/data" -m immediate -s -w stop || true
    rm -rf "$dir"
}
pg() { # its programs ask for a folder that they may enter
    (cd "$dir" && $as "$@")
}
trap stop EXIT
trap 'exit 130' INT TERM
pg "$bin/initdb" -D "$dir/data" -U hecate -A trust -E UTF8 --locale=C > /dev/null
pg "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -s -w -o "-k $dir -c listen_addresses= -c max_connections=200" start
export HECATE_TEST_PG="postgres://hecate@/postgres?host=$dir"
"$@"
