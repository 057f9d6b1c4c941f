#!/bin/sh
# 그 고객의 예약을 봅니다. 2028년 1월 1일부터 석 달.
# Lists what is booked for the customer: three months from 1 January 2028.
curl -sS -X GET "$GATEWAY/subscribe/payments/schedule/customers/guide-member-1?from=1830265200&to=1838041200&schedule-status=scheduled" \
    -H "Authorization: $TOKEN"
