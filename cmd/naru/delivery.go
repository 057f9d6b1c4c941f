package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/store"
)

type deliveryCmd struct {
	List   deliveryListCmd   `cmd:"" help:"List webhooks, newest first."`
	Show   deliveryShowCmd   `cmd:"" help:"Show one webhook and each of its tries."`
	Resend deliveryResendCmd `cmd:"" help:"Have webhooks sent again."`
}

func newDeliveryCmd() deliveryCmd {
	return deliveryCmd{deliveryListCmd{books: newBooks()}, deliveryShowCmd{books: newBooks()}, deliveryResendCmd{books: newBooks()}}
}

// deliveryFlags choose webhooks.
type deliveryFlags struct {
	Status   string `placeholder:"STATUS" help:"waiting, delivered, given_up or superseded."`
	Payment  string `placeholder:"IMP_UID" help:"Of one payment."`
	Endpoint string `placeholder:"URL" help:"To this address, or to those that begin with it up to a slash or a question mark."`
	From     string `placeholder:"TIME" help:"Made at this time or later: 2026-11-21, or 2026-11-21T09:00:00+09:00. A day begins in Korea."`
	To       string `placeholder:"TIME" help:"Made before this time; a day is its beginning, in Korea."`
}

// filter reads the flags, or says which is wrong.
func (f deliveryFlags) filter() (store.DeliveryFilter, error) {
	out := store.DeliveryFilter{Status: f.Status, Payment: pay.PaymentID(f.Payment), Address: strings.TrimRight(f.Endpoint, "/")}
	var errs []error
	switch f.Status {
	case "", store.DeliveryWaiting, store.DeliveryDelivered, store.DeliveryGivenUp, store.DeliverySuperseded:
	default:
		errs = append(errs, fmt.Errorf("--status %q: want waiting, delivered, given_up or superseded", f.Status))
	}
	var err error
	out.From, out.To, err = readPeriod(f.From, f.To)
	return out, errors.Join(append(errs, err)...)
}

// ofMerchant names whose webhooks are meant.
type ofMerchant struct {
	Merchant string `arg:"" help:"User code or id of the merchant."`
	Tier     string `placeholder:"CODE" help:"The merchant's sub-store of this tier code instead."`
}

type deliveryListCmd struct {
	books
	ofMerchant
	deliveryFlags
	Limit int    `default:"50" help:"How many, 1 to 1000."`
	After string `placeholder:"PLACE" help:"Go on behind the place that the list before ended with."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

func (c *deliveryListCmd) Run(ctx context.Context, m *Main) error {
	f, err := c.filter()
	if err != nil {
		return err
	}
	if c.Limit < 1 || c.Limit > 1000 {
		return fmt.Errorf("--limit %d: want 1 to 1000", c.Limit)
	}
	f.Limit = c.Limit
	if f.After, err = readPlace(c.After); err != nil {
		return err
	}
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		var found []store.Delivery
		err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
			found, err = tx.FindDeliveries(ctx, of.ID, f)
			return err
		})
		if err != nil {
			return err
		}
		next := ""
		if len(found) == c.Limit {
			next = spellPlace(found[len(found)-1].Place())
		}
		if c.JSON {
			return printJSON(m.Stdout, deliveryPage{deliveriesJSON(found), next})
		}
		return printDeliveries(m.Stdout, found, next)
	})
}

// spellPlace is a place in a list as a flag.
func spellPlace(p store.DeliveryPlace) string {
	return strconv.FormatInt(p.Created.UnixMicro(), 10) + "." + p.ID
}

func readPlace(text string) (store.DeliveryPlace, error) {
	if text == "" {
		return store.DeliveryPlace{}, nil
	}
	at, id, ok := strings.Cut(text, ".")
	micro, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil || id == "" {
		return store.DeliveryPlace{}, fmt.Errorf("--after %q: want what the list before ended with", text)
	}
	return store.DeliveryPlace{Created: time.UnixMicro(micro).UTC(), ID: id}, nil
}

func printDeliveries(to io.Writer, found []store.Delivery, next string) error {
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "DELIVERY\tMADE\tPAYMENT\tEVENT\tSTATUS\tTRIES\tNEXT\tADDRESS")
	for _, d := range found {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", d.ID, when(d.Created), d.Payment, d.Event, d.Status, d.Tries, when(d.NextAt), d.URL)
	}
	if err := w.Flush(); err != nil || next == "" {
		return err
	}
	_, err := fmt.Fprintf(to, "more: --after %s\n", next)
	return err
}

type deliveryShowCmd struct {
	books
	ofMerchant
	Delivery string `arg:"" help:"The delivery's id (webhook-id)."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

func (c *deliveryShowCmd) Run(ctx context.Context, m *Main) error {
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		var d store.Delivery
		var tries []store.DeliveryTry
		err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
			if d, err = tx.Delivery(ctx, of.ID, c.Delivery); err != nil {
				return err
			}
			tries, err = tx.DeliveryTries(ctx, of.ID, d.ID)
			return err
		})
		if err != nil {
			return noDelivery(err, of, c.Delivery)
		}
		if c.JSON {
			return printJSON(m.Stdout, deliveryWhole{deliveryJSONOf(d), string(d.Body), triesJSON(tries)})
		}
		return printDelivery(m.Stdout, d, tries)
	})
}

