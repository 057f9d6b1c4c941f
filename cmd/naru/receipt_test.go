package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"naru/internal/gateway"
	"naru/internal/pay"
)

// Cash receipts are issued, found and cancelled, and virtual accounts taken back, by
// commands beside a gateway that serves.
func TestReceiptAndAccountCommands(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := start(t, nil, append(devArgs, "--data", data)...)
	env := map[string]string{"NARU_DB": "sqlite:" + filepath.Join(data, "naru-dev.db"), "NARU_MASTER_KEY_FILE": filepath.Join(data, "naru-dev.key"), "USER": "kim"}
	waits, gone := anAccount(t, env, "order-waits"), anAccount(t, env, "order-gone")

	code, out, errs := ran(t, env, "payment", "revoke", string(gone.ID), "--json")
	var revoked paymentJSON
	if err := json.Unmarshal([]byte(out), &revoked); code != 0 || err != nil || revoked.Status != "failed" {
		t.Errorf("revoke: %d %s%s", code, out, errs)
	}
	if code, _, errs := ran(t, env, "payment", "revoke", string(gone.ID)); code != 1 || !strings.Contains(errs, gateway.ErrNotAccount.Error()) {
		t.Errorf("revoke again: %d %s", code, errs)
	}

	if err := sandboxDeposit(func() string { return r.at.Sandbox + "/control" })(t.Context(), waits); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := ran(t, env, "payment", "sync", string(waits.ID)); code != 0 || !strings.Contains(out, "paid") {
		t.Fatalf("sync: %d %s%s", code, out, errs)
	}
	shop := string(devMerchant)
	ofPayment := receiptBy(t, env, "issue", shop, "--payment", string(waits.ID), "--identifier", "010-1234-5678", "--tax-free", "1000")
	if ofPayment.Status != "issued" || ofPayment.Amount != 33000 || ofPayment.TaxFree != 1000 || ofPayment.Payment != string(waits.ID) || ofPayment.ApprovalNo == "" || ofPayment.Issued == nil {
		t.Errorf("issued %+v", ofPayment)
	}
	elsewhere := receiptBy(t, env, "issue", shop, "--order", "table-7", "--name", "점심", "--amount", "12000", "--type", "company", "--identifier", "1234567890")
	if elsewhere.Status != "issued" || elsewhere.Amount != 12000 || elsewhere.Type != "company" || elsewhere.Order != "table-7" {
		t.Errorf("issued %+v", elsewhere)
	}
	for args, want := range map[string]string{
		"issue " + shop + " --identifier 01012345678 --payment " + string(waits.ID):  gateway.ErrReceiptIssued.Error(),
		"issue " + shop + " --identifier 01012345678 --payment " + string(gone.ID):   gateway.ErrReceiptForbidden.Error(),
		"issue " + shop + " --identifier 0101x --order o --name n --amount 5":        "--identifier: must be 1 to 30 digits",
		"issue " + shop + " --identifier - --order o --name n --amount 5":            "--identifier: must be 1 to 30 digits",
		"issue " + shop + " --identifier 1 --order o --name n":                       "--amount 0: want 1 or more",
		"issue " + shop + " --identifier 1 --amount 5":                               "want --payment, or --order, --name and --amount",
		"issue " + shop + " --identifier 1 --amount 5 --payment " + string(waits.ID): "leave them out or --payment",
		"show " + shop + " nothing":                                                  `has no cash receipt "nothing"`,
		"cancel " + shop + " nothing":                                                `has no cash receipt "nothing"`,
		"list " + shop + " --status lost --limit 0":                                  `--status "lost": want one of`,
		"list " + shop + " --from yesterday --after no":                              `--after "no": want what the list before ended with`,
	} {
		if code, _, errs := ran(t, env, append([]string{"receipt"}, strings.Fields(args)...)...); code != 1 || !strings.Contains(errs, want) || strings.Contains(errs, "01012345678") {
			t.Errorf("receipt %s: %d %s", args, code, errs)
		}
	}
	checkReceipts(t, env, ofPayment, elsewhere)
}

// checkReceipts lists and cancels both.
func checkReceipts(t *testing.T, env map[string]string, older, newer receiptJSON) {
	t.Helper()
	shop := string(devMerchant)
	list := func(args ...string) (page receiptPage) {
		t.Helper()
		code, out, errs := ran(t, env, append([]string{"receipt", "list", shop, "--json"}, args...)...)
		if err := json.Unmarshal([]byte(out), &page); code != 0 || err != nil {
			t.Fatalf("list %q: %d %s%s", args, code, out, errs)
		}
		return page
	}
	first := list("--limit", "1", "--status", "issued")
	second := list("--limit", "1", "--after", first.After)
	if len(first.Receipts) != 1 || first.Receipts[0].ID != newer.ID || len(second.Receipts) != 1 || second.Receipts[0].ID != older.ID || second.After != "" {
		t.Errorf("listed %+v, then %+v", first, second)
	}
	if page := list("--to", "2020-01-01"); len(page.Receipts) != 0 || page.Receipts == nil {
		t.Errorf("long ago: %+v", page)
	}
	_, out, _ := ran(t, env, "receipt", "list", shop)
	contains(t, "the list", out, older.ID, newer.ID, older.ApprovalNo, "점심")
	for _, x := range []receiptJSON{older, newer} {
		if got := receiptBy(t, env, "cancel", shop, x.ID); got.Status != "cancelled" || got.CancelledAt == nil {
			t.Errorf("cancelled %+v", got)
		}
		if got := receiptBy(t, env, "show", shop, x.ID); got.Status != "cancelled" {
			t.Errorf("shown %+v", got)
		}
		if code, _, errs := ran(t, env, "receipt", "cancel", shop, x.ID); code != 1 || !strings.Contains(errs, "is cancelled: it is not in force") {
			t.Errorf("cancelled again: %d %s", code, errs)
		}
	}
	_, out, _ = ran(t, env, "audit", "list", "--merchant", shop)
	contains(t, "the audit log", out, "kim (command)", "receipt.issue", "receipt.cancel", "payment.revoke_account")
}

// receiptBy runs a command that shows a receipt.
func receiptBy(t *testing.T, env map[string]string, args ...string) (r receiptJSON) {
	t.Helper()
	code, out, errs := ran(t, env, append(append([]string{"receipt"}, args...), "--json")...)
	if err := json.Unmarshal([]byte(out), &r); code != 0 || err != nil {
		t.Fatalf("receipt %q: %d %s%s", args, code, out, errs)
	}
	return r
}

// anAccount is a virtual account that waits for 33,000 won.
func anAccount(t *testing.T, env map[string]string, order pay.MerchantUID) (p pay.Payment) {
	t.Helper()
	m := &Main{Stdout: &buffer{}, Stderr: &buffer{}, Now: time.Now, Env: func(k string) (string, bool) { v, ok := env[k]; return v, ok }}
	err := newBooks().open(t.Context(), m, func(b *opened) (err error) {
		p, err = b.gateway.IssueAccount(t.Context(), gateway.AccountRequest{
			Merchant: devMerchant, Bank: "004", Due: time.Now().Add(24 * time.Hour),
			Charge: gateway.Charge{MerchantUID: order, Name: "사과", Amount: pay.Breakdown{Total: pay.Won(33000)}, Buyer: pay.Buyer{Name: "홍길동"}},
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
