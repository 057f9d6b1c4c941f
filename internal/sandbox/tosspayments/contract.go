package tosspayments

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"naru/internal/sandbox/control"
)

// contracted says whether the shop may take payments by a method of the window
// or by a wallet, under its Korean name: as it was switched at run time, else as
// Shop.Wallets says. No name is cards, whose window opens without a method.
func (s *shop) contracted(name string) bool {
	if name == "" {
		name = "카드"
	}
	if on, ok := s.switched[name]; ok {
		return on
	}
	w, ok := findWallet(name)
	return !ok || s.Wallets == nil || slices.ContainsFunc(s.Wallets, w.named)
}

// notContracted is the refusal to open a window, in the provider's own words. The
// name in it is the request code, as in the one published instance (SSG).
func notContracted(code string) *apiError {
	return &apiError{code: "PAY_PROCESS_ABORTED", text: "Toss Payments와 계약된 결제수단(" + code + ")이 아닙니다."}
}

// contract is one line of a shop's contracts.
type contract struct{ ko, code string }

// contracts are what a shop may have: the methods with a window, then the
// wallets. 토스페이 is both.
func contracts() (out []contract) {
	for _, m := range methods {
		if m.ko != "" && m.read != nil && !slices.ContainsFunc(out, func(c contract) bool { return c.code == m.code }) {
			out = append(out, contract{m.ko, m.code})
		}
	}
	for _, w := range wallets {
		if !slices.ContainsFunc(out, func(c contract) bool { return c.ko == w.ko }) {
			out = append(out, contract{w.ko, w.code})
		}
	}
	return out
}

func findContract(name string) (contract, bool) {
	all := contracts()
	i := slices.IndexFunc(all, func(c contract) bool { return name != "" && (c.ko == name || c.code == name) })
	if i < 0 {
		return contract{}, false
	}
	return all[i], true
}

// controlMethods shows a shop's methods and wallets and, with PUT, switches some:
// {"SSG": false, "가상계좌": true}. Windows that are open stay open.
func (s *Simulator) controlMethods(w http.ResponseWriter, r *http.Request) {
	in := map[string]bool{}
	if r.Method == http.MethodPut {
		if err := readBody(r, &in); err != nil {
			badBody(w, fmt.Errorf(`must be an object of true or false by method, as {"SSG": false}: %w`, err))
			return
		}
		for name := range in {
			if _, ok := findContract(name); !ok {
				badBody(w, fmt.Errorf("method %q: must be one of %s", name, contractCodes()))
				return
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	shop, ok := s.shops[chi.URLParam(r, "mid")]
	if !ok {
		control.Fail(w, http.StatusNotFound, "NO_SUCH_SHOP", fmt.Sprintf("no shop %q", chi.URLParam(r, "mid")))
		return
	}
	for name, on := range in {
		c, _ := findContract(name) // checked above
		shop.switched[c.ko] = on
	}
	control.Answer(w, http.StatusOK, object{{"methods", shop.methodObjects()}})
}

func (s *shop) methodObjects() []object {
	out := []object{}
	for _, c := range contracts() {
		_, wallet := findWallet(c.ko)
		out = append(out, object{{"method", c.code}, {"name", c.ko}, {"wallet", wallet}, {"contracted", s.contracted(c.ko)}})
	}
	return out
}

func contractCodes() string {
	var codes []string
	for _, c := range contracts() {
		codes = append(codes, c.code)
	}
	return strings.Join(codes, ", ")
}
