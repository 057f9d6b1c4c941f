#!/bin/sh
# 생년월일 없이: 결제사가 요구하면 결제사의 말로 거절됩니다.
# Without a birth date: where the provider needs one, it refuses in its own words.
curl -sS -X POST "$GATEWAY/subscribe/payments/onetime" \
    -H "Authorization: $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "merchant_uid": "guide-onetime-no-birth",
      "card_number": "5310-4400-1122-3347",
      "expiry": "2032-09",
      "amount": 12800
    }'
