#!/bin/sh
# Sub-stores (하위상점), by their tier code.
#
#   tier.sh CODE                                      GET /tiers/{tier_code}
#   tier.sh CODE METHOD PATH [arguments of curl]      any call for it: see call.sh
#
#   ./tier.sh ABC GET /payments/status/paid
set -eu
call=$(dirname "$0")/call.sh
case $# in
0 | 2) sed -n '4,5s/^#   //p' "$0" >&2; exit 2 ;;
1) exec "$call" GET "/tiers/$1" ;;
esac
tier=$1 method=$2 path=$3
shift 3

exec "$call" "$method" "$path" -H "Tier: $tier" "$@"
