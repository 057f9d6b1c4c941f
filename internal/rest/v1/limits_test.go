package v1_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

// TestLengthsOfEveryField: a value of the greatest length is taken, one more
// character is refused by name and never cut. Characters count, not bytes.
func TestLengthsOfEveryField(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	card := object{"card_number": "4330121234561234", "expiry": "2028-12"}
	buyer := map[string]int{"buyer_name": 16, "buyer_email": 64, "buyer_tel": 16, "buyer_addr": 128, "buyer_postcode": 8}
	order := map[string]int{"merchant_uid": 40, "name": 40}
	maps.Copy(order, buyer)
	with := func(a map[string]int, more map[string]int) map[string]int {
		out := maps.Clone(a)
		maps.Copy(out, more)
		return out
	}
	for target, c := range map[string]struct {
		body   object
		limits map[string]int
		item   bool // the fields are those of schedules[0]
	}{
		"/subscribe/payments/onetime":   {object{"merchant_uid": "m", "amount": 1000, "card_number": "4330121234561234", "expiry": "2812"}, with(order, map[string]int{"customer_uid": 80}), false},
		"/subscribe/payments/again":     {object{"customer_uid": "member1-card", "merchant_uid": "m", "amount": 1000}, order, false},
		"/subscribe/payments/schedule":  {object{"merchant_uid": "m", "amount": 1000, "schedule_at": 1790000000}, order, true},
		"/subscribe/customers/new-card": {card, map[string]int{"customer_name": 20, "customer_tel": 20, "customer_email": 200, "customer_addr": 200, "customer_postcode": 8}, false},
		"/vbanks":                       {object{"merchant_uid": "m", "amount": 1000, "vbank_code": "088", "vbank_due": 1790000000, "buyer_name": "b"}, with(order, map[string]int{"vbank_holder": 16}), false},
		"/receipts/external/cash":       {object{"name": "n", "amount": 1000, "identifier": "01000001234"}, map[string]int{"name": 100, "buyer_name": 16, "buyer_email": 64, "buyer_tel": 16}, false},
	} {
		for field, most := range c.limits {
			t.Run(strings.TrimPrefix(target, "/")+" "+field, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				send := func(n int) answer {
					body := maps.Clone(c.body)
					body[field] = strings.Repeat("가", n)
					if c.item {
						body = object{"customer_uid": "member1-card", "schedules": []object{body}}
					}
					raw, err := json.Marshal(body)
					must(t, err)
					return w.json("POST", target, string(raw))
				}
				name := field
				if c.item {
					name = "schedules[0]." + field
				}
				if a := send(most + 1); a.Code == 0 || !strings.Contains(a.message(), "파라메터 "+name+" 값") || !strings.Contains(a.message(), fmt.Sprintf("최대 %d자", most)) {
					t.Errorf("%d characters: %s", most+1, a.body)
				}
				if a := send(most); a.Code != 0 {
					t.Errorf("%d characters: %s", most, a.body)
				}
			})
		}
	}
}

// TestAThousandBookingsAtMost of one call, and they keep their order.
func TestAThousandBookingsAtMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := func(n int) string {
		items := make([]string, n)
		for i := range items {
			items[i] = fmt.Sprintf(`{"merchant_uid":"bulk-%d","schedule_at":%d,"amount":100}`, i, 1790000000-i)
		}
		return `{"customer_uid":"member1-card","schedules":[` + strings.Join(items, ",") + `]}`
	}
	if a := w.json("POST", "/subscribe/payments/schedule", body(1001)); a.Code != 1 || !strings.Contains(a.message(), "1000건") {
		t.Errorf("1001: %s", a.body)
	}
	a := w.json("POST", "/subscribe/payments/schedule", body(1000))
	var booked []struct {
		MerchantUID string `json:"merchant_uid"`
	}
	must(t, json.Unmarshal(a.Response, &booked))
	if len(booked) != 1000 {
		t.Fatalf("%d booked: %.200s", len(booked), a.body)
	}
	for i, b := range booked {
		if b.MerchantUID != fmt.Sprintf("bulk-%d", i) {
			t.Fatalf("%d is %s", i, b.MerchantUID)
		}
	}
}

// TestTimesOfScheduleLists: from belongs to the time and to does not; three
// months of Seoul's calendar are the most.
func TestTimesOfScheduleLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := start.Add(48 * time.Hour).Unix() // charge-next
	for _, c := range []struct {
		from, to int64
		want     int
	}{{at, at + 1, 1}, {at - 1, at, 0}, {at + 1, at + 2, 0}, {at - 1, at + 1, 1}, {at, at, 0}} {
		for _, target := range []string{"/subscribe/payments/schedule", "/subscribe/payments/schedule/customers/member1-card", "/subscribe/customers/member1-card/schedules"} {
			for _, names := range []string{"schedule_from=%d&schedule_to=%d&schedule_status=scheduled", "from=%d&to=%d&schedule-status=scheduled", "from=%d&to=%d&schedule_status=scheduled"} {
				if p := w.get(target + "?" + fmt.Sprintf(names, c.from, c.to)).page(t); p.Total != c.want || len(p.List) != c.want {
					t.Errorf("%s "+names+": %d, want %d", target, c.from, c.to, p.Total, c.want)
				}
			}
		}
	}
	seoul := time.FixedZone("KST", 9*60*60)
	day := func(month time.Month, day, hour int) int64 {
		return time.Date(2026, month, day, hour, 0, 0, 0, seoul).Unix()
	}
	for _, c := range []struct{ from, to, status int64 }{
		{day(1, 1, 0), day(4, 1, 0), 200}, {day(1, 1, 0), day(4, 1, 0) + 1, 400}, {day(7, 1, 0), day(10, 1, 0), 200}, {day(7, 1, 0), day(10, 1, 1), 400}, {day(12, 2, 0), day(12, 1, 0), 400},
	} {
		if a := w.get(fmt.Sprintf("/subscribe/payments/schedule?schedule_from=%d&schedule_to=%d", c.from, c.to)); int64(a.status) != c.status {
			t.Errorf("%v: %d %s", c, a.status, a.message())
		}
	}
}

// TestEveryWriteToAProviderChecksItsTestCode.
func TestEveryWriteToAProviderChecksItsTestCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, address := range []string{
		"POST /payments/cancel", "POST /subscribe/payments/onetime", "POST /subscribe/payments/again", "POST /subscribe/payments/schedule",
		"POST /subscribe/payments/schedule/charge-failed/retry", "POST /subscribe/customers/new", "POST /vbanks", "DELETE /vbanks/imp_000000000006",
		"POST /receipts/imp_000000000009", "DELETE /receipts/imp_000000000009", "POST /receipts/external/x", "DELETE /receipts/external/x",
	} {
		method, target, _ := strings.Cut(address, " ")
		a := w.call(method, target, `{"X-Naru-Test-Code":"LOST"}`, "Authorization", w.token, "X-Naru-Test-Code", "A B")
		if a.Code == 0 || !strings.Contains(a.message(), "X-Naru-Test-Code") {
			t.Errorf("%s: %s", address, a.body)
		}
	}
}
