package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"naru/internal/pay"
)

// Eraser is how the personal parts of what the store does not understand are
// taken out.
type Eraser struct {
	// Text is a free text without what is known of the person.
	Text func(string) string
	// Address is a URL likewise: what its host and path say stays.
	Address func(string) string
	// Detail is the detail of an attempt that is over, without what it needed for
	// asking again.
	Detail func(json.RawMessage) (json.RawMessage, error)
}

// Erased counts rows by table.
type Erased map[string]int

func (e Erased) add(table string, n int64) {
	if n > 0 {
		e[table] += int(n)
	}
}

// Add counts other rows in.
func (e Erased) Add(other Erased) {
	for table, n := range other {
		e.add(table, int64(n))
	}
}

// Erasing has SQLite overwrite with zeros what fn deletes or replaces, rather than
// leave it lying in free space. (What lay there before is not reached: Compact.)
func (t *Tx) Erasing(ctx context.Context, fn func() error) error {
	s, ok := t.run.(*session)
	if !ok {
		return fn()
	}
	set := func(to string) error {
		_, err := s.pragma(`secure_delete = ` + to)
		return wrap(err, "overwrite what is deleted: %s", to)
	}
	before, err := t.number(ctx, `SELECT secure_delete FROM pragma_secure_delete`)
	if err != nil {
		return wrap(err, "overwrite what is deleted")
	}
	if err := set("ON"); err != nil {
		return err
	}
	err = fn()
	if back := set(map[int64]string{0: "OFF", 1: "ON", 2: "FAST"}[before]); err == nil {
		err = back
	}
	return err
}

// ErasePayment takes out of a payment, and out of everything that hangs on it but
// its cash receipts, what tells of its buyer. Amounts, ids, states, movements and
// steps stay, and so does when it was last changed; its version counts on, so
// that nobody writes back what was read before. It must have no attempt, checkout
// or call under way.
func (t *Tx) ErasePayment(ctx context.Context, merchant pay.MerchantID, id pay.PaymentID, e Eraser) (Erased, error) {
	p, err := t.Payment(ctx, merchant, id)
	if err != nil {
		return nil, err
	}
	out := Erased{}
	if err := t.erasePaymentRow(ctx, p, e, out); err != nil {
		return nil, wrap(err, "erase payment %s", id)
	}
	if err := t.eraseFollowed(ctx, p, out); err != nil {
		return nil, wrap(err, "erase payment %s: what it is found by", id)
	}
	if err := t.eraseViews(ctx, merchant, e, out); err != nil {
		return nil, wrap(err, "erase payment %s: saved views", id)
	}
	for _, part := range []struct {
		table, text string
		args        []any
	}{
		{"checkouts", `UPDATE checkouts SET launch = '{}', redirect_url = '', message = '' WHERE merchant = $1 AND payment = $2`, nil},
		{"exchanges", `UPDATE exchanges SET request = $3, answer = $3, error = '' WHERE merchant = $1 AND payment = $2`, []any{[]byte{}}},
		{"idempotency", `UPDATE idempotency SET answer = $4 WHERE merchant = $1 AND payment = $2 AND payment <> '' AND (state <> 'running' OR lease_to <= $3)`, []any{t.Now, []byte{}}},
	} {
		n, err := t.exec(ctx, part.text, append([]any{merchant, id}, part.args...)...)
		if err != nil {
			return nil, wrap(err, "erase payment %s: %s", id, part.table)
		}
		out.add(part.table, n)
	}
	for _, texts := range []erasedTexts{
		{"attempts", "id", []string{"message"}, `payment = $2`},
		{"movements", "key", []string{"reason"}, `payment = $2`},
		{"alarms", "id", []string{"body", "note"}, `payment = $2`},
		{"findings", "id", []string{"body"}, `payment = $2`},
		{"deliveries", "id", []string{"url"}, `payment = $2`},
		{"delivery_tries", "delivery", []string{"error", "answer"},
			`delivery IN (SELECT d.id FROM deliveries AS d WHERE d.merchant = $1 AND d.payment = $2)`},
	} {
		if err := t.eraseTexts(ctx, texts, merchant, string(id), e, out); err != nil {
			return nil, wrap(err, "erase payment %s: %s", id, texts.table)
		}
	}
	if err := t.eraseEvents(ctx, merchant, id, e, out); err != nil {
		return nil, wrap(err, "erase payment %s: events", id)
	}
	if err := t.eraseAudit(ctx, merchant, id, e, out); err != nil {
		return nil, wrap(err, "erase payment %s: audit", id)
	}
	return out, wrap(t.eraseDetails(ctx, p, e, out), "erase payment %s: attempts", id)
}

