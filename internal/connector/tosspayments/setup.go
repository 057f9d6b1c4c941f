package tosspayments

import "naru/internal/connector"

// keys are the credentials of a channel: "API 키". A key has 28 characters after
// what it begins with; those of the widget (gck, gsk) are of another version.
func keys() []connector.Credential {
	where := connector.Words{
		Ko: "토스페이먼츠 개발자센터 → API 키에서 이 MID를 고르면 나옵니다. ‘API 개별 연동 키’이며, 결제위젯 키(_gck_, _gsk_)는 쓸 수 없습니다.",
		En: "Toss Payments developer centre → API keys, with this MID chosen. Take the keys of the API itself; widget keys (_gck_, _gsk_) do not work.",
	}
	return []connector.Credential{
		{Key: ClientKey, Label: "클라이언트 키", LabelEn: "Client key", Begins: "{mode}_ck_", Length: len("live_ck_") + 28, Where: where},
		{Key: SecretKey, Label: "시크릿 키", LabelEn: "Secret key", Secret: true, Begins: "{mode}_sk_", Length: len("live_sk_") + 28, Where: connector.Words{
			Ko: "클라이언트 키와 같은 줄에 있는 짝입니다. 다른 MID의 키와 섞으면 결제 승인이 거절됩니다.",
			En: "The other half of the pair, beside the client key. With another MID's key payments are refused when they are confirmed.",
		}},
	}
}

// setup is what a person does in the developer centre. "API 버전": the version
// belongs to the shop behind the key. PortOne V1, "토스페이먼츠 (신 모듈)": 2022-07-27,
// and 1.4 for the MID of billing keys by card number. "웹훅": per MID and event.
func setup() connector.Setup {
	return connector.Setup{
		Site: "https://developers.tosspayments.com",
		MID: connector.Words{
			Ko: "토스페이먼츠와 계약하면 받는 상점아이디입니다. 개발자센터 왼쪽 위에서 고를 수 있고, 테스트 MID는 앞에 t가 붙습니다.",
			En: "The shop id that comes with the contract. It is chosen at the top left of the developer centre; a test MID has a t in front.",
		},
		Versions: &connector.Versions{Want: apiVersion, Billing: []string{"1.4"}, Where: connector.Words{
			Ko: "토스페이먼츠 개발자센터 → API 키 → API 버전에서 이 MID의 버전을 바꿉니다. 테스트 상점은 최신 버전으로 시작하므로 꼭 확인해 주세요.",
			En: "Toss Payments developer centre → API keys → API version, for this MID. A test shop begins with the newest version, so do look.",
		}},
		Notices: &connector.NoticeSetup{Where: connector.Words{
			Ko: "토스페이먼츠 개발자센터 → 웹훅 → 웹훅 등록하기에서, 이 MID로 이 주소를 등록합니다. 테스트와 라이브는 따로 등록합니다.",
			En: "Toss Payments developer centre → Webhooks → Register, with this MID and this address. Test and live are registered apart.",
		}, Events: []string{"PAYMENT_STATUS_CHANGED", depositCallback}},
	}
}
