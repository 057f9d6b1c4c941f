#!/bin/sh
# 빌링키로 두 달을 예약합니다. 2028-01-05와 02-05, 10시.
# Books two months of a billing key: 5 January and 5 February 2028, ten in the morning.
curl -sS -X POST "$GATEWAY/subscribe/payments/schedule" \
    -H "Authorization: $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "customer_uid": "guide-member-1",
      "schedules": [
        {"merchant_uid": "guide-month-1", "schedule_at": 1830646800, "amount": 9700},
        {"merchant_uid": "guide-month-2", "schedule_at": 1833325200, "amount": 9700}
      ]
    }'
