package console_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// upload sends a file as the page's form would.
func (p *person) upload(kind, name, text string, guard map[string]string) seen {
	p.r.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range []string{"form_token", "store"} {
		p.r.must(w.WriteField(f, guard[f]))
	}
	p.r.must(w.WriteField("kind", kind))
	if name != "" {
		part, err := w.CreateFormFile("file", name)
		p.r.must(err)
		_, err = io.WriteString(part, text)
		p.r.must(err)
	}
	p.r.must(w.Close())
	res, err := p.client.Post(p.r.site.URL+"/console/moving/files", w.FormDataContentType(), &b)
	p.r.must(err)
	return p.r.read(res)
}

func (r *rig) importParts() (parts int) {
	r.t.Helper()
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
		all, err := tx.ListImports(r.ctx, r.merchant.ID, 100)
		for _, i := range all {
			for seq := range i.Parts {
				if _, err := tx.ImportPart(r.ctx, i.Merchant, i.ID, seq); err == nil {
					parts++
				}
			}
		}
		return err
	}))
	return parts
}

const pastPayments = "imp_uid,merchant_uid,status,금액,pg_tid,결제일시,buyer_name\n" +
	"imp_810000000001,past-1,paid,12000,tviva-1,2026-11-01 10:00:00,홍길동\n" +
	"imp_810000000002,past-2,paid,-5,tviva-2,2026-11-01 10:00:00,<b>\n"

// A file is uploaded, looked at, mapped, imported as a job, and gone.
func TestMovingIn(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleOwner, r.merchant.ID)
		p.get("/moving").has("가져오기", "내보내기", "아직 가져온 것이 없습니다")
		s := p.upload("payments", "list.csv", pastPayments, p.guard())
		if s.Status != http.StatusSeeOther || r.importParts() != 1 {
			t.Fatalf("%d %s, %d parts", s.Status, s.text(), r.importParts())
		}
		at := strings.TrimPrefix(s.To, "/console")
		p.get(at).has("아직 아무것도 가져오지 않았습니다", "가져올 수 없음", "pg_id") // which channel: the file does not tell
		extra := "status.paid = paid"
		done := p.follow(at+"/check", "mapped", "yes", "channel", string(cardChannel), "extra", extra, "column.imp_uid", "imp_uid", "column.merchant_uid", "merchant_uid",
			"column.status", "status", "column.amount", "금액", "column.pg_tid", "pg_tid", "column.paid_at", "결제일시", "column.buyer_name", "buyer_name")
		done.has("다시 확인했습니다", "imp_810000000002", "amount", "-5", "가져오기 (1)", "status.paid = paid", "0보다 큰 원 단위 정수")
		if wrong := p.post(at+"/check", "mapped", "yes", "extra", "nonsense"); wrong.Status != http.StatusUnprocessableEntity || !strings.Contains(wrong.text(), "line 1") {
			t.Errorf("a wrong mapping: %d", wrong.Status)
		}
		if csv := p.get(at + "/problems.csv"); !strings.Contains(csv.Body, "imp_810000000002") || !strings.HasPrefix(csv.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("the file of the problems: %s", csv.Body)
		}
		old := store.Node{ID: "n1", Name: "shop-1", Version: "v0.5.0"}
		r.must(r.store.Write(r.ctx, func(tx *store.Tx) error { return tx.PutNode(r.ctx, old) }))
		p.get("/moving").has("지금은 가져올 수 없습니다", "shop-1 (v0.5.0)")
		if s := p.post(at+"/start", "no_ask", "on"); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "shop-1 (v0.5.0)") {
			t.Errorf("beside a server of an earlier version: %d", s.Status)
		}
		r.must(r.store.Write(r.ctx, func(tx *store.Tx) error { return tx.DeleteNode(r.ctx, old.ID) }))
		p.get("/moving").lacks("지금은 가져올 수 없습니다")
		p.follow(at+"/start", "no_ask", "on").has("가져오기를 시작했습니다")
		r.work()
		p.get(at).has("완료", "가져옴", "imp_810000000002").lacks("<code>-5</code>") // what stood in the file is gone with it
		r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
			got, err := tx.Payment(r.ctx, r.merchant.ID, "imp_810000000001")
			if err == nil && (got.Amount.Total.Minor != 12000 || got.Channel != cardChannel || got.Status != pay.StatusPaid) {
				t.Errorf("%+v", got)
			}
			if err != nil {
				return err
			}
			audit, err := tx.ListAudit(r.ctx, r.merchant.ID, store.AuditFilter{})
			if text := fmt.Sprintf("%+v", audit); !strings.Contains(text, "import.start") || !strings.Contains(text, "import.payments") || strings.Contains(text, "홍길동") {
				t.Errorf("audit: %s", text)
			}
			return err
		}))
		if n := r.importParts(); n != 0 {
			t.Errorf("%d parts of the file are left", n)
		}
		if s := p.post(at + "/start"); s.Status != http.StatusUnprocessableEntity {
			t.Errorf("begun twice: %d", s.Status)
		}
	})
}

