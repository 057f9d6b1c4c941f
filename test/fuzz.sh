#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME (5s), one after the other.
set -euo pipefail
cd "$(dirname "$0")/.."
n=0
while IFS=: read -r file target; do
	echo "fuzz $(dirname "$file") $target"
	go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-5s}" -fuzzminimizetime 100x "./$(dirname "$file")"
	n=$((n + 1))
done < <(grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' cmd examples internal | sed 's/func //' | sort)
((n > 0)) || { echo "no fuzz target found" >&2; exit 1; }
echo "$n fuzz targets"
