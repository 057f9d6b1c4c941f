#!/bin/sh
# Prints an access token: POST /users/getToken.
#
#   GATEWAY      base address, default http://127.0.0.1:8787
#   IMP_KEY      REST API key, default of the development gateway
#   IMP_SECRET   REST API secret, likewise
#
# The secret goes in by standard input, as every user of the machine can read
# the arguments of a program.
set -eu

answer=$(printf %s "${IMP_SECRET:-naru_dev_secret}" |
    curl -sS --max-time 30 "${GATEWAY:-http://127.0.0.1:8787}/users/getToken" \
        --data-urlencode "imp_key=${IMP_KEY:-naru_dev_key}" --data-urlencode imp_secret@-)

token=$(printf %s "$answer" | sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p')
if [ -z "$token" ]; then
    printf 'get-token: %s\n' "$answer" >&2
    exit 1
fi
printf '%s\n' "$token"
