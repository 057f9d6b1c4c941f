#!/bin/sh
# 빌링키로 다시 결제합니다. 예전 글처럼 주문명이 없습니다.
# Charges the billing key again; as in the older pages, without an order name.
curl -sS -X POST "$GATEWAY/subscribe/payments/again" \
    -H "Authorization: $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "customer_uid": "guide-member-1",
      "merchant_uid": "guide-second-month",
      "amount": 9700
    }'
