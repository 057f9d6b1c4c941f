package gateway_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// plainRow is a payment that is taken over.
func plainRow(n int) map[string]any {
	return map[string]any{
		"imp_uid": fmt.Sprintf("imp_7000%08d", n), "merchant_uid": fmt.Sprintf("past-%d", n), "status": "paid", "amount": 12000, "cancel_amount": 0, "currency": "KRW",
		"pg_provider": "tosspayments", "pg_id": "tnaru", "pg_tid": fmt.Sprintf("tviva%d", n), "pay_method": "card", "started_at": 1785974400, "paid_at": 1785974462,
	}
}

// Each row that cannot be right is refused by itself, with what is allowed, and the
// others are taken over.
func TestImportRefusesWhatCannotBe(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.paid(pay.TossPayments, "here")
		other, err := r.gw.AddMerchant(r.ctx, pay.Merchant{ID: "m2", UserCode: "imp00000002"})
		must2(t, err)
		wants(t, r.bring(asJSON(t, plainRow(900))), "1 rows: 1 new, 0 same, 0 differ, 0 refused")
		cases := []struct {
			change map[string]any
			field  string
		}{
			{map[string]any{"sandbox": false}, "pg_id"},      // the channel is of a sandbox
			{map[string]any{"pg_tid": "tviva1"}, "pg_tid"},   // of the file's first
			{map[string]any{"pg_tid": "tviva900"}, "pg_tid"}, // on the books
			{map[string]any{"status": "refunding"}, "status"},
			{map[string]any{"amount": "12000.5"}, "amount"},
			{map[string]any{"amount": -12000}, "amount"},
			{map[string]any{"amount": "9007199254740993"}, "amount"},
			{map[string]any{"amount": "99999999999999999999"}, "amount"},
			{map[string]any{"amount": "twelve"}, "amount"},
			{map[string]any{"amount": 0}, "amount"},
			{map[string]any{"currency": "USD"}, "currency"},
			{map[string]any{"imp_uid": "12345"}, "imp_uid"},
			{map[string]any{"imp_uid": plainRow(1)["imp_uid"]}, "imp_uid"},
			{map[string]any{"merchant_uid": ""}, "merchant_uid"},
			{map[string]any{"merchant_uid": strings.Repeat("가", 41)}, "merchant_uid"},
			{map[string]any{"merchant_uid": "past-1"}, "merchant_uid"},
			{map[string]any{"merchant_uid": "here"}, "merchant_uid"},
			{map[string]any{"pg_id": "somebody"}, "pg_id"},
			{map[string]any{"pg_provider": "kakaopay"}, "pg_id"},
			{map[string]any{"pg_tid": nil}, "pg_tid"},
			{map[string]any{"status": "ready", "pg_tid": nil, "pay_method": "vbank", "vbank_code": "004", "vbank_num": "11012345"}, "pg_tid"},
			{map[string]any{"paid_at": 0}, "paid_at"},
			{map[string]any{"paid_at": "gestern"}, "paid_at"},
			{map[string]any{"paid_at": 4102444800}, "paid_at"},
			{map[string]any{"cancel_amount": 1000}, "cancel_amount"},
			{map[string]any{"status": "cancelled", "cancelled_at": 1785974500}, "cancel_amount"},
			{map[string]any{"status": "cancelled", "cancel_amount": 13000, "cancelled_at": 1785974500}, "cancel_amount"},
			{map[string]any{"status": "cancelled", "cancel_amount": 2000}, "cancelled_at"},
			{map[string]any{"status": "cancelled", "cancel_amount": 2000, "cancelled_at": 1785974500, "cancel_history": []any{map[string]any{"amount": 1000, "cancelled_at": 1785974500}}}, "cancel_amount"},
			{map[string]any{"status": "failed"}, "failed_at"},
			{map[string]any{"pay_method": "bitcoin"}, "pay_method"},
			{map[string]any{"customer_uid_usage": "payment"}, "customer_uid"},
			{map[string]any{"card_quota": "many"}, "card_quota"},
			{map[string]any{"tax_free": 13000}, "tax_free"},
		}
		rows := []map[string]any{plainRow(1)}
		for i, c := range cases {
			row := plainRow(i + 2)
			maps.Copy(row, c.change)
			rows = append(rows, row)
		}
		file := asJSON(t, rows)
		report := r.bring(file, dry)
		for i, c := range cases {
			found := ""
			for _, p := range report.Problems {
				if p.Line == i+2 && p.Allowed != "" && p.Kind == gateway.ImportRefused {
					found += p.Field + " "
				}
			}
			if found != c.field+" " {
				t.Errorf("%v: told of %q, and not of %s alone", c.change, found, c.field)
			}
		}
		wants(t, report, fmt.Sprintf("%d rows: 1 new, 0 same, 0 differ, %d refused", len(rows), len(cases)))
		if again := r.bring(file); came(again) != came(report) {
			t.Errorf("the dry run said %s, and it came %s", came(report), came(again))
		}
		taken, err := r.gw.ImportPayments(r.ctx, strings.NewReader(asJSON(t, plainRow(900))), gateway.ImportOptions{Merchant: other.ID})
		if must2(t, err); taken.Refused != 1 || taken.Problems[0].Field != "pg_id" { // it has no channel either
			t.Errorf("another merchant's: %+v", taken)
		}
		r.sound(gateway.VerifyOptions{})
	})
}

