#!/bin/sh
# Virtual accounts. BANK is a code of GET /banks, DUE a time in unix seconds.
#
#   account.sh issue MERCHANT_UID AMOUNT BANK DUE BUYER_NAME   POST /vbanks
#   account.sh revoke IMP_UID                                  while it waits: DELETE /vbanks/{imp_uid}
#   account.sh refund IMP_UID REASON HOLDER BANK ACCOUNT       all of a deposit: POST /payments/cancel
#   account.sh deposit IMP_UID                                 plays the buyer at the sandbox's control port
#
#   SANDBOX  base address of naru dev's sandbox, default http://127.0.0.1:8788
set -eu
usage() { sed -n '4,7s/^#   //p' "$0" >&2; exit 2; }
[ $# -ge 2 ] || usage
call=$(dirname "$0")/call.sh
case $1-$# in
issue-6)
    exec "$call" POST /vbanks --data-urlencode "merchant_uid=$2" --data-urlencode "amount=$3" \
        --data-urlencode "vbank_code=$4" --data-urlencode "vbank_due=$5" --data-urlencode "buyer_name=$6"
    ;;
revoke-2) exec "$call" DELETE "/vbanks/$2" ;;
refund-6)
    exec "$call" POST /payments/cancel --data-urlencode "imp_uid=$2" --data-urlencode "reason=$3" \
        --data-urlencode "refund_holder=$4" --data-urlencode "refund_bank=$5" --data-urlencode "refund_account=$6"
    ;;
deposit-2)
    control=${SANDBOX:-http://127.0.0.1:8788}/control/tosspayments/payments
    key=$(curl -sS --max-time 30 "$control?orderId=$2" | sed -n 's/.*"paymentKey": "\([^"]*\)".*/\1/p' | head -n 1)
    [ -n "$key" ] || { echo "account: the sandbox knows no $2" >&2; exit 1; }
    exec curl -sS --fail-with-body --max-time 30 -X POST "$control/$key/deposit"
    ;;
*) usage ;;
esac