func noDelivery(err error, of pay.Merchant, id string) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%s has no delivery %q (naru delivery list %s)", of.UserCode, id, of.UserCode)
	}
	return err
}

func printDelivery(to io.Writer, d store.Delivery, tries []store.DeliveryTry) error {
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	for _, line := range [][2]string{
		{"delivery", d.ID}, {"payment", string(d.Payment)}, {"event", d.Event}, {"address", d.URL}, {"status", d.Status},
		{"made", when(d.Created)}, {"next try", when(d.NextAt)}, {"ended", when(d.Done)}, {"body", string(d.Body)},
	} {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
	}
	_, _ = fmt.Fprintln(w, "\nTRY\tAT\tBY\tSTATUS\tTOOK\tANSWER OR ERROR")
	for i, y := range tries {
		by, said := "naru", y.Error
		if y.Manual {
			by = "a person"
		}
		if said == "" {
			said = y.Answer
		}
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%s\t%s\n", i+1, when(y.At), by, y.Status, y.Took, oneLine(said))
	}
	return w.Flush()
}

// oneLine is the beginning of a text in which nothing steers a terminal.
func oneLine(text string) string {
	const most = 120
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) > most {
		r = append(r[:most], '…')
	}
	for i, c := range r {
		if !strconv.IsPrint(c) {
			r[i] = '�'
		}
	}
	return string(r)
}

type deliveryResendCmd struct {
	books
	ofMerchant
	Delivery string `arg:"" optional:"" help:"One delivery's id. Without it, those that the flags choose; given_up ones unless --status says otherwise."`
	deliveryFlags
	Retries bool `help:"With all retries from the beginning, instead of one try."`
	DryRun  bool `help:"Only say how many they are."`
	JSON    bool `name:"json" help:"Print JSON."`
}

// Run asks for it; a naru that serves the same database sends.
func (c *deliveryResendCmd) Run(ctx context.Context, m *Main) error {
	f, err := c.filter()
	if err != nil {
		return err
	}
	if c.Delivery != "" && (c.deliveryFlags != deliveryFlags{} || c.DryRun) {
		return fmt.Errorf("%s: --status, --payment, --endpoint, --from, --to and --dry-run choose among many; leave them out or the id", c.Delivery)
	}
	how := notify.Once
	if c.Retries {
		how = notify.Round
	}
	return c.openFor(ctx, m, c.ofMerchant, func(b *opened, of pay.Merchant) error {
		n, err := 1, error(nil)
		if c.Delivery != "" {
			_, err = b.notifier.Resend(ctx, of.ID, c.Delivery, how)
			err = noDelivery(err, of, c.Delivery)
		} else {
			n, err = b.notifier.ResendMany(ctx, of.ID, notify.Many{Filter: f, How: how, DryRun: c.DryRun})
		}
		if err != nil {
			return err
		}
		return c.say(m.Stdout, n)
	})
}

func (c *deliveryResendCmd) say(to io.Writer, n int) error {
	if c.JSON {
		return printJSON(to, map[string]any{"deliveries": n, "dry_run": c.DryRun})
	}
	text := "%d to be sent again, by the naru that serves\n"
	if c.DryRun {
		text = "%d would be sent again\n"
	}
	_, err := fmt.Fprintf(to, text, n)
	return err
}
