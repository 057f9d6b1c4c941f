package store_test

import (
	"time"

	"naru/internal/pay"
)

// schedule is a charge of 1000 won booked for a time.
func schedule(uid pay.MerchantUID, at time.Time) pay.Schedule {
	return pay.Schedule{Merchant: shop, MerchantUID: uid, CustomerUID: "customer", CustomerID: "member", At: at,
		Name: "정기 구독", Amount: pay.Breakdown{Total: pay.Won(1000)}}
}
