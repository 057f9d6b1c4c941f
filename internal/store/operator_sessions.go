package store

import (
	"context"
	"time"

	"naru/internal/pay"
)

// The stages of a session.
const (
	StagePassword = "password" // the password was right; a code is still to come
	StageIn       = "in"
)

// OperatorSession is one browser that an operator signed in with.
type OperatorSession struct {
	TokenHash          []byte
	ID                 string // what it is called where it is listed
	Operator           pay.OperatorID
	Merchant           pay.MerchantID // the store it looks at; "" is not chosen
	Stage              string
	How                string // what it was begun with: password, code, passkey, link
	Address, UserAgent string
	Created            time.Time
	Failures           int       // wrong codes at the stage of the password
	Proved             time.Time // when the person last showed who they are
	Seen, Expires      time.Time
}

const sessionColumns = `token_hash, id, operator, merchant, stage, how, address, user_agent, created, failures, proved, seen, expires`

func scanSession(r row) (s OperatorSession, err error) {
	err = r.Scan(blobInto{&s.TokenHash}, &s.ID, &s.Operator, &s.Merchant, &s.Stage, &s.How, &s.Address, &s.UserAgent,
		timeInto{&s.Created}, &s.Failures, timeInto{&s.Proved}, timeInto{&s.Seen}, timeInto{&s.Expires})
	return s, err
}

