package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// console is what the console's pages read among many payments.
func (b *bench) console(ctx context.Context) (err error) {
	data, err := b.folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	s, err := store.Open(ctx, "sqlite:"+file(data), store.Options{})
	if err == nil {
		err = errors.Join(s.Migrate(ctx), s.Write(ctx, func(tx *store.Tx) error {
			return tx.InsertMerchant(ctx, pay.Merchant{ID: devMerchant, UserCode: "imp00000001"})
		}), s.Close())
	}
	if err != nil {
		return err
	}
	n, err := b.fillConsole(ctx, data, b.rows)
	if err != nil {
		return err
	}
	if err := followConsole(ctx, data, n); err != nil {
		return err
	}
	return b.lookAround(ctx, data)
}

// followConsole derives what the console searches and sums from n payments, and
// tells how long that took.
func followConsole(ctx context.Context, data string, n int) (err error) {
	s, err := store.Open(ctx, "sqlite:"+file(data), store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	before := sizeOf(data)
	begun, g := time.Now(), gateway.New(gateway.Options{Store: s})
	followed, err := g.FollowMerchant(ctx, devMerchant, gateway.FollowOptions{Fast: true})
	if err != nil {
		return err
	}
	took := time.Since(begun)
	if _, err := g.Follow(ctx); err != nil { // as every two seconds: all is quiet
		return err
	}
	fmt.Printf("Followed %d of %d payments of a year in %s, %.0f a second; the database grew from %d to %d MiB.\n\n",
		followed, n, took.Round(time.Second), float64(followed)/took.Seconds(), before, sizeOf(data))
	return nil
}

// lookAround measures what the console reads of the filled books in a folder, and its
// pages.
func (b *bench) lookAround(ctx context.Context, data string) (err error) {
	s, err := store.Open(ctx, "sqlite:"+file(data), store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	views, err := consoleViews(ctx, s)
	if err != nil {
		return err
	}
	fmt.Print("| read | p50 | longest | rows |\n|---|---|---|---|\n")
	for _, v := range views {
		if err := v.measure(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", v.what, err)
		}
	}
	fmt.Println()
	if err := b.exportAll(ctx, s); err != nil {
		return err
	}
	return b.consolePages(ctx, data)
}

// sizeOf is the size of a database in MiB.
func sizeOf(data string) (mib int64) {
	for _, name := range []string{file(data), file(data) + "-wal"} {
		if f, err := os.Stat(name); err == nil {
			mib += f.Size() >> 20
		}
	}
	return mib
}

// consoleView is what a page reads: rows tells how many lines it has.
type consoleView struct {
	what string
	read func(ctx context.Context, tx *store.Tx) (rows int, err error)
}

// consoleRuns is how often each is read.
const consoleRuns = 21

func (v consoleView) measure(ctx context.Context, s *store.Store) error {
	var took []time.Duration
	var rows int
	for range consoleRuns {
		begun := time.Now()
		if err := s.Read(ctx, func(tx *store.Tx) (err error) {
			rows, err = v.read(ctx, tx)
			return err
		}); err != nil {
			return err
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	fmt.Printf("| %s | %s | %s | %d |\n", v.what, short(mid(took)), short(took[len(took)-1]), rows)
	return nil
}

// consoleViews are the pages that are read, test payments hidden as by default.
func consoleViews(ctx context.Context, s *store.Store) ([]consoleView, error) {
	live := store.PaymentQuery{Modes: []pay.Mode{pay.ModeLive}}
	far := live
	for range 100 {
		err := s.Read(ctx, func(tx *store.Tx) error {
			page, err := tx.ListPayments(ctx, devMerchant, far)
			far.After = page.Next
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	today, _ := store.DayOf(time.Now()).Start()
	with := func(change func(q *store.PaymentQuery)) store.PaymentQuery {
		q := live
		change(&q)
		return q
	}
	since := func(days int) store.PaymentQuery {
		return with(func(q *store.PaymentQuery) { q.From, q.To = today.AddDate(0, 0, 1-days), today.AddDate(0, 0, 1) })
	}
	search := func(f store.SearchField, text string) store.PaymentQuery {
		return with(func(q *store.PaymentQuery) { q.Field, q.Search = f, text })
	}
	views := []consoleView{
		list("first page", live), list("100th page, by its cursor", far), list("first page, all modes", store.PaymentQuery{}),
		list("first page by request time", with(func(q *store.PaymentQuery) { q.ByRequest = true })),
		list("failed ones, of a month", with(func(q *store.PaymentQuery) {
			q.Statuses, q.From = []pay.Status{pay.StatusFailed}, today.AddDate(0, -1, 0)
		})),
		list("failed ones by request time", with(func(q *store.PaymentQuery) { q.Statuses, q.ByRequest = []pay.Status{pay.StatusFailed}, true })),
		list("tests only, by request time", store.PaymentQuery{Modes: []pay.Mode{pay.ModeTest}, ByRequest: true}),
		list("by Toss Pay", with(func(q *store.PaymentQuery) { q.Providers = []pay.Provider{pay.TossPay} })),
		list("by telephone, one of a thousand", with(func(q *store.PaymentQuery) { q.Methods = []pay.Method{pay.MethodPhone} })),
		list("search an order number", search("", "order-00001234")), list("search a telephone number", search("", "010-1234-5678")),
		list("search an e-mail address", search(store.FieldBuyerEmail, "buyer12345@")), list("search 김민준 (many)", search("", "김민준")),
		list("search 010 (nearly all)", search(store.FieldBuyerTel, "010")), list("search 고객 (one of twenty)", search("", "고객")),
		list("search what nobody has", search("", "zzz")),
	}
	views = append(views, sums("sums of today", since(1)), sums("sums of a month", since(30)), sums("sums of a year", since(366)), sums("sums to the minute of half a year", with(func(q *store.PaymentQuery) {
		q.From, q.To = today.AddDate(0, -6, 0).Add(100*time.Minute), today.Add(123*time.Minute)
	})), sums("sums of a search (rare)", search("", "buyer12345@")), sums("sums of a search (broad)", search("", "김민준")))
	return append(views, dayViews(today)...), nil
}

func list(what string, q store.PaymentQuery) consoleView {
	return consoleView{what, func(ctx context.Context, tx *store.Tx) (int, error) {
		page, err := tx.ListPayments(ctx, devMerchant, q)
		return len(page.Rows), err
	}}
}

func sums(what string, q store.PaymentQuery) consoleView {
	return consoleView{what, func(ctx context.Context, tx *store.Tx) (int, error) {
		s, err := tx.SumPayments(ctx, devMerchant, q)
		return int(s.Count), err
	}}
}

// dayViews are what the dashboard reads.
func dayViews(today time.Time) (views []consoleView) {
	for _, span := range []struct {
		name string
		days int
	}{{"a month", 30}, {"a year", 366}} {
		q := store.DailyQuery{From: store.DayOf(today.AddDate(0, 0, 1-span.days)), To: store.DayOf(today), Modes: []pay.Mode{pay.ModeLive}}
		views = append(views,
			consoleView{"daily sales of " + span.name, func(ctx context.Context, tx *store.Tx) (int, error) {
				rows, err := tx.DailySales(ctx, devMerchant, q)
				return len(rows), err
			}},
			consoleView{"outcomes of " + span.name, func(ctx context.Context, tx *store.Tx) (int, error) {
				rows, err := tx.DailyOutcomes(ctx, devMerchant, q)
				return len(rows), err
			}},
			consoleView{"decline reasons of " + span.name, func(ctx context.Context, tx *store.Tx) (int, error) {
				rows, err := tx.DeclineReasons(ctx, devMerchant, q, 10)
				return len(rows), err
			}})
	}
	return views
}

// exportAll reads every payment once, as an export does.
func (b *bench) exportAll(ctx context.Context, s *store.Store) error {
	n, begun := 0, time.Now()
	err := s.EachPayment(ctx, devMerchant, store.PaymentQuery{}, func(pay.Payment) error { n++; return nil })
	took := time.Since(begun)
	fmt.Printf("Export of %d payments: %s, %.0f a second.\n\n", n, took.Round(time.Millisecond), float64(n)/took.Seconds())
	return err
}
