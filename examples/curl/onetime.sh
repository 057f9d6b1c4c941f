#!/bin/sh
# onetime.sh MERCHANT_UID AMOUNT NAME [CUSTOMER_UID]: charges a card by its
# number, in won: POST /subscribe/payments/onetime. With a CUSTOMER_UID it
# leaves a billing key of that name. The card: see card.sh.
#
# An order number is charged once: when an answer was lost, look the payment up
# (call.sh GET /payments/find/MERCHANT_UID) before you try another number.
set -eu
[ $# -eq 3 ] || [ $# -eq 4 ] || { echo "usage: onetime.sh MERCHANT_UID AMOUNT NAME [CUSTOMER_UID]" >&2; exit 2; }
here=$(dirname "$0") order=$1 amount=$2 name=$3 customer=${4:-}
set -- --data-urlencode "merchant_uid=$order" --data-urlencode "amount=$amount" --data-urlencode "name=$name"
[ -z "$customer" ] || set -- "$@" --data-urlencode "customer_uid=$customer"
card=$("$here/card.sh")

exec "$here/call.sh" POST /subscribe/payments/onetime -K /dev/fd/3 "$@" 3<<END
$card
END
