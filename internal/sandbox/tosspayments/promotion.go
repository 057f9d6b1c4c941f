package tosspayments

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"naru/internal/sandbox/control"
)

// promotions are what card companies give a shop's customers, in the form of
// "카드 프로모션 조회", CardPromotion.
type promotions struct {
	Discounts    []*discountCard    `json:"discountCards"`
	InterestFree []interestFreeCard `json:"interestFreeCards"`
}

// discountCard is an immediate discount. Amounts are in won.
type discountCard struct {
	Company string `json:"cardCompany"` // Korean name or code
	Amount  int64  `json:"discountAmount"`
	Balance int64  `json:"balance"` // budget left
	Code    string `json:"discountCode"`
	Due     string `json:"dueDate"` // the last day
	Least   int64  `json:"minimumPaymentAmount"`
	Most    int64  `json:"maximumPaymentAmount"`
}

// interestFreeCard are plans whose interest the card company pays.
type interestFreeCard struct {
	Company string `json:"cardCompany"`
	Due     string `json:"dueDate"`
	Months  []int  `json:"installmentFreeMonths"`
	Least   int64  `json:"minimumPaymentAmount"`
}

const dayForm = "2006-01-02"

// today is the day in Seoul. Days of this form compare as text.
func (s *Simulator) today() string { return s.opts.Now().In(seoul).Format(dayForm) }

// promoted is the discount that a code stands for when a payment is made with a
// company's card. The code of the refusal is not documented: a parameter of the
// window that is not valid has INVALID_PARAMETER.
func (s *Simulator) promoted(shop *shop, code string, c company, total int64) (*discountCard, error) {
	for _, d := range shop.promotions.Discounts {
		given, _ := findCompany(d.Company) // checked when it was set
		if d.Code != code || given.code != c.code {
			continue
		}
		switch {
		case s.today() > d.Due:
			return nil, refusef("INVALID_PARAMETER", "discountCode %q: was valid until %s", code, d.Due)
		case total < d.Least || total > d.Most:
			return nil, refusef("INVALID_PARAMETER", "discountCode %q: for payments of %d to %d KRW", code, d.Least, d.Most)
		case d.Balance < d.Amount:
			return nil, refusef("INVALID_PARAMETER", "discountCode %q: the promotion's budget is used up", code)
		}
		return d, nil
	}
	return nil, refusef("INVALID_PARAMETER", "discountCode %.60q: the shop has no such promotion with %s", code, c.ko)
}

// interestFree says whether the card company pays the interest of a plan.
func (s *shop) interestFree(c company, months int, today string, total int64) bool {
	return slices.ContainsFunc(s.promotions.InterestFree, func(p interestFreeCard) bool {
		given, _ := findCompany(p.Company)
		return given.code == c.code && today <= p.Due && total >= p.Least && slices.Contains(p.Months, months)
	})
}

// discountObject is null until the payment is approved, as card is.
func (p *payment) discountObject() any {
	if p.promotion == nil || p.approved.IsZero() {
		return nil
	}
	return object{{"amount", p.promotion.Amount}}
}

// listPromotions is GET /v1/promotions/card ("카드 프로모션 조회"). Promotions of the
// provider's own wallet are none.
func listPromotions(s *Simulator, c *call) (any, error) {
	kind := c.r.URL.Query().Get("payType")
	if kind != "" && kind != "NORMAL" && kind != "CONNECTPAY" {
		return nil, refusef("INVALID_REQUEST", "payType %.20q: must be NORMAL or CONNECTPAY", kind)
	}
	if kind == "CONNECTPAY" {
		return promotions{}.object(), nil
	}
	return c.shop.promotions.object(), nil
}

func (p promotions) object() object {
	return object{{"discountCards", append([]*discountCard{}, p.Discounts...)}, {"interestFreeCards", append([]interestFreeCard{}, p.InterestFree...)}}
}

// UnmarshalJSON takes the code as text or as a number, as the provider writes both.
func (d *discountCard) UnmarshalJSON(body []byte) error {
	type plain discountCard
	in := struct {
		Code any `json:"discountCode"`
		*plain
	}{plain: (*plain)(d)}
	d.Balance, d.Most = maxAmount, maxAmount
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return err
	}
	switch code := in.Code.(type) {
	case string:
		d.Code = code
	case float64:
		d.Code = fmt.Sprintf("%.0f", code)
	}
	return nil
}

func (p promotions) check() error {
	for i, d := range p.Discounts {
		where := fmt.Sprintf("discountCards[%d]", i)
		if err := checkPromotion(where, d.Company, d.Due); err != nil {
			return err
		}
		switch {
		case d.Code == "":
			return fmt.Errorf("%s.discountCode: required", where)
		case d.Least < 1 || d.Most < d.Least:
			return fmt.Errorf("%s: minimumPaymentAmount %d must be 1 to maximumPaymentAmount %d", where, d.Least, d.Most)
		case d.Amount < 1 || d.Amount > d.Least:
			return fmt.Errorf("%s.discountAmount %d: must be 1 to minimumPaymentAmount %d", where, d.Amount, d.Least)
		}
	}
	for i, f := range p.InterestFree {
		where := fmt.Sprintf("interestFreeCards[%d]", i)
		if err := checkPromotion(where, f.Company, f.Due); err != nil {
			return err
		}
		if len(f.Months) == 0 || slices.Min(f.Months) < 2 || slices.Max(f.Months) > 12 {
			return fmt.Errorf("%s.installmentFreeMonths %v: must be 2 to 12", where, f.Months)
		}
	}
	return nil
}

func checkPromotion(where, company, due string) error {
	if _, ok := findCompany(company); !ok {
		return fmt.Errorf("%s.cardCompany %q: must be a card company's code or name", where, company)
	}
	if _, err := time.Parse(dayForm, due); err != nil {
		return fmt.Errorf("%s.dueDate %q: must be a day as 2023-03-31", where, due)
	}
	return nil
}

// controlPromotions shows a shop's promotions, or puts others in their place.
func (s *Simulator) controlPromotions(w http.ResponseWriter, r *http.Request) {
	var in promotions
	if r.Method == http.MethodPut {
		err := readBody(r, &in)
		if err == nil {
			err = in.check()
		}
		if err != nil {
			badBody(w, err)
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	shop, ok := s.shops[chi.URLParam(r, "mid")]
	if !ok {
		control.Fail(w, http.StatusNotFound, "NO_SUCH_SHOP", fmt.Sprintf("no shop %q", chi.URLParam(r, "mid")))
		return
	}
	if r.Method == http.MethodPut {
		shop.promotions = in
	}
	control.Answer(w, http.StatusOK, shop.promotions.object())
}
