package gateway

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"time"

	"naru/internal/jobs"
	"naru/internal/pay"
	"naru/internal/store"
)

var (
	// ErrKeyBusy: another call with the same Idempotency-Key is under way, or has
	// taken this one's place.
	ErrKeyBusy = errors.New("a call with the same idempotency key is under way")
	// ErrKeyReused: the Idempotency-Key was used for another request.
	ErrKeyReused = errors.New("the idempotency key was used for another request")
	// ErrNoKeyedCall: the merchant made no call with that Idempotency-Key, or none
	// that is still remembered.
	ErrNoKeyedCall = errors.New("no call was made with this idempotency key")
)

const (
	// keyedLife is how long an Idempotency-Key is remembered.
	keyedLife = 30 * 24 * time.Hour
	// keyedLease is how long a call is believed to live that has begun nothing.
	// What it begins lengthens it until the provider's answer is due.
	keyedLease = 30 * time.Second
)

// KeyedCall is a write that a merchant makes under an Idempotency-Key.
type KeyedCall struct {
	Merchant pay.MerchantID
	Key      string // 1 to 255 characters
	Method   string
	Route    string // its pattern
	Input    []byte // what is asked for, without anything of a card; only its keyed hash is kept
}

// KeyedAnswer is what a call was answered, as the wire has it.
type KeyedAnswer struct {
	Status int // of HTTP
	Body   []byte
}

// Claim is a merchant's Idempotency-Key in the hands of the call that works under
// it. It belongs to one goroutine.
type Claim struct {
	row    store.Keyed
	before *store.Began // what an earlier call with the key began; nil: nothing that counts
	asked  bool         // somebody looked at before
}

// Earlier reports that the answer tells what an earlier call did.
func (c *Claim) Earlier() bool { return c.before != nil }

type claimKey struct{}

// WithIdempotency makes a call one under c: what it begins is written with the
// key, in the same transaction, and what an earlier call with the key began is
// not begun again.
func WithIdempotency(ctx context.Context, c *Claim) context.Context {
	return context.WithValue(ctx, claimKey{}, c)
}

// withoutIdempotency is for what a call does besides, on its own account.
func withoutIdempotency(ctx context.Context) context.Context {
	return context.WithValue(ctx, claimKey{}, (*Claim)(nil))
}

// FirstAsked is when the first call with the Idempotency-Key of ctx came, or now
// when there is no key: what must lie in the future is measured from there, so
// that a repeated call is not refused for being late.
func (g *Gateway) FirstAsked(ctx context.Context) time.Time {
	if c := claimOf(ctx); c != nil && !c.row.Created.IsZero() {
		return c.row.Created
	}
	return g.now()
}

func claimOf(ctx context.Context) *Claim {
	c, _ := ctx.Value(claimKey{}).(*Claim)
	return c
}

// begins writes with the merchant's key, if the call has one, what tx begins. A
// call whose place was taken may begin nothing (ErrKeyBusy), and none may begin
// what was begun under its key before: that is settled first, see
// idempotency_before.go.
func begins(ctx context.Context, tx *store.Tx, b store.Began, until time.Time) error {
	c := claimOf(ctx)
	if c == nil {
		return nil
	}
	if c.before != nil {
		return fmt.Errorf("%s was begun under this idempotency key, %s is not begun besides", c.before.Kind, b.Kind)
	}
	return translate(tx.BeginKeyed(ctx, c.row, b, until), store.ErrConflict, ErrKeyBusy)
}

// ClaimKey takes a merchant's key for a call. It gives either the answer of the
// earlier call with the key, or a Claim to work under (WithIdempotency) and to
// end (EndKey). The errors are ErrKeyBusy and ErrKeyReused.
func (g *Gateway) ClaimKey(ctx context.Context, k KeyedCall) (*Claim, *KeyedAnswer, error) {
	row := store.Keyed{Merchant: k.Merchant, Key: k.Key, Method: k.Method, Route: k.Route, Fingerprint: g.fingerprint(k)}
	var claim *Claim
	var reaped string
	err := g.store.Write(ctx, func(tx *store.Tx) (err error) {
		claim = nil
		if reaped, err = g.enqueueReap(ctx, tx); err != nil {
			return err
		}
		row.Lease, row.Expires = tx.Now.Add(keyedLease), tx.Now.Add(keyedLife)
		row.Run = tx.Now.UnixMicro() // a key that was freed and is taken anew does not count from 1 again: who slept since would be taken for this run
		claim, err = takeKey(ctx, tx, row)
		return err
	})
	if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrExists) { // somebody was quicker
		err = ErrKeyBusy
	}
	if err != nil {
		return nil, nil, err
	}
	g.reaping.Store(reaped)
	if claim.row.State != store.KeyedDone {
		return claim, nil, nil
	}
	body, err := g.vault.Open(claim.row.Answer, keyedSealedAs(claim.row))
	return nil, &KeyedAnswer{claim.row.Status, body}, err
}

