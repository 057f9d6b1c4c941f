#!/bin/sh
# call.sh METHOD PATH [arguments of curl]: any call of the V1 REST API.
# Prints the answer. Fails unless its code is 0: a refused cancel, for one, is
# HTTP 200 with another code.
set -eu
[ $# -ge 2 ] || { echo "usage: call.sh METHOD PATH [arguments of curl]" >&2; exit 2; }
method=$1 path=$2
shift 2

token=$("$(dirname "$0")/get-token.sh")
answer=$(printf 'Authorization: Bearer %s\n' "$token" |
    curl -sS --max-time 90 -X "$method" -H @- "$@" "${GATEWAY:-http://127.0.0.1:8787}$path")
printf '%s\n' "$answer"
printf %s "$answer" | grep -Eq '"code" *: *0 *[,}]'
