#!/bin/sh
# 결과를 주문번호로 확인합니다.
# Looks the result up by the order number.
curl -sS -X GET "$GATEWAY/payments/find/guide-month-1" \
    -H "Authorization: $TOKEN"
