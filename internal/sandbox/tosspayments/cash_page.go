package tosspayments

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"naru/internal/web"
)

// cashView is a cash receipt for people.
type cashView struct {
	Amount, State, Kind, Use, Order, OrderID, Number, Identity, Business, At, Failure string
}

// showCashReceipts renders the cash receipts of an order, which receiptUrl leads
// to. The address can be guessed: the identity is shown by its last digits only.
func (s *Simulator) showCashReceipts(w http.ResponseWriter, r *http.Request) {
	views, name := s.cashViews(chi.URLParam(r, "mid"), chi.URLParam(r, "orderId"))
	page := web.Page{Name: "cash", Lang: korean, Title: "현금영수증", Data: frameData{Shop: name, Page: views}}
	if len(views) == 0 {
		page = web.Page{Name: "gone", Status: http.StatusNotFound, Lang: korean, Title: "영수증을 찾을 수 없습니다", Data: frameData{}}
	}
	if err := s.kit.Render(w, page); err != nil {
		s.opts.Log.Error("sandbox tosspayments page", "page", page.Name, "error", err)
	}
}

func (s *Simulator) cashViews(mid, orderID string) (views []cashView, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	shop, ok := s.shops[mid]
	if !ok {
		return nil, ""
	}
	states := map[issueState]string{issueInProgress: "국세청 전송 중", issueCompleted: "완료", issueFailed: "실패"}
	for _, r := range shop.receipts {
		if r.orderID != orderID {
			continue
		}
		v := cashView{
			Amount: display(r.amount, "KRW", korean), State: states[r.state], Kind: "발급", Use: r.kind, Order: r.orderName, OrderID: r.orderID,
			Number: r.number, Identity: lastDigits(r.identity), Business: r.business, At: day(r.requested),
		}
		if r.cancels != nil {
			v.Kind, v.Amount = "취소", "-"+v.Amount
		}
		if o, ok := r.failure(korean).(object); ok {
			v.Failure = fmt.Sprint(o[1].value)
		}
		views = append(views, v)
	}
	return views, shop.Name
}

// lastDigits hides all of an identity but its last four digits.
func lastDigits(identity string) string {
	hidden := max(len(identity)-4, 0)
	return strings.Repeat("*", hidden) + identity[hidden:]
}
