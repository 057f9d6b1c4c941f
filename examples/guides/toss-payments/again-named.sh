#!/bin/sh
# 주문명과 구매자, 웹훅 주소, 채널을 정해서 다시 결제합니다.
# Charges again with an order name, a buyer, a webhook address and the channel.
curl -sS -X POST "$GATEWAY/subscribe/payments/again" \
    -H "Authorization: Bearer $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "customer_uid": "guide-member-4",
      "channel_key": "channel-key-33333333-3333-4333-8333-333333333333",
      "merchant_uid": "guide-member-4-january",
      "name": "뉴스레터 1월호",
      "amount": 9700,
      "buyer_name": "박가람",
      "buyer_tel": "010-2345-6789",
      "custom_data": "{\"plan\": \"monthly\"}"
    }'
