// Package alert tells the operator what waits for a person: the alarms on the
// books, and two conditions that it watches itself, a channel whose calls fail
// and a queue that is late, which become alarms too. Messages go to an address
// of the operator's (webhook) and by mail.
//
// The row of an alarm is what is still to be told, so no crash loses one: the
// transaction that takes it off that list enqueues the jobs that send it. A
// message is sent at least once, one for each kind of alarm every ten minutes,
// and says how many there are.
package alert

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

// Kinds of jobs worked here.
const (
	JobWatch = "alert_watch" // key: "all"; one for all nodes
	JobSend  = "alert"       // key: message id, ":", target
)

// Kinds of alarms raised here.
const (
	KindChannel = "channel_failing"
	KindQueue   = "queue_late"
)

const (
	watchEvery = 15 * time.Second
	// groupFor is how long after a message of a kind the next one waits.
	groupFor = 10 * time.Minute
	// giveUp is how old a message may get before it is sent no more.
	giveUp = 3 * 24 * time.Hour
)

// Options are what an Alerter is made of. Store is required; without Webhook and
// To the alarms are raised and nobody is told.
type Options struct {
	Store *store.Store
	Now   func() time.Time // the Store's clock; nil is time.Now
	Log   *slog.Logger     // nil is silence
	// From is what the messages say they come from: the gateway's public address.
	From    string
	Version string // for User-Agent

	Webhook pay.Secret   // address; its path may be a secret. "" is none
	HTTP    *http.Client // for Webhook; http.DefaultClient when nil

	// SMTP is smtp://user:password@host:587 (STARTTLS) or smtps://…:465. A server on
	// this machine may do without TLS.
	SMTP     pay.Secret
	MailFrom string   // address
	MailTo   []string // addresses; none: no mail
	RootCAs  *x509.CertPool

	// QueueAge is how long a job may be due before the queue counts as late; 0 is
	// five minutes.
	QueueAge time.Duration
	// Patient are kinds of jobs that make no queue late: nobody waits for them.
	Patient []string
}

// Alerter is safe for concurrent use.
type Alerter struct {
	o     Options
	calls calls
	sends map[string]func(context.Context, Message) error // by target
}

// New makes an Alerter of o.
func New(o Options) (*Alerter, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.HTTP == nil {
		o.HTTP = http.DefaultClient
	}
	if o.QueueAge <= 0 {
		o.QueueAge = 5 * time.Minute
	}
	a := &Alerter{o: o, sends: map[string]func(context.Context, Message) error{}}
	if o.Webhook != "" {
		a.sends["webhook"] = a.post
	}
	if len(o.MailTo) > 0 {
		m, err := newMailer(o)
		if err != nil {
			return nil, err
		}
		a.sends["mail"] = m.send
	}
	return a, nil
}

// Workers are the jobs by kind. Each may run twice.
func (a *Alerter) Workers() map[string]jobs.Worker {
	return map[string]jobs.Worker{JobWatch: a.workWatch, JobSend: a.workSend}
}

// Run has the watch begin, and writes down every now and then how this node's
// calls went, until ctx ends.
func (a *Alerter) Run(ctx context.Context) {
	begun := false
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		if !begun {
			err := a.o.Store.Write(ctx, func(tx *store.Tx) error { return tx.Enqueue(ctx, "", JobWatch, "all", nil, tx.Now.Add(watchEvery)) })
			if begun = err == nil; !begun && ctx.Err() == nil {
				a.o.Log.ErrorContext(ctx, "nobody watches for alerts yet", "error", err)
			}
		}
		select {
		case <-tick.C:
			a.flush(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			a.flush(last)
			return
		}
	}
}

func (a *Alerter) flush(ctx context.Context) {
	if err := a.Flush(ctx); err != nil {
		a.o.Log.WarnContext(ctx, "how calls went is not written down yet", "error", err)
	}
}

// workSend sends one message to one target.
func (a *Alerter) workSend(ctx context.Context, j store.Job) error {
	var s sending
	if err := j.ReadArg(&s); err != nil {
		return err
	}
	send := a.sends[s.Target]
	log := a.o.Log.With("target", s.Target, "kind", s.Message.Kind, "message", s.Message.ID)
	if send == nil {
		log.WarnContext(ctx, "an alert is dropped: its target is not configured any more")
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	err := send(ctx, s.Message)
	switch {
	case err == nil:
		log.InfoContext(ctx, "alert", "state", s.Message.State, "count", s.Message.Count, "tries", j.Tries)
		return nil
	case a.o.Now().Sub(s.Message.At) > giveUp:
		log.ErrorContext(ctx, "an alert is given up", "error", err, "tries", j.Tries)
		return nil
	}
	return fmt.Errorf("alert by %s: %w", s.Target, err)
}

// sendTimeout is how long sending one message may take.
const sendTimeout = 30 * time.Second

var errNoAnswer = errors.New("no answer in time")
