package store_test

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"naru/internal/pgtest"
	"naru/internal/store"
)

// withoutMerchant are the tables whose primary key does not begin with the
// merchant, each with its reason. docs/scale.md has them all.
var withoutMerchant = map[string]string{
	"merchants(id)": "the merchant itself",
	"keysets(name)": "one row for the installation",
	"meta(key)":     "facts about the installation",

	"nodes(id)": "a process of the installation",

	"operators(id)":                  "a person may serve several merchants",
	"operator_sessions(token_hash)":  "the cookie alone is shown",
	"operator_passkeys(operator,id)": "of a person",
	"operator_links(token_hash)":     "the address alone is shown",
}

// acrossMerchants are the other unique keys that hold over all merchants.
// docs/scale.md says of each what it becomes where rows are spread by merchant.
var acrossMerchants = map[string]string{
	"merchants(user_code)":   "a browser names the merchant by it",
	"merchants(parent,tier)": "the parent is the merchant here",
	"channels(key)":          "a provider's notice names the channel alone",
	"api_keys(key)":          "getToken shows the key alone",
	"tokens(key)":            "one token of a key",
	"payments(id)":           "imp_uid names the payment alone",
	"attempts(id)":           "our idempotency key at providers",
	"billing_keys(id)":       "our idempotency key at providers",
	"receipts(id)":           "our idempotency key at providers",

	"operators(email)":      "a person signs in with it",
	"operator_sessions(id)": "names a session of a person",
	"operator_passkeys(id)": "the browser names the passkey alone",
}

// primaryKeys and uniqueKeys are "table(column,column)" of a database, goose's own
// tables left out.
func primaryKeys(t testing.TB, f fixture) []string {
	t.Helper()
	return keysOf(t, f, `SELECT m.name || '(' || (SELECT GROUP_CONCAT(c.name, ',') FROM
			(SELECT name FROM pragma_table_info(m.name) WHERE pk > 0 ORDER BY pk) AS c) || ')'
		FROM sqlite_master AS m WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`, `i.indisprimary`)
}

func uniqueKeys(t testing.TB, f fixture) []string {
	t.Helper()
	return keysOf(t, f, `SELECT m.name || '(' || (SELECT GROUP_CONCAT(c.name, ',') FROM
			(SELECT name FROM pragma_index_info(x.name) ORDER BY seqno) AS c) || ')'
		FROM sqlite_master AS m, pragma_index_list(m.name) AS x
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND x."unique" AND x.origin <> 'pk'`,
		`i.indisunique AND NOT i.indisprimary`)
}

func keysOf(t testing.TB, f fixture, sqlite, postgres string) []string {
	t.Helper()
	text := sqlite
	if f.Kind() == "postgres" {
		text = `SELECT c.relname || '(' || (SELECT STRING_AGG(a.attname, ',' ORDER BY k.n)
				FROM UNNEST(i.indkey::SMALLINT[]) WITH ORDINALITY AS k (attnum, n)
				JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) || ')'
			FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
			WHERE c.relnamespace = 'public'::REGNAMESPACE AND ` + postgres
	}
	var keys []string
	f.read(t, func(ctx context.Context, tx *store.Tx) (err error) {
		keys, err = tx.Strings(ctx, text)
		return err
	})
	return slices.DeleteFunc(keys, func(k string) bool { return strings.HasPrefix(k, "goose_") })
}

// Merchant first in every primary key, so that the tables can be spread by
// merchant later; what is not so is listed with its reason.
func TestKeysBeginWithTheMerchant(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/scale.md")
	if err != nil {
		t.Fatal(err)
	}
	for kind, url := range map[string]func(testing.TB) string{
		"sqlite": func(testing.TB) string { return "sqlite::memory:" }, "postgres": pgtest.DSN,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := open(t, url(t))
			primary, unique := primaryKeys(t, f), uniqueKeys(t, f)
			if len(primary) < 20 || len(unique) < 9 {
				t.Fatalf("the schema was not read: primary %q, unique %q", primary, unique)
			}
			checkFirst(t, "primary key", primary, withoutMerchant)
			checkFirst(t, "unique key", unique, acrossMerchants)
			for _, k := range slices.Concat(slices.Collect(maps.Keys(withoutMerchant)), slices.Collect(maps.Keys(acrossMerchants))) {
				if !strings.Contains(string(page), "`"+strings.Replace(k, ",", ", ", 1)+"`") {
					t.Errorf("docs/scale.md does not speak of `%s`", strings.Replace(k, ",", ", ", 1))
				}
			}
		})
	}
}

// checkFirst holds keys against the exceptions, and the exceptions against them.
func checkFirst(t *testing.T, what string, keys []string, excused map[string]string) {
	t.Helper()
	for _, k := range keys {
		_, columns, _ := strings.Cut(k, "(")
		first, _, _ := strings.Cut(strings.TrimSuffix(columns, ")"), ",")
		if first != "merchant" && excused[k] == "" {
			t.Errorf("%s %s does not begin with the merchant, and no reason is given", what, k)
		}
	}
	for k := range excused {
		if !slices.Contains(keys, k) {
			t.Errorf("%s %s is excused, and is not there", what, k)
		}
	}
}
