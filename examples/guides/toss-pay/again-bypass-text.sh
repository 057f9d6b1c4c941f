#!/bin/sh
# bypass를 JSON 글자로 보냅니다.
# Sends bypass as JSON text.
curl -sS -X POST "$GATEWAY/subscribe/payments/again" \
    -H "Authorization: Basic $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "customer_uid": "guide-wallet",
      "merchant_uid": "guide-wallet-2",
      "amount": 6400,
      "name": "독서모임 회비",
      "cash_recipt_type": "anonymous",
      "bypass": "{\"tosspay_v2\":{\"cashReceiptTradeType\":\"PUBLIC_TP\",\"sendFailPush\":false}}"
    }'
