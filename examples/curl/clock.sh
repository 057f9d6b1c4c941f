#!/bin/sh
# The clock that naru dev and its sandbox share.
#
#   clock.sh                    how it stands, and what is planned
#   clock.sh advance 30d        moves it on (90s, 15m, 1h30m, 30d); done when all that fell due has run
#   clock.sh set 2028-01-05T10:00:00+09:00
#   clock.sh freeze             holds it
#   clock.sh thaw               lets it go on from there
#
# A token lives for half an hour of this clock.
#
#   SANDBOX  base address of naru dev's sandbox, default http://127.0.0.1:8788
set -eu
clock=${SANDBOX:-http://127.0.0.1:8788}/control/clock
case ${1:-}-$# in
-0) exec curl -sS --fail-with-body --max-time 30 "$clock" ;;
advance-2 | set-2) exec curl -sS --fail-with-body --max-time 660 -d "$2" "$clock/$1" ;;
freeze-1 | thaw-1) exec curl -sS --fail-with-body --max-time 30 -X POST "$clock/$1" ;;
*) sed -n '4,8s/^#   //p' "$0" >&2; exit 2 ;;
esac
