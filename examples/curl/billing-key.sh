#!/bin/sh
# Billing keys, by the name the merchant gives them (customer_uid):
#
#   billing-key.sh issue CUSTOMER_UID CUSTOMER_ID   for a card (see card.sh) of the member CUSTOMER_ID
#   billing-key.sh show CUSTOMER_UID                what is known of it; the card number is masked
#   billing-key.sh payments CUSTOMER_UID            what was charged with it
#   billing-key.sh delete CUSTOMER_UID [REASON]     nothing charges it any more; bookings stay, and fail when due
#
# POST, GET, DELETE /subscribe/customers/{customer_uid}
set -eu
usage() { sed -n '4,7s/^#   //p' "$0" >&2; exit 2; }
[ $# -ge 2 ] || usage
here=$(dirname "$0") what=$1 path=/subscribe/customers/$2
case $what-$# in
issue-3)
    card=$("$here/card.sh")
    exec "$here/call.sh" POST "$path" -K /dev/fd/3 --data-urlencode "customer_id=$3" 3<<END
$card
END
    ;;
show-2) exec "$here/call.sh" GET "$path" ;;
payments-2) exec "$here/call.sh" GET "$path/payments" ;;
delete-2) exec "$here/call.sh" DELETE "$path" ;;
delete-3) exec "$here/call.sh" DELETE "$path" --get --data-urlencode "reason=$3" ;;
*) usage ;;
esac
