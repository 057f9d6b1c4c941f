#!/bin/sh
# 생년월일 없이 발급을 청합니다.
# Asks for a billing key without a birth date.
curl -sS -X POST "$GATEWAY/subscribe/customers/guide-member-5" \
    -H "Authorization: $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "pg": "tosspayments",
      "card_number": "5310-4400-1122-3347",
      "expiry": "2032-09"
    }'
