package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/user"
	"slices"
	"strings"

	"naru/internal/gateway"
	"naru/internal/pay"
)

type eraseCmd struct {
	books
	Merchant    string `required:"" placeholder:"USER-CODE" help:"User code or id of the merchant."`
	Tier        string `placeholder:"CODE" help:"The merchant's sub-store of this tier code instead."`
	ImpUID      string `name:"imp-uid" placeholder:"IMP_UID" help:"The buyer of this payment."`
	CustomerUID string `placeholder:"UID" help:"The buyer whose billing keys have this name."`
	BuyerEmail  string `placeholder:"ADDRESS" help:"The buyer with this e-mail address; - reads it from standard input."`
	BuyerTel    string `placeholder:"NUMBER" help:"The buyer with this telephone number; - reads it from standard input."`
	RevokeKeys  bool   `help:"End the buyer's billing keys too, with what is booked on them."`
	By          string `placeholder:"NAME" help:"Who asks, as it is recorded; your name on this machine when not given."`
	DryRun      bool   `help:"Only say what would be erased."`
	JSON        bool   `name:"json" help:"Answer in JSON."`
	Compact     bool   `help:"Rewrite the database afterwards, so that no free space holds what was erased. Nobody can write meanwhile."`
}

// errStillOpen is the end of an erasure that left something.
var errStillOpen = errors.New("some of it is not settled yet and was left alone: erase again later")

// Run erases a buyer's personal fields. The books stay as they are.
func (c *eraseCmd) Run(ctx context.Context, m *Main) error {
	email, tel := c.BuyerEmail, c.BuyerTel
	for _, secret := range []*string{&email, &tel} {
		if *secret == "-" {
			line, err := bufio.NewReader(io.LimitReader(m.Stdin, 1024)).ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("standard input: %w", err)
			}
			*secret = strings.TrimSpace(line)
		}
	}
	return c.open(ctx, m, func(b *opened) error {
		shop, err := b.seller(ctx, c.Merchant, c.Tier)
		if err != nil {
			return err
		}
		report, err := b.gateway.Erase(ctx, gateway.EraseRequest{
			Merchant: shop.ID, Payment: pay.PaymentID(c.ImpUID), CustomerUID: pay.CustomerUID(c.CustomerUID), Email: email, Tel: tel,
			RevokeKeys: c.RevokeKeys, Actor: cmp.Or(c.By, operator()), DryRun: c.DryRun,
		})
		switch {
		case errors.Is(err, gateway.ErrNoPayment):
			return fmt.Errorf("--imp-uid: %s has no payment %q", shop.UserCode, c.ImpUID)
		case err != nil:
			return flagged(err, map[string]string{"person": "imp-uid, --customer-uid, --buyer-email, --buyer-tel",
				"buyer_email": "buyer-email", "buyer_tel": "buyer-tel", "actor": "by"})
		}
		if err := c.say(m.Stdout, report); err != nil {
			return err
		}
		if c.Compact && !c.DryRun {
			if err := b.store.Compact(ctx); err != nil {
				return err
			}
		}
		if len(report.Open) > 0 {
			return errStillOpen
		}
		return nil
	})
}

// operator is who runs this program.
func operator() string {
	u, err := user.Current()
	if err != nil {
		return "cli"
	}
	return "cli:" + u.Username
}

func (c *eraseCmd) say(w io.Writer, r gateway.EraseReport) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(struct {
			gateway.EraseReport
			DryRun bool `json:"dry_run"`
		}{r, c.DryRun})
	}
	verb := "erased"
	if c.DryRun {
		verb = "would be erased"
	}
	_, err := fmt.Fprintf(w, "%s: %d payments, %d billing keys, %d bookings, %d cash receipts\n", verb,
		len(r.Payments), len(r.BillingKeys), len(r.Schedules), len(r.Receipts))
	for _, table := range slices.Sorted(maps.Keys(r.Rows)) {
		_, _ = fmt.Fprintf(w, "  %-14s %d\n", table, r.Rows[table])
	}
	for _, id := range r.Revoked {
		_, _ = fmt.Fprintf(w, "billing key ended: %s\n", id)
	}
	for _, o := range r.Open {
		_, _ = fmt.Fprintf(w, "left alone: %s %s: %s\n", o.Kind, o.ID, o.Why)
	}
	for _, id := range r.Erasures {
		_, _ = fmt.Fprintf(w, "recorded as %s\n", id)
	}
	return err
}
