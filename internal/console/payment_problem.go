package console

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"naru/internal/gateway"
)

// problems are what is wrong with a form, by its field; "" is of the whole.
type problems map[string]string

// number reads an amount as people type it: with separators, and perhaps 원. ok is
// false, and the problem told, when it is none.
func (v *visit) number(name string, wrong problems) (n int64, ok bool) {
	text := strings.NewReplacer(",", "", " ", "", "원", "", "₩", "").Replace(v.field(name))
	if text == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		wrong[name] = v.t("0 이상의 정수를 적어 주세요: ", "Write a whole number, 0 or more: ") + v.field(name)
		return 0, false
	}
	return n, true
}

// refusedWords says why the gateway did not do what a person asked, and at which
// field. ok is false for an error that is no refusal.
func (v *visit) refusedWords(err error) (field, text string, ok bool) {
	var invalid *gateway.Invalid
	var declined *gateway.DeclinedError
	var other *gateway.NotAsImported
	switch {
	case errors.As(err, &declined) && declined.NotSent:
		return "", v.t("결제사에 닿지 못했습니다. 아무것도 요청되지 않았으니 잠시 뒤 다시 해 주세요.", "The provider was not reached. Nothing was asked: try again in a moment."), true
	case errors.As(err, &declined):
		return "", v.t("결제사가 거절했습니다: ", "The provider refused: ") + providerWords(declined), true
	case errors.As(err, &other):
		return "", fmt.Sprintf(v.t("가져온 결제가 결제사의 기록과 달라 취소하지 않았습니다. %s: 가져온 값은 %q, 결제사는 %q입니다. 다른 결제일 수 있으니 결제사 관리자 화면에서 확인하고, 취소할 것은 그곳에서 취소해 주세요.",
			"Nothing was cancelled: the provider has this imported payment otherwise. %s was imported as %q, and there it is %q. It may be another payment: look it up at the provider, and cancel there what is to be cancelled."),
			other.Field, other.Imported, other.Provider), true
	case errors.As(err, &invalid):
		return invalid.Field, invalid.Detail, true
	case errors.Is(err, gateway.ErrChecksum):
		return "", v.t("이 화면을 연 뒤에 남은 금액이 바뀌었습니다. 아무것도 취소하지 않았습니다. 남은 금액을 확인하고 다시 해 주세요.",
			"What is left has changed since you opened this page. Nothing was cancelled. Look at what is left and try again."), true
	case errors.Is(err, gateway.ErrOverCancel):
		return "amount", v.t("취소할 수 있는 금액보다 많습니다.", "This is more than can be cancelled."), true
	case errors.Is(err, gateway.ErrPartialForbidden):
		return "amount", v.t("이 결제수단은 부분 취소를 할 수 없습니다.", "This method cannot be cancelled in part."), true
	case errors.Is(err, gateway.ErrFullyCancelled):
		return "", v.t("이미 전액 취소된 결제입니다.", "The payment is cancelled in full already."), true
	case errors.Is(err, gateway.ErrNotCancellable):
		return "", v.t("결제 완료 상태가 아니어서 취소할 것이 없습니다.", "The payment is not paid: there is nothing to cancel."), true
	case errors.Is(err, gateway.ErrRefundAccount):
		return "refund_account", v.t("입금된 가상계좌는 환불받을 은행, 계좌번호, 예금주가 모두 있어야 합니다.", "A deposited account is refunded to a bank, a number and a holder: all three are needed."), true
	}
	return v.refusedElse(err)
}

func (v *visit) refusedElse(err error) (field, text string, ok bool) {
	switch {
	case errors.Is(err, gateway.ErrNotAccount):
		return "", v.t("입금을 기다리는 가상계좌가 아닙니다.", "This is no virtual account that waits for its deposit."), true
	case errors.Is(err, gateway.ErrReceiptIssued):
		return "", v.t("이미 발급된 현금영수증이 있습니다.", "A cash receipt was issued before."), true
	case errors.Is(err, gateway.ErrReceiptForbidden):
		return "", v.t("현금영수증을 발급할 수 있는 결제가 아닙니다. 결제 완료된 계좌이체와 가상계좌만 됩니다.", "No cash receipt can be issued for this payment: only for transfers and virtual accounts that are paid."), true
	case errors.Is(err, gateway.ErrNoReceipt):
		return "", v.t("발급된 현금영수증이 없습니다.", "There is no cash receipt in force."), true
	case errors.Is(err, gateway.ErrNoTestDeposit):
		return "", v.t("여기에서는 테스트 입금을 할 수 없습니다.", "No test deposit can be made from here."), true
	case errors.Is(err, gateway.ErrUnsupported):
		return "", v.t("이 결제사는 그 일을 하지 못합니다.", "The provider cannot do this."), true
	case errors.Is(err, gateway.ErrChannelMissing):
		return "", v.t("이 결제에 쓴 채널이 없거나 다른 상점아이디로 바뀌었습니다. 채널 설정을 확인해 주세요.", "The payment's channel is gone, or belongs to another MID now. Check the channels."), true
	case errors.Is(err, gateway.ErrProviderDown):
		return "", v.t("결제사에 연결하지 못했습니다. 아무것도 요청되지 않았습니다.", "The provider cannot be reached. Nothing was asked."), true
	}
	return "", "", false
}

func providerWords(d *gateway.DeclinedError) string {
	if d.Decline.ProviderCode == "" {
		return d.Decline.ProviderMessage
	}
	return "[" + d.Decline.ProviderCode + "] " + d.Decline.ProviderMessage
}

// unknownWords is what is said when the provider's answer is lost.
func (v *visit) unknownWords() (ko, en string) {
	return "결제사의 답을 받지 못해 결과를 확인하고 있습니다. 실패한 것이 아니니 같은 요청을 되풀이하지 마십시오.",
		"The provider's answer was lost and is being found out. It has not failed: do not ask once more."
}
