package notify_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"naru/internal/notify"
)

func TestConfirmURLDecides(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		ok     bool
		reason string
	}{
		"200 goes on":            {200, `{"reason":"ignored"}`, true, ""},
		"created is not 200":     {201, "", false, ""},
		"no content is not 200":  {204, "", false, ""},
		"a redirect is not 200":  {302, "", false, ""},
		"a reason":               {400, `{"reason":"재고 부족"}`, false, "재고 부족"},
		"a reason of an error":   {500, `{"reason":"서버 오류","x":1}`, false, "서버 오류"},
		"on one line":            {400, `{"reason":" 재고\n\t부족 "}`, false, "재고 부족"},
		"no JSON":                {400, `<html>`, false, ""},
		"reason of another type": {400, `{"reason":{"a":1}}`, false, ""},
		"a long reason":          {400, `{"reason":"` + strings.Repeat("가", 500) + `"}`, false, strings.Repeat("가", 200)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "sqlite::memory:", nil)
			r.shop.says(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", r.shop.URL+"/elsewhere")
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			})
			r.payment.Notify.ConfirmURL = r.shop.URL + "/confirm"
			a := r.notifier.Preapprove(t.Context(), r.merchant, r.payment)
			if a.OK != c.ok || a.Reason != c.reason || a.Status != c.status || a.Trouble != "" {
				t.Errorf("%+v (%d characters), want %v %q", a, utf8.RuneCountInString(a.Reason), c.ok, c.reason)
			}
			want := arrived{"/confirm", "application/json", "Naru/test", `{"imp_uid":"imp_000000000001","merchant_uid":"주문-1","amount":1000}`, signed{}}
			if got := r.shop.requests(); len(got) != 1 || got[0] != want {
				t.Errorf("asked %+v, want %+v", got, want)
			}
		})
	}
}

func TestNoConfirmURLGoesOn(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:", nil)
	if a := r.notifier.Preapprove(t.Context(), r.merchant, r.payment); a != (notify.Preapproval{OK: true}) {
		t.Errorf("%+v", a)
	}
}

func TestUnreachableConfirmURLStops(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite::memory:", func(o *notify.Options) { o.AllowPrivate = nil })
	for _, url := range []string{r.shop.URL, "http://nowhere.invalid/", "mailto:a@b.c"} {
		r.payment.Notify.ConfirmURL = url
		if a := r.notifier.Preapprove(t.Context(), r.merchant, r.payment); a.OK || a.Reason != "" || a.Status != 0 || a.Trouble == "" {
			t.Errorf("%s: %+v", url, a)
		}
	}
	if n := len(r.shop.requests()); n != 0 {
		t.Error("a private address was asked")
	}
	if log := r.log.String(); !strings.Contains(log, "refused: 127.0.0.1") || !strings.Contains(log, fmt.Sprint(r.payment.ID)) {
		t.Errorf("the log does not say why: %s", log)
	}
}
