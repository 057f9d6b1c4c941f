#!/bin/sh
# 회원 번호와 이름, 채널을 정해서 빌링키를 발급받습니다.
# Has a billing key issued with the member, the name and the channel given.
curl -sS -X POST "$GATEWAY/subscribe/customers/guide-member-4" \
    -H "Authorization: Bearer $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "channel_key": "channel-key-33333333-3333-4333-8333-333333333333",
      "customer_id": "member-4",
      "customer_name": "박가람",
      "customer_tel": "010-2345-6789",
      "customer_email": "garam@example.com",
      "card_number": "5310-4400-1122-3347",
      "expiry": "2032-09",
      "birth": "880704"
    }'
