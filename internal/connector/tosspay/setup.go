package tosspay

import "naru/internal/connector"

// apiKey is the one credential of a channel: "시작하기", 20 characters after what
// it begins with.
func apiKey() connector.Credential {
	return connector.Credential{
		Key: APIKey, Label: "API 키", LabelEn: "API key", Secret: true, Begins: "sk_{mode}_", Length: len("sk_live_") + 20, Where: connector.Words{
			Ko: "토스페이 가맹점 어드민의 연동 정보(API Key)에 있습니다. MID마다 테스트 키와 라이브 키가 하나씩 있습니다.",
			En: "In Toss Pay's console for merchants, under the integration's API key. Each MID has one for tests and one that is live.",
		},
	}
}

// setup: notices go to the address that each payment names ("결제 생성",
// resultCallback), and there is one version alone.
func setup() connector.Setup {
	return connector.Setup{
		Site: "https://pay.toss.im",
		MID: connector.Words{
			Ko: "토스페이와 계약하면 받는 가맹점 아이디입니다. 토스페이 API에는 보내지 않고, 나루가 채널을 구분하는 데 씁니다.",
			En: "The merchant's id that comes with the contract. It is not sent to Toss Pay: Naru tells channels apart by it.",
		},
	}
}
