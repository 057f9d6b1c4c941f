package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/pgtest"
	"naru/internal/store"
)

// subscriptions is schedules of every state, many at one time, over some days.
func subscriptions(t testing.TB, f fixture, merchant pay.MerchantID, n int) []pay.Schedule {
	t.Helper()
	dice := rand.New(rand.NewPCG(3, 0))
	out := make([]pay.Schedule, n)
	for i := range out {
		s := schedule(numbered[pay.MerchantUID]("Sub-", i), at(dice.IntN(20)*600))
		s.Merchant, s.CustomerUID, s.CustomerID = merchant, numbered[pay.CustomerUID]("Member-", dice.IntN(20)), fmt.Sprintf("id_%d", dice.IntN(20))
		s.Name, s.Amount.Total.Minor = fmt.Sprintf("구독 %d월", dice.IntN(12)+1), int64(1000+i)
		s.Buyer = pay.Buyer{Name: []string{"홍길동", "홍길순", "Kim"}[dice.IntN(3)], Tel: fmt.Sprintf("010-%04d-5678", dice.IntN(30))}
		switch dice.IntN(5) {
		case 0:
			s.Status, s.RevokedAt = pay.ScheduleRevoked, at(1)
		case 1:
			s.Status = pay.ScheduleRunning
		case 2, 3:
			s.Status, s.ExecutedAt, s.Payment, s.Outcome = pay.ScheduleExecuted, at(dice.IntN(20)*600), pay.PaymentID(fmt.Sprintf("imps_%s_%d", merchant, i)), pay.OutcomeSucceeded
			if dice.IntN(3) == 0 {
				s.Outcome = pay.OutcomeFailed
			}
		}
		out[i] = s
	}
	f.book(t, out...)
	return out
}

// fits tells by hand whether a query chooses a schedule.
func fits(q store.ScheduleQuery, s pay.Schedule) bool {
	if q.State != "" && s.State() != q.State || !q.From.IsZero() && s.At.Before(q.From) || !q.To.IsZero() && !s.At.Before(q.To) {
		return false
	}
	if q.Search == "" {
		return true
	}
	has := map[store.BillingField]string{store.BillingOrder: string(s.MerchantUID), store.BillingCustomer: string(s.CustomerUID),
		store.BillingMember: s.CustomerID, store.BillingName: s.Name, store.BillingBuyer: s.Buyer.Name}
	for field, text := range has {
		if (q.Field == "" || q.Field == field) && strings.HasPrefix(strings.ToLower(text), strings.ToLower(q.Search)) {
			return true
		}
	}
	tel := strings.ReplaceAll(s.Buyer.Tel, "-", "")
	digits := strings.ReplaceAll(q.Search, "-", "")
	return (q.Field == "" || q.Field == store.BillingTel) && strings.Trim(digits, "0123456789") == "" && strings.HasPrefix(tel, digits)
}

func pick(q store.ScheduleQuery, all []pay.Schedule) string {
	var some []pay.Schedule
	for _, s := range all {
		if fits(q, s) {
			some = append(some, s)
		}
	}
	slices.SortFunc(some, func(a, b pay.Schedule) int {
		c := a.At.Compare(b.At)
		if c == 0 {
			c = strings.Compare(string(a.MerchantUID), string(b.MerchantUID))
		}
		if !q.OldestFirst {
			c = -c
		}
		return c
	})
	return uids(some)
}

