package console

import (
	"time"

	"naru/internal/connector"
	"naru/internal/gateway"
)

// checkBody is what a check found, in words.
type checkBody struct {
	Works    bool
	At       time.Time
	Took     time.Duration
	Findings []checkLine
}

// checkLine is one finding: a sentence, its tone, and what to do about it.
type checkLine struct {
	Code, Tone, Text, Help, Message string
}

func (v *visit) checkWords(d connector.Driver, check gateway.ChannelCheck) *checkBody {
	out := &checkBody{Works: check.Works(), At: check.At, Took: check.Took}
	tones := map[gateway.CheckLevel]string{gateway.CheckGood: good, gateway.CheckBad: bad, gateway.CheckNote: note}
	for _, f := range check.Findings {
		line := checkLine{Code: string(f.Code), Tone: tones[f.Level()], Message: f.Message}
		line.Text, line.Help = v.findingWords(d, f)
		out.Findings = append(out.Findings, line)
	}
	return out
}

// findingWords are a finding, and what to do about it.
func (v *visit) findingWords(d connector.Driver, f gateway.CheckFinding) (text, help string) {
	switch f.Code {
	case gateway.CheckKeyAccepted:
		return v.t("결제사가 키를 받아들였습니다.", "The provider takes the key."), ""
	case gateway.CheckKeyRefused:
		return v.t("결제사가 모르는 키입니다.", "The provider does not know the key."),
			v.t("키를 다시 복사해 넣어 주세요. 재발급했다면 예전 키는 쓸 수 없습니다.", "Copy the key again. If it was issued anew, the one of before is gone.")
	case gateway.CheckKeyMisused:
		return v.t("다른 상품의 키입니다.", "The key is of another product."),
			v.t("결제위젯 키가 아니라 API 개별 연동 키를 넣어 주세요.", "Use the key of the API itself, and not that of the payment widget.")
	case gateway.CheckKeyForm:
		return v.t("키가 이 채널의 모드와 맞지 않아 결제사에 묻지 않았습니다.", "The key does not fit the channel's mode, so the provider was not asked."),
			v.t("채널을 수정해 이 모드의 키를 다시 넣어 주세요.", "Edit the channel and enter the keys of its mode.")
	case gateway.CheckUnreachable:
		return v.t("결제사에 연결하지 못했습니다.", "The provider cannot be reached."),
			v.t("나루 서버에서 결제사로 나가는 연결(방화벽, DNS, 프록시)을 확인해 주세요.", "Look at the way out of Naru's server: firewall, DNS, proxy.")
	case gateway.CheckNoAnswer:
		return v.t("결제사가 제때 답하지 않았습니다.", "The provider did not answer in time."),
			v.t("잠시 뒤 다시 점검해 주세요. 계속되면 결제사 장애 공지를 확인해 주세요.", "Check again in a moment. If it stays so, see whether the provider has an outage.")
	case gateway.CheckUnclear:
		return v.t("결제사의 답으로는 키가 맞는지 알 수 없습니다.", "The provider's answer does not tell whether the key is right."),
			v.t("잠시 뒤 다시 점검해 주세요.", "Check again in a moment.")
	case gateway.CheckNotOffered:
		return v.t("이 결제사는 점검할 방법이 없습니다.", "This provider offers no such check."), ""
	case gateway.CheckUnheard:
		name := f.Want
		for _, k := range d.Credentials {
			if k.Key == f.Want {
				name = v.t(k.Label, k.LabelEn)
			}
		}
		return v.t(name+"는 결제창에서만 쓰여 여기서 확인할 수 없습니다.", name+" is used by payment windows alone and cannot be checked here."),
			v.t("테스트 결제를 한 번 열어 확인해 주세요. 시크릿 키와 짝이어야 합니다.", "Open a test payment once. It must be the pair of the secret key.")
	}
	return v.shopWords(f)
}

// shopWords are the findings about whose the key is and its version.
func (v *visit) shopWords(f gateway.CheckFinding) (text, help string) {
	switch f.Code {
	case gateway.CheckMIDFits:
		return v.t("키가 MID "+f.Got+"의 것이 맞습니다.", "The key is that of MID "+f.Got+"."), ""
	case gateway.CheckMIDDiffers:
		return v.t("키는 MID "+f.Got+"의 것인데, 채널에는 "+f.Want+"로 적혀 있습니다.", "The key is that of MID "+f.Got+", the channel says "+f.Want+"."),
			v.t("MID나 키 가운데 하나를 고쳐 주세요.", "Correct one of the two.")
	case gateway.CheckMIDUntold:
		return v.t("키가 MID "+f.Want+"의 것인지는 결제사의 답으로 알 수 없습니다.", "Whether the key is that of MID "+f.Want+" cannot be told from the provider's answers."), ""
	case gateway.CheckVersionFits:
		return v.t("API 버전이 "+f.Got+"로 맞습니다.", "The API version is "+f.Got+", as it must be."), ""
	case gateway.CheckVersionDiffers:
		return v.t("API 버전이 "+f.Got+"입니다. "+f.Want+"로 바꿔 주세요.", "The API version is "+f.Got+". Set "+f.Want+"."), v.versionHelp()
	case gateway.CheckVersionOld:
		return v.t("API 버전이 "+f.Want+"보다 오래되었습니다.", "The API version is older than "+f.Want+"."), v.versionHelp()
	case gateway.CheckVersionOldFits:
		return v.t("API 버전이 "+f.Want+"보다 오래되었습니다. 카드번호로 빌링키를 만드는 채널은 "+f.Got+"도 괜찮습니다.",
			"The API version is older than "+f.Want+"; a channel for billing by card number may have "+f.Got+"."), ""
	case gateway.CheckVersionUntold:
		return v.t("최근 30일 안에 결제가 없어 API 버전은 확인하지 못했습니다. "+f.Want+"이어야 합니다.",
			"There is no payment of the last 30 days to tell the API version by. It must be "+f.Want+"."), v.versionHelp()
	}
	return f.String(), ""
}

func (v *visit) versionHelp() string {
	return v.t("토스페이먼츠 개발자센터의 API 키 메뉴에서 바꿀 수 있습니다. 버전이 다르면 응답의 모양이 달라집니다.",
		"It is set at the API keys of the developer centre. Another version answers in another form.")
}
