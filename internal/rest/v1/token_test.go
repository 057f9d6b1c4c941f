package v1_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestEveryPlaceForTheToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const path = "/payments/imp_000000000002"
	encoded := base64.StdEncoding.EncodeToString([]byte(w.token))
	for name, c := range map[string]struct {
		target  string
		headers []string
		status  int
	}{
		"raw":                        {path, []string{"Authorization", w.token}, 200},
		"Bearer":                     {path, []string{"Authorization", "Bearer " + w.token}, 200},
		"bearer, blanks":             {path, []string{"Authorization", " bearer   " + w.token + " "}, 200},
		"Basic, not base64":          {path, []string{"Authorization", "Basic " + w.token}, 200},
		"X-ImpTokenHeader":           {path, []string{"X-ImpTokenHeader", w.token}, 200},
		"X- beside an empty one":     {path, []string{"Authorization", "", "X-ImpTokenHeader", w.token}, 200},
		"X- beside a bare word":      {path, []string{"Authorization", "Bearer", "X-ImpTokenHeader", w.token}, 200},
		"query":                      {path + "?_token=" + w.token, nil, 200},
		"query beside a stray ;":     {path + "?a=;b&_token=" + w.token, nil, 200},
		"none":                       {path, nil, 401},
		"Basic in base64":            {path, []string{"Authorization", "Basic " + encoded}, 401},
		"another scheme":             {path, []string{"Authorization", "Token " + w.token}, 401},
		"Authorization wins":         {path + "?_token=" + w.token, []string{"Authorization", "wrong"}, 401},
		"upper case is another one":  {path, []string{"Authorization", strings.ToUpper(w.token)}, 401},
		"a token of 40 other digits": {path, []string{"Authorization", strings.Repeat("0", 40)}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := w.call("GET", c.target, "", c.headers...)
			if a.status != c.status {
				t.Fatalf("status %d, want %d: %s", a.status, c.status, a.body)
			}
			if c.status == 401 && a.body != `{"code":-1,"message":"Unauthorized","response":null}` {
				t.Errorf("body %s", a.body)
			}
		})
	}
}

func TestTokenIsTheSameUntilItExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ask := func() (token string, expires int64) {
		a := w.call("POST", "/users/getToken", "imp_key="+key+"&imp_secret="+secret, "Content-Type", "application/x-www-form-urlencoded", "Authorization", "")
		var r struct {
			AccessToken string `json:"access_token"`
			Now         int64  `json:"now"`
			ExpiredAt   int64  `json:"expired_at"`
		}
		must(t, json.Unmarshal(a.Response, &r))
		if r.Now != w.clock.Unix() {
			t.Errorf("now = %d, want %d", r.Now, w.clock.Unix())
		}
		return r.AccessToken, r.ExpiredAt
	}
	first, expires := ask()
	w.clock = w.clock.Add(29 * time.Minute)
	if again, same := ask(); again != first || same != expires {
		t.Errorf("a minute before the end: %s until %d, want %s until %d", again, same, first, expires)
	}
	w.clock = w.clock.Add(30 * time.Second)
	if again, later := ask(); again != first || later != expires+300 {
		t.Errorf("half a minute before the end: %s until %d, want %s until %d", again, later, first, expires+300)
	}
	w.clock = w.clock.Add(6 * time.Minute)
	if a := w.call("GET", "/users/pg", "", "Authorization", first); a.status != 401 {
		t.Errorf("the expired token is answered %d", a.status)
	}
	if again, _ := ask(); again == first {
		t.Error("an expired token was given again")
	}
}

func TestTokenAnswerComesInOnePiece(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(newWorld(t))
	defer srv.Close()
	res, err := http.Post(srv.URL+"/users/getToken", "application/json", strings.NewReader(`{"imp_key":"`+key+`","imp_secret":"`+secret+`"}`))
	must(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(t, err)
	if res.ContentLength != int64(len(body)) || len(res.TransferEncoding) > 0 {
		t.Errorf("Content-Length %d of %d bytes, transfer encoding %v", res.ContentLength, len(body), res.TransferEncoding)
	}
	if got := res.Header.Get("Content-Type"); got != "application/json; charset=UTF-8" {
		t.Errorf("Content-Type %q", got)
	}
}

func TestLogHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.call("POST", "/users/getToken", `{"imp_key":"`+key+`","imp_secret":"`+secret+`"}`)
	w.call("POST", "/users/getToken", `{"imp_key":"`+key+`","imp_secret":["`+secret+`"]}`)
	w.get("/payments/imp_000000000002?_token=" + w.token)
	w.json("POST", "/payments/cancel", `{"imp_uid":"imp_000000000007","refund_account":"3333011112222","refund_bank":"090","refund_holder":"김나루","amount":"`+secret+`"}`)
	log := w.log.String()
	for _, hidden := range []string{w.token, secret, "3333011112222", "imp_000000000002"} {
		if strings.Contains(log, hidden) {
			t.Errorf("%q is in the log:\n%s", hidden, log)
		}
	}
	if !strings.Contains(log, `"merchant":"m_shop"`) || strings.Count(log, "\n") != 4 {
		t.Errorf("want four events, with the merchant where it is known:\n%s", log)
	}
}
