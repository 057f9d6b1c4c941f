#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME (5s). A package's targets share one
# instrumented program, which is built once.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$(mktemp -d)
trap 'rm -rf "$programs"' EXIT
inputs=$(go env GOCACHE)/fuzz # where go test -fuzz keeps what it finds
n=0 built=
while IFS=: read -r file target; do
	package=$(dirname "$file")
	if [[ $package != "$built" ]]; then
		go test -vet=off -ldflags='-s -w' -c -fuzz . -o "$programs/fuzz.test" "./$package"
		built=$package
	fi
	echo "fuzz $package $target"
	(cd "$package" && "$programs/fuzz.test" -test.paniconexit0 -test.timeout 10m -test.run '^$' -test.fuzz "^$target\$" \
		-test.fuzzcachedir "$inputs/naru/$package" -test.fuzztime "${FUZZTIME:-5s}" -test.fuzzminimizetime 100x)
	n=$((n + 1))
done < <(grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' cmd examples internal | sed 's/func //' | sort)
((n > 0)) || { echo "no fuzz target found" >&2; exit 1; }
echo "$n fuzz targets"
