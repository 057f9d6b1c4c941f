package people_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"naru/internal/pay"
	"naru/internal/people"
	"naru/internal/pgtest"
	"naru/internal/store"
	"naru/internal/vault"
)

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) Advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

type safeLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *safeLog) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }
func (l *safeLog) String() string              { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

// rig is a directory over a real store and vault, with two merchants.
type rig struct {
	t      testing.TB
	ctx    context.Context
	clock  *clock
	log    *safeLog
	store  *store.Store
	vault  *vault.Vault
	people *people.Directory
	client people.Client
	wrote  atomic.Int64 // transactions that wrote
}

// each runs a test on both databases.
func each(t *testing.T, f func(t *testing.T, r *rig)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); f(t, newRig(t, "sqlite::memory:")) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); f(t, newRig(t, pgtest.Lent(t))) })
}

// The merchants: a store with a sub-store, and another.
const (
	shop  = pay.MerchantID("m_1")
	under = pay.MerchantID("m_1a")
	other = pay.MerchantID("m_2")
)

const password = pay.Secret("planted correct horse battery")

func newRig(t testing.TB, dsn string) *rig {
	t.Helper()
	r := &rig{t: t, ctx: context.Background(), clock: &clock{t: time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)}, log: &safeLog{},
		client: people.Client{Address: "203.0.113.7", UserAgent: "test"}}
	log := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	r.store, err = store.Open(r.ctx, dsn, store.Options{Now: r.clock.Now, Log: log, Begin: pgtest.Migrated(t),
		Watch: &store.Watch{Wrote: func(time.Duration, error) { r.wrote.Add(1) }}})
	r.must(err)
	t.Cleanup(func() { _ = r.store.Close() })
	r.must(r.store.Migrate(r.ctx))
	var kept []byte
	r.vault, err = vault.Open(r.ctx, bytes.Repeat([]byte{7}, 32),
		func(context.Context) ([]byte, error) { return kept, nil },
		func(_ context.Context, keys []byte) error { kept = keys; return nil })
	r.must(err)
	r.people = people.New(people.Options{Store: r.store, Vault: r.vault, Now: r.clock.Now, Log: log})
	r.write(func(tx *store.Tx) error {
		return errors.Join(
			tx.InsertMerchant(r.ctx, pay.Merchant{ID: shop, UserCode: "imp00000001", Name: "하나"}),
			tx.InsertMerchant(r.ctx, pay.Merchant{ID: under, UserCode: "imp00000001:A01", Name: "하나 강남", Parent: shop, Tier: "A01"}),
			tx.InsertMerchant(r.ctx, pay.Merchant{ID: other, UserCode: "imp00000002", Name: "둘"}))
	})
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// is fails unless err is want.
func (r *rig) is(err, want error) {
	r.t.Helper()
	if !errors.Is(err, want) {
		r.t.Errorf("got %v, want %v", err, want)
	}
}

func (r *rig) write(f func(tx *store.Tx) error) {
	r.t.Helper()
	r.must(r.store.Write(r.ctx, f))
}

// add registers an operator with a role and the password.
func (r *rig) add(name string, role pay.Role, at pay.MerchantID) pay.Operator {
	r.t.Helper()
	o, err := r.people.Add(r.ctx, people.NewOperator{Email: name + "@naru.test", Role: role, Merchant: at, Password: password})
	r.must(err)
	return o
}

// join is add without a password, which takes a while to hash. Nobody joins at the
// same moment: lists are by age.
func (r *rig) join(name string, role pay.Role, at pay.MerchantID) pay.Operator {
	r.t.Helper()
	r.clock.Advance(time.Millisecond)
	o, err := r.people.Add(r.ctx, people.NewOperator{Email: name + "@naru.test", Role: role, Merchant: at})
	r.must(err)
	return o
}

// in signs an operator in by password.
func (r *rig) in(o pay.Operator) people.Visit {
	r.t.Helper()
	e, err := r.people.SignIn(r.ctx, o.Email, password, r.client)
	r.must(err)
	return r.visit(e)
}

func (r *rig) visit(e people.Entry) people.Visit {
	r.t.Helper()
	v, err := r.people.Visit(r.ctx, e.Token)
	r.must(err)
	return v
}

// as is the context of what an operator does.
func (r *rig) as(o pay.Operator) context.Context {
	return pay.WithActor(r.ctx, pay.Actor{Kind: pay.ActorOperator, ID: string(o.ID), Name: o.Name})
}

// codes sets up one-time codes, and gives their secret and the recovery codes.
func (r *rig) codes(v people.Visit) (secret string, recovery []string) {
	r.t.Helper()
	set, err := r.people.NewCodes(v)
	r.must(err)
	recovery, err = r.people.UseCodes(r.ctx, v, set.State, r.code(set.Secret))
	r.must(err)
	return set.Secret, recovery
}

func (r *rig) code(secret string) string {
	r.t.Helper()
	code, err := totp.GenerateCode(secret, r.clock.Now())
	r.must(err)
	return code
}

// actions is what was written into the log of a merchant, oldest first.
func (r *rig) actions(of pay.MerchantID) string {
	r.t.Helper()
	var out []string
	r.must(r.store.Read(r.ctx, func(tx *store.Tx) error {
		as, err := tx.ListAudit(r.ctx, of, store.AuditFilter{})
		for _, a := range as {
			out = append([]string{fmt.Sprintf("%s by %s", a.Action, a.Actor.Name)}, out...)
		}
		return err
	}))
	return strings.Join(out, "\n")
}