func (t *Tx) erasePaymentRow(ctx context.Context, p pay.Payment, e Eraser, out Erased) error {
	p.FailReason, p.CancelReason, p.Notify = e.Text(p.FailReason), e.Text(p.CancelReason), erasedNotify(p.Notify, e)
	bare := p.WithoutPerson()
	details, err := jsonText(bare.Details)
	if err != nil {
		return err
	}
	notify, err := jsonText(bare.Notify)
	if err != nil {
		return err
	}
	n, err := t.exec(ctx, `UPDATE payments SET buyer = '{}', custom = '', user_agent = '', details = $3, notify = $4, fail_reason = $5,
			cancel_reason = $6, erased = $7, version = version + 1 WHERE merchant = $1 AND id = $2`,
		p.Merchant, p.ID, details, notify, p.FailReason, p.CancelReason, t.Now)
	out.add("payments", n)
	t.holds(p.Merchant, p.ID, nil) // it is not what was read any more
	return err
}

func erasedNotify(n pay.Notify, e Eraser) pay.Notify {
	n.URLs, n.ConfirmURL = addresses(n.URLs, e), e.Address(n.ConfirmURL)
	return n
}

func addresses(urls []string, e Eraser) []string {
	if urls == nil {
		return nil
	}
	out := make([]string, len(urls))
	for i, u := range urls {
		out[i] = e.Address(u)
	}
	return out
}

// eraseDetails takes what calls needed out of attempts that are over.
func (t *Tx) eraseDetails(ctx context.Context, p pay.Payment, e Eraser, out Erased) error {
	all, err := t.ListAttempts(ctx, p.Merchant, p.ID)
	if err != nil {
		return err
	}
	for _, a := range all {
		detail, err := e.Detail(a.Detail)
		if err != nil {
			return fmt.Errorf("detail of %s: %w", a.ID, err)
		}
		if string(detail) == string(a.Detail) {
			continue
		}
		n, err := t.exec(ctx, `UPDATE attempts SET detail = $3 WHERE merchant = $1 AND id = $2`, p.Merchant, a.ID, string(detail))
		if err != nil {
			return err
		}
		out.add("attempts", n)
	}
	return nil
}

// erasedTexts are free texts of rows: those of a merchant that where chooses.
type erasedTexts struct {
	table, key string
	columns    []string
	where      string // $2 is the payment
}

// eraseTexts writes the texts that hold something of the person without it.
func (t *Tx) eraseTexts(ctx context.Context, x erasedTexts, merchant pay.MerchantID, payment string, e Eraser, out Erased) error {
	clean := e.Text
	if x.columns[0] == "url" {
		clean = e.Address
	}
	for _, column := range x.columns {
		type held struct{ key, text string }
		rows, err := list(ctx, t, func(r row) (h held, err error) { return h, r.Scan(&h.key, &h.text) },
			`SELECT DISTINCT `+x.key+`, `+column+` FROM `+x.table+` WHERE merchant = $1 AND `+column+` <> '' AND `+x.where, merchant, payment)
		if err != nil {
			return err
		}
		for _, h := range rows {
			bare := clean(h.text)
			if bare == h.text {
				continue
			}
			n, err := t.exec(ctx, `UPDATE `+x.table+` SET `+column+` = $4 WHERE merchant = $1 AND `+x.key+` = $3 AND `+column+` = $5 AND `+x.where,
				merchant, payment, h.key, bare, h.text)
			if err != nil {
				return err
			}
			out.add(x.table, n)
		}
	}
	return nil
}

// EraseBillingKey takes out of a billing key what tells of its buyer. One that is
// over loses the masked card number too and, when spent says that nobody will
// revoke it any more, the sealed key itself.
func (t *Tx) EraseBillingKey(ctx context.Context, k pay.BillingKey, spent bool, e Eraser) (Erased, error) {
	out, card := Erased{}, k.Card
	over := k.Status == pay.KeyReplaced || k.Status == pay.KeyDeleted || k.Status == pay.KeyRefused
	if over {
		card = card.WithoutNumber()
	}
	cardText, err := jsonText(card)
	if err != nil {
		return nil, wrap(err, "erase billing key %s", k.ID)
	}
	n, err := t.exec(ctx, `UPDATE billing_keys SET buyer = '{}', message = $3, card = $4, find_buyer = $5, find_tel = $5, find_card = $6 WHERE merchant = $1 AND id = $2`,
		k.Merchant, k.ID, e.Text(k.Message), cardText, []byte{}, []byte(cardTail(card)))
	out.add("billing_keys", n)
	if err == nil && over && spent {
		_, err = t.exec(ctx, `UPDATE billing_keys SET sealed = $3, mac = $3, proof = $3 WHERE merchant = $1 AND id = $2`, k.Merchant, k.ID, []byte{})
	}
	if err != nil {
		return nil, wrap(err, "erase billing key %s", k.ID)
	}
	n, err = t.exec(ctx, `UPDATE exchanges SET request = $4, answer = $4, error = ''
		WHERE merchant = $1 AND payment = '' AND attempt IN ($2, $3)`, k.Merchant, k.ID, "revoke-"+string(k.ID), []byte{})
	out.add("exchanges", n)
	if err == nil {
		err = t.eraseAnswers(ctx, k.Merchant, string(k.ID), k.Updated, out)
	}
	return out, wrap(err, "erase billing key %s", k.ID)
}

