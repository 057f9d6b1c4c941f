package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"naru/internal/pay"
)

// JobName is which job it is. Merchant is "" for the books' own.
type JobName struct {
	Merchant  pay.MerchantID
	Kind, Key string
}

// Job is work to be done at a time, at least once.
type Job struct {
	JobName
	Lane      string // what it shares with others of its kind that must not all run at once; "" is none
	Arg       []byte // JSON
	RunAt     time.Time
	LeaseTo   time.Time // until when it was leased; it tells our lease from another's, also once renewed
	Tries     int       // runs begun since it was enqueued, this one included
	LastError string
	Created   time.Time
}

const jobColumns = `merchant, kind, key, lane, arg, run_at, lease_to, tries, last_error, created`

func scanJob(r row) (j Job, err error) {
	err = r.Scan(&j.Merchant, &j.Kind, &j.Key, &j.Lane, textInto[[]byte]{&j.Arg}, timeInto{&j.RunAt}, timeInto{&j.LeaseTo},
		&j.Tries, &j.LastError, timeInto{&j.Created})
	return j, err
}

// longestError is how much of an error text a job keeps, in bytes.
const longestError = 2000

// Enqueue asks for work at runAt; arg becomes JSON. A job of that name that is
// waiting is replaced, with its tries forgotten; one that is running runs once
// more afterwards, with the new arg and time. Work that is due at once goes to
// this process's Taker if it has room.
func (t *Tx) Enqueue(ctx context.Context, merchant pay.MerchantID, kind, key string, arg any, runAt time.Time) error {
	return t.EnqueueJob(ctx, kind, NewJob{Merchant: merchant, Key: key, Arg: arg, RunAt: runAt})
}

// EnqueueJob is Enqueue of a job that may have a lane.
func (t *Tx) EnqueueJob(ctx context.Context, kind string, job NewJob) error {
	job.Key, job.Lane = clean(job.Key), clean(job.Lane)
	taken, err := t.handOver(ctx, kind, job)
	if !taken && err == nil {
		err = t.enqueue(ctx, kind, []NewJob{job})
	}
	return wrap(err, "enqueue %s %s", kind, job.Key)
}

// NewJob is work to be enqueued.
type NewJob struct {
	Merchant pay.MerchantID
	Key      string
	Lane     string
	Arg      any // becomes JSON
	RunAt    time.Time
}

// EnqueueMany does for each job in turn what Enqueue does, in few statements, and
// hands none over.
func (t *Tx) EnqueueMany(ctx context.Context, kind string, jobs []NewJob) error {
	jobs = distinct(jobs)
	for len(jobs) > 0 {
		n := batch(len(jobs), jobWidth)
		if err := t.enqueue(ctx, kind, jobs[:n]); err != nil {
			return wrap(err, "enqueue %d jobs %s, from %s on", len(jobs), kind, jobs[0].Key)
		}
		jobs = jobs[n:]
	}
	return nil
}

// distinct is jobs by name, of each the last: one INSERT must not meet a row
// twice, and rows that are taken in one order do not deadlock.
func distinct(jobs []NewJob) []NewJob {
	if len(jobs) < 2 {
		return jobs
	}
	last := make(map[JobName]NewJob, len(jobs))
	for _, j := range jobs {
		last[JobName{Merchant: j.Merchant, Key: clean(j.Key)}] = j
	}
	out := slices.Collect(maps.Values(last))
	slices.SortFunc(out, func(a, b NewJob) int { return cmp.Or(cmp.Compare(a.Merchant, b.Merchant), cmp.Compare(a.Key, b.Key)) })
	return out
}

// jobWidth is how many arguments of an enqueue each job has.
const jobWidth = 5

// enqueue is one statement.
func (t *Tx) enqueue(ctx context.Context, kind string, jobs []NewJob) error {
	rows, args := strings.Builder{}, []any{kind, t.Now}
	for i, j := range jobs {
		text, err := jsonText(j.Arg)
		if err != nil {
			return err
		}
		if i > 0 {
			rows.WriteString(", ")
		}
		n := len(args)
		fmt.Fprintf(&rows, `($%d, $1, $%d, $%d, $%d, $%d, 0, 0, '', $2, $%d, FALSE)`, n+1, n+2, n+3, n+4, n+5, n+5)
		args = append(args, j.Merchant, j.Key, j.Lane, text, j.RunAt)
	}
	_, err := t.exec(ctx, `INSERT INTO jobs (`+jobColumns+`, due_at, again) VALUES `+rows.String()+enqueueAgain, args...)
	for _, j := range jobs {
		t.due(j.RunAt, err)
	}
	return err
}

