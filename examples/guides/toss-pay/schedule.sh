#!/bin/sh
# 2028-01-05 10시에 예약합니다. 현금영수증과 bypass는 예약마다 정합니다.
# Books a charge for 5 January 2028, ten in the morning. Receipt and bypass belong to each booking.
curl -sS -X POST "$GATEWAY/subscribe/payments/schedule" \
    -H "Authorization: Basic $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "customer_uid": "guide-wallet",
      "schedules": [
        {
          "merchant_uid": "guide-wallet-january",
          "schedule_at": 1830646800,
          "amount": 6400,
          "name": "독서모임 1월 회비",
          "cash_recipt_type": "anonymous",
          "bypass": {"tosspay_v2": {"sendFailPush": true}}
        }
      ]
    }'