// EraseSchedule takes out of a schedule what tells of its buyer. One that is still
// booked is charged all the same.
func (t *Tx) EraseSchedule(ctx context.Context, s pay.Schedule, e Eraser) (Erased, error) {
	s.Options.BuyerIP = ""
	options, err := jsonText(s.Options)
	if err != nil {
		return nil, wrap(err, "erase schedule %q", s.MerchantUID)
	}
	urls, err := jsonText(addresses(s.NoticeURLs, e))
	if err != nil {
		return nil, wrap(err, "erase schedule %q", s.MerchantUID)
	}
	out := Erased{}
	n, err := t.exec(ctx, `UPDATE schedules SET buyer = '{}', custom = '', options = $3, notice_urls = $4, find_buyer = $5, find_tel = $5, version = version + 1
		WHERE merchant = $1 AND merchant_uid = $2`, s.Merchant, s.MerchantUID, options, urls, []byte{})
	out.add("schedules", n)
	if err == nil {
		err = t.eraseBooked(ctx, s, out)
	}
	return out, wrap(err, "erase schedule %q", s.MerchantUID)
}

// eraseBooked removes what merchants were answered when they booked a charge,
// revoked it or booked it again: answers that name the buyer. Whoever sends such a
// call again is told from the books. Calls of the release before do not say which
// charges they booked: theirs are removed without looking.
func (t *Tx) eraseBooked(ctx context.Context, s pay.Schedule, out Erased) error {
	if t.Now.Sub(s.Updated) > answersKept {
		return nil
	}
	uid, err := json.Marshal(s.MerchantUID)
	if err != nil {
		return err
	}
	among := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(string(uid)) + "%"
	n, err := t.exec(ctx, `UPDATE idempotency SET answer = $5 WHERE merchant = $1 AND began IN ('schedule', 'unschedule', 'reschedule')
			AND (merchant_uid = $2 OR detail LIKE $3 ESCAPE '!' OR began = 'schedule' AND detail = '')
			AND (state <> 'running' OR lease_to <= $4) AND LENGTH(answer) > 0`,
		s.Merchant, s.MerchantUID, among, t.Now, []byte{})
	out.add("idempotency", n)
	return err
}

// EraseReceipt takes out of a cash receipt that is not under way what tells of its
// buyer.
func (t *Tx) EraseReceipt(ctx context.Context, c pay.Receipt, e Eraser) (Erased, error) {
	out := Erased{}
	n, err := t.exec(ctx, `UPDATE receipts SET buyer = '{}', identifier = $4, message = $3 WHERE merchant = $1 AND id = $2`,
		c.Merchant, c.ID, e.Text(c.Message), []byte{})
	out.add("receipts", n)
	if err == nil && c.Payment == "" {
		n, err = t.exec(ctx, `UPDATE exchanges SET request = $4, answer = $4, error = ''
			WHERE merchant = $1 AND payment = '' AND attempt IN ($2, $3)`, c.Merchant, c.ID, c.CancelKey, []byte{})
		out.add("exchanges", n)
	}
	if err == nil {
		err = t.eraseAnswers(ctx, c.Merchant, string(c.ID), c.Updated, out)
	}
	return out, wrap(err, "erase receipt %s", c.ID)
}

// answersKept is longer than an Idempotency-Key is remembered.
const answersKept = 45 * 24 * time.Hour

// eraseAnswers removes what merchants were answered about a billing key or a
// receipt. There is no index of those: of what changed long ago nothing can be left.
func (t *Tx) eraseAnswers(ctx context.Context, merchant pay.MerchantID, began string, updated time.Time, out Erased) error {
	if t.Now.Sub(updated) > answersKept {
		return nil
	}
	n, err := t.exec(ctx, `UPDATE idempotency SET answer = $4 WHERE merchant = $1 AND began_id = $2 AND (state <> 'running' OR lease_to <= $3)`,
		merchant, began, t.Now, []byte{})
	out.add("idempotency", n)
	return err
}

// OpenAlarms is the kinds of the open alarms about a payment.
func (t *Tx) OpenAlarms(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID) ([]string, error) {
	kinds, err := list(ctx, t, func(r row) (kind string, err error) { return kind, r.Scan(&kind) },
		`SELECT kind FROM alarms WHERE closed = 0 AND merchant = $1 AND payment = $2 ORDER BY at, id`, merchant, payment)
	return kinds, wrap(err, "alarms of payment %s", payment)
}

// PlannedJobs is which of these kinds of jobs of that key wait or run.
func (t *Tx) PlannedJobs(ctx context.Context, merchant pay.MerchantID, key string, kinds ...string) ([]string, error) {
	args := []any{merchant, key}
	for _, k := range kinds {
		args = append(args, k)
	}
	found, err := list(ctx, t, func(r row) (kind string, err error) { return kind, r.Scan(&kind) },
		`SELECT kind FROM jobs WHERE merchant = $1 AND key = $2 AND kind IN (`+placeholders(3, len(kinds))+`) ORDER BY kind`, args...)
	return found, wrap(err, "jobs %s of %s", strings.Join(kinds, ", "), key)
}
