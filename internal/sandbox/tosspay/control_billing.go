package tosspay

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"naru/internal/sandbox/control"
)

// keyView is a billing key as the control face shows it.
type keyView struct {
	keyFields
	Method           string `json:"method,omitempty"` // card, bank or money
	Shop             string `json:"shop"`
	MID              string `json:"mid"`
	Mode             string `json:"mode"`
	ProductDesc      string `json:"productDesc"`
	EncryptedUserCi  bool   `json:"encryptedUserCi"` // whether one was sent
	CheckoutURI      string `json:"checkoutUri"`
	CreatedTs        string `json:"createdTs"`
	ExpiresTs        string `json:"expiresTs"`
	ErrorCode        string `json:"errorCode,omitempty"` // why FAIL or CANCEL
	Declined         string `json:"declined,omitempty"`  // errorCode last shown to the buyer
	Next             string `json:"next,omitempty"`      // where the browser is to go
	ChargeFail       string `json:"chargeFail,omitempty"`
	ChargeFailAlways bool   `json:"chargeFailAlways,omitempty"`
	Pushes           int    `json:"pushes"`
}

// keyView shows k. The caller holds the lock.
func (s *Simulator) keyView(k *billingKey) keyView {
	v := keyView{
		keyFields: k.fields(), Shop: k.shop.Name, MID: k.shop.MID, Mode: k.shop.mode(), ProductDesc: k.desc, EncryptedUserCi: k.userCI,
		CheckoutURI: s.keyPage(k), CreatedTs: stamp(k.created), ExpiresTs: stamp(k.expires), ErrorCode: k.errorCode,
		Next: k.next(), ChargeFail: k.chargeFail, ChargeFailAlways: k.failAlways, Pushes: len(s.pushesOf(k)),
	}
	v.Status = k.status
	if k.means != nil {
		v.Method = k.means.method()
	}
	if k.decline != nil {
		v.Declined = k.decline.code
	}
	return v
}

// listKeys shows the newest billing keys first, ?limit= of them (100), those of
// ?userId= alone if it is given.
func (s *Simulator) listKeys(w http.ResponseWriter, r *http.Request) {
	limit, ok := listLimit(w, r)
	if !ok {
		return
	}
	q := r.URL.Query()
	list := []keyView{}
	s.mu.Lock()
	s.catchUp(s.clock())
	for _, k := range slices.Backward(s.newKeys) {
		if len(list) == limit {
			break
		}
		if !q.Has("userId") || k.userID == q.Get("userId") {
			list = append(list, s.keyView(k))
		}
	}
	s.mu.Unlock()
	s.wakeUp()
	control.Answer(w, http.StatusOK, map[string]any{"billingKeys": list})
}

var (
	errUnknownKey = errors.New("no billing key")
	errAmbiguous  = errors.New("several billing keys")
)

// named is the billing key that a path names: by itself, or by its userId, the
// latest of each displayId. ?displayId=, ?mid= and ?mode= choose among several.
func (s *Simulator) named(name string, q url.Values, now time.Time) (*billingKey, error) {
	if k := s.findKey(name, now); k != nil {
		return k, nil
	}
	latest := map[string]*billingKey{}
	var found []*billingKey
	for _, k := range slices.Backward(s.newKeys) {
		slot := slotKey(k.shop, k.userID, k.displayID)
		if k.userID == name && latest[slot] == nil && k.shop.fits(q.Get("mid"), q.Get("mode")) && (!q.Has("displayId") || k.displayID == q.Get("displayId")) {
			latest[slot] = k
			found = append(found, k)
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("%w or userId %q", errUnknownKey, short(name))
	case 1:
		s.refreshKey(found[0], now)
		return found[0], nil
	}
	var which []string
	for _, k := range found {
		which = append(which, fmt.Sprintf("displayId=%s&mid=%s&mode=%s", k.displayID, k.shop.MID, k.shop.mode()))
	}
	return nil, fmt.Errorf("%w of userId %q; add one of: ?%s", errAmbiguous, short(name), strings.Join(which, ", ?"))
}

// fits is whether the shop is of the MID and the mode, where these are given.
func (shop *Shop) fits(mid, mode string) bool {
	return (mid == "" || shop.MID == mid) && (mode == "" || shop.mode() == mode)
}

// keyChange does something to a billing key, with the lock held.
type keyChange func(k *billingKey, body []byte, now time.Time) error

// withKey runs do on the billing key of the path and answers how it stands
// then. Callbacks that it causes are sent.
func (s *Simulator) withKey(do keyChange) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, ok := readControl(w, r)
		if !ok {
			return
		}
		answer, sent, err := s.changeKey(pathWord(r, "key"), r.URL.Query(), body, do)
		s.answerControl(w, r, http.StatusOK, answer, sent, err)
	}
}

// pathWord is a part of the path, unescaped: chi goes by the escaped path if
// there is one.
func pathWord(r *http.Request, name string) string {
	word := chi.URLParam(r, name)
	if r.URL.RawPath == "" {
		return word
	}
	plain, err := url.PathUnescape(word)
	if err != nil {
		return word
	}
	return plain
}

func (s *Simulator) changeKey(name string, q url.Values, body []byte, do keyChange) (any, []*callback, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	known := len(s.callbacks)
	k, err := s.named(name, q, now)
	if err != nil {
		return nil, nil, err
	}
	err = do(k, body, now)
	return s.keyView(k), s.callbacks[known:], err
}

func (s *Simulator) showKey(*billingKey, []byte, time.Time) error { return nil }

// agreeKey is the buyer registering without a browser. A decline is answered
// with 409 and its errorCode.
func (s *Simulator) agreeKey(k *billingKey, body []byte, now time.Time) error {
	var a Agreement
	if err := decode(body, &a); err != nil {
		return err
	}
	f, err := s.agree(k, a, now)
	if err == nil && f != nil {
		err = f
	}
	return err
}

func (s *Simulator) cancelKey(k *billingKey, _ []byte, _ time.Time) error { return s.leaveKey(k) }

func (s *Simulator) lapseKey(k *billingKey, _ []byte, now time.Time) error {
	return s.expireKey(k, now)
}

func (s *Simulator) unregisterKey(k *billingKey, _ []byte, now time.Time) error {
	return s.unregister(k, now)
}

// breakKey lets a registration fail with an errorCode.
func (s *Simulator) breakKey(k *billingKey, body []byte, _ time.Time) error {
	var in struct {
		ErrorCode string `json:"errorCode"`
	}
	if err := decode(body, &in); err != nil {
		return err
	}
	return s.failKey(k, in.ErrorCode)
}

// setInstrument is the buyer changing in the app what the key charges.
func (s *Simulator) setInstrument(k *billingKey, body []byte, now time.Time) error {
	var in Instrument
	if err := decode(body, &in); err != nil {
		return err
	}
	return s.switchMeans(k, in, now)
}

// failCharges makes the next charge fail with an errorCode, or every charge; an
// empty one lets them work again.
func (s *Simulator) failCharges(k *billingKey, body []byte, _ time.Time) error {
	var in struct {
		ErrorCode string `json:"errorCode"`
		Always    bool   `json:"always"`
	}
	if err := decode(body, &in); err != nil {
		return err
	}
	if in.ErrorCode != "" {
		if err := checkCode("errorCode", in.ErrorCode); err != nil {
			return err
		}
	} else if in.Always {
		return errors.New("always true: only with an errorCode")
	}
	k.chargeFail, k.failAlways = in.ErrorCode, in.Always
	return nil
}
