package console_test

import (
	"net/http"
	"strings"
	"testing"

	"naru/internal/pay"
)

func TestLinkSignsInOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.operator(pay.RoleOwner, "")
		if s := p.get("/"); s.Status >= 400 {
			t.Fatalf("the first page answers %d", s.Status)
		}
		p.post("/sign-out")
		if s := p.get("/"); s.Status != http.StatusSeeOther || !strings.Contains(s.To, "/sign-in") {
			t.Errorf("after signing out the first page answers %d %s", s.Status, s.To)
		}
	})
}

func TestStoresOfOthersAreNotThere(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		other := r.addMerchant("m_2", "imp87654321", "다른 상점")
		p := r.operator(pay.RoleManager, r.merchant.ID)
		p.get("/nowhere").lacks(other.Name, string(other.ID), other.UserCode)
		if s := p.post("/store", "to", string(other.ID)); s.Status != http.StatusForbidden {
			t.Errorf("looking at another's store answers %d", s.Status)
		}
	})
}
