package console

import (
	"errors"
	"fmt"
	"net/http"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// alarmOf is whose alarm a form means: the store's, or, where the form says so and
// the operator may, the installation's.
func (v *visit) alarmOf() (pay.MerchantID, error) {
	if v.field("whole") == "" {
		return v.Store.ID, nil
	}
	if !v.wholeInstallation() {
		return "", errForbidden
	}
	return "", nil
}

// attentionClose says that an alarm was dealt with, and how.
func (c *Console) attentionClose(v *visit) error {
	of, err := v.alarmOf()
	if err != nil {
		return err
	}
	id, note := v.field("id"), v.field("note")
	_, err = c.gateway.CloseAlarm(v.r.Context(), of, id, v.Operator.Name, note)
	var invalid *gateway.Invalid
	switch {
	case errors.As(err, &invalid):
		b, err := c.readAttention(v)
		if err != nil {
			return err
		}
		b.Wrong, b.ClosedNote = id, note
		b.Problem = v.t(fmt.Sprintf("무엇을 확인하고 어떻게 처리했는지 1자에서 %d자로 적어 주세요.", gateway.LongestNote), fmt.Sprintf("Say in 1 to %d characters what was found and done.", gateway.LongestNote))
		return v.renderStatus(http.StatusUnprocessableEntity, "attention", v.t("확인 필요", "Needs a person"), b)
	case errors.Is(err, store.ErrConflict):
		return v.done(c.path("/attention"), "이미 닫힌 일입니다.", "It was closed before.")
	case err != nil:
		return err
	}
	return v.done(c.path("/attention"), "처리한 것으로 닫았습니다.", "Closed as dealt with.")
}

// attentionAsk asks the provider once more about an outcome that is not known.
func (c *Console) attentionAsk(v *visit) error {
	known, err := c.gateway.AskAgain(v.r.Context(), v.Store.ID, v.field("id"))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return err
	case errors.Is(err, gateway.ErrNotAskable):
		return v.done(c.path("/attention"), "이 일은 다시 묻지 않습니다. 결제사 화면에서 확인해 주세요.", "This is not asked about again. Look at the provider.")
	case known:
		return v.done(c.path("/attention"), "결제사가 결과를 알려 주었습니다. 장부에 적고 이 일을 닫았습니다.", "The provider said how it is. It is on the books, and this is closed.")
	case err != nil:
		c.log.WarnContext(v.r.Context(), "asked again in vain", "alarm", v.field("id"), "err", err)
	}
	return v.done(c.path("/attention"), "결제사에 물었지만 아직 알 수 없습니다.", "The provider was asked, and it is still not known.")
}
