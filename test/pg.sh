#!/usr/bin/env bash
# Runs a command with NARU_TEST_DSN pointing at a PostgreSQL server of its own,
# which is made for it and thrown away. A DSN that is already set is used as it is.
#
#   test/pg.sh go test ./internal/store
set -euo pipefail

if [[ -n ${NARU_TEST_DSN:-} ]]; then
	exec "$@"
fi

bin=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -1 || true)
[[ -n $bin ]] || bin=$(dirname "$(command -v initdb)")

# In memory, if there is room for all that the tests start beside each other: each
# database is hundreds of files, and making them is most of the work on a disk.
place=${TMPDIR:-/tmp}
if (($(df --output=avail -k /dev/shm 2>/dev/null | tail -1 || echo 0) >= 4 << 20)); then
	place=/dev/shm
fi
dir=$(mktemp -d -p "$place")
as_postgres=()
if ((EUID == 0)); then # the server refuses to run as root
	as_postgres=(runuser -u postgres --)
	chown postgres "$dir"
fi
cd_back=$PWD

stop() {
	cd /
	"${as_postgres[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
	rm -rf "$dir"
}
trap stop EXIT

# Nothing in it outlives the command, so nothing needs to reach the disk.
settings="-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off"
settings+=" -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=1GB -c checkpoint_timeout=1h"

cd "$dir"
"${as_postgres[@]}" "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
for _ in 1 2 3 4 5; do # another program may take the port first
	port=$((20000 + RANDOM % 20000))
	if "${as_postgres[@]}" "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 \
		-o "-p $port -k $dir -c listen_addresses=127.0.0.1 $settings -c max_connections=1000 -c deadlock_timeout=100ms" start >/dev/null; then
		cd "$cd_back"
		export NARU_TEST_DSN="postgres://postgres@127.0.0.1:$port/postgres?sslmode=disable"
		"$@"
		exit
	fi
done
cat "$dir/log" >&2
echo "PostgreSQL did not start" >&2
exit 1
