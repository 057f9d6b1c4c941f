#!/bin/sh
# 아직 빌링키가 없는 고객: 카드를 등록하고, 100원을 확인한 뒤 예약합니다.
# A customer without a key yet: registers the card, checks it with 100 won, and books.
curl -sS -X POST "$GATEWAY/subscribe/payments/schedule" \
    -H "Authorization: $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "customer_uid": "guide-member-6",
      "customer_id": "member-6",
      "checking_amount": 100,
      "card_number": "5310-4400-1122-3347",
      "expiry": "2032-09",
      "birth": "880704",
      "pwd_2digit": "31",
      "schedules": [
        {
          "merchant_uid": "guide-6-month-1",
          "schedule_at": 1830646800,
          "currency": "KRW",
          "amount": 15000,
          "name": "정기배송 1월",
          "buyer_name": "최다온",
          "buyer_tel": "010-3456-7890"
        }
      ]
    }'
