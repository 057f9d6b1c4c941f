package tosspayments_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/pay"
)

const waitingAs = `{"paymentKey":"k","orderId":"imp_274810035512","status":%q,"totalAmount":1000,"method":%q,"virtualAccount":%s,"secret":%s,"version":"2022-07-27"}`

const anAccount = `{"accountNumber":"X88","bank":"국민"}`

// TestADepositNoticeIsProvenByWhatCameWithTheAccount goes the whole way: the
// secret comes with the account, is remembered, and is compared with the notice.
func TestADepositNoticeIsProvenByWhatCameWithTheAccount(t *testing.T) {
	t.Parallel()
	c, _ := says(t, fmt.Sprintf(waitingAs, "WAITING_FOR_DEPOSIT", "가상계좌", anAccount, `"ps_right"`))
	out, err := c.(connector.AccountIssuer).IssueAccount(t.Context(), connector.Call{Key: "atm_1"}, connector.AccountSpec{
		Order: "imp_274810035512", Name: "원두", Amount: pay.Breakdown{Total: pay.Won(1000)}, Bank: "004", Buyer: pay.Buyer{Name: "김나루"},
	})
	if err != nil || out.Verdict != connector.Approved {
		t.Fatalf("outcome %+v, %v", out, err)
	}
	right, old := out.Snapshot.Ref, pay.Ref{Order: "imp_274810035512", Data: []byte("of another version")}
	for _, n := range []struct {
		what, body string
		ref        pay.Ref
		want       bool
	}{
		{"the right secret", `{"secret":"ps_right","status":"DONE","orderId":"imp_274810035512"}`, right, true},
		{"another secret", `{"secret":"ps_wrong","status":"DONE","orderId":"imp_274810035512"}`, right, false},
		{"a part of it", `{"secret":"ps_righ","status":"DONE","orderId":"imp_274810035512"}`, right, false},
		{"no secret", `{"status":"DONE","orderId":"imp_274810035512"}`, right, true},
		{"nothing to compare with", `{"secret":"ps_wrong","status":"DONE","orderId":"imp_274810035512"}`, pay.Ref{Order: "imp_274810035512"}, true},
		{"nothing that can be read", `{"secret":"ps_wrong","status":"DONE","orderId":"imp_274810035512"}`, old, true},
		{"another kind of notice", `{"eventType":"PAYMENT_STATUS_CHANGED","secret":"ps_wrong","data":{"paymentKey":"k","orderId":"imp_274810035512"}}`, right, true},
	} {
		notice, err := reader(t).ReadWebhook(t.Context(), http.Header{}, []byte(n.body))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.(connector.NoticeProver).ProveNotice(notice, n.ref); got != n.want {
			t.Errorf("%s: proven %v, want %v", n.what, got, n.want)
		}
		if text := fmt.Sprintf("%v %+v %#v", notice, notice, notice); strings.Contains(text, "ps_") {
			t.Errorf("%s: the notice prints its proof: %s", n.what, text)
		}
	}
}

func TestWhatIsRememberedOfAPayment(t *testing.T) {
	t.Parallel()
	const kept = `{"secret":"ps_kept"}`
	for _, c := range []struct {
		what, method, account, secret, before, want string
	}{
		{"an account's secret", "가상계좌", anAccount, `"ps_new"`, "", `{"secret":"ps_new"}`},
		{"a new one replaces the old", "가상계좌", anAccount, `"ps_new"`, kept, `{"secret":"ps_new"}`},
		{"none leaves the old", "가상계좌", anAccount, `null`, kept, kept},
		{"what is no text leaves the old", "가상계좌", anAccount, `{"a":1}`, kept, kept},
		{"what was there of another kind stays without news", "가상계좌", anAccount, `null`, "old", "old"},
		{"and goes with news", "가상계좌", anAccount, `"ps_new"`, "old", `{"secret":"ps_new"}`},
		{"an account is known by its method, too", "가상계좌", `"?"`, `"ps_new"`, "", `{"secret":"ps_new"}`},
		{"no other payment's", "카드", "null", `"ps_new"`, "", ""},
	} {
		conn, _ := says(t, fmt.Sprintf(waitingAs, "WAITING_FOR_DEPOSIT", c.method, c.account, c.secret))
		snap, err := conn.Query(t.Context(), pay.Ref{Order: "imp_274810035512", Data: []byte(c.before)})
		if err != nil || string(snap.Ref.Data) != c.want {
			t.Errorf("%s: %q, %v, want %q", c.what, snap.Ref.Data, err, c.want)
		}
	}
}

// An account whose details cannot be read is an account all the same: taking it
// back moved nothing, and what was paid into it is a deposit.
func TestAnAccountIsKnownByItsMethod(t *testing.T) {
	t.Parallel()
	body := fmt.Sprintf(waitingAs, "CANCELED", "가상계좌", `"?"`, `null`)
	c, _ := says(t, body)
	if snap, err := c.Query(t.Context(), pay.Ref{Order: "imp_274810035512"}); err != nil || snap.Stage != connector.StageDead || len(snap.Movements) != 0 {
		t.Errorf("taken back: %+v, %v", snap, err)
	}
	c, _ = says(t, strings.Replace(body, `"CANCELED"`, `"DONE","approvedAt":"2026-11-20T18:00:00+09:00"`, 1))
	if snap, err := c.Query(t.Context(), pay.Ref{Order: "imp_274810035512"}); err != nil || len(snap.Movements) != 1 || snap.Movements[0].Kind != pay.MovementDeposit {
		t.Errorf("paid into: %+v, %v", snap, err)
	}
}

// TestTheSimulatorsDepositNoticesAreProven: what the provider sends of one
// account fits that account and no other.
func TestTheSimulatorsDepositNoticesAreProven(t *testing.T) {
	t.Parallel()
	notices := make(chan []byte, 20)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		notices <- body
	}))
	t.Cleanup(receiver.Close)
	sim := startSimulator(t, receiver.URL)
	s := settings(sim.Endpoints.API)
	s.MerchantID, s.Credentials, s.Endpoints, s.Now = sim.MID, sim.Credentials, sim.Endpoints, time.Now
	c := open(t, s)
	refs := map[string]pay.Ref{}
	for _, order := range []string{"imps_000000000001", "imps_000000000002"} {
		out, err := c.(connector.AccountIssuer).IssueAccount(t.Context(), connector.Call{Key: pay.AttemptID(order)}, connector.AccountSpec{
			Order: order, Name: "원두", Amount: pay.Breakdown{Total: pay.Won(1000)}, Bank: "004", Buyer: pay.Buyer{Name: "김나루"},
		})
		if err != nil || out.Verdict != connector.Approved {
			t.Fatalf("outcome %+v, %v", out, err)
		}
		refs[order] = out.Snapshot.Ref
	}
	sim.Server.Deposit(t, "imps_000000000001")
	for {
		var body []byte
		select {
		case body = <-notices:
		case <-time.After(20 * time.Second):
			t.Fatal("no deposit notice came")
		}
		n, err := reader(t).ReadWebhook(t.Context(), http.Header{}, body)
		if err != nil {
			t.Fatal(err)
		}
		if n.Kind != "DEPOSIT_CALLBACK" || n.Ref.Order != "imps_000000000001" {
			continue
		}
		p := c.(connector.NoticeProver)
		if own, other := p.ProveNotice(n, refs["imps_000000000001"]), p.ProveNotice(n, refs["imps_000000000002"]); n.Proof == "" || !own || other {
			t.Errorf("with a proof: %v; proven of its own account: %v; of the other: %v", n.Proof != "", own, other)
		}
		return
	}
}
