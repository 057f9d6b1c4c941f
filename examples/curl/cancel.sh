#!/bin/sh
# cancel.sh IMP_UID LEFT REASON [AMOUNT]: gives money back, in won: POST
# /payments/cancel. LEFT is what you believe can still be cancelled; the
# gateway refuses when that is not so, which makes it safe to run this again
# after a lost answer. Without AMOUNT all that is left is cancelled.
set -eu
[ $# -eq 3 ] || [ $# -eq 4 ] || { echo "usage: cancel.sh IMP_UID LEFT REASON [AMOUNT]" >&2; exit 2; }
uid=$1 left=$2 reason=$3 amount=${4:-}
set -- --data-urlencode "imp_uid=$uid" --data-urlencode "checksum=$left" --data-urlencode "reason=$reason"
[ -z "$amount" ] || set -- "$@" --data-urlencode "amount=$amount"

exec "$(dirname "$0")/call.sh" POST /payments/cancel "$@"
