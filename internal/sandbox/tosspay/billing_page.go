package tosspay

import (
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"naru/internal/web"
)

// agreement is what the page of a billing key shows.
type agreement struct {
	stage
	Accounts    []option
	Cards       []option // none without a card contract
	MoneyUsed   bool     // the balance had a billing key before
	ChargeFails []option
	UserCI      bool
}

// showAgreement is where a merchant sends the buyer to register.
func (s *Simulator) showAgreement(w http.ResponseWriter, q url.Values, lang string) {
	s.mu.Lock()
	now := s.clock()
	k := s.findKey(q.Get("billingKey"), now)
	if k == nil {
		s.mu.Unlock()
		s.renderNoKey(w, lang)
		return
	}
	if k.status == KeyCreate && k.deed == nil && !q.Has("auto") {
		k.deed = s.takeNext(billingKind, k.shop)
	}
	k.inApp = k.inApp || q.Get("app") == "1"
	data := s.agreement(k, lang, now)
	err := s.dress(&data.stage, s.keyPage(k), lang, q, k.deed)
	s.mu.Unlock()
	s.wakeUp()
	if err != nil {
		s.renderBadAuto(w, lang, err)
		return
	}
	s.renderStage(w, "billing", lang, &data.stage, data)
}

// agreement collects the page's data. The caller holds the lock.
func (s *Simulator) agreement(k *billingKey, lang string, now time.Time) *agreement {
	a := &agreement{
		stage: stage{
			Merchant: k.shop.Name, Desc: k.desc, Codes: codeOptions(keyDeclines, lang), Words: keyWords(lang), Knobs: s.knobs,
			Script: script{Kind: billingKind, State: k.pageState(now), Endpoint: s.path("/payfront/billing/" + k.key), Texts: keyTexts(lang)},
		},
		Accounts: accountOptions(lang), ChargeFails: codeOptions(chargeDeclines, lang), UserCI: k.userCI,
		MoneyUsed: s.bound(k, means{account: &moneyBalance}, true) != nil,
	}
	for i := range accounts {
		a.Accounts[i].Used = s.bound(k, means{account: &accounts[i]}, true) != nil
	}
	if !k.shop.NoCard {
		a.Cards = cardOptions(cards, lang)
		for i := range cards {
			a.Cards[i].Used = s.bound(k, means{card: &cards[i]}, true) != nil
		}
	}
	return a
}

func (k *billingKey) pageState(now time.Time) pageState {
	st := pageState{Status: string(k.status), Next: k.next(), AppLink: k.appScheme}
	switch k.status {
	case KeyCreate:
		st = pageState{Status: st.Status, Phase: "open", Left: secondsUntil(k.expires, now), InApp: k.inApp}
		if k.decline != nil {
			st.Decline = &declined{k.decline.code, k.decline.msg}
		}
	case KeyAuth:
		st = pageState{Status: st.Status, Phase: "working"}
	case KeyCancel:
		st.Phase = "cancelled"
	case KeyFail:
		st.Phase = "failed"
		st.Decline = &declined{k.errorCode, message(k.errorCode)}
		if k.lapsed {
			st.Phase = "expired"
		}
	default:
		st.Phase, st.Lost, st.Dead = "done", k.ending.LoseReturn, k.ending.BrowserDies
	}
	if st.Dead {
		st.Next, st.AppLink = "", ""
	}
	return st
}

// next is where the browser is to go; "" while it has to wait.
func (k *billingKey) next() string {
	if k.status == KeyCreate || k.status == KeyAuth {
		return ""
	}
	return k.returnTo()
}

func (s *Simulator) showKeyState(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	now := s.clock()
	k := s.findKey(chi.URLParam(r, "billingKey"), now)
	var st pageState
	if k != nil {
		st = k.pageState(now)
	}
	s.mu.Unlock()
	s.wakeUp()
	if k == nil {
		s.writeJSON(w, http.StatusNotFound, declined{errNoKey.code, errNoKey.msg})
		return
	}
	s.writeJSON(w, http.StatusOK, st)
}

var errNoKey = &failure{"COMMON_BILLING_KEY_NOT_FOUND", message("COMMON_BILLING_KEY_NOT_FOUND"), http.StatusNotFound}

// keyActionRequest is what the page sends; each action uses a part of it.
type keyActionRequest struct {
	Phone string `json:"phone"`
	Birth string `json:"birth"`
	Skip  bool   `json:"skip"`
	Code  string `json:"code"`
	Agreement
}

// actOnKey is the buyer doing something on the page or in the app: start, pay
// (which is to agree), decline, cancel or expire. The answer is the new state.
func (s *Simulator) actOnKey(w http.ResponseWriter, r *http.Request) {
	var in keyActionRequest
	if !s.readAction(w, r, &in) {
		return
	}
	st, sent, err := s.performOnKey(chi.URLParam(r, "billingKey"), chi.URLParam(r, "action"), in)
	s.answerAction(w, r, st, sent, err)
}

func (s *Simulator) performOnKey(key, action string, in keyActionRequest) (pageState, []*callback, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	k := s.findKey(key, now)
	if k == nil {
		return pageState{}, nil, errNoKey
	}
	known := len(s.callbacks)
	var err error
	switch action {
	case "start":
		if f := identify(in.Phone, in.Birth); f != nil && !in.Skip {
			f.http = http.StatusUnprocessableEntity
			err = f
		} else {
			k.inApp = true
		}
	case "pay":
		_, err = s.agree(k, in.Agreement, now)
	case "decline":
		err = s.failKey(k, in.Code)
	case "cancel":
		err = s.leaveKey(k)
	case "expire":
		err = s.expireKey(k, now)
	default:
		err = unknownAction(action)
	}
	return k.pageState(now), s.callbacks[known:], err
}

// renderNoKey is the page of a billing key that is not there.
func (s *Simulator) renderNoKey(w http.ResponseWriter, lang string) {
	s.renderNotice(w, http.StatusNotFound, lang, notice{
		web.Pick(lang, "자동결제 정보를 찾을 수 없어요", "Registration not found"),
		web.Pick(lang, "주소가 올바른지 확인해 주세요. 샌드박스를 다시 시작하면 이전 등록은 사라집니다.",
			"Please check the address. A restart of the sandbox forgets its registrations."),
	})
}
