package store

import (
	"context"
	"encoding/json"
	"time"

	"naru/internal/pay"
)

// States of an Import.
const (
	ImportWaiting   = "waiting" // for a person to look at the dry run
	ImportRunning   = "running"
	ImportDone      = "done"
	ImportFailed    = "failed"
	ImportDiscarded = "discarded"
)

// Import is one run of an import of what a merchant brings from elsewhere.
type Import struct {
	Merchant pay.MerchantID
	ID       string
	Kind     string // "payments", "billing_keys"
	Status   string
	Actor    string          // the name of who began it
	Mapping  json.RawMessage // nil is not chosen yet
	Report   json.RawMessage // counts, sums and refused rows; nil is none yet
	Dry      bool            // Report is of a dry run
	Bytes    int64           // of the file
	Parts    int             // how many pieces the file is kept in while it is needed

	Created, Updated, Ended time.Time
}

const importColumns = `merchant, id, kind, status, actor, mapping, report, dry, bytes, parts, created, updated, ended`

func scanImport(r row) (i Import, err error) {
	err = r.Scan(&i.Merchant, &i.ID, &i.Kind, &i.Status, &i.Actor, textInto[json.RawMessage]{&i.Mapping}, textInto[json.RawMessage]{&i.Report},
		&i.Dry, &i.Bytes, &i.Parts, timeInto{&i.Created}, timeInto{&i.Updated}, timeInto{&i.Ended})
	return i, err
}

// InsertImport adds an import; ErrExists when the merchant has one of that id.
func (t *Tx) InsertImport(ctx context.Context, i Import) error {
	err := t.change(ctx, ErrExists, `INSERT INTO imports (`+importColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12)
		ON CONFLICT DO NOTHING`, i.Merchant, i.ID, i.Kind, i.Status, i.Actor, string(i.Mapping), string(i.Report), i.Dry, i.Bytes, i.Parts, t.Now, i.Ended)
	return wrap(err, "import %s", i.ID)
}

// Import is a merchant's import, or ErrNotFound.
func (t *Tx) Import(ctx context.Context, merchant pay.MerchantID, id string) (Import, error) {
	i, err := one(ctx, t, scanImport, `SELECT `+importColumns+` FROM imports WHERE merchant = $1 AND id = $2`+t.lock(), merchant, id)
	return i, wrap(err, "import %s", id)
}

// UpdateImport writes an import that still has the status was; else ErrConflict.
// Merchant, id, kind, actor and the beginning never change.
func (t *Tx) UpdateImport(ctx context.Context, i Import, was string) error {
	err := t.change(ctx, ErrConflict, `UPDATE imports SET status = $3, mapping = $4, report = $5, dry = $6, bytes = $7, parts = $8, updated = $9, ended = $10
		WHERE merchant = $1 AND id = $2 AND status = $11`,
		i.Merchant, i.ID, i.Status, string(i.Mapping), string(i.Report), i.Dry, i.Bytes, i.Parts, t.Now, i.Ended, was)
	return wrap(err, "import %s", i.ID)
}

// ListImports is a merchant's imports, the newest first.
func (t *Tx) ListImports(ctx context.Context, merchant pay.MerchantID, limit int) ([]Import, error) {
	is, err := list(ctx, t, scanImport, `SELECT `+importColumns+` FROM imports WHERE merchant = $1 ORDER BY created DESC, id DESC LIMIT $2`, merchant, limit)
	return is, wrap(err, "imports of merchant %s", merchant)
}

// CountOpenImports is how many imports of a merchant, of those begun since a time, have
// not ended: their files are kept.
func (t *Tx) CountOpenImports(ctx context.Context, merchant pay.MerchantID, since time.Time) (int, error) {
	n, err := one(ctx, t, func(r row) (n int, err error) { return n, r.Scan(&n) }, `SELECT COUNT(*) FROM imports
		WHERE merchant = $1 AND created >= $2 AND status IN ('waiting', 'running')`, merchant, since)
	return n, wrap(err, "open imports of merchant %s", merchant)
}

// PutImportPart keeps a piece of an import's file.
func (t *Tx) PutImportPart(ctx context.Context, merchant pay.MerchantID, id string, seq int, sealed []byte) error {
	_, err := t.exec(ctx, `INSERT INTO import_parts (merchant, import, seq, sealed) VALUES ($1, $2, $3, $4)`, merchant, id, seq, sealed)
	return wrap(err, "part %d of import %s", seq, id)
}

// ImportPart is a piece of an import's file, or ErrNotFound.
func (t *Tx) ImportPart(ctx context.Context, merchant pay.MerchantID, id string, seq int) ([]byte, error) {
	b, err := one(ctx, t, func(r row) (b []byte, err error) { return b, r.Scan(blobInto{&b}) },
		`SELECT sealed FROM import_parts WHERE merchant = $1 AND import = $2 AND seq = $3`, merchant, id, seq)
	return b, wrap(err, "part %d of import %s", seq, id)
}

// DropImportParts deletes an import's file.
func (t *Tx) DropImportParts(ctx context.Context, merchant pay.MerchantID, id string) error {
	_, err := t.exec(ctx, `DELETE FROM import_parts WHERE merchant = $1 AND import = $2`, merchant, id)
	return wrap(err, "parts of import %s", id)
}
