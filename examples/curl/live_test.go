package curl_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"naru/test/devserver"
)

// bin is the program that the recipes are run against.
var bin string

func TestMain(m *testing.M) {
	code, err := build(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "curl:", err)
		code = 1
	}
	os.Exit(code)
}

func build(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "naru-curl-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if bin, err = devserver.Build(dir); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// shell runs recipes against one `naru dev`.
type shell struct{ *devserver.Server }

func newShell(t *testing.T) shell {
	t.Helper()
	s, err := devserver.Start(bin, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("naru dev printed:\n%s", s.Output())
		}
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return shell{s}
}

// try runs a recipe with a text as its standard input and more environment.
func (s shell) try(input string, env []string, recipe ...string) (string, error) {
	cmd := exec.Command("sh", recipe...)
	cmd.Stdin = strings.NewReader(input)
	cmd.Env = append(append(os.Environ(), "GATEWAY="+s.Gateway, "SANDBOX="+s.Sandbox, "no_proxy=127.0.0.1"), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// ok runs a recipe that is to succeed and gives V1's response.
func (s shell) ok(t *testing.T, input string, recipe ...string) map[string]any {
	t.Helper()
	out, err := s.try(input, nil, recipe...)
	var answer struct {
		Code     int
		Response any
	}
	if err != nil || json.Unmarshal([]byte(out), &answer) != nil || answer.Code != 0 {
		t.Fatalf("%q: %v\n%s", recipe, err, out)
	}
	if list, ok := answer.Response.([]any); ok && len(list) > 0 {
		answer.Response = list[0]
	}
	one, _ := answer.Response.(map[string]any)
	if one == nil {
		t.Fatalf("%q answers nothing: %s", recipe, out)
	}
	return one
}

// refused runs a recipe that is to fail and print why.
func (s shell) refused(t *testing.T, why string, env []string, recipe ...string) {
	t.Helper()
	if out, err := s.try("", env, recipe...); err == nil || !strings.Contains(out, why) {
		t.Errorf("%q: %v, want %q\n%s", recipe, err, why, out)
	}
}

// holds compares members of an answer.
func holds(t *testing.T, got map[string]any, want map[string]any) {
	t.Helper()
	for name, value := range want {
		if fmt.Sprint(got[name]) != fmt.Sprint(value) {
			t.Errorf("%s is %v, want %v", name, got[name], value)
		}
	}
}

func unixIn(d time.Duration) string { return fmt.Sprint(time.Now().Add(d).Unix()) }

func TestBillingKeysAndCharges(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	key := s.ok(t, "", "billing-key.sh", "issue", "jo", "member-1")
	holds(t, key, map[string]any{"customer_uid": "jo", "customer_id": "member-1", "pg_provider": "tosspayments"})
	holds(t, s.ok(t, "", "billing-key.sh", "show", "jo"), key)
	paid := s.ok(t, "", "again.sh", "jo", "order 1&2", "9900", "구독 50% 할인")
	holds(t, paid, map[string]any{"status": "paid", "amount": 9900, "merchant_uid": "order 1&2", "name": "구독 50% 할인", "customer_uid": "jo"})
	holds(t, s.ok(t, "", "onetime.sh", "order-2", "12000", "책"), map[string]any{"status": "paid", "amount": 12000, "customer_uid": nil})
	holds(t, s.ok(t, "", "onetime.sh", "order-3", "9900", "첫 달", "ann"), map[string]any{"status": "paid", "customer_uid": "ann"})
	holds(t, s.ok(t, "", "billing-key.sh", "payments", "jo"), map[string]any{"total": 1})
	s.refused(t, "이미 주문이 이루어진 건입니다.", nil, "again.sh", "jo", "order-2", "9900", "구독")
	s.refused(t, "유효기간", []string{"EXPIRY=2019-05"}, "onetime.sh", "order-4", "9900", "책")
	s.refused(t, "한도", []string{"CARD_NUMBER=9410-0099-0000-0101"}, "billing-key.sh", "issue", "over", "member-2")
	s.refused(t, "digits and dashes only", []string{`CARD_NUMBER=5310"`}, "onetime.sh", "order-5", "9900", "책")
	holds(t, s.ok(t, "", "billing-key.sh", "delete", "jo", "탈퇴 & 환불"), map[string]any{"customer_uid": "jo"})
	s.refused(t, "등록되지 않은 구매자입니다.", nil, "again.sh", "jo", "order-6", "9900", "구독")
	s.refused(t, "issue CUSTOMER_UID CUSTOMER_ID", nil, "billing-key.sh", "issue", "jo")
}

func TestSchedulesAndTheClock(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.ok(t, "", "billing-key.sh", "issue", "jo", "member-1")
	at := unixIn(10 * 24 * time.Hour)
	holds(t, s.ok(t, "", "schedule.sh", "book", "jo", "month-1", at, "9900", "1월 & 2월"), map[string]any{"schedule_status": "scheduled", "amount": 9900, "name": "1월 & 2월"})
	later := unixIn(12 * 24 * time.Hour)
	s.ok(t, "", "schedule.sh", "move", "month-1", later)
	s.ok(t, "", "schedule.sh", "book", "jo", "month-2", later, "9900", "2월")
	holds(t, s.ok(t, "", "schedule.sh", "list", "jo", unixIn(0), unixIn(30*24*time.Hour)), map[string]any{"total": 2})
	holds(t, s.ok(t, "", "schedule.sh", "revoke", "jo", "month-2"), map[string]any{"schedule_status": "revoked"})

	s.clock(t, "advance", "11d")
	holds(t, s.ok(t, "", "schedule.sh", "show", "month-1"), map[string]any{"schedule_status": "scheduled", "executed_at": 0})
	s.clock(t, "advance", "1d2h")
	holds(t, s.ok(t, "", "schedule.sh", "show", "month-1"), map[string]any{"schedule_status": "executed", "payment_status": "paid"})
	s.refused(t, "", nil, "schedule.sh", "retry", "month-1")
	holds(t, s.ok(t, "", "schedule.sh", "rebook", "month-2", unixIn(14*24*time.Hour)), map[string]any{"schedule_status": "scheduled"})
	holds(t, s.ok(t, "", "schedule.sh", "revoke", "jo"), map[string]any{"merchant_uid": "month-2", "schedule_status": "revoked"})

	s.clock(t, "freeze")
	if now := s.clock(t); now["frozen"] != true {
		t.Errorf("the clock after a freeze: %v", now)
	}
	s.clock(t, "thaw")
	s.refused(t, "BAD_TIME", nil, "clock.sh", "set", "2020-01-01T00:00:00+09:00")
}

// clock runs clock.sh and gives what it printed.
func (s shell) clock(t *testing.T, order ...string) (now map[string]any) {
	t.Helper()
	out, err := s.try("", nil, append([]string{"clock.sh"}, order...)...)
	if err == nil {
		err = json.Unmarshal([]byte(out), &now)
	}
	if err != nil {
		t.Fatalf("clock.sh %q: %v\n%s", order, err, out)
	}
	return now
}

func TestAccountsAndReceipts(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	due := unixIn(48 * time.Hour)
	issued := s.ok(t, "", "account.sh", "issue", "order-1", "33000", "088", due, "김 나루")
	holds(t, issued, map[string]any{"status": "ready", "vbank_code": "088", "buyer_name": "김 나루", "amount": 33000})
	uid := fmt.Sprint(issued["imp_uid"])
	s.refused(t, "", nil, "receipt.sh", "show", uid)
	if out, err := s.try("", nil, "account.sh", "deposit", uid); err != nil {
		t.Fatalf("deposit: %v\n%s", err, out)
	}
	for end := time.Now().Add(10 * time.Second); s.ok(t, "", "payment.sh", uid)["status"] != "paid"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not paid 10 s after the deposit")
		}
	}
	receipt := s.ok(t, "010-1234-5678\n", "receipt.sh", "issue", uid)
	holds(t, receipt, map[string]any{"imp_uid": uid, "type": "person", "amount": 33000, "vat": 3000, "cancelled_at": 0})
	holds(t, s.ok(t, "", "receipt.sh", "show", uid), receipt)
	if s.ok(t, "", "receipt.sh", "cancel", uid)["cancelled_at"] == 0.0 {
		t.Error("the receipt was not cancelled")
	}
	holds(t, s.ok(t, "", "account.sh", "refund", uid, "고객 변심", "김 나루", "004", "12345678901234"), map[string]any{"status": "cancelled", "cancel_amount": 33000})

	waiting := fmt.Sprint(s.ok(t, "", "account.sh", "issue", "order-2", "33000", "088", due, "김 나루")["imp_uid"])
	holds(t, s.ok(t, "", "account.sh", "revoke", waiting), map[string]any{"status": "failed"})
	s.refused(t, "the sandbox knows no imps_000000000000", nil, "account.sh", "deposit", "imps_000000000000")

	elsewhere := s.ok(t, "1234567890\n", "receipt.sh", "issue", "external/order-9", "company", "책 & 공책", "15000")
	holds(t, elsewhere, map[string]any{"merchant_uid": "order-9", "type": "company", "amount": 15000})
	s.refused(t, "want a number", nil, "receipt.sh", "issue", uid)
}

func TestTiers(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	if _, err := s.Naru("", "tier", "add", "--merchant", devserver.UserCode, "--code", "ABC", "--name", "둘째 상점"); err != nil {
		t.Fatal(err)
	}
	holds(t, s.ok(t, "", "tier.sh", "ABC"), map[string]any{"tier_code": "ABC", "tier_name": "둘째 상점"})
	s.refused(t, "", nil, "tier.sh", "XYZ")
	s.ok(t, "", "prepare.sh", "order-1", "12000")
	holds(t, s.ok(t, "", "tier.sh", "ABC", "POST", "/payments/prepare", "-d", "merchant_uid=order-1", "-d", "amount=7000"), map[string]any{"amount": 7000})
	holds(t, s.ok(t, "", "call.sh", "GET", "/payments/prepare/order-1"), map[string]any{"amount": 12000})
	holds(t, s.ok(t, "", "tier.sh", "ABC", "GET", "/payments/prepare/order-1"), map[string]any{"amount": 7000})
}
