#!/bin/sh
# Charges booked for later. AT is a time in unix seconds.
#
#   schedule.sh book CUSTOMER_UID MERCHANT_UID AT AMOUNT NAME   POST /subscribe/payments/schedule
#   schedule.sh show MERCHANT_UID                               how it stands
#   schedule.sh list CUSTOMER_UID FROM TO                       of a customer, newest first; three months at most
#   schedule.sh move MERCHANT_UID AT                            to another time, while it is not begun
#   schedule.sh rebook MERCHANT_UID AT                          again, after it failed or was revoked
#   schedule.sh retry MERCHANT_UID                              now, after it failed
#   schedule.sh revoke CUSTOMER_UID [MERCHANT_UID]              one, or all of the customer
set -eu
usage() { sed -n '4,10s/^#   //p' "$0" >&2; exit 2; }
[ $# -ge 2 ] || usage
call=$(dirname "$0")/call.sh path=/subscribe/payments/schedule
case $1-$# in
book-6)
    exec "$call" POST "$path" --data-urlencode "customer_uid=$2" \
        --data-urlencode "schedules[0][merchant_uid]=$3" --data-urlencode "schedules[0][schedule_at]=$4" \
        --data-urlencode "schedules[0][amount]=$5" --data-urlencode "schedules[0][name]=$6"
    ;;
show-2) exec "$call" GET "$path/$2" ;;
list-4) exec "$call" GET "$path/customers/$2?from=$3&to=$4" ;;
move-3) exec "$call" PUT "$path/$2" --data-urlencode "schedule_at=$3" ;;
rebook-3) exec "$call" POST "$path/$2/reschedule" --data-urlencode "schedule_at=$3" ;;
retry-2) exec "$call" POST "$path/$2/retry" ;;
revoke-2) exec "$call" POST /subscribe/payments/unschedule --data-urlencode "customer_uid=$2" ;;
revoke-3) exec "$call" POST /subscribe/payments/unschedule --data-urlencode "customer_uid=$2" --data-urlencode "merchant_uid=$3" ;;
*) usage ;;
esac
