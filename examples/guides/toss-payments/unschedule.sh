#!/bin/sh
# 예약 하나를 거둡니다. merchant_uid가 없으면 그 고객의 모두입니다.
# Takes one booking back; without merchant_uid, everything the customer has booked.
curl -sS -X POST "$GATEWAY/subscribe/payments/unschedule" \
    -H "Authorization: $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "customer_uid": "guide-member-1",
      "merchant_uid": ["guide-month-2"]
    }'
