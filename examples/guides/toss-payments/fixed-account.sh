#!/bin/sh
# 고객마다 정해진 가상계좌: vbank_key가 같으면 계좌번호도 같습니다. 2028-01-10까지.
# A virtual account that stays with a customer: the same vbank_key, the same account. Until 10 January 2028.
curl -sS -X POST "$GATEWAY/vbanks" \
    -H "Authorization: $TOKEN" \
    -H 'Content-Type: application/json' \
    -d '{
      "merchant_uid": "guide-account-1",
      "amount": 41000,
      "vbank_code": "088",
      "vbank_due": 1831129199,
      "vbank_key": "7700123",
      "buyer_name": "최다온",
      "name": "정기배송 1월"
    }'
