package gateway_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"naru/internal/gateway"
	"naru/internal/pay"
	v1 "naru/internal/rest/v1"
	"naru/internal/store"
)

// exported is the files of an export.
func (r *rig) exported(o gateway.ExportOptions) map[string]string {
	r.t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	o.Merchant = r.merchant.ID
	_, err := r.gw.Export(r.ctx, o, gateway.ExportZip(z))
	must2(r.t, err)
	must2(r.t, z.Close())
	back, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	must2(r.t, err)
	out := map[string]string{}
	for _, f := range back.File {
		in, err := f.Open()
		must2(r.t, err)
		text, err := io.ReadAll(in)
		must2(r.t, err)
		out[f.Name] = string(text)
	}
	return out
}

// v1 is what a merchant's server reads of each payment.
func (r *rig) v1(ids []pay.PaymentID) []string {
	r.t.Helper()
	key, secret, err := r.gw.AddKey(r.ctx, r.merchant.ID, "", "")
	must2(r.t, err)
	h := v1.New(v1.Options{Gateway: r.gw, Store: r.store, Now: r.clock.Now})
	ask := func(method, path, body, token string) string {
		req := httptest.NewRequest(method, path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", token)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		if rec.Code != http.StatusOK {
			r.t.Fatalf("%s: %d %s", path, rec.Code, rec.Body)
		}
		return rec.Body.String()
	}
	var got struct {
		Response struct {
			AccessToken string `json:"access_token"`
		}
	}
	must2(r.t, json.Unmarshal([]byte(ask("POST", "/users/getToken", fmt.Sprintf(`{"imp_key":%q,"imp_secret":%q}`, key, secret), "")), &got))
	var out []string
	for _, id := range ids {
		out = append(out, ask("GET", "/payments/"+string(id), "", got.Response.AccessToken))
	}
	return out
}

// What is exported is everything, without a secret unless it was asked for, and
// another installation that takes it in gives the same answers.
func TestExportAndBackIn(t *testing.T) {
	moved(t, func(t *testing.T, from, to *rig) {
		from.busy()
		files := from.exported(gateway.ExportOptions{})
		for _, name := range []string{"merchant.json", "channels.jsonl", "payments.jsonl", "payments.csv", "orders.jsonl", "billing_keys.jsonl", "schedules.jsonl", "receipts.jsonl", "audit.jsonl"} {
			if len(files["imp00000000/"+name]) < 10 {
				t.Errorf("%s is not there: %q", name, files["imp00000000/"+name])
			}
		}
		all := strings.Join([]string{files["imp00000000/merchant.json"], files["imp00000000/channels.jsonl"], files["imp00000000/payments.jsonl"], files["imp00000000/billing_keys.jsonl"]}, "\n")
		for _, secret := range []string{clientKey, secretKey, apiKey, billSecretKey, `"billing_key":"`, card.Number.Reveal()} {
			if strings.Contains(all, secret) {
				t.Errorf("the export holds %q", secret)
			}
		}
		lines := files["imp00000000/payments.jsonl"]
		report := to.bring(lines)
		var ids []pay.PaymentID
		for _, line := range strings.Split(strings.TrimSpace(lines), "\n") {
			var p struct {
				ID     pay.PaymentID `json:"imp_uid"`
				Status string
			}
			must2(t, json.Unmarshal([]byte(line), &p))
			if _, err := to.get(p.ID); err == nil {
				ids = append(ids, p.ID)
			}
		}
		if report.New != report.Rows-report.Refused || report.New < 15 || len(ids) != report.New || report.Refused > 2 { // what the bank holds twice is for a person
			t.Errorf("%s: %v", came(report), report.Problems)
		}
		theirs, ours := from.v1(ids), to.v1(ids)
		for i := range ids {
			if theirs[i] != ours[i] {
				t.Errorf("%s was\n%s\nand is\n%s", ids[i], theirs[i], ours[i])
			}
		}
		wants(t, to.bring(lines), fmt.Sprintf("%d rows: 0 new, %d same, 0 differ, %d refused", report.Rows, report.New, report.Refused))
		if found, _ := to.verified(gateway.VerifyOptions{Provider: true}); len(found) > 0 {
			t.Errorf("the books that came of it: %v", found)
		}
	})
}

// Billing keys leave by the operator's will only, and charge where they arrive.
func TestBillingKeysMove(t *testing.T) {
	moved(t, func(t *testing.T, from, to *rig) {
		from.key(pay.TossPayments, "c1")
		from.key(pay.TossPay, "c2")
		file := from.exported(gateway.ExportOptions{WithKeys: true})["imp00000000/billing_keys.jsonl"]
		bring := func(file string, o gateway.ImportOptions) gateway.ImportReport {
			o.Merchant = to.merchant.ID
			report, err := to.gw.ImportBillingKeys(to.ctx, strings.NewReader(file), o)
			must2(t, err)
			return report
		}
		wants(t, bring(file, gateway.ImportOptions{DryRun: true, Ask: true}), "2 rows: 2 new, 0 same, 0 differ, 0 refused")
		if _, err := to.activeKey("c1"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a dry run wrote: %v", err)
		}
		wants(t, bring(file, gateway.ImportOptions{}), "2 rows: 2 new, 0 same, 0 differ, 0 refused")
		wants(t, bring(file, gateway.ImportOptions{}), "2 rows: 0 new, 2 same, 0 differ, 0 refused")
		for _, uid := range []string{"c1", "c2"} {
			if p, err := to.again(uid, "charge-"+uid, 9900); err != nil || p.Status != pay.StatusPaid {
				t.Errorf("%s: %s %v", uid, p.Status, err)
			}
		}
		var row map[string]any
		must2(t, json.Unmarshal([]byte(strings.SplitN(file, "\n", 2)[0]), &row))
		row["billing_key"] = "planted-other-key"
		report := bring(asJSON(t, row), gateway.ImportOptions{})
		wants(t, report, "1 rows: 0 new, 0 same, 1 differ, 0 refused")
		row["customer_uid"], row["billing_key"], row["pg_id"] = "c3", "planted with spaces", "nobody"
		report = bring(asJSON(t, row), gateway.ImportOptions{})
		wants(t, report, "1 rows: 0 new, 0 same, 0 differ, 1 refused")
		if text := asJSON(t, report) + from.log.String() + to.log.String(); strings.Contains(text, "planted-other") || strings.Contains(text, "planted with") {
			t.Error("a report or a log holds a billing key")
		}
	})
}
