package pay_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"naru/internal/pay"
)

// update has the golden matrix and docs/state-machines.md written anew.
var update = os.Getenv("NARU_UPDATE") != ""

// The whole matrix, states by events, is a golden file: a new row of a table
// shows in review as a changed cell.
func TestGoldenMatrix(t *testing.T) {
	t.Parallel()
	golden(t, "testdata/payments.txt", matrix(pay.Payments))
	golden(t, "testdata/attempts.txt", matrix(pay.Attempts))
	golden(t, "testdata/billing_keys.txt", matrix(pay.BillingKeys))
	golden(t, "testdata/schedules.txt", matrix(pay.Schedules))
	golden(t, "testdata/receipts.txt", matrix(pay.Receipts))
}

func TestTablesAreSound(t *testing.T) {
	t.Parallel()
	t.Run("payments", func(t *testing.T) { t.Parallel(); sound(t, pay.Payments, pay.StatusCreated) })
	t.Run("attempts", func(t *testing.T) { t.Parallel(); sound(t, pay.Attempts, pay.AttemptStarted) })
	t.Run("billing keys", func(t *testing.T) { t.Parallel(); sound(t, pay.BillingKeys, pay.KeyIssuing) })
	t.Run("schedules", func(t *testing.T) { t.Parallel(); sound(t, pay.Schedules, pay.ScheduleBooked) })
	t.Run("receipts", func(t *testing.T) { t.Parallel(); sound(t, pay.Receipts, pay.ReceiptIssuing) })
}

func sound[S, E ~string](t *testing.T, m pay.Machine[S, E], first S) {
	seen := map[string]bool{}
	reached := map[S]bool{first: true}
	for range m {
		for _, s := range m {
			if reached[s.From] {
				reached[s.To] = true
			}
		}
	}
	for _, s := range m {
		pair := string(s.From) + "/" + string(s.On)
		if seen[pair] {
			t.Errorf("%s stands twice", pair)
		}
		seen[pair] = true
	}
	for _, s := range m.States() {
		if !reached[s] {
			t.Errorf("%s cannot be reached from %s", s, first)
		}
	}
}

func TestFinalStates(t *testing.T) {
	t.Parallel()
	for _, ev := range pay.Payments.Events() {
		if to, err := pay.Payments.Next(pay.StatusCancelled, ev); !errors.Is(err, pay.ErrNoStep) {
			t.Errorf("a cancelled payment became %s on %s", to, ev)
		}
		to, err := pay.Payments.Next(pay.StatusFailed, ev)
		if ev == pay.EvApprovedLate {
			if to != pay.StatusPaid {
				t.Errorf("a late approval leads to %s", to)
			}
		} else if err == nil {
			t.Errorf("a failed payment became %s on %s", to, ev)
		}
	}
	for _, s := range []pay.AttemptStatus{pay.AttemptSucceeded, pay.AttemptDeclined, pay.AttemptNotSent} {
		if s.Open() {
			t.Errorf("%s counts as open", s)
		}
		for _, ev := range pay.Attempts.Events() {
			if to, err := pay.Attempts.Next(s, ev); err == nil {
				t.Errorf("a settled attempt went from %s to %s on %s", s, to, ev)
			}
		}
	}
	final(t, pay.BillingKeys, pay.KeyReplaced, pay.KeyDeleted, pay.KeyRefused)
	final(t, pay.Schedules) // even a revoked one may be booked again
	final(t, pay.Receipts, pay.ReceiptRefused, pay.ReceiptCancelled)
}

// final holds the states that a table lets nothing leave against those meant to be so.
func final[S, E ~string](t *testing.T, m pay.Machine[S, E], want ...S) {
	t.Helper()
	for _, s := range m.States() {
		left := ""
		for _, ev := range m.Events() {
			if to, err := m.Next(s, ev); err == nil {
				left = fmt.Sprintf("it becomes %s on %s", to, ev)
			}
		}
		if (left == "") != slices.Contains(want, s) {
			t.Errorf("%s: final states are %q; %s", s, want, cmp.Or(left, "nothing leads out of it"))
		}
	}
}

func matrix[S, E ~string](m pay.Machine[S, E]) string {
	var b strings.Builder
	for _, s := range m.States() {
		for _, e := range m.Events() {
			to, err := m.Next(s, e)
			if err != nil {
				to = "-"
			}
			fmt.Fprintf(&b, "%-20s %-18s %s\n", s, e, to)
		}
	}
	return b.String()
}

// The page of docs that draws the tables is made from them.
func TestStateMachinesPage(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("<!-- Made by `make generate` from the tables in internal/pay: do not edit. -->\n# State machines\n\n")
	b.WriteString("Every change is a row of a table in `internal/pay`; a pair that is not there is refused, in Go and by a compare-and-set in SQL.\n\n")
	b.WriteString("V1 shows four words of a payment: `created`, `confirming` and `awaiting_deposit` are `ready`; `partially_cancelled` and `cancelled` are `cancelled`; `paid` and `failed` are themselves. Of a schedule it shows `scheduled` also while it is `running`.\n\n")
	b.WriteString("## Payments\n\n" + mermaid(pay.Payments) + "\n## Attempts\n\n" + mermaid(pay.Attempts))
	b.WriteString("\n## Billing keys\n\nThe `customer_uid` of a merchant means its `active` key.\n\n" + mermaid(pay.BillingKeys))
	b.WriteString("\n## Schedules\n\n`rebooked` and `retried` are for a revoked schedule, or an executed one whose charge failed.\n\n" + mermaid(pay.Schedules))
	b.WriteString("\n## Cash receipts\n\n" + mermaid(pay.Receipts))
	golden(t, filepath.Join("..", "..", "docs", "state-machines.md"), b.String())
}

func mermaid[S, E ~string](m pay.Machine[S, E]) string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> " + string(m[0].From) + "\n")
	for _, s := range m {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", s.From, s.To, s.On)
	}
	return b.String() + "```\n"
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is stale: run `make golden generate` and read the difference", path)
	}
}
