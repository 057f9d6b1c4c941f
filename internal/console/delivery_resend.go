package console

import (
	"errors"
	"fmt"
	"net/http"

	"naru/internal/gateway"
	"naru/internal/notify"
	"naru/internal/store"
)

// backToDeliveries is the list that a form was on.
func (c *Console) backToDeliveries(v *visit) string {
	f, _ := readDeliveryFilter(v)
	return c.path("/deliveries", f.query("after", v.field("after"))...)
}

// deliveriesResend sends the ticked ones again.
func (c *Console) deliveriesResend(v *visit) error {
	ids := v.r.PostForm["id"]
	if len(ids) == 0 {
		return v.done(c.backToDeliveries(v), "다시 보낼 것을 먼저 골라 주세요.", "Tick what is to be sent again first.")
	}
	if len(ids) > deliveriesShown {
		return &gateway.Invalid{Field: "id", Detail: fmt.Sprintf("%d at once: at most %d", len(ids), deliveriesShown)}
	}
	sent, going := 0, 0
	for _, id := range ids {
		_, err := c.notifier.Resend(v.r.Context(), v.Store.ID, id, howOf(v))
		switch {
		case errors.Is(err, notify.ErrStillTried), errors.Is(err, store.ErrConflict):
			going++
		case err != nil:
			return err
		default:
			sent++
		}
	}
	ko, en := fmt.Sprintf("%d건을 다시 보냅니다.", sent), fmt.Sprintf("%d will be sent again.", sent)
	if going > 0 {
		ko, en = ko+fmt.Sprintf(" %d건은 아직 스스로 다시 보내는 중입니다.", going), en+fmt.Sprintf(" %d are still being retried by themselves.", going)
	}
	return v.done(c.backToDeliveries(v), ko, en)
}

// deliveriesResendAll sends all that were given up and that the filter chooses.
func (c *Console) deliveriesResendAll(v *visit) error {
	form, f := readDeliveryFilter(v)
	if len(form.Problems) > 0 {
		return v.renderStatus(http.StatusUnprocessableEntity, "deliveries", v.t("웹훅 내역", "Deliveries"), deliveriesBody{Filter: form})
	}
	f.Status = store.DeliveryGivenUp
	n, err := c.notifier.ResendMany(v.r.Context(), v.Store.ID, notify.Many{Filter: f, How: howOf(v)})
	if err != nil {
		return err
	}
	back := c.path("/deliveries", form.query()...)
	if v.field("back") == "attention" {
		back = c.path("/attention")
	}
	return v.done(back, fmt.Sprintf("%d건을 다시 보냅니다.", n), fmt.Sprintf("%d will be sent again.", n))
}

// deliveryResend sends one again.
func (c *Console) deliveryResend(v *visit) error {
	id := v.param("id")
	_, err := c.notifier.Resend(v.r.Context(), v.Store.ID, id, howOf(v))
	to := c.path("/deliveries/" + id)
	switch {
	case errors.Is(err, notify.ErrStillTried), errors.Is(err, store.ErrConflict):
		return v.done(to, "아직 스스로 다시 보내는 중입니다. 지금 한 번만 더 보낼 수는 있습니다.", "It is still being retried by itself. You may send it once more now.")
	case err != nil:
		return err
	}
	return v.done(to, "다시 보냅니다. 잠시 뒤 아래에 결과가 나타납니다.", "It will be sent again. The result appears below in a moment.")
}
