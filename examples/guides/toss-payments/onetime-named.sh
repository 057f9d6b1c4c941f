#!/bin/sh
# 주문명과 구매자, 할부 개월, 결제사(pg와 상점아이디)를 정해서 한 번 결제합니다.
# Charges once with an order name, a buyer, installments, and a provider named by pg and MID.
curl -sS -X POST "$GATEWAY/subscribe/payments/onetime" \
    -H "Authorization: Bearer $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "pg": "tosspayments.tnarubill",
      "merchant_uid": "guide-onetime-named",
      "card_number": "5310440011223347",
      "expiry": "2032-09",
      "birth": "1208800767",
      "pwd_2digit": "31",
      "amount": 72000,
      "tax_free": 6000,
      "card_quota": 3,
      "name": "원두 정기배송 첫 상자",
      "buyer_name": "박가람",
      "buyer_email": "garam@example.com",
      "buyer_tel": "010-2345-6789"
    }'