// The id of another merchant's payment is refused, and nothing of that payment is told.
func TestImportOfAnotherMerchantsPayment(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		theirs := r.paid(pay.TossPayments, "theirs")
		other, err := r.gw.AddMerchant(r.ctx, pay.Merchant{ID: "m2", UserCode: "imp00000002"})
		must2(t, err)
		_, err = r.gw.AddChannel(r.ctx, gateway.NewChannel{Merchant: other.ID, Key: "channel-key-m2", Provider: pay.TossPayments, Kind: pay.ChannelPayment, MID: "tnaru", Mode: pay.ModeSandbox,
			API: r.sandbox.URL + "/tosspayments", Credentials: map[string]pay.Secret{"client_key": clientKey, "secret_key": secretKey}})
		must2(t, err)
		row := plainRow(1)
		row["imp_uid"] = string(theirs.ID)
		for _, o := range []gateway.ImportOptions{{Merchant: other.ID, DryRun: true}, {Merchant: other.ID}} {
			report, err := r.gw.ImportPayments(r.ctx, strings.NewReader(asJSON(t, row)), o)
			if must2(t, err); report.Refused != 1 || report.Problems[0].Field != "imp_uid" || strings.Contains(report.Problems[0].Allowed, string(theirs.MerchantUID)) {
				t.Errorf("%+v", report)
			}
		}
	})
}

// A spreadsheet is read as CSV is; a file that is none, and one that would fill the
// memory, are refused as a whole.
func TestImportFiles(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		book := excelize.NewFile()
		for i, cells := range [][]any{
			{"imp_uid", "주문번호", "상태", "결제금액", "MID", "PG 거래번호", "결제일시", "비고"},
			{"imp_600000000001", "x-1", "PAID", "12,000원", "tnaru", "tviva1", "2026-08-06 09:01:02", ""},
			{"imp_600000000002", "x-2", "미결제", 5000, "tnaru", "", "", "no time"},
		} {
			must2(t, book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &cells))
		}
		var b bytes.Buffer
		must2(t, book.Write(&b))
		must2(t, book.Close())
		report := r.bring(b.String())
		wants(t, report, "2 rows: 1 new, 0 same, 0 differ, 1 refused")
		if p := report.Problems[0]; p.Line != 3 || p.Field != "started_at" {
			t.Errorf("%+v", p)
		}
		p, err := r.get("imp_600000000001")
		if must2(t, err); p.Amount.Total.Minor != 12000 || p.PaidAt.Unix() != 1785974462 || p.Channel != r.channels[pay.TossPayments] {
			t.Errorf("%+v", p)
		}
		for name, file := range map[string]string{
			"nothing": "", "blank": " \n ", "a picture": "\x89PNG\r\n\x1a\n", "a broken zip": "PK\x03\x04 and no more", "half a list": `[{"imp_uid":"imp_1"},`, "an old .xls": "\xd0\xcf\x11\xe0",
			"a list of numbers": "[1,2,3]", "no column for the amount": "imp_uid,merchant_uid,status\nimp_1,a,paid\n", "EUC-KR": "\xc1\xd6\xb9\xae\xb9\xf8\xc8\xa3,b\n1,2\n",
			"a header alone": "imp_uid,merchant_uid,status,amount\n", "two of a name": "a,a\n1,2\n",
		} {
			_, err := r.gw.ImportPayments(r.ctx, strings.NewReader(file), gateway.ImportOptions{Merchant: r.merchant.ID})
			var invalid *gateway.Invalid
			if !errors.As(err, &invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// A mapping turns any list into ours.
func TestImportByAMapping(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		mapping, err := gateway.ReadImportMapping(strings.NewReader(`
# of the old shop
imp_uid = 번호
merchant_uid = 주문
status = 어떻게
amount = 얼마
pg_tid = 키
paid_at = 언제
pay_method := card
status.끝 = paid
channel .= channel-key-tosspayments-payment
`))
		must2(t, err)
		with := func(o *gateway.ImportOptions) { o.Mapping = &mapping }
		wants(t, r.bring("번호;주문;어떻게;얼마;키;언제\nimp_500000000001;y-1;끝;12.000,00;t1;1785974462\nimp_500000000002;y-2;끝;12000;t2;1785974462\n", with), "2 rows: 1 new, 0 same, 0 differ, 1 refused")
		for _, wrong := range []string{"nonsense", "who = 번호", "imp_uid = 없음", `{"field":{}}`, `{"fields":{}} {}`} {
			m, err := gateway.ReadImportMapping(strings.NewReader(wrong))
			if err == nil {
				_, err = r.gw.ImportPayments(r.ctx, strings.NewReader("번호\n1\n"), gateway.ImportOptions{Merchant: r.merchant.ID, Mapping: &m})
			}
			if e, ok := err.(*gateway.Invalid); !ok || e.Field != "mapping" { //nolint:errorlint // it is not wrapped
				t.Errorf("%q: %v", wrong, err)
			}
		}
	})
}
