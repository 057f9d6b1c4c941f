package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// ran runs a command to its end.
func ran(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err buffer
	m := &Main{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &err, Now: time.Now,
		Env: func(k string) (string, bool) { v, ok := env[k]; return v, ok },
	}
	code = m.Run(t.Context(), args)
	return code, out.String(), err.String()
}

// chargedBooks are the books of a naru dev that runs, with one charge, and how
// commands reach them.
func chargedBooks(t *testing.T) (env map[string]string, paid pay.Payment) {
	t.Helper()
	data := t.TempDir()
	start(t, nil, append(devArgs, "--data", data)...)
	env = map[string]string{"NARU_DB": "sqlite:" + filepath.Join(data, "naru-dev.db"), "NARU_MASTER_KEY_FILE": filepath.Join(data, "naru-dev.key")}
	m := &Main{Stdout: &buffer{}, Stderr: &buffer{}, Now: time.Now, Env: func(k string) (string, bool) { v, ok := env[k]; return v, ok }}
	err := newBooks().open(t.Context(), m, func(b *opened) error {
		_, err := b.gateway.IssueKey(t.Context(), gateway.IssueKeyRequest{
			Merchant: devMerchant, CustomerUID: "gildong", Channel: gateway.ChannelChoice{Key: devChannels()[2].Key},
			Card: connector.Card{Number: "4330123412341234", ExpiryYear: "35", ExpiryMonth: "12", Birth: "900101", PasswordHead: "12"},
		})
		if err != nil {
			return err
		}
		paid, err = b.gateway.ChargeAgain(t.Context(), gateway.AgainRequest{Merchant: devMerchant, CustomerUID: "gildong", Charge: gateway.Charge{
			MerchantUID: "order-1", Name: "subscription", Amount: pay.Breakdown{Total: pay.Won(9900)},
		}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return env, paid
}

// Verify and reconcile run beside a serving gateway; what is wrong is told to a
// person and to a program, and in the exit code.
func TestVerifyAndReconcileBesideAGateway(t *testing.T) {
	t.Parallel()
	env, paid := chargedBooks(t)
	key, day := string(devChannels()[2].Key), paid.PaidAt.In(korea()).Format(time.DateOnly)
	code, out, errs := ran(t, env, "verify", "--provider", "--rate", "1000")
	if code != 0 || !strings.Contains(out, "checked 1 payments") || !strings.Contains(out, "asked about 1 payments: the books are sound") {
		t.Errorf("verify: %d\n%s%s", code, out, errs)
	}
	code, out, errs = ran(t, env, "reconcile", "--channel", key, "--day", day)
	contains(t, "reconcile", out, key+" on "+day, "books          1 movements            9900 in               0 back", "provider       1 movements            9900 in               0 back", "0 settlement lines recorded")
	if code != 0 {
		t.Errorf("reconcile: %d %s", code, errs)
	}
	code, out, _ = ran(t, env, "reconcile", "--channel", key, "--day", day, "--json")
	var r gateway.Reconciliation
	if err := json.Unmarshal([]byte(out), &r); code != 0 || err != nil || r.Books.In != 9900 || r.Provider.In != 9900 || r.Findings == nil || !r.SettlementsOffered {
		t.Errorf("reconcile --json: %d %v %+v\n%s", code, err, r, out)
	}

	breakBooks(t, env["NARU_DB"])
	code, out, errs = ran(t, env, "verify")
	contains(t, "verify of broken books", out, "status_money (money): payment imps_000000000001 of merchant "+string(devMerchant),
		"The money that moved is not what the status says.", "expected  paid: 5000 in, nothing back", "found     0 in, 0 back", "to do     Ask the provider")
	if code != 1 || !strings.Contains(errs, "findings (docs/verify.md)") {
		t.Errorf("verify of broken books: %d %s", code, errs)
	}
	code, out, _ = ran(t, env, "verify", "--json")
	var got struct {
		Findings []struct {
			ID, Kind, Payment, Expected, Found, What, Do string
			Money                                        bool
		}
		Report gateway.VerifyReport
	}
	if err := json.Unmarshal([]byte(out), &got); code != 1 || err != nil || got.Report.Findings != len(got.Findings) || got.Report.Findings == 0 {
		t.Fatalf("verify --json: %d %v\n%s", code, err, out)
	}
	for _, f := range got.Findings {
		if f.Payment != "imps_000000000001" || f.What == "" || f.Do == "" || f.Expected == "" || f.Found == "" || f.ID == "" || f.Money != (f.Kind == "status_money") {
			t.Errorf("finding %+v", f)
		}
	}
}

// breakBooks books a payment as paid that nobody paid.
func breakBooks(t *testing.T, db string) {
	t.Helper()
	s, err := store.Open(t.Context(), db, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	err = s.Write(t.Context(), func(tx *store.Tx) error {
		return tx.InsertPayment(t.Context(), pay.Payment{
			Merchant: devMerchant, ID: "imps_000000000001", MerchantUID: "made-up", Channel: devChannels()[2].Key, Provider: pay.TossPayments, MID: "m",
			Mode: pay.ModeSandbox, Source: pay.SourceAPI, Status: pay.StatusPaid, Method: pay.MethodCard, Name: "n", Amount: pay.Breakdown{Total: pay.Won(5000)},
			PaidAt: time.Now(), Ref: pay.Ref{Order: "imps_000000000001", Key: "k"},
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}
