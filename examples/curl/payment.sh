#!/bin/sh
# payment.sh IMP_UID: how a payment stands: GET /payments/{imp_uid}.
# Before you send goods, compare status, amount and merchant_uid with your order.
set -eu
[ $# -eq 1 ] || { echo "usage: payment.sh IMP_UID" >&2; exit 2; }

exec "$(dirname "$0")/call.sh" GET "/payments/$1"
