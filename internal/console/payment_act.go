package console

import (
	"errors"
	"fmt"
	"net/http"

	"naru/internal/connector"
	"naru/internal/gateway"
	"naru/internal/notify"
	"naru/internal/pay"
	"naru/internal/store"
)

// paymentOf is the payment that the address names.
func (c *Console) paymentOf(v *visit) (p pay.Payment, err error) {
	err = c.store.Read(v.r.Context(), func(tx *store.Tx) (err error) {
		p, err = tx.Payment(v.r.Context(), v.Store.ID, pay.PaymentID(v.param("imp_uid")))
		return err
	})
	return p, err
}

// refuse shows why an action on a payment was not done, with the way back.
func (v *visit) refuse(p pay.PaymentID, err error) error {
	if errors.Is(err, gateway.ErrOutcomeUnknown) {
		ko, en := v.unknownWords()
		return v.done(v.c.path("/payments/"+string(p)), ko, en)
	}
	_, text, ok := v.refusedWords(err)
	if !ok {
		return err
	}
	return v.renderStatus(http.StatusUnprocessableEntity, "payment_refused", v.t("하지 않았습니다", "Not done"), refusal{p, text})
}

type refusal struct {
	Payment pay.PaymentID
	Text    string
}

// syncPayment asks the provider how a payment stands, and says what is new.
func (c *Console) syncPayment(v *visit) error {
	before, err := c.paymentOf(v)
	if err != nil {
		return err
	}
	now, err := c.gateway.Sync(v.r.Context(), v.Store.ID, before.ID)
	to := c.path("/payments/" + string(before.ID))
	switch {
	case errors.Is(err, connector.ErrNotFound):
		return v.done(to, "결제사는 이 결제를 모릅니다. 구매자가 결제를 시작하지 않았거나 오래된 결제입니다.",
			"The provider does not know this payment: the buyer never began to pay, or it is long ago.")
	case err != nil:
		if _, _, ok := v.refusedWords(err); ok {
			return v.refuse(before.ID, err)
		}
		v.c.log.WarnContext(v.r.Context(), "asking the provider by hand failed", "payment", before.ID, "err", err)
		ko, en := unsynced(err)
		return v.done(to, ko, en)
	case now.Status != before.Status:
		return v.done(to, fmt.Sprintf("결제사의 답으로 상태가 ‘%s’에서 ‘%s’(으)로 바뀌었습니다.", wordFor("ko", "payment", string(before.Status)), wordFor("ko", "payment", string(now.Status))),
			fmt.Sprintf("By the provider's answer the status changed from “%s” to “%s”.", wordFor("en", "payment", string(before.Status)), wordFor("en", "payment", string(now.Status))))
	case now.Cancelled != before.Cancelled:
		d := now.Cancelled - before.Cancelled
		return v.done(to, "결제사의 답으로 취소 "+money("ko", d, now.Amount.Total.Currency)+"을 장부에 적었습니다.", "By the provider's answer a cancel of "+money("en", d, now.Amount.Total.Currency)+" was recorded.")
	case now.Version != before.Version:
		return v.done(to, "결제사의 답으로 결제 정보를 채웠습니다. 상태는 그대로입니다.", "By the provider's answer details were filled in. The status is as it was.")
	}
	return v.done(to, "결제사의 답이 장부와 같습니다. 바뀐 것이 없습니다.", "The provider's answer agrees with the books. Nothing has changed.")
}

// unsynced tells why asking by hand taught nothing: the provider did not answer, or
// what it answered could not be recorded.
func unsynced(err error) (ko, en string) {
	if _, unanswered := errors.AsType[*connector.Error](err); unanswered {
		return "결제사에 물었지만 답을 받지 못했습니다. 바뀐 것은 없습니다.", "The provider was asked and did not answer. Nothing has changed."
	}
	return "결제사에 물었지만 답을 장부에 적지 못했습니다: " + err.Error(), "The provider was asked, and its answer could not be recorded: " + err.Error()
}

func (c *Console) askRevoke(v *visit) error {
	p, err := c.paymentOf(v)
	if err != nil {
		return err
	}
	return v.render("payment_revoke", v.t("가상계좌 말소", "Take the virtual account back"), p)
}

func (c *Console) revokePayment(v *visit) error {
	p, err := c.gateway.RevokeAccount(v.r.Context(), v.Store.ID, pay.PaymentID(v.param("imp_uid")), "")
	if err != nil {
		return v.refuse(pay.PaymentID(v.param("imp_uid")), err)
	}
	return v.done(c.path("/payments/"+string(p.ID)), "가상계좌를 말소했습니다. 이제 입금할 수 없습니다.", "The virtual account was taken back. Nothing can be deposited any more.")
}

// depositPayment pays into a virtual account of the sandbox.
func (c *Console) depositPayment(v *visit) error {
	id := pay.PaymentID(v.param("imp_uid"))
	p, err := c.gateway.TestDeposit(v.r.Context(), v.Store.ID, id)
	if err != nil {
		return v.refuse(id, err)
	}
	return v.done(c.path("/payments/"+string(p.ID)), "테스트 입금을 했습니다.", "The test deposit was made.")
}

// resendOfPayment has a webhook of the payment sent once more.
func (c *Console) resendOfPayment(v *visit) error {
	p, err := c.paymentOf(v)
	if err != nil {
		return err
	}
	id := v.field("delivery")
	err = c.store.Read(v.r.Context(), func(tx *store.Tx) error {
		d, err := tx.Delivery(v.r.Context(), v.Store.ID, id)
		if err == nil && d.Payment != p.ID {
			err = store.ErrNotFound
		}
		return err
	})
	if err == nil {
		_, err = c.notifier.Resend(v.r.Context(), v.Store.ID, id, notify.Once)
	}
	if err != nil && !errors.Is(err, store.ErrConflict) { // asked for a moment ago
		return err
	}
	return v.done(c.path("/payments/"+string(p.ID)), "웹훅을 곧 다시 보냅니다. 결과는 이 페이지에 나타납니다.", "The webhook is sent again in a moment. This page will show what comes of it.")
}
