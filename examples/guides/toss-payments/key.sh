#!/bin/sh
# 결제 없이 빌링키만 발급받습니다.
# Has a billing key issued without a charge.
curl -sS -X POST "$GATEWAY/subscribe/customers/guide-member-3" \
    -H "Authorization: $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "card_number": "5310-4400-1122-3347",
      "expiry": "2025-12",
      "birth": "880704",
      "pwd_2digit": "31"
    }'
