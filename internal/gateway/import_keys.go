package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"naru/internal/pay"
	"naru/internal/store"
)

// keyFields are those of a billing key that was issued elsewhere.
func keyFields() []importField {
	return []importField{
		{"customer_uid", "customer_uid (빌링키 이름)", "customer_uid", []string{"고객사 빌링키", "customeruid"}, true},
		{"customer_id", "PG의 고객 아이디 (customerKey, userId)", "Customer at the provider (customerKey, userId)", []string{"customerkey", "userid", "고객 아이디", "고객아이디"}, true},
		{"billing_key", "PG 빌링키", "Provider's billing key", []string{"billingkey", "빌링키", "pg 빌링키", "pg billing key"}, true},
		{"pg_provider", "PG사", "Provider", []string{"PG", "결제대행사", "provider"}, false},
		{"pg_id", "PG 상점아이디 (MID)", "MID", []string{"상점아이디", "mid", "pg mid"}, false},
		{"card_code", "카드사 코드", "Card company's code", []string{"카드사코드"}, false},
		{"card_name", "카드사", "Card company", []string{"카드사명"}, false},
		{"card_number", "카드번호 (가린 것)", "Card number (masked)", []string{"카드번호"}, false},
		{"card_type", "카드 종류", "Card type", []string{"카드종류"}, false},
		{"customer_name", "고객 이름", "Customer's name", []string{"고객명", "buyer_name", "이름"}, false},
		{"customer_email", "고객 이메일", "Customer's e-mail", []string{"buyer_email", "이메일"}, false},
		{"customer_tel", "고객 연락처", "Customer's telephone", []string{"buyer_tel", "연락처", "전화번호"}, false},
		{"customer_addr", "고객 주소", "Customer's address", []string{"buyer_addr", "주소"}, false},
		{"customer_postcode", "고객 우편번호", "Customer's postcode", []string{"buyer_postcode", "우편번호"}, false},
	}
}

// ImportBillingKeys takes over billing keys that were issued elsewhere for the same
// contracts, from CSV, .xlsx or JSON, as AdoptKey does one by one. A customer_uid that
// has a key already keeps it. No key is in a report or an error.
func (g *Gateway) ImportBillingKeys(ctx context.Context, from io.Reader, o ImportOptions) (ImportReport, error) {
	im, err := g.importing(ctx, ImportKeys, o)
	if err != nil {
		return ImportReport{}, err
	}
	im.channels = slices.DeleteFunc(im.channels, func(ch pay.Channel) bool { return ch.Kind != pay.ChannelBilling })
	err = im.each(ctx, from, keyFields(), func(r record) error {
		if err := im.key(ctx, r); err != nil {
			return fmt.Errorf("line %d: %w", r.line, err)
		}
		if o.Progress != nil && im.report.Rows%importBatch == 0 {
			o.Progress(im.report)
		}
		return ctx.Err()
	})
	return im.report, err
}

// key takes over one.
func (im *importing) key(ctx context.Context, r record) error {
	c := &rowCheck{line: r.line, now: im.g.now(), value: func(f string) string { return im.mapping.value(r, f) }}
	want := im.wantedKey(c)
	if len(c.bad) > 0 {
		im.refuse(c.bad...)
		return nil
	}
	im.keys[want.CustomerUID] = true
	have, err := im.g.activeKey(ctx, im.o.Merchant, want.CustomerUID)
	switch {
	case errors.Is(err, ErrNoBillingKey):
	case err != nil:
		return err
	case have.Channel == want.Channel && bytes.Equal(have.MAC, im.g.vault.MAC("billing_key", []byte(want.Key.Reveal()))):
		im.report.Same++
		return nil
	default:
		im.keyDiffers(c)
		return nil
	}
	if im.o.DryRun && !im.o.Ask {
		im.report.New++
		return nil
	}
	if im.o.DryRun {
		err = im.g.checkKey(ctx, want)
	} else {
		_, err = im.g.AdoptKey(ctx, want)
	}
	bad, refused := errors.AsType[*Invalid](err)
	switch {
	case err == nil:
		im.report.New++
		return nil
	case errors.Is(err, errKeyThere):
		im.keyDiffers(c)
		return nil
	case refused:
		field := bad.Field
		if field == "key" {
			field = "billing_key"
		}
		c.no(field, "", bad.Detail)
	case errors.Is(err, ErrChannelMissing), errors.Is(err, ErrChannelCannot), errors.Is(err, ErrUnsupported):
		c.no("pg_id", string(want.Channel), "a channel for billing keys that can be opened")
	default:
		return err
	}
	im.refuse(c.bad...)
	return nil
}

func (im *importing) keyDiffers(c *rowCheck) {
	im.differs(ImportProblem{Line: c.line, ID: c.id, Field: "billing_key", Allowed: "the books have another key of this customer_uid, which stays"})
}

func (im *importing) wantedKey(c *rowCheck) AdoptKeyRequest {
	uid := c.value("customer_uid")
	c.id = cutText(uid, 80)
	key := c.value("billing_key")
	r := AdoptKeyRequest{
		Merchant: im.o.Merchant, CustomerUID: pay.CustomerUID(uid), CustomerID: c.text("customer_id", 300), Key: pay.Secret(key), Fresh: true,
		Buyer: pay.Buyer{Name: c.text("customer_name", 200), Email: c.text("customer_email", 320), Tel: c.text("customer_tel", 100), Address: c.text("customer_addr", 500), Postcode: c.text("customer_postcode", 20)},
	}
	switch n := len([]rune(uid)); {
	case n == 0 || n > 200:
		c.no("customer_uid", fmt.Sprintf("%d characters", n), "1 to 200 characters")
	case im.keys[r.CustomerUID]:
		c.no("customer_uid", c.id, "each once: a line before has it already")
	}
	if r.CustomerID == "" && len(c.bad) == 0 {
		c.no("customer_id", "", "who the key was issued for at the provider: customerKey of Toss Payments, userId of Toss Pay")
	}
	if key == "" || len(key) > 4<<10 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		c.no("billing_key", "", "the provider's own key, in one word")
	}
	ch, why := im.channel(pay.Provider(strings.ToLower(c.value("pg_provider"))), c.value("pg_id"), false, false)
	if why != "" {
		c.no("pg_id", strings.Trim(c.value("pg_provider")+"."+c.value("pg_id"), "."), why)
	}
	r.Channel = ch.Key
	card := pay.Card{Issuer: company(ch.Provider, c.value("card_code"), c.value("card_name")), Number: hidden(c.text("card_number", 40))}
	switch strings.ToLower(c.value("card_type")) {
	case "0", "신용", "credit":
		card.Type = "credit"
	case "1", "체크", "debit":
		card.Type = "debit"
	}
	if card != (pay.Card{}) {
		r.Card = &card
	}
	return r
}

// errKeyThere: the customer_uid has got a key meanwhile.
var errKeyThere = errors.New("the customer_uid has a key")

// noKeyYet is errKeyThere when a customer_uid has a key.
func noKeyYet(ctx context.Context, tx *store.Tx, k pay.BillingKey) error {
	_, err := tx.BillingKey(ctx, k.Merchant, k.CustomerUID)
	if err == nil {
		return errKeyThere
	}
	return translate(err, store.ErrNotFound, nil)
}
