#!/bin/sh
# customer_uid를 더하면 결제하면서 빌링키도 남습니다.
# With a customer_uid the charge leaves a billing key as well.
curl -sS -X POST "$GATEWAY/subscribe/payments/onetime" \
    -H "Authorization: $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "customer_uid": "guide-member-1",
      "merchant_uid": "guide-first-month",
      "card_number": "5310-4400-1122-3347",
      "expiry": "2019-05",
      "birth": "880704",
      "amount": 9700
    }'