const enqueueAgain = `
	ON CONFLICT (merchant, kind, key) DO UPDATE SET lane = excluded.lane, arg = excluded.arg, run_at = excluded.run_at,
		again = (jobs.lease_to > 0 AND jobs.due_at > $2),
		due_at = CASE WHEN jobs.lease_to > 0 AND jobs.due_at > $2 THEN jobs.due_at ELSE excluded.due_at END,
		tries = CASE WHEN jobs.lease_to > 0 AND jobs.due_at > $2 THEN jobs.tries ELSE 0 END,
		last_error = CASE WHEN jobs.lease_to > 0 AND jobs.due_at > $2 THEN jobs.last_error ELSE '' END,
		lease_to = CASE WHEN jobs.lease_to > 0 AND jobs.due_at > $2 THEN jobs.lease_to ELSE 0 END`

// due notes that a job can be taken now.
func (t *Tx) due(at time.Time, err error) {
	if err == nil && !at.After(t.Now) {
		t.madeDue = true
	}
}

// LeaseJobs takes up to n due jobs of these kinds, the one due longest first,
// until lease from now. Nobody else is given them before that; a job whose lease
// ran out is given again.
func (t *Tx) LeaseJobs(ctx context.Context, kinds []string, n int, lease time.Duration) ([]Job, error) {
	if len(kinds) == 0 || n < 1 {
		return nil, nil
	}
	if lease < time.Microsecond {
		return nil, wrap(fmt.Errorf("lease %v: must be positive", lease), "lease jobs")
	}
	places := room(len(kinds))
	js, err := list(ctx, t, scanJob, leaseJobs(places, t.dialect.skip),
		append([]any{t.Now, n, t.Now.Add(lease)}, padded(kinds, places)...)...)
	if err != nil {
		return nil, wrap(err, "lease jobs")
	}
	slices.SortFunc(js, byDue)
	return js, nil
}

// leaseJobs is the statement for so many kinds. The kind is compared as an
// expression to keep SQLite from the key's index, by which it would read every
// job of these kinds, those of next year too, rather than the first that are due.
func leaseJobs(kinds int, skip string) string {
	return `WITH due AS MATERIALIZED (
			SELECT merchant AS due_merchant, kind AS due_kind, key AS due_key FROM jobs
			WHERE due_at <= $1 AND ` + whatever(`kind`) + ` IN (` + placeholders(4, kinds) + `)
			ORDER BY due_at, kind, merchant, key LIMIT $2` + skip + `)
		UPDATE jobs SET lease_to = $3, due_at = $3, tries = tries + 1 FROM due` + wasDue
}

// wasDue ends a statement that leases what is in due.
const wasDue = ` WHERE merchant = due_merchant AND kind = due_kind AND key = due_key RETURNING ` + jobColumns

// LeaseEach takes due jobs without a lane as LeaseJobs does, of each kind up to its number in
// room, so that a backlog of one kind is not read for the sake of another. Kinds
// with no room may be named: the statement is then the same each time.
func (t *Tx) LeaseEach(ctx context.Context, room map[string]int, lease time.Duration) ([]Job, error) {
	if len(room) == 0 {
		return nil, nil
	}
	if lease < time.Microsecond {
		return nil, wrap(fmt.Errorf("lease %v: must be positive", lease), "lease jobs")
	}
	args := []any{t.Now, t.Now.Add(lease)}
	for _, k := range slices.Sorted(maps.Keys(room)) {
		args = append(args, k, room[k])
	}
	js, err := list(ctx, t, scanJob, leaseEach(len(room), t.dialect.skip), args...)
	if err != nil {
		return nil, wrap(err, "lease jobs")
	}
	slices.SortFunc(js, byDue)
	return js, nil
}

