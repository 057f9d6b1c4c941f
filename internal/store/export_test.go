package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"naru/internal/pay"
)

// Doors for tests.

// Exec runs any statement in a transaction, as a hand-typed one would.
func (t *Tx) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	return t.exec(ctx, text, args...)
}

// Strings reads the first column of a query as text.
func (t *Tx) Strings(ctx context.Context, text string, args ...any) ([]string, error) {
	return list(ctx, t, func(r row) (s string, err error) { return s, r.Scan(&s) }, text, args...)
}

// ExplainFind is how the database would run each statement of FindPayments and
// CountPayments, by name.
func (t *Tx) ExplainFind(ctx context.Context, merchant pay.MerchantID, f PaymentFilter) (map[string]string, error) {
	s, err := f.sorting()
	if err != nil {
		return nil, err
	}
	plans := map[string]string{}
	explain := func(name, text string, args []any) {
		if err == nil {
			plans[name], err = t.Explain(ctx, text, args...)
		}
	}
	text, args := f.count(merchant)
	explain("count", text, args)
	if f.few() {
		text, args = f.findFew(merchant, s)
		explain("find", text, args)
		return plans, err
	}
	within := &reach{first: t.Now.AddDate(-1, 0, 0), last: t.Now}
	if f.From.IsZero() && f.To.IsZero() {
		within = nil
	} else {
		text, args = f.reach(merchant, s, manyPayments+1)
		explain("reach", text, args)
	}
	text, args = f.page(t.dialect, merchant, s, within)
	explain("page", text, args)
	text, args = f.find(t.dialect, merchant, s, within)
	explain("find", text, args)
	return plans, err
}

// ExplainAudit is how the database would run ListAudit.
func (t *Tx) ExplainAudit(ctx context.Context, merchant pay.MerchantID, f AuditFilter) (string, error) {
	text, args := f.list(merchant)
	return t.Explain(ctx, text, args...)
}

// ExplainUnpaid is how the database would run UnpaidSchedules.
func (t *Tx) ExplainUnpaid(ctx context.Context, merchant pay.MerchantID, customer pay.CustomerUID, since time.Time) (string, error) {
	return t.Explain(ctx, unpaidSchedules, merchant, customer, since)
}

// ExplainSchedules is how the database would run FindSchedules and CountSchedules.
func (t *Tx) ExplainSchedules(ctx context.Context, merchant pay.MerchantID, f ScheduleFilter) (find, count string, err error) {
	text, args := f.find(merchant)
	if find, err = t.Explain(ctx, text, args...); err != nil {
		return "", "", err
	}
	w := f.where(merchant)
	count, err = t.Explain(ctx, `SELECT COUNT(*) FROM schedules WHERE `+w.text(), w.args...)
	return find, count, err
}

// ExplainCountJobs is how the database would run CountJobs.
func (t *Tx) ExplainCountJobs(ctx context.Context) (string, error) {
	return t.Explain(ctx, countJobs, t.Now)
}

// ExplainLease is how SQLite would run LeaseJobs.
func (t *Tx) ExplainLease(ctx context.Context) (string, error) {
	return t.Explain(ctx, leaseJobs(4, t.dialect.skip), 1, 2, 3, "a", "b", "c", "d")
}

// Explain is how the database would run a statement, in one line.
func (t *Tx) Explain(ctx context.Context, text string, args ...any) (string, error) {
	if t.dialect.kind == kindPostgres {
		steps, err := t.Strings(ctx, `EXPLAIN (COSTS OFF) `+text, args...)
		return strings.Join(steps, "; "), err
	}
	steps, err := list(ctx, t, func(r row) (s string, err error) {
		var a, b, c int
		return s, r.Scan(&a, &b, &c, &s)
	}, `EXPLAIN QUERY PLAN `+text, args...)
	return strings.Join(steps, "; "), err
}

// OpenChecked opens a connection and refuses it unless a setting reads back so.
func OpenChecked(path, setting, want string) error {
	s, err := openSession(path, nil, []pragma{{setting, want, want}})
	if err == nil {
		err = s.close()
	}
	return err
}

