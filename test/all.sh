#!/usr/bin/env bash
# Runs the given make targets one after the other, all of them whatever fails,
# and closes with a table. The output of each is kept in build/test/.
set -uo pipefail
cd "$(dirname "$0")/.."
logs=build/test
mkdir -p "$logs"
passed=0 failed=0 rows=()

for target in "$@"; do
	log=$logs/${target//\//-}.log
	printf '%-15s ' "$target"
	start=$SECONDS
	if "${MAKE:-make}" --no-print-directory "$target" >"$log" 2>&1; then
		result=ok passed=$((passed + 1))
	else
		result=FAILED failed=$((failed + 1))
	fi
	took=$((SECONDS - start))
	printf '%-7s %4d s\n' "$result" "$took"
	rows+=("$(printf '%-15s %-7s %4d s   %s' "$target" "$result" "$took" "$log")")
	if [[ $result == FAILED ]]; then
		echo "---- the end of $log"
		grep -vE '^ok  |no test files' "$log" | tail -n 120
		echo "----"
	fi
done

echo
printf '%s\n' "${rows[@]}"
echo "all in $SECONDS s"
echo "$passed passed, $failed failed"
((failed == 0))
