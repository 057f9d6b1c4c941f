#!/bin/sh
# 바른 표기: 현금영수증 분류는 cashReceiptTradeOption, 발급 여부는 cashReceipt.
# Spelled right: the receipt's category is cashReceiptTradeOption, whether there is one is cashReceipt.
curl -sS -X POST "$GATEWAY/subscribe/payments/again" \
    -H "Authorization: Bearer $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "customer_uid": "guide-wallet",
      "channel_key": "channel-key-44444444-4444-4444-8444-444444444444",
      "merchant_uid": "guide-wallet-4",
      "amount": 6400,
      "vat_amount": 400,
      "tax_free": 2000,
      "name": "독서모임 회비",
      "cash_receipt_type": "person",
      "bypass": {
        "tosspay_v2": {
          "cashReceipt": true,
          "cashReceiptTradeOption": "CULTURE",
          "sendFailPush": false
        }
      }
    }'
