package tosspay

import (
	"fmt"
	"net/url"
	"slices"
	"time"
)

// KeyStatus is the status of a billing key ("자동결제 API, 빌링키 상태 조회").
type KeyStatus string

// The states of a billing key.
const (
	KeyCreate KeyStatus = "CREATE" // the buyer has not authenticated
	KeyAuth   KeyStatus = "AUTH"   // authenticated, not usable yet
	KeyActive KeyStatus = "ACTIVE"
	KeyRemove KeyStatus = "REMOVE"
	KeyFail   KeyStatus = "FAIL"
	KeyCancel KeyStatus = "CANCEL" // by the buyer, before it was active
)

// keySteps are all changes a billing key may undergo.
var keySteps = map[KeyStatus][]KeyStatus{
	KeyCreate: {KeyAuth, KeyFail, KeyCancel},
	KeyAuth:   {KeyActive, KeyFail},
	KeyActive: {KeyRemove},
}

// keyLife is how long the links of a billing key live; nobody can change it.
const keyLife = 15 * time.Minute

// billingKey is one registration for automatic payments. The simulator's mutex
// guards it.
type billingKey struct {
	key               string
	shop              *Shop
	userID, displayID string
	desc              string
	userCI            bool // an encrypted CI came with it
	callbackURL       string
	successURL        string
	failureURL        string
	appScheme         string

	status           KeyStatus
	created, expires time.Time
	activateAt       time.Time // when AUTH ends
	lapsed           bool      // FAIL because the links expired
	errorCode        string    // why FAIL or CANCEL
	decline          *failure  // the latest shown in the app
	means            *means    // once authenticated
	had              []means   // all it ever charged
	ending           Ending    // of the agreement
	inApp            bool      // the app was opened on it
	deed             *deed     // what a script has its buyer do

	chargeFail string // errorCode that the next charge is to fail with
	failAlways bool   // and those after it
	lastPush   time.Time
}

// to changes the status. A change that is not in keySteps is a mistake of the
// simulator, not of its caller.
func (k *billingKey) to(next KeyStatus) {
	if !slices.Contains(keySteps[k.status], next) {
		panic(fmt.Sprintf("tosspay sandbox: a billing key cannot go from %s to %s", k.status, next))
	}
	k.status = next
}

// refreshKey lets time do what it does. The caller holds the lock.
func (s *Simulator) refreshKey(k *billingKey, now time.Time) {
	at := k.due()
	if at.IsZero() || now.Before(at) {
		return
	}
	switch k.status {
	case KeyCreate:
		k.fail("BILLING_KEY_AUTH_ERROR")
		k.lapsed = true
	case KeyAuth:
		s.activate(k, at)
	}
}

// fail ends a registration. The merchant's server is not told.
func (k *billingKey) fail(code string) {
	k.to(KeyFail)
	k.errorCode = code
}

// activate makes the key usable and tells the merchant.
func (s *Simulator) activate(k *billingKey, at time.Time) {
	k.to(KeyActive)
	s.tell(k, keyActivated, at)
}

// findKey is a billing key brought up to date, or nil. The caller holds the lock.
func (s *Simulator) findKey(key string, now time.Time) *billingKey {
	k := s.keys[key]
	if k != nil {
		s.refreshKey(k, now)
	}
	return k
}

// activeKey is a usable key that was made with the same API key. What became of
// another is for the status to tell.
func (s *Simulator) activeKey(c *apiCall) (*billingKey, *failure) {
	k := s.findKey(c.v.texts["billingKey"], c.now)
	if k == nil || k.shop != c.shop || k.status != KeyActive {
		return nil, refuse("COMMON_BILLING_KEY_NOT_FOUND")
	}
	return k, nil
}

// slotKey is where the keys of one user are. Users are told apart by the
// merchant's names for them: each userId is a person of its own in the sandbox.
func slotKey(shop *Shop, userID, displayID string) string {
	return shop.APIKey + "\x00" + userID + "\x00" + displayID
}

// vacant refuses a second key of a slot while one is usable or is being made.
func (s *Simulator) vacant(k *billingKey, now time.Time) *failure {
	for _, old := range s.slots[slotKey(k.shop, k.userID, k.displayID)] {
		s.refreshKey(old, now)
		switch old.status {
		case KeyActive:
			return refuse("BILLING_KEY_ALREADY_ACTIVATED")
		case KeyCreate, KeyAuth:
			return refuse("ALREADY_EXISTED_AUTH")
		}
	}
	return nil
}

// bound refuses a method that another key of the same user charges already:
// only a different userId may register it again. A fresh key takes nothing that
// once had a key either, unless that is switched off: PortOne says of its Toss
// Pay channel that such an instrument cannot be used again.
func (s *Simulator) bound(k *billingKey, m means, fresh bool) *failure {
	for _, other := range s.newKeys {
		if other == k || other.shop != k.shop || other.userID != k.userID {
			continue
		}
		charged := other.status == KeyActive && other.means.same(m)
		if charged || fresh && !s.knobs.ReuseInstruments && slices.ContainsFunc(other.had, m.same) {
			return refuse("EXIST_ACTIVATED_BILLING_KEY_USING_THIS_METHOD")
		}
	}
	return nil
}

// register makes m what the key charges.
func (k *billingKey) register(m means) {
	k.means = &m
	if !slices.ContainsFunc(k.had, m.same) {
		k.had = append(k.had, m)
	}
}

func (m means) same(other means) bool {
	if m.card != nil && other.card != nil {
		return m.card.company == other.card.company
	}
	return m.account != nil && other.account != nil && m.account.code == other.account.code
}

// keepKey remembers k.
func (s *Simulator) keepKey(k *billingKey) {
	s.keys[k.key] = k
	s.newKeys, s.openKeys = append(s.newKeys, k), append(s.openKeys, k)
	slot := slotKey(k.shop, k.userID, k.displayID)
	s.slots[slot] = append(s.slots[slot], k)
}

// returnTo is where the browser goes once the key's fate is known, with what
// Toss Pay appends: status, userId, billingKey, and errorCode unless it went
// well. It is "" without an address, as the merchant's app may have been named
// instead.
func (k *billingKey) returnTo() string {
	target := k.successURL
	q := "status=" + string(k.status) + "&userId=" + escapeWord(k.userID) + "&billingKey=" + url.QueryEscape(k.key)
	if k.errorCode != "" {
		target, q = k.failureURL, q+"&errorCode="+k.errorCode
	}
	if target == "" {
		return ""
	}
	return appendQuery(target, q)
}
