package model_test

import (
	"errors"
	"time"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
)

// korea is where days begin and end.
var korea = time.FixedZone("KST", 9*60*60)

// reconciled: each day on which money moved agrees with the providers' lists, now
// that the faults have ended and everything has been found out.
func (s *story) reconciled() {
	s.t.Helper()
	days := map[time.Time]bool{}
	for _, id := range s.ids {
		for _, m := range s.payments[id].moves {
			y, month, d := m.At.In(korea).Date()
			days[time.Date(y, month, d, 0, 0, 0, 0, korea)] = true
		}
	}
	channels, err := s.gateway.Channels(s.ctx, s.merchant)
	s.must(err)
	seen := map[[2]string]bool{}
	for _, ch := range channels {
		if contract := [2]string{string(ch.Provider), ch.MID}; seen[contract] {
			continue
		} else {
			seen[contract] = true
		}
		for day := range days {
			s.reconciledDay(ch, day)
		}
	}
}

func (s *story) reconciledDay(ch pay.Channel, day time.Time) {
	s.t.Helper()
	got, err := s.gateway.Reconcile(s.ctx, ch.Key, day)
	if errors.Is(err, connector.ErrUnsupported) {
		return
	}
	s.must(err)
	for _, f := range got.Findings {
		if f.Kind != gateway.FindListForeign {
			s.failAs(contradicted, "%s of %s on %s: expected %s, found %s (payment %s, mended %v)", f.Kind, ch.Key, got.Day, f.Expected, f.Found, f.Payment, f.Mended)
		}
	}
	s.looked(contradicted, got.Books.Lines+got.Provider.Lines)
}
