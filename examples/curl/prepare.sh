#!/bin/sh
# prepare.sh MERCHANT_UID AMOUNT: registers an order's amount, in won, so that
# no payment window opens for another one: POST /payments/prepare.
set -eu
[ $# -eq 2 ] || { echo "usage: prepare.sh MERCHANT_UID AMOUNT" >&2; exit 2; }

exec "$(dirname "$0")/call.sh" POST /payments/prepare \
    --data-urlencode "merchant_uid=$1" --data-urlencode "amount=$2"