// Unless the operator leaves it out, each payment is asked about at its provider.
func TestMovingInAsks(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleOwner, r.merchant.ID)
		known := r.charge("asked-1", 12000)
		row := func(n int, key string) string {
			return fmt.Sprintf("imp_82000000000%d,past-%d,paid,12000,tosspayments,%s,%s,%s\n", n, n, known.MID, key, known.PaidAt.In(time.UTC).Format(time.RFC3339))
		}
		file := "imp_uid,merchant_uid,status,금액,pg_provider,pg_id,pg_tid,결제일시\n" + row(1, "tviva-nobody")
		at := strings.TrimPrefix(p.upload("payments", "a.csv", file, p.guard()).To, "/console")
		p.get(at).has("가져오기 (1)", "결제사에 묻지 않고 가져오기")
		p.follow(at + "/start")
		r.work()
		p.get(at).has("완료", "pg_tid", "imp_820000000001")
		r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
			if _, err := tx.Payment(r.ctx, r.merchant.ID, "imp_820000000001"); err == nil {
				t.Error("a payment was taken over that the provider does not know")
			}
			return nil
		}))
	})
}

// What cannot be read is said on the page, and nothing of it is kept; nor is what
// nobody goes on with.
func TestMovingInGoesWrong(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleOwner, r.merchant.ID)
		guard := p.guard()
		for name, s := range map[string]seen{
			"no file": p.upload("payments", "", "", guard), "empty": p.upload("payments", "a.csv", "", guard), "a picture": p.upload("payments", "a.xlsx", "PK\x03\x04", guard),
			"of no kind": p.upload("orders", "a.csv", pastPayments, guard), "too large": p.upload("payments", "a.csv", pastPayments+strings.Repeat("x", 32<<20+1), guard),
		} {
			if s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.Body, `role="alert"`) {
				t.Errorf("%s: %d", name, s.Status)
			}
		}
		if s := p.upload("payments", "a.csv", pastPayments, map[string]string{"form_token": "x", "store": guard["store"]}); s.Status != http.StatusConflict {
			t.Errorf("a forged form: %d", s.Status)
		}
		if s := p.upload("payments", "a.csv", pastPayments, map[string]string{"form_token": guard["form_token"], "store": "m_other"}); s.Status != http.StatusConflict {
			t.Errorf("another store's form: %d", s.Status)
		}
		if n := r.importParts(); n != 0 {
			t.Errorf("%d parts are kept of what was refused", n)
		}
		at := strings.TrimPrefix(p.upload("payments", "a.csv", pastPayments, guard).To, "/console")
		r.clock.Advance(time.Hour + time.Minute)
		r.work()
		if n := r.importParts(); n != 0 {
			t.Errorf("%d parts are left after an hour", n)
		}
		p.get(at).has("취소")
		at = strings.TrimPrefix(p.upload("payments", "a.csv", pastPayments, guard).To, "/console")
		p.follow(at + "/discard").has("파일을 지웠습니다")
		if n := r.importParts(); n != 0 {
			t.Errorf("%d parts are left of a discarded file", n)
		}
		other := r.addMerchant("m_2", "imp87654321", "다른 상점")
		stranger := r.operator(pay.RoleOwner, other.ID)
		for _, path := range []string{at, at + "/problems.csv"} {
			if s := stranger.get(path); s.Status != http.StatusNotFound {
				t.Errorf("%s answers another merchant %d", path, s.Status)
			}
		}
		if s := stranger.post(at + "/start"); s.Status != http.StatusNotFound {
			t.Errorf("another merchant began it: %d", s.Status)
		}
	})
}

var billingKeyText = regexp.MustCompile(`planted-billing-key-[0-9]+`)

