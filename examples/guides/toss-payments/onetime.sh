#!/bin/sh
# 카드번호로 한 번만 결제합니다. 카드는 남지 않습니다.
# Charges a card number once. Nothing of the card is kept.
curl -sS -X POST "$GATEWAY/subscribe/payments/onetime" \
    -H "Authorization: $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "merchant_uid": "guide-onetime",
      "card_number": "5310-4400-1122-3347",
      "expiry": "2019-05",
      "birth": "880704",
      "amount": 12800
    }'
