package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"naru/internal/pay"
)

// Finding is something that a check of the books found wrong. The ID follows from
// what is wrong, so that finding it again adds nothing.
type Finding struct {
	Merchant pay.MerchantID
	ID, Kind string
	Payment  pay.PaymentID  // "" of none
	Channel  pay.ChannelKey // of a reconciliation, with Day; "" of a check of the books alone
	Day      string         // 2006-01-02
	Body     json.RawMessage
	At       time.Time // since when it is open
	Closed   time.Time // zero: open
}

const findingColumns = `merchant, id, kind, payment, channel, day, body, at, closed`

func scanFinding(r row) (f Finding, err error) {
	err = r.Scan(&f.Merchant, &f.ID, &f.Kind, &f.Payment, &f.Channel, &f.Day, textInto[json.RawMessage]{&f.Body},
		timeInto{&f.At}, timeInto{&f.Closed})
	return f, err
}

// PutFinding records a finding as open. One that is open already keeps its time
// and gets the body; one that was closed is open again, from now. The answer is
// the row, and whether it was not open before.
func (t *Tx) PutFinding(ctx context.Context, f Finding) (Finding, bool, error) {
	open, err := t.number(ctx, `SELECT COUNT(*) FROM findings WHERE merchant = $1 AND id = $2 AND closed = 0`, f.Merchant, f.ID)
	if err != nil {
		return f, false, wrap(err, "finding %s", f.ID)
	}
	f, err = one(ctx, t, scanFinding, `INSERT INTO findings (`+findingColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)
		ON CONFLICT (merchant, id) DO UPDATE SET body = excluded.body, closed = 0,
			at = CASE WHEN findings.closed > 0 THEN excluded.at ELSE findings.at END
		RETURNING `+findingColumns, f.Merchant, f.ID, f.Kind, f.Payment, f.Channel, f.Day, string(f.Body), t.Now)
	return f, open == 0, wrap(err, "finding %s", f.ID)
}

// CloseFinding ends an open finding now; ErrConflict when it is not open.
func (t *Tx) CloseFinding(ctx context.Context, merchant pay.MerchantID, id string) error {
	err := t.change(ctx, ErrConflict, `UPDATE findings SET closed = $3 WHERE merchant = $1 AND id = $2 AND closed = 0`, merchant, id, t.Now)
	return wrap(err, "close finding %s", id)
}

// OpenFindings is up to limit open findings of a merchant after one of that id: of
// a channel's day, or of checks of the books alone when channel is "".
func (t *Tx) OpenFindings(ctx context.Context, merchant pay.MerchantID, channel pay.ChannelKey, day, after string, limit int) ([]Finding, error) {
	fs, err := list(ctx, t, scanFinding, `SELECT `+findingColumns+` FROM findings
		WHERE merchant = $1 AND channel = $2 AND day = $3 AND closed = 0 AND id > $4 ORDER BY id LIMIT $5`, merchant, channel, day, after, limit)
	return fs, wrap(err, "open findings of merchant %s", merchant)
}

// OpenFindingDays is the newest days of a channel's reconciliation that have open
// findings, up to limit.
func (t *Tx) OpenFindingDays(ctx context.Context, merchant pay.MerchantID, channel pay.ChannelKey, limit int) ([]string, error) {
	days, err := list(ctx, t, func(r row) (d string, err error) { return d, r.Scan(&d) }, `SELECT DISTINCT day FROM findings
		WHERE merchant = $1 AND channel = $2 AND closed = 0 ORDER BY day DESC LIMIT $3`, merchant, channel, limit)
	return days, wrap(err, "days with open findings of channel %s", channel)
}

// ListFindings is a merchant's findings, the newest first; with openOnly those
// that are not closed. A limit of 0 is none.
func (t *Tx) ListFindings(ctx context.Context, merchant pay.MerchantID, openOnly bool, limit, offset int) ([]Finding, error) {
	if limit < 0 || offset < 0 {
		return nil, wrap(errPage(limit, offset), "findings of merchant %s", merchant)
	}
	w := when(`merchant = `, merchant)
	if openOnly {
		w.parts.WriteString(` AND closed = 0`)
	}
	fs, err := list(ctx, t, scanFinding,
		`SELECT `+findingColumns+` FROM findings WHERE `+w.text()+` ORDER BY at DESC, id`+w.page(limit, offset), w.args...)
	return fs, wrap(err, "findings of merchant %s", merchant)
}

// Finding is a merchant's finding, or ErrNotFound.
func (t *Tx) Finding(ctx context.Context, merchant pay.MerchantID, id string) (Finding, error) {
	f, err := one(ctx, t, scanFinding, `SELECT `+findingColumns+` FROM findings WHERE merchant = $1 AND id = $2`, merchant, id)
	return f, wrap(err, "finding %q", id)
}

// AllOpenFindings is up to limit open findings of a merchant, by channel and day:
// those of the books alone first.
func (t *Tx) AllOpenFindings(ctx context.Context, merchant pay.MerchantID, limit int) ([]Finding, error) {
	fs, err := list(ctx, t, scanFinding, allOpenFindings, merchant, limit)
	return fs, wrap(err, "open findings of merchant %s", merchant)
}

const allOpenFindings = `SELECT ` + findingColumns + ` FROM findings
	WHERE merchant = $1 AND closed = 0 ORDER BY channel, day, id LIMIT $2`

// CountFindings is how many findings of all merchants are open, by kind. Kinds of
// which there is none are left out.
func (t *Tx) CountFindings(ctx context.Context) (map[string]int, error) {
	type count struct {
		kind string
		n    int
	}
	all, err := list(ctx, t, func(r row) (c count, err error) { return c, r.Scan(&c.kind, &c.n) },
		`SELECT kind, COUNT(*) FROM findings WHERE closed = 0 GROUP BY kind ORDER BY kind`)
	if err != nil {
		return nil, fmt.Errorf("store: count findings: %w", err)
	}
	out := make(map[string]int, len(all))
	for _, c := range all {
		out[c.kind] = c.n
	}
	return out, nil
}
