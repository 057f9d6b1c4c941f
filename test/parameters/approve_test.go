package parameters_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// choices are what a buyer does in the windows of Toss Payments.
var choices = map[string]any{
	"card":    map[string]any{"company": "61"},
	"wallet":  map[string]any{"pay": "money"},
	"tosspay": map[string]any{"pay": "money"},
	"vbank":   map[string]any{"bank": "06", "name": "김나루", "accountKey": "1"},
	"trans":   map[string]any{"bank": "88"},
	"phone":   map[string]any{"carrier": "SKT", "phone": "01000001234", "birth": "900101", "sms": "000000"},
	"gift":    map[string]any{"id": "sandbox", "password": "sandbox"},
	billing:   map[string]any{"card": "good"},
}

// approve has the buyer agree in the provider's window and come back to us.
func (s *stage) approve(o opened, provider string, w window) error {
	back, err := s.agree(o, provider, w)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(back, s.link(o, "/return")) {
		return fmt.Errorf("the buyer is sent to %s", back)
	}
	a, err := s.call(call{to: back}, nil)
	if err == nil && a.status/100 != 3 {
		err = fmt.Errorf("the buyer comes back: %s", a)
	}
	return err
}

// agree gives where the provider's window sends the browser.
func (s *stage) agree(o opened, provider string, w window) (string, error) {
	if provider == cards {
		var end struct{ URL string }
		a, err := s.call(call{to: o.address + "/approve", body: choices[w.name]}, &end)
		if err == nil && a.status != http.StatusOK {
			err = fmt.Errorf("approve: %s", a)
		}
		return end.URL, err
	}
	at, err := url.Parse(o.address)
	if err != nil {
		return "", err
	}
	to, does := "tosspay/payments/"+at.Query().Get("payToken")+"/approve", map[string]any{}
	if w.name == billing {
		to, does = "tosspay/billing-keys/"+at.Query().Get("billingKey")+"/agree", map[string]any{"method": "card"}
	}
	var end struct{ Next string }
	err = s.Control("POST", to, does, &end)
	return end.Next, err
}
