package tosspay

import "naru/internal/web"

// words are those of the web page that differ between a payment and a billing key.
type words struct {
	Page, Close       string // labels of the page and of its X
	Phone, Start      string // heading of the phone tab, and its button
	Asleep, Push      string // on the phone before the app opens, and its notification
	Waiting, Notified string // heading and text of the wait
	Finished          string // button of the wait
	Expired, Again    string
	Moves             string // in the app, before the browser moves on
}

func paymentWords(lang string) words {
	pick := func(ko, en string) string { return web.Pick(lang, ko, en) }
	return words{
		Page: pick("결제 페이지", "Payment page"), Close: pick("결제 닫기", "Close the payment"),
		Phone: pick("결제할 휴대폰 번호를 입력해 주세요", "Enter the phone number to pay with"),
		Start: pick("토스 앱으로 결제", "Pay with the Toss app"),

		Asleep:   pick("결제를 시작하면 여기에 토스 앱 모형이 열려요", "An imitation of the Toss app opens here"),
		Push:     pick("결제를 진행하려면 눌러 주세요", "Tap to go on with the payment"),
		Waiting:  pick("토스 앱에서 결제를 진행해 주세요", "Please go on in the Toss app"),
		Notified: pick("휴대폰으로 결제 알림을 보냈어요. 결제를 마치면 자동으로 넘어가요.", "We sent a notification to your phone. This page moves on when the payment is done."),
		Finished: pick("결제 완료했어요", "I have finished paying"),
		Expired:  pick("결제 가능 시간이 지났어요", "The time to pay has run out"),
		Again:    pick("상점으로 돌아가 처음부터 다시 결제해 주세요.", "Please go back to the shop and start again."),
		Moves:    pick("상점으로 이동하면 결제가 완료돼요", "The payment completes when you are back at the shop"),
	}
}

func keyWords(lang string) words {
	pick := func(ko, en string) string { return web.Pick(lang, ko, en) }
	return words{
		Page: pick("자동결제 등록 페이지", "Automatic payments page"), Close: pick("등록 닫기", "Close the registration"),
		Phone: pick("자동결제를 등록할 휴대폰 번호를 입력해 주세요", "Enter the phone number to set up automatic payments"),
		Start: pick("토스 앱으로 등록", "Go on in the Toss app"),

		Asleep:   pick("등록을 시작하면 여기에 토스 앱 모형이 열려요", "An imitation of the Toss app opens here"),
		Push:     pick("자동결제 등록을 진행하려면 눌러 주세요", "Tap to go on with the registration"),
		Waiting:  pick("토스 앱에서 등록을 진행해 주세요", "Please go on in the Toss app"),
		Notified: pick("휴대폰으로 등록 알림을 보냈어요. 등록을 마치면 자동으로 넘어가요.", "We sent a notification to your phone. This page moves on when you are done."),
		Finished: pick("등록 완료했어요", "I have finished"),
		Expired:  pick("인증 가능 시간이 지났어요", "The time to agree has run out"),
		Again:    pick("상점으로 돌아가 처음부터 다시 등록해 주세요.", "Please go back to the shop and start again."),
		Moves:    pick("상점으로 이동하고 있어요", "Taking you back to the shop"),
	}
}

// paymentTexts are the words the script of a payment puts in.
func paymentTexts(lang string) map[string]string {
	pick := func(ko, en string) string { return web.Pick(lang, ko, en) }
	return commonTexts(lang, map[string]string{
		"won":       pick("원", " won"),
		"pay":       pick(" 결제하기", " — pay"),
		"free":      pick(" (무이자)", " (no interest)"),
		"own":       pick("직접 정한 할인", "A discount of your own"),
		"notYet":    pick("아직 결제가 끝나지 않았어요. 토스 앱에서 결제를 마쳐 주세요.", "The payment is not finished yet. Please finish it in the app."),
		"done":      pick("인증을 마쳤어요", "Authenticated"),
		"expired":   pick("결제 가능 시간이 지났어요", "The time to pay has run out"),
		"cancelled": pick("취소된 결제예요", "This payment was cancelled"),
		"toApp":     pick("상점 앱으로 돌아가는 결제예요. 일반 브라우저라면 이 화면은 저절로 넘어가지 않아요.", "This payment returns to the shop's app. In an ordinary browser this page does not move on by itself."),
		"working":   pick("결제를 확인하고 있어요…", "Confirming the payment…"),
	})
}

// keyTexts are the words the script of a billing key puts in.
func keyTexts(lang string) map[string]string {
	pick := func(ko, en string) string { return web.Pick(lang, ko, en) }
	return commonTexts(lang, map[string]string{
		"notYet":    pick("아직 등록이 끝나지 않았어요. 토스 앱에서 등록을 마쳐 주세요.", "The registration is not finished yet. Please finish it in the app."),
		"done":      pick("자동결제를 등록했어요", "Automatic payments are set up"),
		"expired":   pick("인증 가능 시간이 지났어요", "The time to agree has run out"),
		"cancelled": pick("취소된 등록이에요", "This registration was cancelled"),
		"failed":    pick("등록하지 못했어요", "The registration failed"),
		"toApp":     pick("상점 앱으로 돌아가는 등록이에요. 일반 브라우저라면 이 화면은 저절로 넘어가지 않아요.", "This registration returns to the shop's app. In an ordinary browser this page does not move on by itself."),
		"working":   pick("등록을 확인하고 있어요…", "Confirming the registration…"),
	})
}

// commonTexts adds what both have to say.
func commonTexts(lang string, texts map[string]string) map[string]string {
	pick := func(ko, en string) string { return web.Pick(lang, ko, en) }
	texts["press"] = pick("아래 버튼을 누르면 상점으로 돌아가요.", "Press the button below to go back to the shop.")
	texts["moving"] = pick("상점으로 이동하고 있어요…", "Taking you back to the shop…")
	texts["lost"] = pick("테스트: 돌아가는 길을 잃었어요. 아래 버튼을 누르면 다시 이동해요.", "Test: the way back was lost. Press the button below to go on.")
	texts["backToApp"] = pick("상점 앱으로 돌아가기", "Back to the shop's app")
	texts["offline"] = pick("샌드박스에 연결할 수 없어요. 다시 시도하고 있어요.", "The sandbox cannot be reached. Trying again.")
	texts["left"] = pick("남은 시간", "Time left")
	texts["away"] = pick("토스 앱에서 나왔어요. 앱을 다시 열어 마쳐 주세요.", "You left the Toss app. Open it again to finish.")
	texts["elsewhere"] = pick("다른 기기의 토스 앱에서 진행 중이에요. 마치면 자동으로 넘어가요.", "The Toss app is open on another device. This page moves on when you are done.")
	texts["badPhone"] = pick("01로 시작하는 숫자 11자리를 입력해 주세요.", "Enter 11 digits that begin with 01.")
	texts["badBirth"] = pick("YYMMDD 형식의 6자리를 입력해 주세요.", "Enter a date as YYMMDD.")
	texts["appClosed"] = pick("PC 화면으로 돌아가 주세요.", "Please go back to the other screen.")
	return texts
}
