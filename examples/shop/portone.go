package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"time"
)

// client speaks PortOne V1's REST API. It keeps one token until shortly before
// its end, and renews it once when the gateway refuses it earlier.
type client struct {
	base, key, secret string
	http              *http.Client
	now               func() time.Time

	mu    sync.Mutex // held while a token is fetched, so that callers share it
	token string
	until time.Time
}

// refusal is the gateway's answer when it is not a success: an HTTP status, a
// code that is not 0, or both. Any other error of a call means that nothing is
// known about what the gateway did.
type refusal struct {
	Status, Code int
	Message      string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("HTTP %d, code %d: %s", r.Status, r.Code, r.Message)
}

// refused returns the gateway's refusal, or nil when err is anything else.
func refused(err error) *refusal {
	var r *refusal
	_ = errors.As(err, &r)
	return r
}

// payment is the part of V1's Payment that this shop reads. Amounts are won.
// Times are Unix seconds, and 0 when the thing has not happened.
type payment struct {
	ImpUID       string         `json:"imp_uid"`
	MerchantUID  string         `json:"merchant_uid"`
	Status       string         `json:"status"` // ready, paid, failed or cancelled
	Amount       int64          `json:"amount"`
	CancelAmount int64          `json:"cancel_amount"`
	Currency     string         `json:"currency"`
	PayMethod    string         `json:"pay_method"`
	Provider     string         `json:"pg_provider"`
	ProviderKey  string         `json:"pg_tid"`
	Wallet       string         `json:"emb_pg_provider"`
	ApplyNum     string         `json:"apply_num"`
	CardName     string         `json:"card_name"`
	CardNumber   string         `json:"card_number"`
	CardQuota    int            `json:"card_quota"`
	VbankName    string         `json:"vbank_name"`
	VbankNum     string         `json:"vbank_num"`
	VbankDate    int64          `json:"vbank_date"`
	BuyerName    string         `json:"buyer_name"`
	StartedAt    int64          `json:"started_at"`
	PaidAt       int64          `json:"paid_at"`
	FailedAt     int64          `json:"failed_at"`
	CancelledAt  int64          `json:"cancelled_at"`
	FailReason   string         `json:"fail_reason"`
	ReceiptURL   string         `json:"receipt_url"`
	CustomData   string         `json:"custom_data"`
	Cancels      []cancellation `json:"cancel_history"`
}

type cancellation struct {
	Amount      int64  `json:"amount"`
	CancelledAt int64  `json:"cancelled_at"`
	Reason      string `json:"reason"`
}

// took reports whether money was ever taken. V1 calls a payment cancelled
// after a partial cancel too.
func (p payment) took() bool { return p.Status == "paid" || p.Status == "cancelled" }

// Left is the amount that can still be cancelled.
func (p payment) Left() int64 { return p.Amount - p.CancelAmount }

// prepare registers the amount of an order: a window for another amount is
// refused by the gateway.
func (c *client) prepare(ctx context.Context, merchantUID string, amount int64) error {
	body := map[string]any{"merchant_uid": merchantUID, "amount": amount, "currency": "KRW"}
	return c.call(ctx, http.MethodPost, "/payments/prepare", body, nil)
}

func (c *client) payment(ctx context.Context, impUID string) (p payment, err error) {
	if ok, _ := regexp.MatchString(`^[A-Za-z0-9_-]{1,32}$`, impUID); !ok {
		return p, &refusal{http.StatusNotFound, -1, fmt.Sprintf("imp_uid %.40q: want up to 32 letters, digits, _ or -", impUID)}
	}
	return p, c.call(ctx, http.MethodGet, "/payments/"+url.PathEscape(impUID), nil, &p)
}

// cancel sends body to POST /payments/cancel and returns the payment after it.
func (c *client) cancel(ctx context.Context, body map[string]any) (p payment, err error) {
	return p, c.call(ctx, http.MethodPost, "/payments/cancel", body, &p)
}

func (c *client) call(ctx context.Context, method, path string, body, out any) error {
	token, err := c.accessToken(ctx, "")
	if err != nil {
		return err
	}
	err = c.send(ctx, method, path, token, body, out)
	if no := refused(err); no == nil || no.Status != http.StatusUnauthorized {
		return err
	}
	if token, err = c.accessToken(ctx, token); err != nil {
		return err
	}
	return c.send(ctx, method, path, token, body, out)
}

// tokenMargin is how long before its end a token is renewed.
const tokenMargin = 30 * time.Second

// accessToken returns the kept token unless it is about to end or is the one
// the gateway has just refused. Its life is measured by the gateway's clock.
func (c *client) accessToken(ctx context.Context, refused string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" && c.token != refused && c.now().Before(c.until) {
		return c.token, nil
	}
	var t struct {
		AccessToken string `json:"access_token"`
		Now         int64  `json:"now"`
		ExpiredAt   int64  `json:"expired_at"`
	}
	asked := c.now()
	keys := map[string]string{"imp_key": c.key, "imp_secret": c.secret}
	if err := c.send(ctx, http.MethodPost, "/users/getToken", "", keys, &t); err != nil {
		return "", err
	}
	c.token, c.until = t.AccessToken, asked.Add(time.Duration(t.ExpiredAt-t.Now)*time.Second-tokenMargin)
	return c.token, nil
}

func (c *client) send(ctx context.Context, method, path, token string, body, out any) error {
	var payload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		payload = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, payload)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if err := decode(res, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// decode opens V1's envelope. Success is HTTP 200 and code 0, both: a refused
// cancel is HTTP 200 with another code.
func decode(res *http.Response, out any) error {
	var envelope struct {
		Code     int             `json:"code"`
		Message  string          `json:"message"`
		Response json.RawMessage `json:"response"`
	}
	err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&envelope)
	switch {
	case res.StatusCode >= 500 || (err != nil && res.StatusCode < 400):
		return fmt.Errorf("HTTP %d, no answer that can be read: %s", res.StatusCode, envelope.Message)
	case res.StatusCode != http.StatusOK || envelope.Code != 0:
		return &refusal{res.StatusCode, envelope.Code, envelope.Message}
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(envelope.Response, out); err != nil {
		return fmt.Errorf("response: %w", err)
	}
	return nil
}
