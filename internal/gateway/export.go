package gateway

import (
	"archive/zip"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// ExportOptions say what is exported.
type ExportOptions struct {
	Merchant  pay.MerchantID
	SubStores bool // with the merchant's sub-stores, each in a folder of its own
	// WithKeys writes the providers' billing keys themselves, and what connectors
	// remember of payments. Whoever has them can charge, together with the contract.
	WithKeys bool
}

// ExportReport counts what was written, by store and file.
type ExportReport struct {
	Form   string                    `json:"naru"` // "export/1"
	At     time.Time                 `json:"at"`
	Keys   bool                      `json:"billing_keys"` // whether the keys themselves are in it
	Counts map[string]map[string]int `json:"counts"`       // by user code and file
}

// ExportTo opens a file of the export; the one before was closed.
type ExportTo func(name string) (io.WriteCloser, error)

// export is one run of Export.
type export struct {
	g      *Gateway
	o      ExportOptions
	to     ExportTo
	m      pay.Merchant
	report *ExportReport
}

// exportPage is how many rows are read in one transaction.
const exportPage = 128

// Export writes everything of a merchant as JSON lines, payments also as CSV, with a
// README that says what is what. It reads page by page, each as of one moment, and
// holds neither a transaction nor more than a page in memory. It is audited before
// anything is written.
func (g *Gateway) Export(ctx context.Context, o ExportOptions, to ExportTo) (ExportReport, error) {
	report := ExportReport{Form: "export/1", At: g.now().UTC(), Keys: o.WithKeys, Counts: map[string]map[string]int{}}
	var stores []pay.Merchant
	err := g.store.Write(ctx, func(tx *store.Tx) error {
		m, err := tx.Merchant(ctx, o.Merchant)
		if err != nil {
			return err
		}
		stores = []pay.Merchant{m}
		if o.SubStores {
			subs, err := tx.ListTiers(ctx, m.ID)
			if err != nil {
				return err
			}
			stores = append(stores, subs...)
		}
		return tx.Audit(ctx, store.Change{Merchant: m.ID, Action: "merchant.export", Target: string(m.ID), After: map[string]any{"sub_stores": o.SubStores, "billing_keys": o.WithKeys}})
	})
	if err != nil {
		return report, err
	}
	x := &export{g: g, o: o, to: to, report: &report}
	if err := x.file("README.txt", func(w io.Writer) (int, error) { _, err := io.WriteString(w, exportReadme); return 1, err }); err != nil {
		return report, err
	}
	for _, m := range stores {
		x.m = m
		if err := x.store(ctx); err != nil {
			return report, fmt.Errorf("export of %s: %w", m.UserCode, err)
		}
	}
	x.m = pay.Merchant{}
	err = x.file("export.json", func(w io.Writer) (int, error) { return 1, json.NewEncoder(w).Encode(report) })
	return report, err
}

// file writes one file and counts its rows.
func (x *export) file(name string, write func(io.Writer) (int, error)) error {
	path, of := name, cmp.Or(x.m.UserCode, string(x.m.ID))
	if of != "" {
		path = of + "/" + name
	}
	w, err := x.to(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	n, err := write(w)
	if closing := w.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if of != "" {
		if x.report.Counts[of] == nil {
			x.report.Counts[of] = map[string]int{}
		}
		x.report.Counts[of][name] = n
	}
	return nil
}

// lines writes rows as JSON, page by page, until one is not full.
func lines[T any](ctx context.Context, x *export, name string, read func(tx *store.Tx, last *T) ([]T, error), as func(T) (any, error)) error {
	return x.file(name, func(w io.Writer) (n int, err error) {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		var last *T
		for {
			var some []T
			err := x.g.store.Read(ctx, func(tx *store.Tx) (err error) {
				some, err = read(tx, last)
				return err
			})
			if err != nil {
				return n, err
			}
			for _, row := range some {
				v, err := as(row)
				if err == nil {
					err = enc.Encode(v)
				}
				if err != nil {
					return n, err
				}
				n++
			}
			if len(some) == 0 {
				return n, nil
			}
			last = &some[len(some)-1]
		}
	})
}

// payments writes them all, in the order of their ids.
func (x *export) payments(ctx context.Context) error {
	err := lines(ctx, x, "payments.jsonl", func(tx *store.Tx, last *store.Dossier) ([]store.Dossier, error) {
		after := store.PaymentCursor{}
		if last != nil {
			after.ID = last.Payment.ID
		}
		ps, err := tx.PaymentsIn(ctx, x.m.ID, store.PaymentSpan{}, after, exportPage)
		if err != nil || len(ps) == 0 {
			return nil, err
		}
		return tx.Dossiers(ctx, x.m.ID, ps)
	}, func(d store.Dossier) (any, error) { return exportOf(d, x.o.WithKeys), nil })
	if err != nil {
		return err
	}
	return x.file("payments.csv", func(w io.Writer) (n int, err error) {
		if _, err := io.WriteString(w, "\ufeff"); err != nil { // so that spreadsheets read it as UTF-8
			return 0, err
		}
		out := csv.NewWriter(w)
		if err := out.Write(csvHeader); err != nil {
			return 0, err
		}
		for after := (store.PaymentCursor{}); ; {
			var some []pay.Payment
			err := x.g.store.Read(ctx, func(tx *store.Tx) (err error) {
				some, err = tx.PaymentsIn(ctx, x.m.ID, store.PaymentSpan{}, after, exportPage)
				return err
			})
			if err != nil || len(some) == 0 {
				out.Flush()
				return n, firstOf(err, out.Error())
			}
			for _, p := range some {
				if err := out.Write(csvRow(p)); err != nil {
					return n, err
				}
				n++
			}
			after = store.PaymentCursor{ID: some[len(some)-1].ID}
		}
	})
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

const exportReadme = `나루에서 내보낸 자료 / What Naru exported

상점마다 폴더가 하나씩 있습니다(이름은 가맹점 식별코드). 시각은 RFC 3339(UTC), CSV의 시각은 한국 시간, 금액은 원 단위입니다.
Each store has a folder named by its user code. Times are RFC 3339 (UTC), those of the CSV Korean time; amounts are won.

  merchant.json       상점과 설정 / the store and its settings
  channels.jsonl      채널. 비밀값은 없습니다 / channels, without their secrets
  payments.jsonl      결제. 상태 이력(steps), 움직인 돈(movements), PG 호출(attempts)을 함께 / payments with what hangs on them
  payments.csv        결제를 표로 / payments as a table
  orders.jsonl        주문번호, 사전등록 금액 / order numbers and what was prepared
  billing_keys.jsonl  빌링키. 카드번호는 가려져 있고, PG의 키는 --with-billing-keys일 때만 / billing keys; the provider's own key only with --with-billing-keys
  schedules.jsonl     예약 결제 / booked charges
  receipts.jsonl      현금영수증 / cash receipts
  deliveries.jsonl    웹훅 / webhooks
  settlements.jsonl   정산 / settlements
  audit.jsonl         변경 기록 / who changed what
  ../export.json      몇 건인지 / counts

한 줄이 한 건입니다(JSON Lines). payments.jsonl은 다른 나루로 그대로 가져올 수 있습니다:
One line is one row (JSON Lines). payments.jsonl goes into another Naru as it is, and billing_keys.jsonl written with the keys likewise:

  naru import payments --merchant USER-CODE --file payments.jsonl --dry-run
  naru import billing-keys --merchant USER-CODE --file billing_keys.jsonl --dry-run
`

// ExportZip puts the files into a zip; the caller closes it.
func ExportZip(z *zip.Writer) ExportTo {
	return func(name string) (io.WriteCloser, error) {
		w, err := z.Create(name)
		return zipped{w}, err
	}
}

type zipped struct{ io.Writer }

func (zipped) Close() error { return nil } // the next file ends it
