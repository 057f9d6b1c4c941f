#!/bin/sh
# 표에 적힌 대로 참·거짓을 cashReceiptTradeOption에 씁니다: 실패 알림을 켜는 뜻입니다.
# A boolean in cashReceiptTradeOption, as the guide's table has it: it means the push about a failure.
curl -sS -X POST "$GATEWAY/subscribe/payments/again" \
    -H "Authorization: Basic $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "customer_uid": "guide-wallet",
      "merchant_uid": "guide-wallet-3",
      "amount": 6400,
      "name": "독서모임 회비",
      "bypass": {
        "tosspay_v2": {
          "cashReceiptTradeOption": true
        }
      }
    }'
