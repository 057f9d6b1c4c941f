#!/bin/sh
# 회원 번호(customer_id)와 채널까지 정해서 결제하고 빌링키를 남깁니다.
# The same with the member (customer_id) and the channel named.
curl -sS -X POST "$GATEWAY/subscribe/payments/onetime" \
    -H "Authorization: $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "customer_uid": "guide-member-2-card",
      "customer_id": "member-2",
      "channel_key": "channel-key-33333333-3333-4333-8333-333333333333",
      "merchant_uid": "guide-first-month-2",
      "card_number": "5310-4400-1122-3347",
      "expiry": "2032-09",
      "birth": "880704",
      "amount": 9700,
      "name": "뉴스레터 1월호"
    }'
