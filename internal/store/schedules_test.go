package store_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// schedule is a charge of 1000 won booked for a time.
func schedule(uid pay.MerchantUID, at time.Time) pay.Schedule {
	return pay.Schedule{Merchant: shop, MerchantUID: uid, CustomerUID: "customer", CustomerID: "member", At: at,
		Name: "정기 구독", Amount: pay.Breakdown{Total: pay.Won(1000)}}
}

func (f fixture) book(t testing.TB, ss ...pay.Schedule) {
	t.Helper()
	f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.InsertSchedules(ctx, ss) })
}

// uids is which schedules these are, in order.
func uids(ss []pay.Schedule) string {
	var out []string
	for _, s := range ss {
		out = append(out, string(s.MerchantUID))
	}
	return strings.Join(out, " ")
}

func TestScheduleComesBackAsItWas(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		vat, no := int64(91), false
		s := pay.Schedule{
			Merchant: shop, MerchantUID: "주문-1", CustomerUID: "회원", CustomerID: "member", Status: pay.ScheduleExecuted, Version: 4,
			At: at(60), Name: "이름", Amount: pay.Breakdown{Total: pay.Won(1000), TaxFree: 100, VAT: &vat}, Buyer: pay.Buyer{Name: "홍길동"},
			Custom: `{"a":1}`, NoticeURLs: []string{"https://m.example/1"}, Payment: "imps_1",
			Options:    pay.ChargeOptions{Months: 3, CashReceipt: &no, ReceiptCategory: "CULTURE", FailPush: true, BuyerIP: "::1"},
			ExecutedAt: at(1), Created: at(-5),
		}
		plain := schedule("주문-2", at(1))
		f.book(t, s, plain)
		s.Updated, plain.Created, plain.Updated, plain.Status = noon, noon, noon, pay.ScheduleBooked
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Schedule(ctx, "other", "주문-1"); !isNotFound(err) {
				t.Errorf("another merchant finds it: %v", err)
			}
			return all(equal(t, s)(tx.Schedule(ctx, shop, "주문-1")),
				equal(t, []pay.Schedule{plain, s})(tx.Schedules(ctx, shop, []pay.MerchantUID{"주문-2", "none", "주문-1", "주문-2"})))
		})
	})
}

func TestThousandsOfSchedulesAreBookedOrNone(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		const n = 2_345
		many := make([]pay.Schedule, n)
		ask := make([]pay.MerchantUID, n)
		for i := range many {
			many[i] = schedule(numbered[pay.MerchantUID]("order-", i*11%n), at(i))
			ask[i] = many[i].MerchantUID
		}
		taken := many[n-1].MerchantUID
		f.book(t, schedule(taken, at(0)))
		counts := func(want int) func(context.Context, *store.Tx) error {
			return func(ctx context.Context, tx *store.Tx) error {
				got, err := tx.CountSchedules(ctx, shop, store.ScheduleFilter{})
				if got != want {
					t.Errorf("%d are booked, want %d", got, want)
				}
				return err
			}
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			var exists *store.ScheduleExistsError
			if err := tx.InsertSchedules(ctx, many); !errors.Is(err, store.ErrExists) || !errors.As(err, &exists) || exists.MerchantUID != taken {
				t.Errorf("one is taken: %v", err)
			}
			twice := []pay.Schedule{schedule("a", at(1)), schedule("b", at(1)), schedule("a", at(2))}
			if err := tx.InsertSchedules(ctx, twice); !errors.As(err, &exists) || exists.MerchantUID != "a" || !exists.Repeated {
				t.Errorf("one is there twice: %v", err)
			}
			return counts(1)(ctx, tx) // and the transaction goes on
		})
		f.book(t, many[:n-1]...)
		f.read(t, counts(n))
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.Schedules(ctx, shop, ask)
			if len(got) != n || got[17].MerchantUID != ask[17] || !got[17].At.Equal(many[17].At) {
				t.Errorf("%d come back", len(got))
			}
			return err
		})
	})
}