// leaseEach is the statement for so many kinds.
func leaseEach(kinds int, skip string) string {
	due := make([]string, kinds)
	for i := range due {
		due[i] = fmt.Sprintf(`SELECT due_merchant, due_kind, due_key FROM (SELECT merchant AS due_merchant, kind AS due_kind, key AS due_key FROM jobs
			WHERE kind = $%d AND lane = '' AND due_at <= $1 ORDER BY due_at, merchant, key LIMIT $%d%s) AS k%d`, 2*i+3, 2*i+4, skip, i)
	}
	return `WITH due AS MATERIALIZED (` + strings.Join(due, ` UNION ALL `) + `)
		UPDATE jobs SET lease_to = $2, due_at = $2, tries = tries + 1 FROM due` + wasDue
}

// DueLanes are the lanes of a kind that have a due job, at most n of them, the one
// due longest first.
func (t *Tx) DueLanes(ctx context.Context, kind string, n int) ([]string, error) {
	lanes, err := list(ctx, t, func(r row) (s string, err error) { return s, r.Scan(&s) }, dueLanes, kind, t.Now, n)
	return lanes, wrap(err, "lanes of %s", kind)
}

// dueLanes steps from lane to lane in the index, whatever waits in each.
const dueLanes = `WITH RECURSIVE lanes (lane) AS (
		SELECT MIN(lane) FROM jobs WHERE kind = $1 AND lane > ''
		UNION ALL SELECT (SELECT MIN(j.lane) FROM jobs AS j WHERE j.kind = $1 AND j.lane > lanes.lane) FROM lanes WHERE lanes.lane IS NOT NULL)
	SELECT lane FROM (SELECT lane, (SELECT MIN(d.due_at) FROM jobs AS d WHERE d.kind = $1 AND d.lane = lanes.lane) AS due
		FROM lanes WHERE lane IS NOT NULL) AS l
	WHERE due <= $2 ORDER BY due, lane LIMIT $3`

// LeaseLane takes due jobs of one lane as LeaseJobs does.
func (t *Tx) LeaseLane(ctx context.Context, kind, lane string, n int, lease time.Duration) ([]Job, error) {
	js, err := list(ctx, t, scanJob, `WITH due AS MATERIALIZED (
			SELECT merchant AS due_merchant, kind AS due_kind, key AS due_key FROM jobs
			WHERE kind = $1 AND lane = $2 AND due_at <= $3 ORDER BY due_at, merchant, key LIMIT $4`+t.dialect.skip+`)
		UPDATE jobs SET lease_to = $5, due_at = $5, tries = tries + 1 FROM due`+wasDue, kind, lane, t.Now, n, t.Now.Add(lease))
	if err != nil {
		return nil, wrap(err, "lease jobs")
	}
	slices.SortFunc(js, byDue)
	return js, nil
}

// byDue orders jobs by when they were to run.
func byDue(a, b Job) int {
	return cmp.Or(a.RunAt.Compare(b.RunAt), strings.Compare(a.Kind, b.Kind), cmp.Compare(a.Merchant, b.Merchant), strings.Compare(a.Key, b.Key))
}

// RenewJob keeps a leased job until lease from now; j stays as it is. ErrConflict
// when the lease is not ours any more.
func (t *Tx) RenewJob(ctx context.Context, j Job, lease time.Duration) error {
	err := t.change(ctx, ErrConflict, `UPDATE jobs SET due_at = $5 WHERE merchant = $1 AND kind = $2 AND key = $3 AND lease_to = $4`,
		j.Merchant, j.Kind, j.Key, j.LeaseTo, t.Now.Add(lease))
	return wrap(err, "renew the lease of job %s %s", j.Kind, j.Key)
}

// FinishJob removes a leased job that was done; one that was enqueued meanwhile
// waits for its new time instead. ErrConflict when the lease is not ours any
// more, which includes a job that was deleted.
func (t *Tx) FinishJob(ctx context.Context, j Job) error {
	n, err := t.exec(ctx, `DELETE FROM jobs WHERE merchant = $1 AND kind = $2 AND key = $3 AND lease_to = $4 AND NOT again`,
		j.Merchant, j.Kind, j.Key, j.LeaseTo)
	if err == nil && n == 0 {
		err = t.giveBack(ctx, `UPDATE jobs SET lease_to = 0, due_at = run_at, tries = 0, last_error = '', again = FALSE
			WHERE merchant = $1 AND kind = $2 AND key = $3 AND lease_to = $4 AND again RETURNING `+jobColumns, j.Merchant, j.Kind, j.Key, j.LeaseTo)
	}
	return wrap(err, "finish job %s %s", j.Kind, j.Key)
}

