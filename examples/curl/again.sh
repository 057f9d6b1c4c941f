#!/bin/sh
# again.sh CUSTOMER_UID MERCHANT_UID AMOUNT NAME: charges a billing key, in won:
# POST /subscribe/payments/again. As with onetime.sh, one order number is
# charged once.
set -eu
[ $# -eq 4 ] || { echo "usage: again.sh CUSTOMER_UID MERCHANT_UID AMOUNT NAME" >&2; exit 2; }

exec "$(dirname "$0")/call.sh" POST /subscribe/payments/again \
    --data-urlencode "customer_uid=$1" --data-urlencode "merchant_uid=$2" \
    --data-urlencode "amount=$3" --data-urlencode "name=$4"