// InsertOperatorSession adds a session; zero Created, Proved and Seen are now.
func (t *Tx) InsertOperatorSession(ctx context.Context, s OperatorSession) error {
	err := t.change(ctx, ErrExists, `INSERT INTO operator_sessions (`+sessionColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING`,
		s.TokenHash, s.ID, s.Operator, s.Merchant, s.Stage, s.How, s.Address, s.UserAgent, t.or(s.Created), s.Failures, t.or(s.Proved), t.or(s.Seen), s.Expires)
	return wrap(err, "session of %s", s.Operator)
}

// OperatorSession is the session of a token's hash, expired or not, or ErrNotFound.
func (t *Tx) OperatorSession(ctx context.Context, tokenHash []byte) (OperatorSession, error) {
	s, err := one(ctx, t, scanSession, `SELECT `+sessionColumns+` FROM operator_sessions WHERE token_hash = $1`, tokenHash)
	return s, wrap(err, "session")
}

// UpdateOperatorSession writes the stage, the way, the failures and when a session
// was proved, or ErrNotFound.
func (t *Tx) UpdateOperatorSession(ctx context.Context, s OperatorSession) error {
	err := t.change(ctx, ErrNotFound, `UPDATE operator_sessions SET stage = $2, how = $3, failures = $4, proved = $5 WHERE token_hash = $1`,
		s.TokenHash, s.Stage, s.How, s.Failures, s.Proved)
	return wrap(err, "session %s", s.ID)
}

// TouchOperatorSession writes when a session was used and until when it lives, or
// ErrNotFound.
func (t *Tx) TouchOperatorSession(ctx context.Context, s OperatorSession) error {
	err := t.change(ctx, ErrNotFound, `UPDATE operator_sessions SET seen = $2, expires = $3 WHERE token_hash = $1`, s.TokenHash, s.Seen, s.Expires)
	return wrap(err, "session %s", s.ID)
}

// TurnOperatorSession has a session look at another store, or ErrNotFound.
func (t *Tx) TurnOperatorSession(ctx context.Context, s OperatorSession) error {
	err := t.change(ctx, ErrNotFound, `UPDATE operator_sessions SET merchant = $2 WHERE token_hash = $1`, s.TokenHash, s.Merchant)
	return wrap(err, "session %s", s.ID)
}

// OperatorSessions is an operator's sessions that are signed in and have not expired,
// oldest first.
func (t *Tx) OperatorSessions(ctx context.Context, operator pay.OperatorID) ([]OperatorSession, error) {
	ss, err := list(ctx, t, scanSession, `SELECT `+sessionColumns+` FROM operator_sessions
		WHERE operator = $1 AND stage = 'in' AND expires > $2 ORDER BY created, id`, operator, t.Now)
	return ss, wrap(err, "sessions of %s", operator)
}

// DeleteOperatorSession ends a session of an operator's, or ErrNotFound.
func (t *Tx) DeleteOperatorSession(ctx context.Context, operator pay.OperatorID, id string) error {
	err := t.change(ctx, ErrNotFound, `DELETE FROM operator_sessions WHERE operator = $1 AND id = $2`, operator, id)
	return wrap(err, "session %q", id)
}

// DeleteOperatorSessions ends every session of an operator but the one of an id,
// "" is none, and counts them.
func (t *Tx) DeleteOperatorSessions(ctx context.Context, operator pay.OperatorID, but string) (int, error) {
	n, err := t.exec(ctx, `DELETE FROM operator_sessions WHERE operator = $1 AND id <> $2`, operator, but)
	return int(n), wrap(err, "sessions of %s", operator)
}

// ReapOperatorSessions deletes sessions and links that expired.
func (t *Tx) ReapOperatorSessions(ctx context.Context) error {
	if _, err := t.exec(ctx, `DELETE FROM operator_sessions WHERE expires <= $1`, t.Now); err != nil {
		return wrap(err, "expired sessions")
	}
	_, err := t.exec(ctx, `DELETE FROM operator_links WHERE expires <= $1`, t.Now)
	return wrap(err, "expired links")
}

// OperatorLink lets whoever has it sign in as an operator, once.
type OperatorLink struct {
	TokenHash              []byte
	Operator               pay.OperatorID
	Resets                 bool // takes the second factors away when it is used
	Created, Expires, Used time.Time
}

// InsertOperatorLink adds a link; a zero Created is now. ErrExists when it is there.
func (t *Tx) InsertOperatorLink(ctx context.Context, l OperatorLink) error {
	err := t.change(ctx, ErrExists, `INSERT INTO operator_links (token_hash, operator, resets, created, expires, used)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`, l.TokenHash, l.Operator, l.Resets, t.or(l.Created), l.Expires, l.Used)
	return wrap(err, "link of %s", l.Operator)
}

// OperatorLink is the link of a token's hash, or ErrNotFound.
func (t *Tx) OperatorLink(ctx context.Context, tokenHash []byte) (OperatorLink, error) {
	l, err := one(ctx, t, func(r row) (l OperatorLink, err error) {
		return l, r.Scan(blobInto{&l.TokenHash}, &l.Operator, &l.Resets, timeInto{&l.Created}, timeInto{&l.Expires}, timeInto{&l.Used})
	}, `SELECT token_hash, operator, resets, created, expires, used FROM operator_links WHERE token_hash = $1`, tokenHash)
	return l, wrap(err, "link")
}

// UseOperatorLink uses a link up; ErrConflict when it was used, or has expired.
func (t *Tx) UseOperatorLink(ctx context.Context, tokenHash []byte) error {
	err := t.change(ctx, ErrConflict, `UPDATE operator_links SET used = $2 WHERE token_hash = $1 AND used = 0 AND expires > $2`, tokenHash, t.Now)
	return wrap(err, "link")
}

// DeleteOperatorLinks makes an operator's links worthless.
func (t *Tx) DeleteOperatorLinks(ctx context.Context, operator pay.OperatorID) error {
	_, err := t.exec(ctx, `DELETE FROM operator_links WHERE operator = $1 AND used = 0`, operator)
	return wrap(err, "links of %s", operator)
}

// DeleteSessionOf ends the session of a token's hash, if there is one.
func (t *Tx) DeleteSessionOf(ctx context.Context, tokenHash []byte) error {
	_, err := t.exec(ctx, `DELETE FROM operator_sessions WHERE token_hash = $1`, tokenHash)
	return wrap(err, "session")
}
