package store

import (
	"context"
	"slices"
	"time"
)

// Taker runs jobs as they are enqueued. A job that it takes is written with its
// lease, so that no transaction is needed to take it.
type Taker interface {
	// Reserve keeps a place for a job, which Run or Release gives back; lease is how
	// long it is to be leased. It is false when there is no place. It must not block.
	Reserve(name JobName, lane string) (lease time.Duration, ok bool)
	// Run gets the job once it is committed, in the goroutine that did.
	Run(Job)
	// Release is called instead when the job was not written.
	Release(name JobName)
}

// handOver writes a job that is due now as one that the Taker has, if it may be
// and there is none of that name.
func (t *Tx) handOver(ctx context.Context, kind string, job NewJob) (bool, error) {
	if t.taker == nil || job.RunAt.After(t.Now) {
		return false, nil
	}
	j := Job{JobName: JobName{job.Merchant, kind, job.Key}, Lane: job.Lane, RunAt: job.RunAt, Tries: 1, Created: t.Now}
	lease, ok := t.taker.Reserve(j.JobName, job.Lane)
	if !ok {
		return false, nil
	}
	j.LeaseTo = t.Now.Add(lease)
	text, err := jsonText(job.Arg)
	n := int64(0)
	if err == nil {
		n, err = t.exec(ctx, `INSERT INTO jobs (`+jobColumns+`, due_at, again)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $7, FALSE) ON CONFLICT DO NOTHING`,
			j.Merchant, j.Kind, j.Key, j.Lane, text, j.RunAt, j.LeaseTo, j.Tries, j.Created)
	}
	if err != nil || n == 0 {
		t.taker.Release(j.JobName)
		return false, err
	}
	j.Arg = []byte(text)
	t.taken = append(t.taken, j)
	return true, nil
}

// takeBack gives back the place of a job that was handed over in this transaction.
func (t *Tx) takeBack(name JobName) {
	i := slices.IndexFunc(t.taken, func(j Job) bool { return j.JobName == name })
	if i >= 0 {
		t.taken = slices.Delete(t.taken, i, i+1)
		t.taker.Release(name)
	}
}
