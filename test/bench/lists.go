package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
)

// pageOf is what the list is asked for: V1's default.
const pageOf = 20

// lists is reading among many payments.
func (b *bench) lists(ctx context.Context) error {
	data, err := b.blank(ctx)
	if err != nil {
		return err
	}
	n, err := b.fillPayments(ctx, data, b.rows)
	if err != nil {
		return err
	}
	s, stop, err := b.open(ctx, data)
	if err != nil {
		return err
	}
	err = s.amongMany(ctx, b.rounds, n)
	stop()
	return errors.Join(err, os.RemoveAll(data))
}

func (s *stack) amongMany(ctx context.Context, rounds, n int) error {
	first, err := call[struct{ Total int }](ctx, s, http.MethodGet, listPath(1), nil)
	if err != nil {
		return err
	}
	fmt.Printf("Among %d payments of one merchant, %d of them paid; pages of %d:\n\n%s\n", n, first.Total, pageOf, heading)
	for _, c := range callers() {
		if err := s.tokens(ctx, c, rounds); err != nil {
			return err
		}
	}
	for _, c := range callers() {
		err := s.measure(ctx, rounds, row{what: "`GET /payments/{imp_uid}`, any of them", callers: c, total: 2000 + c*100, call: func(i int) error {
			return s.get(ctx, s.gateway+"/payments/"+string(paymentID(i*7919%n)), s.token, http.StatusOK)
		}})
		if err != nil {
			return err
		}
	}
	last := (first.Total + pageOf - 1) / pageOf
	for _, page := range slices.Compact([]int{1, min(2, last), min(1000, last), last}) {
		for _, c := range callers() {
			if err := s.list(ctx, c, rounds, page); err != nil {
				return err
			}
		}
	}
	now, err := memory(s.cmd.Process.Pid, "VmRSS")
	peak, err2 := memory(s.cmd.Process.Pid, "VmHWM")
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	fmt.Printf("\nResident after all of that: **%d MiB**, at most %d MiB.\n\n", now, peak)
	return nil
}

func listPath(page int) string {
	return fmt.Sprintf("/payments/status/paid?page=%d&limit=%d", page, pageOf)
}

// tokens asks for the token that the key has already.
func (s *stack) tokens(ctx context.Context, n, rounds int) error {
	ask := func(to string) error {
		var out struct{ Code int }
		err := s.post(ctx, to, formKind, loginForm, &out)
		if err == nil && out.Code != 0 {
			err = fmt.Errorf("code %d", out.Code)
		}
		return err
	}
	return s.measure(ctx, rounds, row{
		what: "`POST /users/getToken`", callers: n, total: 2000 + n*100,
		call: func(int) error { return ask(s.gateway + "/users/getToken") },
		bare: func(int) error { return ask(s.bare + "/") },
	})
}

func (s *stack) list(ctx context.Context, n, rounds, page int) error {
	return s.measure(ctx, rounds, row{
		what: fmt.Sprintf("`GET /payments/status/paid`, page %d", page), callers: n, total: 10 + 2*n, // counting takes a second
		call: func(int) error { return s.get(ctx, s.gateway+listPath(page), s.token, http.StatusOK) },
	})
}
