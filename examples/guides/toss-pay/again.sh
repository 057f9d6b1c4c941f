#!/bin/sh
# 빌링키로 결제합니다. 안내 글의 표기(cash_recipt_type, cashReceiptTradeType)와 Basic 머리글 그대로.
# Charges a billing key, spelled as in the guide (cash_recipt_type, cashReceiptTradeType), with its Basic header.
curl -sS -X POST "$GATEWAY/subscribe/payments/again" \
    -H "Authorization: Basic $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "customer_uid": "guide-wallet",
      "merchant_uid": "guide-wallet-1",
      "amount": 6400,
      "name": "독서모임 회비",
      "cash_recipt_type": "company",
      "bypass": {
        "tosspay_v2": {
          "cashReceiptTradeType": "CULTURE",
          "sendFailPush": true
        }
      }
    }'
