package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// TestAlarmsAreListedAndClosed by the commands an operator uses.
func TestAlarmsAreListedAndClosed(t *testing.T) {
	t.Parallel()
	env := map[string]string{"NARU_DB": "sqlite:" + filepath.Join(t.TempDir(), "naru.db")}
	run(t, env, "", "migrate")
	s, err := store.Open(t.Context(), env["NARU_DB"], store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	err = s.Write(t.Context(), func(tx *store.Tx) error {
		for _, m := range []pay.Merchant{{ID: "m_a", UserCode: "imp10000001"}, {ID: "m_b", UserCode: "imp10000002"}} {
			if err := tx.InsertMerchant(t.Context(), m); err != nil {
				return err
			}
		}
		for _, a := range []store.Alarm{
			{ID: "unknown:1", Merchant: "m_a", Payment: "imp_1", Kind: "unknown_outcome", Text: "look at it"},
			{ID: "late:x", Merchant: "m_a", Kind: "schedule_late", Text: "late"}, {ID: "late:x", Merchant: "m_b", Kind: "schedule_late", Text: "late"},
			{ID: "queue_late:1", Kind: "queue_late", Text: "a queue"},
		} {
			if err := tx.AddAlarm(context.Background(), a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	contains(t, "the list", run(t, env, "", "alarm", "list"), "unknown_outcome", "unknown:1", "imp_1", "m_b", "look at it")
	if out := run(t, env, "", "alarm", "close", "unknown:1", "--by", "김담당", "--why", "취소된 것을 확인함"); out != "closed unknown:1\n" {
		t.Errorf("closed: %q", out)
	}
	for args, want := range map[string]string{
		"close unknown:1 --by a --why b":     "no open alarm",
		"close late:x --by a --why b":        "--merchant: 2 merchants",
		"close queue_late:1 --by a --why=":   "--why",
		"close queue_late:1 --why b --by=":   "--by",
		"close late:x --by a --merchant m_a": "--why",

		"close unknown:1 --by a --why b --merchant imp10000002": "no open alarm",
		"close late:x --by a --why b --merchant imp10000003":    `no merchant has the user code or id "imp10000003"`,
		"list --merchant imp10000003":                           `no merchant has the user code or id "imp10000003"`,
	} {
		if code, msg := runFails(t, env, args); code == 0 || !strings.Contains(msg, want) {
			t.Errorf("%s: %d %s", args, code, msg)
		}
	}
	run(t, env, "", "alarm", "close", "late:x", "--merchant", "imp10000002", "--by", "a", "--why", "b")
	var list struct{ Alarms []alarmJSON }
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{"alarm", "list", "--json", "--merchant", "imp10000001"}, 1}, {[]string{"alarm", "list", "--json", "--merchant", "m_b", "--all"}, 1},
		{[]string{"alarm", "list", "--json"}, 2}, {[]string{"alarm", "list", "--json", "--all"}, 4},
	} {
		if err := json.Unmarshal([]byte(run(t, env, "", c.args...)), &list); err != nil || len(list.Alarms) != c.want {
			t.Fatalf("%v: %d alarms, %v", c.args, len(list.Alarms), err)
		}
	}
	closed := 0
	for _, a := range list.Alarms {
		if a.ID == "unknown:1" && (a.Closed == nil || a.ClosedBy != "김담당" || a.Note != "취소된 것을 확인함" || a.Told != nil) {
			t.Errorf("closed as %+v", a)
		}
		if a.Closed != nil {
			closed++
		}
	}
	if closed != 2 {
		t.Errorf("%d are closed", closed)
	}
	contains(t, "the whole list", run(t, env, "", "alarm", "list", "--all"), "by 김담당: 취소된 것을 확인함")
}

// runFails runs a command that must not work out; its arguments stand apart by
// one blank.
func runFails(t *testing.T, env map[string]string, args string) (code int, said string) {
	t.Helper()
	var out bytes.Buffer
	m := &Main{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Now: time.Now, Env: func(k string) (string, bool) { v, ok := env[k]; return v, ok }}
	code = m.Run(t.Context(), append([]string{"alarm"}, strings.Split(args, " ")...))
	return code, out.String()
}
