package connectortest

import (
	"testing"

	"naru/internal/connector"
)

// testCheck: a check says of good credentials that they are, of bad ones that they
// are not, of a provider that cannot be reached nothing; and it changes nothing.
func testCheck(t *testing.T, h Harness) {
	b := setup(t, h)
	check := able[connector.Checker](b)
	w, ref := b.authenticated(false)
	good := func(what string, c connector.Checker) connector.CheckReport {
		t.Helper()
		b.made++
		report, err := c.Check(t.Context(), orderNumber("naru_check_", b.made))
		if b.heard(err) != nil || report.Key != connector.KeyAccepted {
			t.Fatalf("%s: %+v, %v", what, report, err)
		}
		if report.MID != "" && report.MID != b.MID {
			t.Errorf("%s: the key is said to be %s's, it is %s's", what, report.MID, b.MID)
		}
		if v := b.driver.Setup.Versions; report.Older || v != nil && report.Version != "" && report.Version != v.Want {
			t.Errorf("%s: the version is said to be wrong: %+v", what, report)
		}
		return report
	}
	good("before anything was paid", check)
	b.paid()
	if told := good("after a payment", check); b.driver.Setup.Versions != nil && told.Version == "" {
		t.Error("a payment was made, and the version is not told")
	}
	bad, ok := b.miskeyed().(connector.Checker)
	if !ok {
		t.Fatal("the ability comes and goes with the credentials")
	}
	report, err := bad.Check(t.Context(), orderNumber("naru_check_", 900))
	if b.heard(err) != nil || report.Key != connector.KeyRejected || report.Code == "" {
		t.Errorf("with wrong credentials: %+v, %v", report, err)
	}
	far := b.reopen(func(s *connector.Settings) { s.Endpoints.API = closedPort })
	if report, err := far.(connector.Checker).Check(t.Context(), orderNumber("naru_check_", 901)); b.heard(err) == nil || report.Key != "" {
		t.Errorf("at a closed port: %+v, %v", report, err)
	}
	b.stands("afterwards", b.query(ref), connector.StageAuthenticated, 0, 0)
	if snap := b.query(ref); snap.Ref.Order != w.Order {
		t.Errorf("afterwards: %+v", snap.Ref)
	}
}
