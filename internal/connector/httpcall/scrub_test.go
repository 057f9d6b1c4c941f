package httpcall_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"naru/internal/connector"
	"naru/internal/connector/httpcall"
	"naru/internal/pay"
)

const marker = "sk_live_5up3rS3cr3tM4rker"

func basic() http.Header {
	r, _ := http.NewRequest(http.MethodGet, "/", nil)
	r.SetBasicAuth(marker, "")
	return r.Header
}

func TestNoSecretIsRecordedOrReported(t *testing.T) {
	t.Parallel()
	echo, client := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprintf(w, `{"message":"unknown key %s","auth":%q,"echo":%s,"card":"4111 1111 1111 1111"}`,
			marker, r.Header.Get("Authorization"), body)
	})
	for _, c := range []struct {
		name   string
		client *http.Client
		url    string
	}{
		{"echoed in the answer", client, echo + "/v1/billing/" + marker + "?q=" + marker},
		{"in the transport's words", &http.Client{Transport: chatty{}}, "http://api.invalid/" + marker},
		{"in a malformed address", client, "http://bad host/" + marker},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var kept []connector.Exchange
			_, _, err := httpcall.Do(t.Context(), c.client, httpcall.Request{
				Provider: pay.TossPay, Op: "charge", Method: http.MethodPost, URL: c.url, Header: basic(),
				Secrets: []pay.Secret{marker},
				Body:    map[string]any{"apiKey": marker, "note": "a " + marker, "cardNumber": "4111111111111111", "cardPassword": 12},
				Record:  func(e connector.Exchange) { kept = append(kept, e) },
			})
			if len(kept) != 1 {
				t.Fatalf("recorded %d times, want once", len(kept))
			}
			e := kept[0]
			all := fmt.Sprintf("%s %s %s %s %s %v %+v %#v", e.Path, e.Request, e.Answer, e.Err, e.Method, err, err, errors.Unwrap(err))
			for _, secret := range []string{marker, basic().Get("Authorization")[6:], "4111111111111111", "4111 1111 1111 1111", `"cardPassword":12`} {
				if strings.Contains(all, secret) {
					t.Errorf("%q got out: %s", secret, all)
				}
			}
		})
	}
}

type chatty struct{}

func (chatty) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("cannot reach %s with %s", r.URL, r.Header.Get("Authorization"))
}

// A path may name what is not on the list of secrets, such as a billing key.
func TestErrorsDoNotShowTheAddress(t *testing.T) {
	t.Parallel()
	url, client := server(t, func(w http.ResponseWriter, _ *http.Request) { hangUp(w) })
	_, _, err := httpcall.Do(t.Context(), client, post(url+"/v1/billing/a-key-of-somebody"))
	if err == nil || strings.Contains(err.Error(), "a-key-of-somebody") {
		t.Errorf("error %v", err)
	}
}

func TestWhatIsRecorded(t *testing.T) {
	t.Parallel()
	url, client := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"code":"NOT_FOUND_PAYMENT","number":"54337801****102*","cardNumber":"537120******412*","secret":"ps_abc`)
	})
	at := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	var kept connector.Exchange
	r := post(url + "/v1/payments/confirm?a=b")
	r.Now, r.Record = func() time.Time { return at }, func(e connector.Exchange) { kept = e }
	if _, _, err := httpcall.Do(t.Context(), client, r); err != nil {
		t.Fatal(err)
	}
	want := `{"code":"NOT_FOUND_PAYMENT","number":"54337801****102*","cardNumber":"537120******412*","secret":"***"`
	switch {
	case kept.Method != "POST" || kept.Path != "/v1/payments/confirm?a=b" || kept.Status != 400 || !kept.At.Equal(at):
		t.Errorf("exchange %+v", kept)
	case string(kept.Request) != `{"amount":1000}`:
		t.Errorf("request %s", kept.Request)
	case string(kept.Answer) != want:
		t.Errorf("answer %s, want %s: masked numbers stay, secrets go, even from what was cut off", kept.Answer, want)
	case kept.Err != "" || kept.Took <= 0:
		t.Errorf("error %q after %s", kept.Err, kept.Took)
	}
}

func TestCleanLeavesOrdinaryTextAlone(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"한도 초과 (1234-5678)":                         "한도 초과 (1234-5678)",
		"key " + marker + " is unknown":             "key *** is unknown",
		"카드 4111111111111111 거절":                    "카드 ************1111 거절",
		"order imp_1234567890123456":                "order imp_1234567890123456",
		"4111111111111112 fails the check digit":    "4111111111111112 fails the check digit",
		"tvexa20230310101522Ab3dE at 2023-03-10 10": "tvexa20230310101522Ab3dE at 2023-03-10 10",
	} {
		if got := httpcall.Clean(in, marker, "", "ab"); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

// A billing key is part of the address it is used at, and a provider may write
// it back in its own way.
func TestASecretIsStruckOutHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	const key = "Zk3vQm8Y/R1xWb+NcLp0JdHs5GfAe7UoKi2Vy9TnXqE="
	var kept connector.Exchange
	echo, client := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"message":"`+strings.ReplaceAll(key, "/", `\/`)+`","plain":"`+key+`","html":"`+strings.ReplaceAll(key, "=", `\u003d`)+`","uri":"`+r.RequestURI+`"}`)
	})
	r := httpcall.Request{
		Provider: pay.TossPayments, Op: "charge", Method: http.MethodPost, Secrets: []pay.Secret{key},
		URL: echo + "/v1/billing/" + url.PathEscape(key) + "?key=" + url.QueryEscape(key), Record: func(e connector.Exchange) { kept = e },
	}
	if _, _, err := httpcall.Do(t.Context(), client, r); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"Zk3vQm8Y", "R1xWb", "9TnXqE"} {
		if all := kept.Path + string(kept.Answer); strings.Contains(all, part) {
			t.Errorf("%q got out: %s", part, all)
		}
	}
	if kept.Path != "/v1/billing/***?key=***" {
		t.Errorf("path %q: only the key is struck out of it", kept.Path)
	}
}

func TestFieldsThatAreNeverKept(t *testing.T) {
	t.Parallel()
	var kept connector.Exchange
	echo, client := server(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	for _, name := range []string{
		"cardNumber", "cardExpirationYear", "cardExpirationMonth", "customerIdentityNumber", "cardPassword", "billingKey", "authKey",
		"customerKey", "accountNumber", "accountKey", "holderName", "registrationNumber", "secret",
	} {
		r := post(echo)
		r.Body, r.Record = map[string]any{name: "7x", "kept": "12"}, func(e connector.Exchange) { kept = e }
		if _, _, err := httpcall.Do(t.Context(), client, r); err != nil {
			t.Fatal(err)
		}
		for what, body := range map[string][]byte{"request": kept.Request, "answer": kept.Answer} {
			if !strings.Contains(string(body), `"`+name+`":"***"`) || !strings.Contains(string(body), `"kept":"12"`) {
				t.Errorf("the %s keeps %s", what, body)
			}
		}
	}
}
