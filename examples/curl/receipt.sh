#!/bin/sh
# Cash receipts (현금영수증) of a payment that was made by transfer or into a
# virtual account. The customer's phone or business number goes in by standard
# input.
#
#   receipt.sh issue IMP_UID [person|company]   POST /receipts/{imp_uid}
#   receipt.sh show IMP_UID                     GET
#   receipt.sh cancel IMP_UID                   DELETE
#
#   echo 010-1234-5678 | ./receipt.sh issue imps_731204558812
#
# For money taken elsewhere put external/ORDER_NUMBER in the place of IMP_UID,
# and after the type what was sold and for how much, in won:
#
#   echo 1234567890 | ./receipt.sh issue external/order-1 company '도서' 15000
set -eu
usage() { sed -n '6,8s/^#   //p' "$0" >&2; exit 2; }
[ $# -ge 2 ] || usage
call=$(dirname "$0")/call.sh path=/receipts/$2
case $1-$# in
issue-2 | issue-3 | issue-5)
    read -r identifier || : # a last line without an end is one too
    case $identifier in '' | *[!0-9-]*) echo "receipt: want a number of digits and dashes on standard input" >&2; exit 2 ;; esac
    type=${3:-person} name=${4:-} amount=${5:-}
    set -- --data-urlencode "type=$type"
    [ -z "$name" ] || set -- "$@" --data-urlencode "name=$name" --data-urlencode "amount=$amount"
    exec "$call" POST "$path" -K /dev/fd/3 "$@" 3<<END
data-urlencode = "identifier=$identifier"
END
    ;;
show-2) exec "$call" GET "$path" ;;
cancel-2) exec "$call" DELETE "$path" ;;
*) usage ;;
esac
