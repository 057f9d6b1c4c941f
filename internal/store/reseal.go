package store

import (
	"context"
	"fmt"
	"strconv"

	"naru/internal/pay"
)

// SealedColumn is a column of the store in which values of the vault lie. Where
// Within is set the value is a part of JSON text.
type SealedColumn struct {
	Table, Column string
	Within        bool

	alone bool   // the table has no merchant
	key   string // of the primary key, besides the merchant
	kind  keyKind
	about string // column that says what a value is about; "" is none
	holds string // condition of a row that holds one
}

type keyKind int

const (
	keyText keyKind = iota
	keyBytes
	keyNumber
)

// SealedColumns are all of them.
func SealedColumns() []SealedColumn {
	return []SealedColumn{
		{Table: "channels", Column: "sealed", key: "key", holds: `LENGTH(sealed) > 0`},
		{Table: "billing_keys", Column: "sealed", key: "id", holds: `LENGTH(sealed) > 0`},
		{Table: "billing_keys", Column: "proof", key: "id", holds: `LENGTH(proof) > 0`},
		{Table: "receipts", Column: "identifier", key: "id", holds: `LENGTH(identifier) > 0`},
		{Table: "webhook_secrets", Column: "sealed", key: "seq", kind: keyNumber, holds: `LENGTH(sealed) > 0`},
		{Table: "idempotency", Column: "answer", key: "key", holds: `LENGTH(answer) > 0`},
		{Table: "operators", Column: "totp", alone: true, key: "id", holds: `LENGTH(totp) > 0`},
		{Table: "attempts", Column: "detail", Within: true, key: "id", about: "payment", holds: `detail LIKE '%"refund_to":"%'`},
		{Table: "checkouts", Column: "launch", Within: true, key: "token_hash", kind: keyBytes, about: "payment", holds: `launch LIKE '%"SealedCI":"%'`},
	}
}

// merchant is the column of that name, or what stands for it.
func (c SealedColumn) merchant() string {
	if c.alone {
		return `''`
	}
	return `merchant`
}

func (c SealedColumn) order() string {
	if c.alone {
		return c.key
	}
	return `merchant, ` + c.key
}

func (c SealedColumn) String() string { return c.Table + "." + c.Column }

// Sealed is a value of a SealedColumn.
type Sealed struct {
	Merchant pay.MerchantID // "" where the table has none
	Key      string         // of its row: raw bytes where it is bytes, digits where it is a number
	About    string         // the payment, where the column says so
	Value    []byte         // sealed, or JSON text that holds something sealed
}

// keyArg is a row's key as the database compares it; "" is before the first.
func (c SealedColumn) keyArg(key string) (any, error) {
	switch {
	case c.kind == keyBytes:
		return []byte(key), nil
	case c.kind == keyNumber && key == "":
		return int64(-1), nil
	case c.kind == keyNumber:
		return strconv.ParseInt(key, 10, 64)
	}
	return key, nil
}

// ListSealed is up to limit values of a column, of all merchants, after one of
// them (the zero Sealed is before the first) in the order of the primary key.
func (t *Tx) ListSealed(ctx context.Context, c SealedColumn, after Sealed, limit int) ([]Sealed, error) {
	key, err := c.keyArg(after.Key)
	if err != nil {
		return nil, wrap(err, "values of %s", c)
	}
	about := c.about
	if about == "" {
		about = `''`
	}
	all, err := list(ctx, t, func(r row) (s Sealed, err error) { return s, c.scan(r, &s) },
		fmt.Sprintf(`SELECT %[1]s, %[2]s, %[3]s, %[4]s FROM %[5]s WHERE (%[1]s, %[2]s) > ($1, $2) AND %[6]s ORDER BY %[7]s LIMIT $3`,
			c.merchant(), c.key, about, c.Column, c.Table, c.holds, c.order()), after.Merchant, key, limit)
	return all, wrap(err, "values of %s", c)
}

func (c SealedColumn) scan(r row, s *Sealed) error {
	var key []byte
	var number int64
	into := []any{&s.Merchant, &s.Key, &s.About, blobInto{&s.Value}}
	switch c.kind {
	case keyBytes:
		into[1] = blobInto{&key}
	case keyNumber:
		into[1] = &number
	}
	if c.Within {
		into[3] = textInto[[]byte]{&s.Value}
	}
	if err := r.Scan(into...); err != nil {
		return err
	}
	switch c.kind {
	case keyBytes:
		s.Key = string(key)
	case keyNumber:
		s.Key = strconv.FormatInt(number, 10)
	}
	return nil
}

// SwapSealed writes next in place of a value as it was read; swapped is false when
// it is not that any more. Nothing else of the row is changed.
func (t *Tx) SwapSealed(ctx context.Context, c SealedColumn, was Sealed, next []byte) (swapped bool, err error) {
	var before, after any = was.Value, next
	if c.Within {
		before, after = string(was.Value), string(next)
	}
	key, err := c.keyArg(was.Key)
	if err != nil {
		return false, wrap(err, "value of %s", c)
	}
	n, err := t.exec(ctx, fmt.Sprintf(`UPDATE %s SET %s = $4 WHERE %s = $1 AND %s = $2 AND %s = $3`, c.Table, c.Column, c.merchant(), c.key, c.Column),
		was.Merchant, key, before, after)
	return n == 1, wrap(err, "value of %s", c)
}
