package tosspayments

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// consent is what a billing window asks a customer for ("자동결제",
// requestBillingAuth).
type consent struct {
	customerKey string
	alarm       *alarm
	expired     bool
}

// billingNames are what next-buyer orders call a billing window.
var billingNames = []string{"자동결제", "BILLING"}

// testVerification is the number that the provider's test environment takes for
// the one sent to the customer's phone.
const testVerification = "000000"

// goodCard is a number that is approved; it was seen to be in the provider's own
// test environment.
const goodCard = "9410001234567890"

// readBilling checks the parameters of requestBillingAuth. Both addresses are
// required, wherever the window opens.
func (s *Simulator) readBilling(shop *shop, f *fields, method string, phone bool) (*window, error) {
	w := &window{lang: korean, framed: !phone, names: billingNames}
	if method != "카드" && method != "CARD" {
		f.fail(f.code, "method %q: must be 카드", method)
	}
	w.consent = &consent{customerKey: readCustomerKey(f)}
	readPerson(f)
	if f.oneOf("windowTarget", "iframe", "self") == "self" {
		w.framed = false
	}
	if f.oneOf("language", "KO", "EN", "JA", "ZH") == "EN" {
		w.lang = english
	}
	f.text("appScheme", textRule{max: 200})
	w.success, w.fail = readAddresses(f, false)
	if err := f.done(); err != nil {
		return nil, err
	}
	if !shop.Billing {
		return nil, refusef("NOT_SUPPORTED_METHOD", "자동결제")
	}
	return w, nil
}

// billingCard is what the customer typed, read as payments by card number are.
// In place of typed data card names one of the tester's: good, or the type of a
// magic card. Nothing but the masked number outlives the call.
func (s *Simulator) billingCard(choices json.RawMessage) (cardData, error) {
	f, err := parseFields(choices, true, "INVALID_REQUEST")
	if err != nil {
		return cardData{}, err
	}
	f.known("code")
	if name := f.text("card", textRule{}); name != "" {
		return s.testCard(f, name)
	}
	f.require(slices.Concat(cardMembers, []string{"cardPassword", "phone", "verification"})...)
	data := readCardData(f, s.opts.Now())
	f.text("phone", textRule{form: phoneForm, private: true, allowed: "must be 8 to 15 digits", code: "INVALID_PHONE"})
	if code := f.text("verification", textRule{private: true}); code != testVerification {
		f.fail(f.code, "verification: the number is %s here", testVerification)
	}
	return data, f.done()
}

func (s *Simulator) testCard(f *fields, name string) (cardData, error) {
	number := goodCard
	if name != "good" {
		i := slices.IndexFunc(magicCards, func(m MagicCard) bool { return m.Type == name })
		if i < 0 {
			f.fail(f.code, "card %q: must be good or the type of a magic card", name)
		} else {
			number = magicCards[i].Number
		}
	}
	if err := f.done(); err != nil {
		return cardData{}, err
	}
	typed := map[string]string{"cardPassword": "12", "customerIdentityNumber": "900101", "cardNumber": number}
	maps.Copy(typed, s.goodExpiry())
	in, err := parseFields(encode(typed), true, "INVALID_REQUEST")
	if err != nil {
		return cardData{}, err
	}
	return readCardData(in, s.opts.Now()), in.done()
}

// goodExpiry is five years from now on the sandbox's clock.
func (s *Simulator) goodExpiry() map[string]string {
	at := s.opts.Now().In(seoul).AddDate(5, 0, 0)
	return map[string]string{"cardExpirationYear": at.Format("06"), "cardExpirationMonth": at.Format("01")}
}

// approveBilling ends a billing window. What is wrong in form the window shows;
// a card that the company refuses ends it at the failure address.
func (s *Simulator) approveBilling(w *window, a act) (outcome, error) {
	data, err := s.billingCard(a.choices)
	if err != nil {
		return outcome{}, err
	}
	w.consent.alarm.off()
	if data.expired {
		return w.giveUp(refuse("INVALID_CARD_EXPIRATION")), nil
	}
	if code := data.magic.atIssue(); code != "" {
		return w.giveUp(refuse(code)), nil
	}
	key := s.agree(w.shop, w.consent.customerKey, data, a.Code)
	return w.end(outcome{URL: withQuery(w.success, "customerKey", w.consent.customerKey, "authKey", key)}), nil
}

// billingView is what the billing window's template needs.
type billingView struct {
	Good        string // a card number that is approved
	Month, Year string // of its expiry
	Magic       []magicView
	Code        string // verification number
}

type magicView struct{ Type, Number, Text string }

func (s *Simulator) billingView(lang string) billingView {
	at := s.goodExpiry()
	v := billingView{Good: spaced(goodCard), Month: at["cardExpirationMonth"], Year: at["cardExpirationYear"], Code: testVerification}
	for _, m := range magicCards {
		text := m.WhatKo
		if lang == english {
			text = m.What
		}
		v.Magic = append(v.Magic, magicView{m.Type, spaced(m.Number), text})
	}
	return v
}

// spaced writes a card number in groups of four.
func spaced(number string) string {
	var groups []string
	for part := range slices.Chunk([]byte(number), 4) {
		groups = append(groups, string(part))
	}
	return strings.Join(groups, " ")
}