// Whatever is asked for, the pages together are what a person would pick by hand,
// forwards and backwards, and nothing is of another merchant.
func TestScheduleListsAreWhatWasAskedFor(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		every := subscriptions(t, f, shop, 240)
		subscriptions(t, f, "other", 40)
		queries := []store.ScheduleQuery{{}, {From: at(2400), To: at(9000)}, {Search: "sub-02"}, {Search: "member-1", State: pay.StateBooked},
			{Search: "홍길"}, {Search: "홍길동", Field: store.BillingBuyer, From: at(1200)}, {Search: "구독 1"}, {Search: "010-0012"},
			{Search: "id_3", Field: store.BillingMember}, {Search: "id_3", Field: store.BillingOrder}, {Search: "nobody"}}
		for _, s := range pay.ScheduleStates() {
			queries = append(queries, store.ScheduleQuery{State: s}, store.ScheduleQuery{State: s, From: at(600), To: at(9600), OldestFirst: true})
		}
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			for _, q := range queries {
				q.Limit = 17
				want := pick(q, every)
				var got, back []string
				var last store.SchedulePage
				for {
					page, err := tx.ListSchedules(ctx, shop, q)
					if err != nil {
						return err
					}
					last = page
					if len(page.Rows) > 0 {
						got = append(got, uids(page.Rows))
					}
					if page.After == (store.Place{}) {
						break
					}
					q.Place = page.After
				}
				if strings.Join(got, " ") != want {
					t.Errorf("%+v: %s\nwant %s", q, got, want)
				}
				back = []string{uids(last.Rows)}
				for last.Before != (store.Place{}) {
					q.Place, q.Back = last.Before, true
					var err error
					if last, err = tx.ListSchedules(ctx, shop, q); err != nil {
						return err
					}
					back = append([]string{uids(last.Rows)}, back...)
				}
				if strings.Join(back, " ") != want {
					t.Errorf("%+v backwards: %s\nwant %s", q, back, want)
				}
			}
			return nil
		})
	})
}

// The calendar's days and the counts are those of the schedules, day by Korean day.
func TestScheduleSums(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		every := subscriptions(t, f, shop, 200)
		subscriptions(t, f, "other", 20)
		kst := time.FixedZone("KST", 9*3600)
		from, to := at(12*60), at(156*60) // two Korean midnights
		days, states := map[string]int64{}, map[pay.ScheduleState]int64{}
		for _, s := range every {
			if fits(store.ScheduleQuery{From: from, To: to}, s) {
				days[s.At.In(kst).Format(time.DateOnly)+string(s.State())] += s.Amount.Total.Minor
				states[s.State()] += s.Amount.Total.Minor
			}
		}
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.SumScheduleDays(ctx, shop, from, to)
			for _, s := range got {
				key := s.Day.In(kst).Format(time.DateOnly) + string(s.State)
				if days[key] != s.Amount || s.N == 0 || s.Day.In(kst).Hour() != 0 {
					t.Errorf("%s: %d of %d, want %d", key, s.N, s.Amount, days[key])
				}
				delete(days, key)
			}
			if len(days) > 0 {
				t.Errorf("days left out: %v", days)
			}
			sums, failed := tx.SumSchedules(ctx, shop, from, to)
			for _, s := range sums {
				if s.Amount != states[s.State] {
					t.Errorf("%s: %d, want %d", s.State, s.Amount, states[s.State])
				}
			}
			return all(err, failed)
		})
	})
}

// An index tells what is on a page, and what a day comes to.
func TestBillingListsUseIndexes(t *testing.T) {
	t.Parallel()
	f := open(t, "sqlite::memory:")
	f.read(t, func(ctx context.Context, tx *store.Tx) error {
		for _, back := range []bool{false, true} {
			for index, q := range map[string]store.ScheduleQuery{
				"schedules_by_at": {From: at(0), To: at(9)}, "schedules_by_state": {State: pay.StateFailed, From: at(0)},
			} {
				q.Limit, q.Back, q.Place = 20, back, store.Place{At: noon, ID: "m"}
				plan, err := tx.ExplainScheduleList(ctx, shop, q)
				wantPlan(t, q, plan, []string{"USING COVERING INDEX " + index}, "TEMP B-TREE", "SCAN schedules")
				if err != nil {
					return err
				}
			}
			for index, q := range map[string]store.KeyQuery{
				"billing_keys_by_created": {}, "billing_keys_by_state": {Status: pay.KeyHeld}, "billing_keys_by_channel": {Channels: []pay.ChannelKey{"c"}, Status: pay.KeyActive},
			} {
				q.Limit, q.Back, q.Place = 20, back, store.Place{At: noon, ID: "m"}
				plan, err := tx.ExplainKeyList(ctx, shop, q)
				wantPlan(t, q, plan, []string{"USING COVERING INDEX " + index}, "TEMP B-TREE", "SCAN billing_keys")
				if err != nil {
					return err
				}
			}
		}
		plan, err := tx.ExplainScheduleSums(ctx, shop, at(0), at(9))
		wantPlan(t, "sums", plan, []string{"USING COVERING INDEX schedules_by_state (merchant=? AND status=? AND outcome=? AND at>? AND at<?)"}, "SCAN schedules")
		if err != nil {
			return err
		}
		plans, err := tx.ExplainBillingSearch(ctx, shop)
		for column, plan := range plans {
			wantPlan(t, column, plan, []string{"USING COVERING INDEX " + column}, "TEMP B-TREE", "SCAN ")
		}
		if len(plans) != 11 {
			t.Errorf("%d searches", len(plans))
		}
		return err
	})
}