// RetryJob gives a leased job back to be run at a time, with what went wrong.
// One that was enqueued meanwhile waits for its new time instead. ErrConflict
// when the lease is not ours any more.
func (t *Tx) RetryJob(ctx context.Context, j Job, at time.Time, errText string) error {
	if len(errText) > longestError {
		errText = errText[:longestError] // a cut character is cleaned when bound
	}
	err := t.giveBack(ctx, `UPDATE jobs SET lease_to = 0, last_error = $6, again = FALSE,
			run_at = CASE WHEN again THEN run_at ELSE $5 END,
			due_at = CASE WHEN again THEN run_at ELSE $5 END,
			tries = CASE WHEN again THEN 0 ELSE tries END
		WHERE merchant = $1 AND kind = $2 AND key = $3 AND lease_to = $4 RETURNING `+jobColumns, j.Merchant, j.Kind, j.Key, j.LeaseTo, at, errText)
	return wrap(err, "retry job %s %s", j.Kind, j.Key)
}

// giveBack runs an UPDATE that ends a lease.
func (t *Tx) giveBack(ctx context.Context, text string, args ...any) error {
	j, err := one(ctx, t, scanJob, text, args...)
	if isNotFound(err) {
		return ErrConflict
	}
	t.due(j.RunAt, err)
	return err
}

// DeleteJob removes a job, running or not; it is fine when there is none.
func (t *Tx) DeleteJob(ctx context.Context, merchant pay.MerchantID, kind, key string) error {
	_, err := t.exec(ctx, `DELETE FROM jobs WHERE merchant = $1 AND kind = $2 AND key = $3`, merchant, kind, key)
	if err == nil {
		t.takeBack(JobName{merchant, kind, clean(key)})
	}
	return wrap(err, "delete job %s %s", kind, key)
}

// HasJob reports whether there is a job of a kind, running or not.
func (t *Tx) HasJob(ctx context.Context, kind string) (bool, error) {
	n, err := t.number(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM jobs WHERE kind = $1 LIMIT 1) AS j`, kind)
	return n > 0, wrap(err, "jobs %s", kind)
}

// CountJobs is how many jobs should have been done by now, running ones
// included, and since when the oldest of them (zero if none).
func (t *Tx) CountJobs(ctx context.Context) (depth int, oldest time.Time, err error) {
	type count struct {
		n      int
		oldest time.Time
	}
	c, err := one(ctx, t, func(r row) (c count, err error) {
		return c, r.Scan(&c.n, timeInto{&c.oldest})
	}, countJobs, t.Now)
	return c.n, c.oldest, wrap(err, "count jobs")
}

// countJobs finds what is late without reading what is booked for later: a job
// that is not leased is due when it was asked to run.
const countJobs = `SELECT COUNT(*), COALESCE(MIN(run_at), 0) FROM (
	SELECT run_at FROM jobs WHERE due_at <= $1 AND run_at <= $1
	UNION ALL SELECT run_at FROM jobs WHERE lease_to > 0 AND due_at > $1 AND run_at <= $1) AS late`

// NextJobAt is when the next job can be taken, or zero when there is none. A
// running job can be taken when its lease runs out.
func (t *Tx) NextJobAt(ctx context.Context) (time.Time, error) {
	n, err := t.number(ctx, `SELECT COALESCE(MIN(due_at), 0) FROM jobs`)
	return ofMicro(n), wrap(err, "next job")
}

// ReadArg is a job's argument as Enqueue was given it.
func (j Job) ReadArg(into any) error {
	if err := json.Unmarshal(j.Arg, into); err != nil {
		return fmt.Errorf("store: argument of job %s %s: %w", j.Kind, j.Key, err)
	}
	return nil
}
