package gateway

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"naru/internal/pay"
)

// fuzzed is an import that looks at no books.
func fuzzed() *importing {
	im := &importing{
		g: &Gateway{now: func() time.Time { return time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC) }, sheets: newSheetDesk()}, o: ImportOptions{Merchant: "m1"},
		seen: map[string]int{}, paid: map[pay.MerchantUID]int{}, theirs: map[string]int{}, keys: map[pay.CustomerUID]bool{},
	}
	for _, p := range []pay.Provider{pay.TossPayments, pay.TossPay} {
		im.channels = append(im.channels, pay.Channel{Merchant: "m1", Key: pay.ChannelKey("channel-key-" + p), Provider: p, MID: "tnaru", Mode: pay.ModeLive, Kind: pay.ChannelPayment})
	}
	return im
}

// FuzzImportFile: whatever a file holds, it is read to its end or refused, and a
// payment that is taken over is one that the books may hold.
func FuzzImportFile(f *testing.F) {
	book := excelize.NewFile()
	if err := book.SetSheetRow("Sheet1", "A1", &[]string{"imp_uid", "주문번호", "상태", "결제금액"}); err != nil {
		f.Fatal(err)
	}
	if err := book.SetSheetRow("Sheet1", "A2", &[]string{"imp_1", "a", "paid", "1"}); err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	for _, text := range []string{
		"imp_uid,merchant_uid,status,amount,cancel_amount,pg_provider,pg_id,pg_tid,paid_at,cancelled_at\nimp_1,a,cancelled,\"1,000\",500,tosspayments,tnaru,t,1785974462,2026-08-06 10:00:00\n",
		`{"code":0,"response":{"list":[{"imp_uid":"imp_1","merchant_uid":"a","status":"cancelled","amount":1000,"cancel_amount":700,"pg_provider":"tosspay_v2","pg_id":"tnaru","pg_tid":"t","paid_at":1785974462,"cancelled_at":1785974562,"cancel_history":[{"pg_tid":"c","amount":700,"cancelled_at":1785974562}]}]}}`,
		`{"naru":"payment/1","imp_uid":"imp_1","merchant_uid":"a","channel_key":"channel-key-tosspayments","pg_provider":"tosspayments","pg_id":"tnaru","mode":"live","source":"window","status":"paid","amount":10,"currency":"KRW","cancel_amount":0,"pg_tid":"t","started_at":"2026-08-06T00:00:00Z","paid_at":"2026-08-06T00:00:00Z","steps":[{"from":"created","event":"approved","to":"paid","at":"2026-08-06T00:00:00Z"}],"movements":[{"key":"t:approval","kind":"approval","amount":10,"at":"2026-08-06T00:00:00Z"}]}`,
		"[1,[[[[]]]]]", "a;b\n\"", "PK\x03\x04",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		im := fuzzed()
		_ = im.each(t.Context(), bytes.NewReader(file), paymentFields(), func(r record) error {
			a, ok := im.payment(r)
			if !ok {
				return nil
			}
			in, back := tally(a.moved)
			switch {
			case len(inconsistencies(a)) > 0:
				t.Errorf("taken over, and not consistent: %+v", a)
			case a.p.Amount.Validate() != nil || a.p.Amount.Total.Minor > maxImported || a.p.Amount.Total.Currency != pay.KRW:
				t.Errorf("an amount of %+v", a.p.Amount)
			case back != a.p.Cancelled || back > a.p.Amount.Total.Minor || usesOrder(a.p.Status) && a.p.CustomerUsage != usageIssue && in != a.p.Amount.Total.Minor:
				t.Errorf("%d in, %d back of %+v", in, back, a.p)
			case a.p.Merchant != "m1" || a.p.Channel == "" && a.p.Status != pay.StatusFailed:
				t.Errorf("of %q, channel %q", a.p.Merchant, a.p.Channel)
			}
			return nil
		})
		if r := im.report; r.Rows < r.Refused || len(r.Problems) > importProblemsKept {
			t.Errorf("%d rows, %d refused, %d problems", r.Rows, r.Refused, len(r.Problems))
		}
	})
}

// FuzzImportMapping: a mapping that is read is read again as what it was.
func FuzzImportMapping(f *testing.F) {
	f.Add("imp_uid = a\nstatus.끝 = paid\npay_method := card\nchannel tosspayments.tnaru = channel-key-1\n# x")
	f.Add(`{"fields":{"imp_uid":"a"},"constants":{},"values":{"status":{"x":"paid"}},"channels":[{"channel":"k"}]}`)
	f.Add("\xcc=")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ReadImportMapping(strings.NewReader(text))
		if err != nil {
			return
		}
		whole, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadImportMapping(bytes.NewReader(whole))
		if err != nil {
			t.Fatalf("%s: %v", whole, err)
		}
		if twice, _ := json.Marshal(again); !bytes.Equal(whole, twice) {
			t.Errorf("%s became %s", whole, twice)
		}
	})
}

// Providers' names are found in order, in sums, or by their amounts; what does not fit
// is left, so that nothing is counted twice.
func TestNamesOfImportedMovements(t *testing.T) {
	t.Parallel()
	m := func(kind pay.MovementKind, key string, amount int64) pay.Movement {
		return pay.Movement{Kind: kind, Key: key, Amount: amount}
	}
	ours := func(amounts ...int64) []pay.Movement {
		out := []pay.Movement{m(pay.MovementApproval, pay.ImportedKey(0, ""), 100)}
		for i, n := range amounts {
			out = append(out, m(pay.MovementCancel, pay.ImportedKey(i+1, "x"), n))
		}
		return out
	}
	theirs := func(amounts ...int64) []pay.Movement {
		out := []pay.Movement{m(pay.MovementApproval, "a", 100)}
		for i, n := range amounts {
			out = append(out, m(pay.MovementCancel, string(rune('b'+i)), n))
		}
		return out
	}
	for _, c := range []struct {
		ours, theirs []pay.Movement
		made         string
		named        int // of ours
		left         bool
	}{
		{ours(), theirs(), "", 1, false},
		{ours(10, 20), theirs(10, 20), "", 3, false},
		{ours(20, 10), theirs(10, 20), "", 3, false}, // of one second
		{ours(30), theirs(10, 20), "", 2, false},
		{ours(10), theirs(10, 20), "", 2, false}, // 20 came later
		{ours(10), theirs(20, 10), "", 2, false},
		{ours(10), theirs(10), "b", 1, true}, // the one is just made: ours is not there
		{ours(10), theirs(), "", 1, true},
		{ours(15), theirs(10, 20), "", 1, true},
		{ours(), []pay.Movement{m(pay.MovementApproval, "a", 99)}, "", 0, true},
		{ours(), []pay.Movement{m(pay.MovementDeposit, "a", 100)}, "", 0, true},
	} {
		found, left := nameMovements(c.ours, c.theirs, c.made)
		if len(found) != c.named || left != c.left {
			t.Errorf("%v by %v: %d named, left %t", c.ours, c.theirs, len(found), left)
		}
		used := map[string]bool{}
		for _, n := range found {
			var sum int64
			for _, as := range n.as {
				if sum += as.Amount; used[as.Key] {
					t.Errorf("%s is two of ours", as.Key)
				}
				used[as.Key] = true
			}
			if sum != n.of.Amount {
				t.Errorf("%d is named by %d", n.of.Amount, sum)
			}
		}
	}
}