// A billing key is on no page, in no log and in no audit entry, and what a download
// holds has none.
func TestMovingBillingKeys(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleOwner, r.merchant.ID)
		file := "customer_uid,customer_id,billing_key,card_name\nold-1,member-1,planted-billing-key-1,신한카드\nold-2,,planted-billing-key-2,\n"
		at := strings.TrimPrefix(p.upload("billing_keys", "keys.csv", file, p.guard()).To, "/console")
		var pages []string
		pages = append(pages, p.get(at).has("customer_id", "가져오기 (1)").Body, p.follow(at+"/start").Body)
		r.work()
		pages = append(pages, p.get(at).has("완료").Body, p.get("/moving").Body, p.get(at+"/problems.csv").Body, r.log.String())
		r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
			k, err := tx.BillingKey(r.ctx, r.merchant.ID, "old-1")
			if err == nil && (k.Channel != billChannel || k.Card == nil || k.Card.Issuer != "366") {
				t.Errorf("%+v", k)
			}
			if err != nil {
				return err
			}
			audit, err := tx.ListAudit(r.ctx, r.merchant.ID, store.AuditFilter{})
			pages = append(pages, fmt.Sprintf("%+v", audit))
			return err
		}))
		s := p.post("/moving/export")
		if s.Status != http.StatusOK || s.Header.Get("Content-Type") != "application/zip" {
			t.Fatalf("%d %s", s.Status, s.text())
		}
		z, err := zip.NewReader(strings.NewReader(s.Body), int64(len(s.Body)))
		r.must(err)
		names := map[string]bool{}
		for _, f := range z.File {
			in, err := f.Open()
			r.must(err)
			text, err := io.ReadAll(in)
			r.must(err)
			pages, names[f.Name] = append(pages, string(text)), true
		}
		if !names["README.txt"] || !names["imp12345678/payments.jsonl"] || !names["imp12345678/billing_keys.jsonl"] {
			t.Errorf("the zip holds %v", names)
		}
		for i, text := range pages {
			if billingKeyText.MatchString(text) || strings.Contains(text, billSecretKey) {
				t.Errorf("text %d holds a secret", i)
			}
		}
	})
}

// Who may not export, or not change the store, sees no button and is refused.
func TestMovingAsEachRole(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	for _, role := range []pay.Role{pay.RoleManager, pay.RoleDeveloper, pay.RoleReadOnly} {
		p := r.operator(role, r.merchant.ID)
		g := pay.Grant{Role: role}
		if page := p.get("/moving"); g.May(pay.ChangeStore) && !g.May(pay.Export) {
			page.has("권한이 필요합니다").lacks(`data-testid="moving-export"`)
		} else if !g.May(pay.ChangeStore) && page.Status != http.StatusForbidden {
			t.Errorf("%s sees the page: %d", role, page.Status)
		}
		if s := p.post("/moving/export"); g.May(pay.Export) != (s.Status == http.StatusOK) && s.Status != http.StatusForbidden {
			t.Errorf("%s exports: %d", role, s.Status)
		}
		if s := p.upload("payments", "a.csv", pastPayments, p.guard()); g.May(pay.ChangeStore) != (s.Status == http.StatusSeeOther) {
			t.Errorf("%s uploads: %d", role, s.Status)
		}
	}
}

// A merchant has a few files waiting at a time; when one is discarded there is room
// for the next.
func TestFilesThatWaitAreFew(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleOwner, r.merchant.ID)
		var first string
		for range gateway.MaxOpenImports {
			s := p.upload("payments", "list.csv", pastPayments, p.guard())
			if first = s.To; s.Status != http.StatusSeeOther {
				t.Fatalf("%d %s", s.Status, s.text())
			}
		}
		if s := p.upload("payments", "list.csv", pastPayments, p.guard()); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "끝나지 않은 가져오기가 이미 5개 있습니다") {
			t.Errorf("one more: %d %s", s.Status, s.text())
		}
		if n := r.importParts(); n != gateway.MaxOpenImports {
			t.Errorf("%d files are kept", n)
		}
		p.follow(strings.TrimPrefix(first, "/console") + "/discard")
		if s := p.upload("payments", "list.csv", pastPayments, p.guard()); s.Status != http.StatusSeeOther {
			t.Errorf("after one was discarded: %d %s", s.Status, s.text())
		}
	})
}

// A file of a few kilobytes that unpacks to hundreds of megabytes is refused in words.
func TestAFileThatUnpacksToTooMuch(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:")
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	_, err := w.CreateRaw(&zip.FileHeader{Name: "xl/workbook.xml", Method: zip.Deflate, UncompressedSize64: 1 << 40})
	r.must(err)
	r.must(w.Close())
	p := r.operator(pay.RoleOwner, r.merchant.ID)
	if s := p.upload("payments", "list.xlsx", b.String(), p.guard()); s.Status != http.StatusUnprocessableEntity || !strings.Contains(s.text(), "압축을 풀면 너무 큽니다") || r.importParts() != 0 {
		t.Errorf("%d %s", s.Status, s.text())
	}
}
