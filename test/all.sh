#!/usr/bin/env bash
# Runs make targets, all of them whatever fails, and closes with a table. Targets
# after a "--" run beside those before it: one lane computes while the other
# waits. Within a lane one follows the other. The output of each is kept in
# build/test/, and the end of those that failed is shown.
#
#   test/all.sh lint test/unit -- test/chaos test/e2e
set -uo pipefail
cd "$(dirname "$0")/.."
logs=build/test
mkdir -p "$logs"
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# The program that several targets run. Should it not build, they say so.
if go build -o "$logs/naru" ./cmd/naru 2>"$logs/build.log"; then
	export NARU_TEST_PROGRAM=$PWD/$logs/naru
fi

log_of() { printf '%s/%s.log' "$logs" "${1//\//-}"; }

run() { # run TARGET…: one after the other
	local target start result
	for target in "$@"; do
		start=$SECONDS result=FAILED
		if "${MAKE:-make}" --no-print-directory "$target" >"$(log_of "$target")" 2>&1; then
			result=ok
		fi
		printf '%-7s %4d s' "$result" $((SECONDS - start)) >"$results/${target//\//-}"
		printf '%-15s %s\n' "$target" "$(<"$results/${target//\//-}")"
	done
}

targets=() lane=() pids=()
start_lane() {
	((${#lane[@]})) || return 0
	run "${lane[@]}" &
	pids+=($!)
	lane=()
}
for arg in "$@"; do
	if [[ $arg == -- ]]; then
		start_lane
	else
		lane+=("$arg") targets+=("$arg")
	fi
done
start_lane
trap 'kill "${pids[@]}" 2>/dev/null; exit 130' INT TERM
wait "${pids[@]}"

passed=0 failed=0 rows=()
for target in "${targets[@]}"; do
	result=$(cat "$results/${target//\//-}" 2>/dev/null || echo "FAILED     ? s") # its lane ended before it
	rows+=("$(printf '%-15s %s   %s' "$target" "$result" "$(log_of "$target")")")
	if [[ $result == ok* ]]; then
		passed=$((passed + 1))
		continue
	fi
	failed=$((failed + 1))
	echo "---- the end of $(log_of "$target")"
	grep -vE '^ok  |no test files' "$(log_of "$target")" | tail -n 120
	echo "----"
done

echo
printf '%s\n' "${rows[@]}"
echo "all in $SECONDS s"
echo "$passed passed, $failed failed"
((failed == 0))