// PostgreSQL goes by what is in the tables.
func TestBillingListsUseIndexesOnPostgreSQL(t *testing.T) {
	t.Parallel()
	f := open(t, pgtest.DSN(t))
	subscriptions(t, f, shop, 4000)
	if err := store.Vacuum(t.Context(), f.Store); err != nil {
		t.Fatal(err)
	}
	f.read(t, func(ctx context.Context, tx *store.Tx) error {
		for index, q := range map[string]store.ScheduleQuery{"schedules_by_at": {}, "schedules_by_state": {State: pay.StateFailed}} {
			q.Limit, q.Place = 20, store.Place{At: at(6000), ID: "m"}
			plan, err := tx.ExplainScheduleList(ctx, shop, q)
			wantPlan(t, q, plan, []string{"Index", index}, "Seq Scan", "Sort")
			if err != nil {
				return err
			}
		}
		plan, err := tx.ExplainScheduleSums(ctx, shop, at(0), at(900))
		wantPlan(t, "sums", plan, []string{"schedules_by_state"}, "Seq Scan")
		return err
	})
}

// Keys are found by state, channel and what a person types; of a card by the last
// four digits, also where the company hides some.
func TestBillingKeyLists(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		key := func(id pay.KeyID, uid pay.CustomerUID, ch pay.ChannelKey, number string, b pay.Buyer) pay.BillingKey {
			return pay.BillingKey{Merchant: shop, ID: id, CustomerUID: uid, CustomerID: "id-" + string(id), Channel: ch, Provider: pay.TossPayments,
				Mode: pay.ModeTest, Status: pay.KeyActive, Sealed: []byte("x"), MAC: []byte(id), Card: &pay.Card{Number: number}, Buyer: b}
		}
		keys := []pay.BillingKey{
			key("k1", "Anna", "c1", "43301234****123*", pay.Buyer{Name: "홍길동", Tel: "+82 10-1234-5678"}),
			key("k2", "Annabel", "c2", "5522-****-****-1234", pay.Buyer{Name: "홍길순"}),
			key("k3", "Bea", "c1", "****************", pay.Buyer{}),
		}
		keys[2].Status, keys[2].Sealed = pay.KeyRefused, nil
		other := key("k4", "Anna", "c1", "1234", pay.Buyer{Name: "홍길동", Tel: "01012345678"})
		other.Merchant = "other"
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i, k := range append(keys, other) {
				k.Created = at(i)
				if err := tx.InsertBillingKey(ctx, k); err != nil {
					return err
				}
			}
			return nil
		})
		found := func(q store.KeyQuery) string {
			t.Helper()
			q.Limit = 10
			var ids []string
			f.read(t, func(ctx context.Context, tx *store.Tx) error {
				page, err := tx.ListBillingKeys(ctx, shop, q)
				for _, k := range page.Rows {
					ids = append(ids, string(k.ID))
				}
				return err
			})
			return strings.Join(ids, " ")
		}
		for _, c := range []struct {
			q    store.KeyQuery
			want string
		}{
			{store.KeyQuery{}, "k3 k2 k1"}, {store.KeyQuery{Status: pay.KeyActive}, "k2 k1"}, {store.KeyQuery{Channels: []pay.ChannelKey{"c1"}}, "k3 k1"},
			{store.KeyQuery{Channels: []pay.ChannelKey{"c1", "c2"}, Status: pay.KeyActive}, "k2 k1"}, {store.KeyQuery{Search: "anna"}, "k2 k1"},
			{store.KeyQuery{Search: "anna", Channels: []pay.ChannelKey{"c2"}}, "k2"}, {store.KeyQuery{Search: "1234"}, "k2 k1"},
			{store.KeyQuery{Search: "1239", Field: store.BillingCard}, "k1"}, {store.KeyQuery{Search: "010-1234"}, "k1"},
			{store.KeyQuery{Search: "홍길동"}, "k1"}, {store.KeyQuery{Search: "id-k3"}, "k3"}, {store.KeyQuery{Search: "id-k4"}, ""},
		} {
			if got := found(c.q); got != c.want {
				t.Errorf("%+v: %q, want %q", c.q, got, c.want)
			}
		}
		bare := store.Eraser{Text: func(s string) string { return s }}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			k, err := tx.BillingKeyByID(ctx, shop, "k1")
			if err != nil {
				return err
			}
			if k, err = tx.StepBillingKey(ctx, k, pay.EvKeyDeleted); err != nil {
				return err
			}
			_, err = tx.EraseBillingKey(ctx, k, true, bare)
			return err
		})
		for _, gone := range []string{"홍길동", "010-1234", "1239"} {
			if got := found(store.KeyQuery{Search: gone}); got != "" {
				t.Errorf("erased, and %q finds %s", gone, got)
			}
		}
		if got := found(store.KeyQuery{Search: "anna"}); got != "k2 k1" {
			t.Errorf("erased: %s", got)
		}
	})
}