// takeKey takes a key in a transaction; one whose call is done is given as it is.
func takeKey(ctx context.Context, tx *store.Tx, want store.Keyed) (*Claim, error) {
	err := tx.InsertKeyed(ctx, want)
	if err == nil {
		return &Claim{row: want}, nil
	}
	if !errors.Is(err, store.ErrExists) {
		return nil, err
	}
	row, err := tx.Keyed(ctx, want.Merchant, want.Key)
	if err != nil {
		return nil, translate(err, store.ErrNotFound, ErrKeyBusy) // it was freed this moment
	}
	switch {
	case !row.Expires.After(tx.Now):
		if err := tx.DeleteKeyed(ctx, row); err != nil {
			return nil, err
		}
		return &Claim{row: want}, tx.InsertKeyed(ctx, want)
	case !hmac.Equal(row.Fingerprint, want.Fingerprint):
		return nil, ErrKeyReused
	case row.State == store.KeyedDone && len(row.Answer) > 0: // an answer that was erased is told anew, from the books
		return &Claim{row: row}, nil
	case row.State == store.KeyedRunning && row.Lease.After(tx.Now):
		return nil, ErrKeyBusy
	}
	if row, err = tx.TakeKeyed(ctx, row, want.Lease); err != nil {
		return nil, err
	}
	c := &Claim{row: row}
	if row.Began.Kind != "" {
		c.before = &row.Began
	}
	return c, nil
}

// EndKey ends a call under a claim with its answer. Known says that the answer is
// final. One that is not, or that tells of trouble of ours (HTTP 5xx), is not
// kept if nothing was begun: the key is free again. Whoever comes after a call
// whose answer is not final is told how things stand then.
func (g *Gateway) EndKey(ctx context.Context, c *Claim, a KeyedAnswer, known bool) error {
	sealed, err := g.vault.Seal(a.Body, keyedSealedAs(c.row))
	if err != nil {
		return err
	}
	if c.before != nil && !c.asked { // it was refused before anybody looked at what was begun
		known = false
	}
	state := store.KeyedDone
	if !known {
		state = store.KeyedUnknown
	}
	err = g.store.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if !known || a.Status >= 500 {
			if err := tx.DropKeyed(ctx, c.row); !errors.Is(err, store.ErrConflict) {
				return err
			}
		}
		return tx.EndKeyed(ctx, c.row, state, a.Status, sealed)
	})
	return translate(err, store.ErrConflict, nil) // another call has taken its place and will tell
}

func keyedSealedAs(k store.Keyed) string { return "idempotency:" + string(k.Merchant) + ":" + k.Key }

// fingerprint is a keyed hash of a request. It is of no use elsewhere: the same
// request under another key has another.
func (g *Gateway) fingerprint(k KeyedCall) []byte {
	head := fmt.Appendf(nil, "%q %q %q %q\n", k.Merchant, k.Key, k.Method, k.Route)
	return g.vault.MAC("idempotency", append(head, k.Input...))
}

// Keyed is what was done under a merchant's Idempotency-Key, and how what it
// began stands now.
type Keyed struct {
	store.Keyed
	Outcome string // of what was begun, in the words of its kind; "" when nothing was
}

// KeyedCall tells what the first call with a merchant's key did, or
// ErrNoKeyedCall. A call that died is one whose outcome is unknown.
func (g *Gateway) KeyedCall(ctx context.Context, m pay.MerchantID, key string) (Keyed, error) {
	var k Keyed
	err := g.store.Read(ctx, func(tx *store.Tx) (err error) {
		if k.Keyed, err = tx.Keyed(ctx, m, key); err != nil {
			return translate(err, store.ErrNotFound, ErrNoKeyedCall)
		}
		if !k.Expires.After(tx.Now) {
			return ErrNoKeyedCall
		}
		if k.State == store.KeyedRunning && !k.Lease.After(tx.Now) {
			k.State = store.KeyedUnknown
		}
		k.Outcome, err = begunStatus(ctx, tx, m, k.Began)
		return err
	})
	return k, err
}

// Keys whose time is over are removed by a job a day, in steps that stop nobody.
const (
	reapBatch   = 500
	reapBatches = 20
)

// enqueueReap asks for the removal of the keys that are claimed today, when
// their time will be over. Once a day on each node is enough.
func (g *Gateway) enqueueReap(ctx context.Context, tx *store.Tx) (string, error) {
	day := tx.Now.Add(keyedLife).UTC().Truncate(24 * time.Hour)
	name := day.Format(time.DateOnly)
	if done, _ := g.reaping.Load().(string); done == name {
		return name, nil
	}
	return name, tx.Enqueue(ctx, "", JobReapIdempotency, name, struct{}{}, day.Add(24*time.Hour))
}

// workReapIdempotency removes keys whose time is over.
func (g *Gateway) workReapIdempotency(ctx context.Context, _ store.Job) error {
	for range reapBatches {
		var n int
		err := g.store.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.ReapKeyed(ctx, reapBatch)
			return err
		})
		if err != nil || n < reapBatch {
			return err
		}
	}
	return jobs.RetryAt(g.now(), nil)
}