// ImpatientWriter has SQLite's writer not wait for other processes.
func ImpatientWriter(s *Store) error {
	return s.engine.(*sqliteEngine).writer.exec(`PRAGMA busy_timeout = 1`)
}

const (
	GroupRuns    = groupRuns
	PostgresRuns = postgresRuns
)

// Again says that the transaction met trouble that may pass.
func (t *Tx) Again(err error) { t.again = err }

// Columns is the names of the columns of a table.
func (t *Tx) Columns(ctx context.Context, table string) ([]string, error) {
	text := `SELECT name FROM pragma_table_info($1)`
	if t.dialect.kind == kindPostgres {
		text = `SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1`
	}
	return t.Strings(ctx, text, table)
}

// Vacuum has PostgreSQL do what it does by itself in time: learn what is in the
// tables, and which pages everybody sees. (That needs what was committed to be
// flushed, which test servers put off: the first ANALYZE waits for it.) SQLite
// needs nothing.
func Vacuum(ctx context.Context, s *Store) error {
	e, is := s.engine.(*postgresEngine)
	if !is {
		return nil
	}
	c, err := e.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, text := range []string{`SET synchronous_commit = on`, `ANALYZE`, `VACUUM ANALYZE`, `RESET synchronous_commit`} {
		if _, err := c.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// FindAmong is FindPayments where so many payments count as many.
func (t *Tx) FindAmong(ctx context.Context, merchant pay.MerchantID, f PaymentFilter, many int) ([]pay.Payment, error) {
	return t.findPayments(ctx, merchant, f, many)
}

// MigrateTo brings the schema up to an older version.
func MigrateTo(ctx context.Context, s *Store, version int64) error {
	kind, db := kindSQLite, (*sql.DB)(nil)
	switch e := s.engine.(type) {
	case *postgresEngine:
		kind, db = kindPostgres, e.db
	case *sqliteEngine:
		var err error
		if db, err = e.migrations(); err != nil {
			return err
		}
		defer db.Close()
	}
	p, err := migrator(kind, db, s.log)
	if err == nil {
		_, err = p.UpTo(ctx, version)
	}
	return err
}

// ExplainWaiting is how the database would run what the metrics ask, by name.
func (t *Tx) ExplainWaiting(ctx context.Context) (map[string]string, error) {
	plans := map[string]string{}
	for name, q := range map[string]struct {
		text string
		args []any
	}{
		"queues":   {queues, []any{t.Now, 1000}},
		"jobs of":  {countJobsOf, []any{"schedule", 1000}},
		"unknown":  {unknownAttempts, []any{"resolve_attempt", 1000}},
		"stuck":    {countStuck, []any{1000}},
		"given up": {countGivenUp, []any{1000}},
	} {
		plan, err := t.Explain(ctx, q.text, q.args...)
		if err != nil {
			return nil, err
		}
		plans[name] = plan
	}
	return plans, nil
}

// recorder notes the texts of what is queried.
type recorder struct {
	runner
	texts *[]string
}

func (r recorder) query(ctx context.Context, text string, args []any) (rows, error) {
	*r.texts = append(*r.texts, text)
	return r.runner.query(ctx, text, args)
}

// Record notes the texts of what is queried from here on.
func (t *Tx) Record() *[]string {
	texts := &[]string{}
	t.run = recorder{t.run, texts}
	return texts
}

// ListAmong is ListPayments where a page looks at so many payments at most, and a
// search is rare that has so many matches.
func (t *Tx) ListAmong(ctx context.Context, merchant pay.MerchantID, q PaymentQuery, walk, rare int) (PaymentPage, error) {
	return t.listPayments(ctx, merchant, q, bounds{walk, rare, walk})
}

// SumAmong is SumPayments likewise.
func (t *Tx) SumAmong(ctx context.Context, merchant pay.MerchantID, q PaymentQuery, walk, rare int) (PaymentSums, error) {
	return t.sumPayments(ctx, merchant, q, bounds{walk, rare, walk})
}

// ExplainScheduleList is how the database would find a page of schedules.
func (t *Tx) ExplainScheduleList(ctx context.Context, merchant pay.MerchantID, q ScheduleQuery) (string, error) {
	text, args := q.pages().text(merchant, q.branches())
	return t.Explain(ctx, text, args...)
}

// ExplainKeyList is how the database would find a page of billing keys.
func (t *Tx) ExplainKeyList(ctx context.Context, merchant pay.MerchantID, q KeyQuery) (string, error) {
	text, args := q.pages().text(merchant, q.branches())
	return t.Explain(ctx, text, args...)
}

// ExplainScheduleSums is how the database would sum the days of a calendar.
func (t *Tx) ExplainScheduleSums(ctx context.Context, merchant pay.MerchantID, from, to time.Time) (string, error) {
	text, args := sumText(merchant, standsOf(pay.StateFailed)[0], []time.Time{from, to, to.Add(time.Hour)})
	return t.Explain(ctx, text, args...)
}

// ExplainBillingSearch is how the database would search, by the index it is to use.
func (t *Tx) ExplainBillingSearch(ctx context.Context, merchant pay.MerchantID) (map[string]string, error) {
	out := map[string]string{}
	for table, fields := range map[string][]BillingField{"schedules": ScheduleFields(), "billing_keys": KeyFields()} {
		at, id := "at", "merchant_uid"
		if table == "billing_keys" {
			at, id = "created", "id"
		}
		for _, s := range spans("1234", "", fields) {
			plan, err := t.Explain(ctx, s.matchText(table, at, id), merchant, s.from, s.to, 10)
			if err != nil {
				return nil, err
			}
			out[table+"_"+s.column] = plan
		}
	}
	return out, nil
}

// Asked is a statement that was run, with its arguments.
type Asked struct {
	Text string
	Args []any
}

// asker notes what is run.
type asker struct {
	runner
	asked *[]Asked
}

func (r asker) query(ctx context.Context, text string, args []any) (rows, error) {
	*r.asked = append(*r.asked, Asked{text, args})
	return r.runner.query(ctx, text, args)
}

func (r asker) exec(ctx context.Context, text string, args []any) (int64, error) {
	*r.asked = append(*r.asked, Asked{text, args})
	return r.runner.exec(ctx, text, args)
}

// Ask runs fn and gives the statements that it ran.
func (t *Tx) Ask(fn func() error) ([]Asked, error) {
	asked, run := []Asked{}, t.run
	t.run = asker{run, &asked}
	err := fn()
	t.run = run
	return asked, err
}

// PlanFollow is what Follow reads.
func (t *Tx) PlanFollow(ctx context.Context, merchant pay.MerchantID, termsOf func(Subject) []Term) error {
	_, _, err := t.planFollow(ctx, merchant, Cursor{}, FollowBatch, termsOf)
	return err
}

// WriteFollow is what Follow writes of what it reads.
func (t *Tx) WriteFollow(ctx context.Context, merchant pay.MerchantID, termsOf func(Subject) []Term) error {
	plan, _, err := t.planFollow(ctx, merchant, Cursor{}, FollowBatch, termsOf)
	if err == nil {
		err = t.follow(ctx, plan)
	}
	return err
}

// ForgetSomeTerms is ForgetTerms with a batch of most.
func (t *Tx) ForgetSomeTerms(ctx context.Context, merchant pay.MerchantID, most int) (bool, error) {
	return t.forgetTerms(ctx, merchant, most)
}

// ExportBatch is one batch of EachPayment.
func (t *Tx) ExportBatch(ctx context.Context, merchant pay.MerchantID, q PaymentQuery) error {
	q.Limit = exportBatch
	_, _, err := t.exportPayments(ctx, merchant, q)
	return err
}

// Plan is how the database would run a statement, or ran it, in one line. explain is
// the word that PostgreSQL is asked with, "" the usual one.
func (t *Tx) Plan(ctx context.Context, explain string, a Asked) (string, error) {
	if explain == "" || t.dialect.kind != kindPostgres {
		return t.Explain(ctx, a.Text, a.Args...)
	}
	steps, err := t.Strings(ctx, explain+a.Text, a.Args...)
	return strings.Join(steps, "; "), err
}

// ExplainReceipts is how the database would run ListReceipts.
func (t *Tx) ExplainReceipts(ctx context.Context, merchant pay.MerchantID, q ReceiptQuery) (string, error) {
	text, args := q.find(merchant)
	return t.Explain(ctx, text, args...)
}