// An erased schedule is found by nothing that told of its buyer, and by the rest.
func TestErasedSchedulesAreNotFoundByTheirBuyer(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		s := schedule("s1", at(1))
		s.Buyer = pay.Buyer{Name: "홍길동", Tel: "010-1234-5678"}
		f.book(t, s)
		finds := func(text string) (found string) {
			f.read(t, func(ctx context.Context, tx *store.Tx) error {
				page, err := tx.ListSchedules(ctx, shop, store.ScheduleQuery{Search: text, Limit: 10})
				found = uids(page.Rows)
				return err
			})
			return found
		}
		for _, text := range []string{"홍길동", "01012", "s1", "정기"} {
			if finds(text) != "s1" {
				t.Errorf("%q finds nothing", text)
			}
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.EraseSchedule(ctx, s, store.Eraser{Text: func(s string) string { return s }, Address: func(s string) string { return s }})
			return err
		})
		for text, want := range map[string]string{"홍길동": "", "01012": "", "s1": "s1", "정기": "s1"} {
			if got := finds(text); got != want {
				t.Errorf("erased, and %q finds %q", text, got)
			}
		}
	})
}

// What the release before wrote, or erased, is mended.
func TestBillingListsAreMended(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		paid := f.inserted(t, payment("imps_1", "s1"), pay.EvConfirmStarted, pay.EvApproved)
		s := schedule("s1", at(1))
		s.Status, s.ExecutedAt, s.Payment, s.Buyer = pay.ScheduleExecuted, at(2), paid.ID, pay.Buyer{Name: "홍길동"}
		erased := schedule("s2", at(1))
		erased.Buyer = pay.Buyer{Name: "홍길동"}
		f.book(t, s, erased)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE schedules SET listed = 0, find_uid = $1, find_buyer = $1 WHERE merchant_uid = 's1'`, []byte{})
			_, failed := tx.Exec(ctx, `UPDATE schedules SET buyer = '{}' WHERE merchant_uid = 's2'`)
			return all(err, failed)
		})
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			last, err := tx.MendSchedules(ctx, shop, "", 10)
			if last != "" {
				t.Errorf("more behind %q", last)
			}
			return err
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			page, err := tx.ListSchedules(ctx, shop, store.ScheduleQuery{Search: "홍길", State: pay.StateSucceeded, Limit: 10})
			if uids(page.Rows) != "s1" {
				t.Errorf("found %s", uids(page.Rows))
			}
			any, failed := tx.ListSchedules(ctx, shop, store.ScheduleQuery{Search: "홍길", Limit: 10})
			if uids(any.Rows) != "s1" {
				t.Errorf("found %s", uids(any.Rows))
			}
			return all(err, failed)
		})
	})
}