func TestOfManyWhoBookANumberOneDoes(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		var won, lost atomic.Int64
		ctx := t.Context()
		together(20, func(i int) {
			mine := numbered[pay.MerchantUID]("own-", i)
			err := f.Write(ctx, func(tx *store.Tx) error {
				return tx.InsertSchedules(ctx, []pay.Schedule{schedule(mine, at(1)), schedule("shared", at(1))})
			})
			var exists *store.ScheduleExistsError
			switch {
			case err == nil:
				won.Add(1)
			case errors.As(err, &exists) && exists.MerchantUID == "shared":
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.CountSchedules(ctx, shop, store.ScheduleFilter{})
			if won.Load() != 1 || lost.Load() != 19 || n != 2 {
				t.Errorf("%d booked, %d refused, %d rows", won.Load(), lost.Load(), n)
			}
			return err
		})
	})
}

func TestScheduleFollowsItsTable(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.book(t, schedule("order", at(5)))
		var s pay.Schedule
		step := func(ev pay.ScheduleEvent, change func(*pay.Schedule)) pay.Schedule {
			t.Helper()
			f.clock.Add(time.Minute)
			f.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
				if s, err = tx.Schedule(ctx, shop, "order"); err != nil {
					return err
				}
				want := s
				change(&want)
				s, err = tx.StepSchedule(ctx, want, ev)
				want.Status, want.Version, want.Updated = s.Status, want.Version+1, tx.Now
				want.ExecutedAt, want.RevokedAt = s.ExecutedAt, s.RevokedAt
				return all(err, equal(t, want)(s, nil), equal(t, s)(tx.Schedule(ctx, shop, "order")))
			})
			return s
		}
		is := func(status pay.ScheduleStatus, executed, revoked time.Time) {
			t.Helper()
			if s.Status != status || !s.ExecutedAt.Equal(executed) || !s.RevokedAt.Equal(revoked) {
				t.Errorf("%s, executed %v, revoked %v; want %s, %v, %v", s.Status, s.ExecutedAt, s.RevokedAt, status, executed, revoked)
			}
		}
		var none time.Time
		step(pay.EvScheduleMoved, func(s *pay.Schedule) { s.At = at(9) })
		is(pay.ScheduleBooked, none, none)
		step(pay.EvScheduleRevoked, func(*pay.Schedule) {})
		is(pay.ScheduleRevoked, none, at(2))
		step(pay.EvScheduleRebooked, func(s *pay.Schedule) {
			vat := int64(9)
			s.At, s.CustomerUID, s.CustomerID, s.Name, s.Custom = at(10), "c", "m", "n", "{}"
			s.Amount, s.Buyer = pay.Breakdown{Total: pay.Won(2000), TaxFree: 1, VAT: &vat}, pay.Buyer{Tel: "010"}
			s.NoticeURLs, s.Options = []string{"https://m.example"}, pay.ChargeOptions{Months: 2}
		})
		is(pay.ScheduleBooked, none, none)
		step(pay.EvScheduleDue, func(s *pay.Schedule) { s.Payment = "imps_1" })
		is(pay.ScheduleRunning, none, none)
		step(pay.EvScheduleExecuted, func(s *pay.Schedule) { s.ExecutedAt = at(4) })
		is(pay.ScheduleExecuted, at(4), none)
		step(pay.EvScheduleRetried, func(s *pay.Schedule) { s.Payment = "imps_2" })
		is(pay.ScheduleRunning, none, none)
		step(pay.EvScheduleExecuted, func(*pay.Schedule) {})
		is(pay.ScheduleExecuted, at(7), none)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.StepSchedule(ctx, s, pay.EvScheduleMoved); !errors.Is(err, pay.ErrNoStep) {
				t.Errorf("an executed one was moved: %v", err)
			}
			stale := s
			stale.Version--
			if _, err := tx.StepSchedule(ctx, stale, pay.EvScheduleRebooked); !errors.Is(err, store.ErrConflict) {
				t.Errorf("a stale one was rebooked: %v", err)
			}
			return nil
		})
	})
}

