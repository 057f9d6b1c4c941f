#!/bin/sh
# 꼭 필요한 것만.
# Nothing but what is needed.
curl -sS -X POST "$GATEWAY/subscribe/payments/again" \
    -H "Authorization: $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "customer_uid": "guide-wallet",
      "merchant_uid": "guide-wallet-5",
      "amount": 6400
    }'
