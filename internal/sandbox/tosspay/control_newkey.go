package tosspay

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"naru/internal/sandbox/control"
)

// newKey asks for a billing key that is active at once.
type newKey struct {
	MID            string `json:"mid"`  // needed if several shops have the contract
	Mode           string `json:"mode"` // TEST or LIVE, needed if the shop has both keys
	UserID         string `json:"userId"`
	DisplayID      string `json:"displayId"`
	ProductDesc    string `json:"productDesc"`    // empty is 자동결제
	ResultCallback string `json:"resultCallback"` // empty: the merchant's server is told of nothing
	Agreement
}

// makeKey makes a billing key without a browser: the registration of a buyer
// who agreed. An ACTIVATED callback is sent if there is a resultCallback.
func (s *Simulator) makeKey(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var in newKey
	if err == nil {
		err = decode(body, &in)
	}
	if err == nil {
		err = in.check()
	}
	if err != nil {
		control.Fail(w, http.StatusBadRequest, "BAD_REQUEST", err.Error())
		return
	}
	answer, sent, err := s.register(in)
	s.answerControl(w, r, http.StatusCreated, answer, sent, err)
}

func (in *newKey) check() error {
	for _, f := range []struct {
		name, value string
		most        int
		form        func(string) string
	}{
		{"userId", in.UserID, 50, userForm},
		{"displayId", in.DisplayID, 50, userForm},
		{"productDesc", in.ProductDesc, 255, descForm},
		{"resultCallback", in.ResultCallback, 500, urlForm},
	} {
		if f.value == "" {
			continue
		}
		if n := utf8.RuneCountInString(f.value); n > f.most {
			return fmt.Errorf("%s: must be at most %d characters, has %d", f.name, f.most, n)
		}
		if wrong := f.form(f.value); wrong != "" {
			return fmt.Errorf("%s %q: %s", f.name, short(f.value), wrong)
		}
	}
	switch {
	case in.UserID == "":
		return errors.New("userId: must not be empty")
	case !slices.Contains([]string{"", "TEST", "LIVE"}, in.Mode):
		return fmt.Errorf("mode %q: must be TEST or LIVE", short(in.Mode))
	}
	if in.ProductDesc == "" {
		in.ProductDesc = "자동결제"
	}
	return nil
}

func (s *Simulator) register(in newKey) (any, []*callback, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shop, err := s.billingShop(in.MID, in.Mode)
	if err != nil {
		return nil, nil, err
	}
	now := s.clock()
	k := &billingKey{
		shop: shop, status: KeyCreate, created: now, expires: now.Add(keyLife),
		userID: in.UserID, displayID: in.DisplayID, desc: in.ProductDesc, callbackURL: in.ResultCallback,
	}
	if f := s.vacant(k, now); f != nil {
		return nil, nil, f
	}
	known := len(s.callbacks)
	k.key = s.payToken()
	f, err := s.agree(k, in.Agreement, now)
	switch {
	case err != nil:
		return nil, nil, err
	case f != nil:
		return nil, nil, f
	}
	s.keepKey(k)
	return s.keyView(k), s.callbacks[known:], nil
}

// billingShop is the one shop with a billing contract that fits.
func (s *Simulator) billingShop(mid, mode string) (*Shop, error) {
	var fit []*Shop
	var all []string
	for _, shop := range s.shops {
		if !shop.Billing {
			continue
		}
		all = append(all, shop.MID+" "+shop.mode())
		if shop.fits(mid, mode) {
			fit = append(fit, shop)
		}
	}
	if len(fit) == 1 {
		return fit[0], nil
	}
	slices.Sort(all)
	list := strings.Join(all, ", ")
	if list == "" {
		list = "none"
	}
	return nil, fmt.Errorf("mid %q mode %q: must name one of the shops with a billing contract: %s", short(mid), mode, list)
}

// pushesOf are the pushes about a key, oldest first.
func (s *Simulator) pushesOf(k *billingKey) []push {
	list := []push{}
	for _, p := range s.pushes {
		if p.BillingKey == k.key {
			list = append(list, p)
		}
	}
	return list
}

// listPushes shows the pushes sent about failed charges, oldest first.
func (s *Simulator) listPushes(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	list := append([]push{}, s.pushes...)
	s.mu.Unlock()
	control.Answer(w, http.StatusOK, map[string]any{"pushes": list})
}

// listKeyPushes shows those of one key.
func (s *Simulator) listKeyPushes(w http.ResponseWriter, r *http.Request) {
	name := pathWord(r, "key")
	s.mu.Lock()
	k, err := s.named(name, r.URL.Query(), s.clock())
	var list []push
	if err == nil {
		list = s.pushesOf(k)
	}
	s.mu.Unlock()
	s.answerControl(w, r, http.StatusOK, map[string]any{"pushes": list}, nil, err)
}