func TestFindSchedules(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		with := func(uid pay.MerchantUID, minute int, change func(*pay.Schedule)) pay.Schedule {
			s := schedule(uid, at(minute))
			change(&s)
			return s
		}
		f.book(t, schedule("c", at(3)), schedule("a", at(1)), schedule("b", at(1)),
			with("run", 2, func(s *pay.Schedule) { s.Status = pay.ScheduleRunning }),
			with("done", 4, func(s *pay.Schedule) { s.Status, s.ExecutedAt = pay.ScheduleExecuted, at(4) }),
			with("gone", 5, func(s *pay.Schedule) { s.Status, s.RevokedAt = pay.ScheduleRevoked, at(4) }),
			with("elses", 3, func(s *pay.Schedule) { s.CustomerUID = "else" }),
			with("alien", 3, func(s *pay.Schedule) { s.Merchant = "other" }))
		type filter = store.ScheduleFilter
		for name, c := range map[string]struct {
			filter filter
			want   string
		}{
			"everything, due last first":  {filter{}, "gone done elses c run b a"},
			"oldest first":                {filter{OldestFirst: true}, "a b run c elses done gone"},
			"of a customer":               {filter{CustomerUID: "customer"}, "gone done c run b a"},
			"of a customer, oldest first": {filter{CustomerUID: "else", OldestFirst: true}, "elses"},
			"of nobody":                   {filter{CustomerUID: "nobody"}, ""},
			"from counts":                 {filter{From: at(4)}, "gone done"},
			"to does not":                 {filter{To: at(2)}, "b a"},
			"as V1 says scheduled":        {filter{Statuses: []pay.ScheduleStatus{pay.ScheduleBooked, pay.ScheduleRunning}}, "elses c run b a"},
			"executed":                    {filter{Statuses: []pay.ScheduleStatus{pay.ScheduleExecuted}}, "done"},
			"all together": {filter{CustomerUID: "customer", From: at(1), To: at(3), Statuses: []pay.ScheduleStatus{pay.ScheduleBooked},
				OldestFirst: true}, "a b"},
			"a page":                      {filter{Limit: 2, Offset: 2}, "elses c"},
			"a page of a customer's":      {filter{CustomerUID: "customer", Limit: 2, Offset: 1, OldestFirst: true}, "b run"},
			"behind the last":             {filter{Limit: 2, Offset: 9}, ""},
			"all but the first, no limit": {filter{Offset: 6}, "a"},
		} {
			f.read(t, func(ctx context.Context, tx *store.Tx) error {
				got, err := tx.FindSchedules(ctx, shop, c.filter)
				if uids(got) != c.want || err != nil {
					t.Errorf("%s: found %q, want %q (%v)", name, uids(got), c.want, err)
				}
				whole := c.filter
				whole.Limit, whole.Offset = 0, 0
				every, err := tx.FindSchedules(ctx, shop, whole)
				if err != nil {
					return err
				}
				if n, err := tx.CountSchedules(ctx, shop, c.filter); n != len(every) || err != nil {
					t.Errorf("%s: counted %d of %d (%v)", name, n, len(every), err)
				}
				return nil
			})
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.BookedSchedules(ctx, shop, "customer")
			if uids(got) != "a b c" {
				t.Errorf("booked are %q", uids(got))
			}
			unpaid, unpaidErr := tx.UnpaidSchedules(ctx, shop, "customer", at(-100))
			if uids(unpaid) != "run done" || unpaidErr != nil { // what came of "done" is not written down
				t.Errorf("unpaid are %q: %v", uids(unpaid), unpaidErr)
			}
			if _, err := tx.FindSchedules(ctx, shop, filter{Limit: -1}); err == nil {
				t.Error("a negative limit passed")
			}
			return err
		})
	})
}

func TestDatabaseRefusesImpossibleSchedules(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.book(t, schedule("a", at(1)), schedule("b", at(1)))
		refuses(t, f, `schedules`, `merchant_uid = 'a'`, map[string]error{
			`status = 'failed'`:                    store.ErrRule,
			`status = 'executed'`:                  store.ErrRule, // it does not say when
			`executed_at = 1`:                      store.ErrRule,
			`revoked_at = 1`:                       store.ErrRule,
			`amount = -1`:                          store.ErrRule,
			`tax_free = 1001`:                      store.ErrRule,
			`at = 0`:                               store.ErrRule,
			`customer_uid = ''`:                    store.ErrRule,
			`merchant_uid = 'b'`:                   store.ErrExists,
			`status = 'executed', executed_at = 1`: nil,
			`status = 'running'`:                   nil,
		})
		ctx := t.Context()
		err := f.Write(ctx, func(tx *store.Tx) error {
			if err := tx.InsertSchedules(ctx, []pay.Schedule{schedule("c", at(1)), schedule("d", time.Time{})}); !errors.Is(err, store.ErrRule) {
				t.Errorf("no time: %v", err)
			}
			return tx.InsertSchedules(ctx, []pay.Schedule{schedule("c", at(1))}) // c was not kept, and the transaction goes on
		})
		if err != nil {
			t.Error(err)
		}
	})
}
