// Package webhook receives webhooks: it verifies the signature, looks the
// payment up and answers 200. 웹훅 받기: 서명을 확인하고, 결제를 조회한 뒤, 200으로
// 답합니다. 의존성 없음.
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const tolerance = 5 * time.Minute

// Verify is nil if the request was signed with the secret ("whsec_…") just now.
// Body is exactly the bytes that came.
func Verify(secret string, h http.Header, body []byte, now time.Time) error {
	id, timestamp := h.Get("webhook-id"), h.Get("webhook-timestamp")
	seconds, err := strconv.ParseUint(timestamp, 10, 40)
	if id == "" || err != nil {
		return errors.New("webhook headers are missing")
	}
	if math.Abs(now.Sub(time.Unix(int64(seconds), 0)).Seconds()) > tolerance.Seconds() {
		return errors.New("the webhook is too old, or a clock is wrong")
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return errors.New("the secret is not of the form whsec_…")
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for one := range strings.SplitSeq(h.Get("webhook-signature"), " ") { // two while a secret is being changed
		if hmac.Equal([]byte(one), []byte(want)) {
			return nil
		}
	}
	return errors.New("no signature fits")
}

// Payment is what a look-up tells, as far as it is needed here.
type Payment struct {
	ImpUID      string `json:"imp_uid"`
	MerchantUID string `json:"merchant_uid"`
	Status      string `json:"status"`
	Amount      int64  `json:"amount"`
}

// Receiver is an http.Handler for webhooks.
type Receiver struct {
	Gateway, Key, Secret string // address of the gateway, imp_key, imp_secret
	WebhookSecret        string
	// Book books the payment of your order: see that the order's amount is the
	// payment's, and store its status. It may be called twice for one payment.
	Book func(Payment) error
}

func (s Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := Verify(s.WebhookSecret, r.Header, body, time.Now()); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized) // 다시 보내지 않음: not sent again
		return
	}
	p, err := s.lookUp(impUID(r.Header.Get("Content-Type"), body))
	if err == nil {
		err = s.Book(p)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable) // 나중에 다시 보냄: sent again later
		return
	}
	_, _ = io.WriteString(w, "ok")
}

// impUID is which payment the webhook is about. What else it says is not read.
func impUID(kind string, body []byte) string {
	if strings.HasPrefix(kind, "application/json") {
		var in struct {
			ImpUID string `json:"imp_uid"`
		}
		_ = json.Unmarshal(body, &in) // one without it is looked up in vain
		return in.ImpUID
	}
	form, _ := url.ParseQuery(string(body))
	return form.Get("imp_uid")
}

// lookUp is the payment as it is now.
func (s Receiver) lookUp(impUID string) (p Payment, err error) {
	var token struct {
		AccessToken string `json:"access_token"`
	}
	resp, err := http.PostForm(s.Gateway+"/users/getToken", url.Values{"imp_key": {s.Key}, "imp_secret": {s.Secret}})
	if err = answer(resp, err, &token); err != nil {
		return p, err
	}
	req, err := http.NewRequest(http.MethodGet, s.Gateway+"/payments/"+url.PathEscape(impUID), nil)
	if err != nil {
		return p, err
	}
	req.Header.Set("Authorization", "Bearer "+token.AccessToken)
	resp, err = http.DefaultClient.Do(req)
	return p, answer(resp, err, &p)
}

func answer(resp *http.Response, err error, into any) error {
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	var body struct {
		Code     int             `json:"code"`
		Message  string          `json:"message"`
		Response json.RawMessage `json:"response"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		return err
	}
	if body.Code != 0 {
		return fmt.Errorf("the gateway answered %d: %s", body.Code, body.Message)
	}
	return json.Unmarshal(body.Response, into)
}
