package console

import (
	"naru/internal/gateway"
	"naru/internal/web"
)

// said is a sentence in both languages.
type sentence struct{ ko, en string }

func (s sentence) in(lang string) string { return web.Pick(lang, s.ko, s.en) }

// alarmWords is what a person is told of a kind of alarm.
type alarmWords struct {
	title, what, did, do sentence
	tone                 string
}

// The alarms of an unknown outcome, by what it is of.
const (
	unknownKey     = gateway.AlarmUnknown + "/key"
	unknownReceipt = gateway.AlarmUnknown + "/receipt"
)

// alarmKinds is the words of every kind of alarm there is. docs/operations.md,
// "Alarms", has the same in one table.
var alarmKinds = map[string]alarmWords{
	gateway.AlarmUnknown: {
		title: sentence{"결과를 알 수 없는 결제사 호출", "A call to the provider whose outcome is not known"},
		what:  sentence{"승인·취소·계좌 발급 요청의 답을 받지 못했고, 여러 번 물어도 결과를 알아내지 못했습니다.", "The answer to a confirm, charge, cancel or account was lost, and asking many times did not bring it."},
		did:   sentence{"정해진 횟수만큼 다시 물었습니다. 주문번호는 이중 결제를 막으려고 잡아 두었습니다.", "Asked as often as the provider's timings say. The order number stays held, so that nobody pays twice."},
		do:    sentence{"‘결제사에 다시 묻기’를 눌러 보세요(돈은 움직이지 않습니다). 그래도 모르면 결제사 화면에서 imp_uid로 찾아 보세요. 거기에 없으면 돈은 움직이지 않은 것입니다.", "Press “Ask the provider again” (no money moves). If that does not tell, look it up at the provider by its imp_uid: what is not there moved no money."},
		tone:  bad,
	},
	unknownKey: {
		title: sentence{"발급 여부를 알 수 없는 빌링키", "A billing key that may have been issued"},
		what:  sentence{"빌링키 발급의 답을 받지 못해, 키가 생겼는지 알 수 없습니다.", "The answer to the issue of a billing key was lost."},
		did:   sentence{"여러 번 다시 물었습니다. 이 키로는 아무것도 결제되지 않습니다.", "Asked many times. Nothing is charged with this key."},
		do:    sentence{"‘결제사에 다시 묻기’를 눌러 보세요. 카드로 발급한 키가 살아 있으면 쓰지 않고 폐기합니다. 구매자에게는 같은 customer_uid로 다시 발급받게 하세요.", "Press “Ask the provider again”: a key by card that turns out to exist is given up. Have it issued again under the same customer_uid."},
		tone:  bad,
	},
	unknownReceipt: {
		title: sentence{"발급 여부를 알 수 없는 현금영수증", "A cash receipt that may have been issued"},
		what:  sentence{"현금영수증 발급이나 취소의 답을 사흘 동안 받지 못했습니다.", "The answer to an issue or a cancel of a cash receipt was not had in three days."},
		did:   sentence{"같은 요청을 같은 키로 다시 물었습니다(두 번 발급되지 않습니다).", "The same request was put again under the same key: it is done once."},
		do:    sentence{"‘결제사에 다시 묻기’를 눌러 보고, 그래도 모르면 토스페이먼츠 개발자센터에서 찾아 보세요. 이 일이 남아 있는 동안 이 결제에는 다른 현금영수증을 발급할 수 없습니다.", "Press “Ask the provider again”, or look it up in the provider's developer centre. Until then the payment gets no other receipt."},
		tone:  bad,
	},
	"paid_twice": {
		title: sentence{"한 주문의 이중 결제", "An order paid twice"},
		what:  sentence{"이미 결제된 주문에 돈이 또 들어왔습니다.", "Money came in for an order that another payment has paid."},
		did:   sentence{"이 결제는 실패로 두고, 카드 결제면 스스로 되돌려 줍니다. 남은 금액이 0이면 되돌린 것입니다. 가상계좌 입금은 환불 계좌를 몰라 되돌리지 못합니다.", "This payment counts as failed; a card's money is given back by itself, which is done when nothing is left of it. A deposit cannot be: nobody knows the account."},
		do:    sentence{"되돌아갔는지 결제 화면에서 확인하세요. 가상계좌면 구매자에게 계좌를 물어 결제사에서 환불하세요.", "See on the payment's page that it went back. Of a deposit, ask the buyer for an account and refund it at the provider."},
		tone:  bad,
	},
	"deposit_reversed": {
		title: sentence{"가상계좌 입금 취소", "A deposit taken back"},
		what:  sentence{"은행이 입금을 거두어 갔습니다.", "The bank took a deposit back."},
		did:   sentence{"결제를 입금 대기로 되돌리고 상점 서버에 알렸습니다. 그 전에 일부를 환불했거나 결제사가 결제를 끝냈으면 그대로 두었습니다.", "The payment awaits its deposit again, and the shop was told. Where a part had been given back before, or the provider ended it, it stays as it was."},
		do:    sentence{"상품 발송을 멈추세요. 일부를 이미 환불했다면 그 금액을 결제사와 정산하세요.", "Stop the goods. What was given back before is to be settled with the provider."},
		tone:  bad,
	},
	"schedule_late": {
		title: sentence{"시작하지 못하는 예약 결제", "A booked charge that cannot be begun"},
		what:  sentence{"예약한 시각이 지났는데 결제를 시작하지 못했습니다. 채널이 열리지 않습니다.", "Its time has come, and the charge cannot be begun: its channel does not open."},
		did:   sentence{"1분마다 다시 해 보고 있습니다. 돈은 움직이지 않았습니다.", "It is tried on every minute. No money moved."},
		do:    sentence{"채널의 키와 마스터 키를 확인하세요. 더는 결제하면 안 되는 예약이면 예약을 취소하세요.", "Check the channel's credentials and the master key. Revoke the booking if it must not be charged any more."},
		tone:  bad,
	},
	"schedule_held": {
		title: sentence{"복구 뒤 멈춰 둔 예약 결제", "A booked charge held after a restore"},
		what:  sentence{"백업에서 복구했습니다. 이 예약은 복구 전에 이미 실행되었을 수 있습니다.", "The books were restored from a backup; this charge may have been made by the books that were lost."},
		did:   sentence{"두 번 결제하지 않도록 예약을 취소해 두었습니다.", "It was revoked, so that nobody is charged twice."},
		do:    sentence{"결제사에서 찾아 보세요. 결제되지 않았으면 다시 예약하고, 되었으면 그대로 두세요.", "Look at the provider. What was not charged there is booked again; what was is left revoked."},
		tone:  wait,
	},
	"refund_failed": {
		title: sentence{"보내지 못한 계좌 환불", "A refund that did not get there"},
		what:  sentence{"환불 계좌로 돈을 보내지 못했습니다. 돈은 결제사가 가지고 있습니다.", "The refund did not reach the account. The provider holds the money."},
		did:   sentence{"장부에는 취소가 남아 있습니다.", "The books keep the cancel."},
		do:    sentence{"구매자에게 다른 계좌를 물어 결제사에 알려 주세요.", "Ask the buyer for another account and give it to the provider."},
		tone:  bad,
	},
	"receipt_unclear": {
		title: sentence{"결과가 불분명한 현금영수증", "A cash receipt without a clear answer"},
		what:  sentence{"결제사가 현금영수증 요청에 되었다고도 안 되었다고도 하지 않는 답만 되풀이합니다.", "The provider kept answering neither yes nor no about a cash receipt."},
		did:   sentence{"거절된 것으로 적어 두었습니다.", "It counts as refused here."},
		do:    sentence{"결제사에서 발급·취소되었는지 확인하세요. 헛되이 발급된 것은 거기서 취소하세요.", "Look there whether it was done. One issued in vain is cancelled there."},
		tone:  wait,
	},
	"checking_kept": {
		title: sentence{"돌려주지 못한 카드 확인 금액", "A checking amount that was not given back"},
		what:  sentence{"카드 확인용으로 승인한 금액의 취소를 결제사가 거절했습니다.", "The provider refused to give a checking amount back."},
		did:   sentence{"결제와 거절 이유를 적어 두었습니다.", "The payment and the refusal are on the books."},
		do:    sentence{"결제 화면에서 취소하거나 결제사에서 취소하세요.", "Cancel the payment on its page, or at the provider."},
		tone:  bad,
	},
	"amount": {
		title: sentence{"요청과 다른 승인 금액", "An approval of another amount"},
		what:  sentence{"결제사가 요청한 것과 다른 금액을 승인했습니다.", "The provider approved another amount than was asked for."},
		did:   sentence{"결제 완료로 적지 않았습니다.", "Nothing is booked as paid."},
		do:    sentence{"결제사에서 취소하세요.", "Cancel it at the provider."},
		tone:  bad,
	},
	"test_money": {
		title: sentence{"실연동 채널의 테스트 결제", "Test money on a live channel"},
		what:  sentence{"실연동 채널의 결제가 테스트 돈으로 이루어졌습니다.", "A payment of a live channel was made with test money."},
		did:   sentence{"결제는 그대로 두었습니다.", "The payment stays as it is."},
		do:    sentence{"상품을 보내지 말고, 채널에 테스트 키가 들어 있지 않은지 확인하세요.", "Do not deliver; look whether the channel has test keys."},
		tone:  bad,
	},
	gateway.AlarmBooks: {
		title: sentence{"어긋난 장부", "Books that contradict themselves"},
		what:  sentence{"밤 검증에서 장부끼리 맞지 않는 돈을 찾았습니다.", "The night's check found sums that contradict each other."},
		did:   sentence{"장부를 고치지 않았습니다. 나중 밤에 맞으면 스스로 닫힙니다.", "Nothing was changed. It closes by itself when a later night finds it no more."},
		do:    sentence{"결제 화면에서 결제사와 동기화해 보고, 그래도 남으면 결제사에서 확인하세요.", "Sync the payment with the provider on its page; if it stays, look it up there."},
		tone:  bad,
	},
	gateway.AlarmReconcile: {
		title: sentence{"결제사 내역과 다른 장부", "Books that contradict the provider's list"},
		what:  sentence{"결제사가 준 하루치 내역과 장부가 다릅니다.", "A provider's list of a day differs from the books."},
		did:   sentence{"목록에만 있는 결제는 결제사에 물어 고칠 수 있는 것은 고쳤습니다. 나중 밤에 맞으면 스스로 닫힙니다.", "The provider was asked about what differs, and what could be mended was. It closes by itself when a later night finds it no more."},
		do:    sentence{"결제사에서 그 결제를 찾아 보세요.", "Look the payment up at the provider."},
		tone:  bad,
	},
	"channel_failing": {
		title: sentence{"결제사 호출이 실패하는 채널", "A channel whose calls fail"},
		what:  sentence{"최근 5분 사이 이 채널의 호출 가운데 절반 이상이 답을 받지 못했거나 되돌아왔습니다.", "Of its calls of five minutes, half or more brought no answer or were turned away."},
		did:   sentence{"결제는 계속 받고, 답을 못 받은 것은 다시 묻습니다. 잘되기 시작하면 스스로 닫힙니다.", "Payments are taken on, and lost answers asked for. It closes by itself once the calls go well."},
		do:    sentence{"결제사 장애 공지를 보고, 채널의 키가 바뀌지 않았는지 확인하세요.", "Look at the provider's status page, and whether the channel's keys were changed."},
		tone:  bad,
	},
	"queue_late": {
		title: sentence{"밀린 작업", "A queue that is late"},
		what:  sentence{"처리할 때가 지난 작업이 오래 기다리고 있습니다.", "Jobs whose time has come have waited for long."},
		did:   sentence{"작업은 잃지 않고 차례로 처리됩니다. 따라잡으면 스스로 닫힙니다.", "Nothing is lost; they are done in turn. It closes by itself once they are."},
		do:    sentence{"시스템 화면에서 노드와 데이터베이스가 살아 있는지 보세요.", "See on the system page that the nodes and the database are well."},
		tone:  wait,
	},
}

// knownNow is what to do about an outcome that became known meanwhile.
var knownNow = sentence{"그 사이에 결과가 밝혀져 장부에 적혔습니다. 아래에서 확인하고 닫으세요.", "The outcome became known meanwhile and is on the books. See below, then close this."}

// wordsOfAlarm is the words of a kind; one without words is told by its name.
func wordsOfAlarm(kind string) alarmWords {
	if w, ok := alarmKinds[kind]; ok {
		return w
	}
	return alarmWords{
		title: sentence{"확인이 필요한 일: " + kind, "Something to look at: " + kind},
		what:  sentence{"사람이 확인해야 하는 일이 생겼습니다.", "Something happened that a person must look at."},
		did:   sentence{"아래 기록을 남겼습니다.", "What is known is below."},
		do:    sentence{"운영 문서의 ‘Alarms’를 보세요.", "See “Alarms” in the operations document."},
		tone:  wait,
	}
}
