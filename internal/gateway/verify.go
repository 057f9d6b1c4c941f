package gateway

import (
	"context"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// Finding is something wrong, found by a check of the books. Its ID follows from
// what is wrong: the same fault is the same finding each time.
type Finding struct {
	ID       string         `json:"id"`
	Kind     FindingKind    `json:"kind"`
	Merchant pay.MerchantID `json:"merchant"`
	Payment  pay.PaymentID  `json:"payment,omitempty"`
	Channel  pay.ChannelKey `json:"channel,omitempty"` // of a reconciliation
	Day      string         `json:"day,omitempty"`     // likewise, 2006-01-02
	findingBody
}

// findingBody is what only people read of a finding, and where to look again.
type findingBody struct {
	Section  string `json:"section"` // "payment", "order", …
	Row      string `json:"row"`     // its name there
	Expected string `json:"expected"`
	Found    string `json:"found"`
	// Mended: the provider was asked after this was found, and now all agrees.
	Mended bool `json:"mended,omitempty"`
}

// The sections of the books that are checked.
const (
	sectionPayment  = "payment"
	sectionOrder    = "order"
	sectionSchedule = "schedule"
	sectionKey      = "billing_key"
	sectionReceipt  = "receipt"
	sectionChannel  = "channel"
	sectionMerchant = "merchant"
)

// VerifyOptions say what is checked.
type VerifyOptions struct {
	Merchant pay.MerchantID // "" is all
	// From and To choose the payments begun from one until, and without, the other;
	// orders, schedules, billing keys and cash receipts are then left out. Zero is open.
	From, To time.Time
	// Provider: each payment is asked about at its provider, too; Sync: what differs
	// is learned from the answer, by the road that every answer takes.
	Provider, Sync bool
	Rate           float64 // questions a second to a channel; 0 is 5
	Parallel       int     // questions at once; 0 is 4
	// Found gets each finding, and Progress how far it is after each page; both may be
	// nil. Calls do not overlap.
	Found    func(Finding)
	Progress func(VerifyReport)
}

// VerifyReport is what was looked at and what came of it.
type VerifyReport struct {
	Merchants int `json:"merchants"`
	Payments  int `json:"payments"`
	Orders    int `json:"orders"`
	Schedules int `json:"schedules"`
	Keys      int `json:"billing_keys"`
	Receipts  int `json:"receipts"`
	Channels  int `json:"channels"`
	Asked     int `json:"asked"`    // payments that the provider was asked about
	Unasked   int `json:"unasked"`  // payments that it should have been asked about, and was not
	Findings  int `json:"findings"` // without those that were mended
	Mended    int `json:"mended"`
}

// Verify checks the books, and with Options.Provider holds them against the
// provider's. It reads page by page, each as of one moment, while the gateway
// runs, and keeps nothing: memory does not grow with the books. Nothing is
// changed but by Sync. The error is trouble with reading; what is wrong goes to Found.
func (g *Gateway) Verify(ctx context.Context, o VerifyOptions) (VerifyReport, error) {
	v := &verification{g: g, o: o}
	var all []pay.Merchant
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		if o.Merchant != "" {
			m, err := tx.Merchant(ctx, o.Merchant)
			all = []pay.Merchant{m}
			return err
		}
		all, err = tx.ListMerchants(ctx)
		return err
	})
	if err != nil {
		return v.report, err
	}
	for _, m := range all {
		if err := v.merchant(ctx, m.ID); err != nil {
			return v.report, err
		}
		v.report.Merchants++
	}
	if o.Merchant == "" && o.From.IsZero() && o.To.IsZero() {
		err = v.strays(ctx)
	}
	return v.report, err
}

// verification is one run of Verify.
type verification struct {
	g      *Gateway
	o      VerifyOptions
	report VerifyReport
	limits limiters
}

// verifyPage is how many rows are read in one transaction.
const verifyPage = 128

func (v *verification) merchant(ctx context.Context, m pay.MerchantID) error {
	span := store.PaymentSpan{}
	if !v.o.From.IsZero() || !v.o.To.IsZero() {
		span = store.PaymentSpan{By: store.SpanStarted, From: v.o.From, To: v.o.To}
	}
	err := v.g.eachPage(ctx, m, span, func(ds []store.Dossier, found []Finding) error {
		v.tell(found)
		v.report.Payments += len(ds)
		if v.o.Provider {
			if err := v.askAll(ctx, ds); err != nil {
				return err
			}
		}
		v.progress()
		return nil
	})
	if err != nil || span.By != "" {
		return err
	}
	for _, section := range []struct {
		read  sectionReader
		count *int
	}{
		{v.g.checkOrders, &v.report.Orders}, {v.g.checkSchedules, &v.report.Schedules}, {v.g.checkKeys, &v.report.Keys},
		{v.g.checkReceipts, &v.report.Receipts}, {v.g.checkChannels, &v.report.Channels},
	} {
		if err := v.section(ctx, m, section.read, section.count); err != nil {
			return err
		}
	}
	return nil
}

// sectionReader checks a page of rows after one, in one transaction, and gives the
// name of the last and how many there were.
type sectionReader func(ctx context.Context, tx *store.Tx, m pay.MerchantID, after string, limit int) (found []Finding, last string, n int, err error)

func (v *verification) section(ctx context.Context, m pay.MerchantID, read sectionReader, count *int) error {
	for after := ""; ; {
		var found []Finding
		var n int
		err := v.g.store.Read(ctx, func(tx *store.Tx) (err error) {
			found, after, n, err = read(ctx, tx, m, after, verifyPage)
			return err
		})
		if err != nil {
			return err
		}
		*count += n
		v.tell(found)
		v.progress()
		if n < verifyPage {
			return nil
		}
	}
}

// strays are rows of merchants that are not there.
func (v *verification) strays(ctx context.Context) error {
	var found []Finding
	err := v.g.store.Read(ctx, func(tx *store.Tx) (err error) {
		found, err = v.g.checkMerchants(ctx, tx)
		return err
	})
	v.tell(found)
	return err
}

func (v *verification) tell(found []Finding) {
	for _, f := range found {
		if f.Mended {
			v.report.Mended++
		} else {
			v.report.Findings++
		}
		if v.o.Found != nil {
			v.o.Found(f)
		}
	}
}

func (v *verification) progress() {
	if v.o.Progress != nil {
		v.o.Progress(v.report)
	}
}

// eachPage reads a span of payments with all that hangs on them, page by page,
// and checks each page.
func (g *Gateway) eachPage(ctx context.Context, m pay.MerchantID, span store.PaymentSpan, do func([]store.Dossier, []Finding) error) error {
	for after := (store.PaymentCursor{}); ; {
		var ds []store.Dossier
		var found []Finding
		err := g.store.Read(ctx, func(tx *store.Tx) error {
			ps, err := tx.PaymentsIn(ctx, m, span, after, verifyPage)
			if err != nil {
				return err
			}
			ds, found, err = g.checkPayments(ctx, tx, m, ps, span.By != "")
			return err
		})
		if err != nil || len(ds) == 0 {
			return err
		}
		after = span.Cursor(ds[len(ds)-1].Payment)
		if err := do(ds, found); err != nil {
			return err
		}
	}
}
