package store

import (
	"context"
	"time"

	"naru/internal/pay"
)

// Alarm is something a person must look at.
type Alarm struct {
	ID         string
	Merchant   pay.MerchantID // "" of the whole installation
	Payment    pay.PaymentID  // "" of none
	Kind, Text string
	At         time.Time
	Closed     time.Time // zero: open
	Told       time.Time // when the operator was told; zero: not yet
	ClosedBy   string    // who closed it; "" is the gateway itself
	Note       string    // why it was closed
}

const alarmColumns = `id, merchant, payment, kind, body, at, closed, told, closed_by, note`

func scanAlarm(r row) (a Alarm, err error) {
	err = r.Scan(&a.ID, &a.Merchant, &a.Payment, &a.Kind, &a.Text, timeInto{&a.At}, timeInto{&a.Closed},
		timeInto{&a.Told}, &a.ClosedBy, &a.Note)
	return a, err
}

// AddAlarm raises an alarm; a zero At is now. One of that id that the merchant
// has already stays as it is. The row is also what the operator is still to be
// told: package alert looks for those that were not.
func (t *Tx) AddAlarm(ctx context.Context, a Alarm) error {
	_, err := t.exec(ctx, `INSERT INTO alarms (`+alarmColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT DO NOTHING`, a.ID, a.Merchant, a.Payment, a.Kind, a.Text, t.or(a.At), a.Closed, a.Told, a.ClosedBy, a.Note)
	return wrap(err, "alarm %s", a.ID)
}

// AlarmsOfPayment is every alarm about a payment, oldest first.
func (t *Tx) AlarmsOfPayment(ctx context.Context, merchant pay.MerchantID, payment pay.PaymentID) ([]Alarm, error) {
	as, err := list(ctx, t, scanAlarm, `SELECT `+alarmColumns+` FROM alarms
		WHERE merchant = $1 AND payment = $2 AND payment <> '' ORDER BY at, id`, merchant, payment)
	return as, wrap(err, "alarms of payment %s", payment)
}

// CloseAlarm ends an alarm now; one that is closed keeps its time. ErrNotFound
// when there is none.
func (t *Tx) CloseAlarm(ctx context.Context, merchant pay.MerchantID, id string) error {
	err := t.change(ctx, ErrNotFound, `UPDATE alarms SET closed = CASE WHEN closed = 0 THEN $3 ELSE closed END
		WHERE merchant = $1 AND id = $2`, merchant, id, t.Now)
	return wrap(err, "alarm %q", id)
}

// CloseAlarmBy ends an open alarm now and keeps who did and why. ErrConflict
// when it is not open.
func (t *Tx) CloseAlarmBy(ctx context.Context, merchant pay.MerchantID, id, by, note string) error {
	err := t.change(ctx, ErrConflict, `UPDATE alarms SET closed = $3, closed_by = $4, note = $5
		WHERE merchant = $1 AND id = $2 AND closed = 0`, merchant, id, t.Now, by, note)
	return wrap(err, "alarm %q", id)
}

// ListAlarms is the alarms of all merchants, oldest first.
func (t *Tx) ListAlarms(ctx context.Context, openOnly bool) ([]Alarm, error) {
	where := ``
	if openOnly {
		where = ` WHERE closed = 0`
	}
	as, err := list(ctx, t, scanAlarm, `SELECT `+alarmColumns+` FROM alarms`+where+` ORDER BY at, merchant, id`)
	return as, wrap(err, "alarms")
}

// UntoldAlarms is up to limit open alarms that the operator was not told of,
// oldest first.
func (t *Tx) UntoldAlarms(ctx context.Context, limit int) ([]Alarm, error) {
	as, err := list(ctx, t, scanAlarm, `SELECT `+alarmColumns+` FROM alarms
		WHERE closed = 0 AND told = 0 ORDER BY at, merchant, id LIMIT $1`, limit)
	return as, wrap(err, "alarms nobody was told of")
}

// MarkTold says that the operator is told of an open alarm now. ErrConflict when
// it was told or closed meanwhile.
func (t *Tx) MarkTold(ctx context.Context, merchant pay.MerchantID, id string) error {
	err := t.change(ctx, ErrConflict, `UPDATE alarms SET told = $3
		WHERE merchant = $1 AND id = $2 AND told = 0 AND closed = 0`, merchant, id, t.Now)
	return wrap(err, "alarm %q", id)
}

// CountAlarms is how many of the first limit open alarms are of each kind.
func (t *Tx) CountAlarms(ctx context.Context, limit int) (map[string]int, error) {
	type count struct {
		kind string
		n    int
	}
	cs, err := list(ctx, t, func(r row) (c count, err error) { return c, r.Scan(&c.kind, &c.n) },
		`SELECT kind, COUNT(*) FROM (SELECT kind FROM alarms WHERE closed = 0 ORDER BY at, merchant, id LIMIT $1) AS open
		GROUP BY kind`, limit)
	out := make(map[string]int, len(cs))
	for _, c := range cs {
		out[c.kind] = c.n
	}
	return out, wrap(err, "count alarms")
}

// OpenAlarmsOf is the open alarms of these kinds, oldest first.
func (t *Tx) OpenAlarmsOf(ctx context.Context, kinds []string) ([]Alarm, error) {
	if len(kinds) == 0 {
		return nil, nil
	}
	args := make([]any, len(kinds))
	for i, k := range kinds {
		args[i] = k
	}
	as, err := list(ctx, t, scanAlarm, `SELECT `+alarmColumns+` FROM alarms
		WHERE closed = 0 AND kind IN (`+placeholders(1, len(kinds))+`) ORDER BY at, merchant, id`, args...)
	return as, wrap(err, "open alarms")
}

// AlarmPlace is where an alarm stands in a list: its At, or its Closed in a list
// of those that are closed.
type AlarmPlace struct {
	At time.Time
	ID string
}

// FindOpenAlarms is up to limit open alarms of a merchant ("" is those of the whole
// installation), the newest first, behind a place.
func (t *Tx) FindOpenAlarms(ctx context.Context, merchant pay.MerchantID, after AlarmPlace, limit int) ([]Alarm, error) {
	as, err := t.alarmsBehind(ctx, openAlarms, openAlarmsAfter, merchant, after, limit)
	return as, wrap(err, "open alarms of merchant %q", merchant)
}

// FindClosedAlarms is up to limit closed alarms of a merchant, those that were closed
// last first, behind a place.
func (t *Tx) FindClosedAlarms(ctx context.Context, merchant pay.MerchantID, after AlarmPlace, limit int) ([]Alarm, error) {
	as, err := t.alarmsBehind(ctx, closedAlarms, closedAlarmsAfter, merchant, after, limit)
	return as, wrap(err, "closed alarms of merchant %q", merchant)
}

const (
	openAlarms        = `SELECT ` + alarmColumns + ` FROM alarms WHERE merchant = $1 AND closed = 0 ORDER BY at DESC, id DESC LIMIT $2`
	openAlarmsAfter   = `SELECT ` + alarmColumns + ` FROM alarms WHERE merchant = $1 AND closed = 0 AND (at, id) < ($3, $4) ORDER BY at DESC, id DESC LIMIT $2`
	closedAlarms      = `SELECT ` + alarmColumns + ` FROM alarms WHERE merchant = $1 AND closed > 0 ORDER BY closed DESC, id DESC LIMIT $2`
	closedAlarmsAfter = `SELECT ` + alarmColumns + ` FROM alarms WHERE merchant = $1 AND closed > 0 AND (closed, id) < ($3, $4) ORDER BY closed DESC, id DESC LIMIT $2`
	countOpenAlarms   = `SELECT COUNT(*) FROM (SELECT 1 FROM alarms WHERE merchant = $1 AND closed = 0 LIMIT $2) AS open`
)

func (t *Tx) alarmsBehind(ctx context.Context, first, next string, merchant pay.MerchantID, after AlarmPlace, limit int) ([]Alarm, error) {
	if after.ID == "" {
		return list(ctx, t, scanAlarm, first, merchant, limit)
	}
	return list(ctx, t, scanAlarm, next, merchant, limit, after.At, after.ID)
}

// CountOpenAlarms is how many alarms of a merchant are open, counted up to limit.
func (t *Tx) CountOpenAlarms(ctx context.Context, merchant pay.MerchantID, limit int) (int, error) {
	n, err := t.number(ctx, countOpenAlarms, merchant, limit)
	return int(n), wrap(err, "count open alarms of merchant %q", merchant)
}

// Alarm is a merchant's alarm, or ErrNotFound. A Write holds it.
func (t *Tx) Alarm(ctx context.Context, merchant pay.MerchantID, id string) (Alarm, error) {
	a, err := one(ctx, t, scanAlarm, `SELECT `+alarmColumns+` FROM alarms WHERE merchant = $1 AND id = $2`+t.lock(), merchant, id)
	return a, wrap(err, "alarm %q", id)
}
