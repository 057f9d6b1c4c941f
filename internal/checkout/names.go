package checkout

// cardName is what buyers call the card company of a standard code.
func (h *Handler) cardName(code, lang string) string {
	return named(englishCards, h.names.Card, code, lang)
}

// bankName is what buyers call the bank of a standard code.
func (h *Handler) bankName(code, lang string) string {
	return named(englishBanks, h.names.Bank, code, lang)
}

func named(english map[string]string, korean func(string) string, code, lang string) string {
	if name := english[code]; name != "" && lang == "en" {
		return name
	}
	if korean != nil {
		if name := korean(code); name != "" {
			return name
		}
	}
	return code
}

// The companies a buyer in Korea meets, by standard code, as they call
// themselves in English.
var (
	englishCards = map[string]string{
		"361": "BC Card", "364": "Kwangju Bank Card", "365": "Samsung Card", "366": "Shinhan Card", "367": "Hyundai Card",
		"368": "Lotte Card", "369": "Suhyup Card", "370": "Citi Card", "371": "NH Card", "372": "Jeonbuk Bank Card",
		"373": "Jeju Bank Card", "374": "Hana Card", "381": "KB Kookmin Card", "041": "Woori Card", "071": "Korea Post Card",
		"045": "MG Card", "048": "Shinhyup Card", "002": "KDB Card", "089": "K Bank Card", "090": "KakaoBank Card",
		"092": "Toss Bank Card", "050": "Savings Bank Card",
	}
	englishBanks = map[string]string{
		"002": "KDB", "003": "IBK", "004": "KB Kookmin Bank", "007": "Suhyup Bank", "011": "NH Nonghyup Bank",
		"020": "Woori Bank", "023": "SC First Bank", "027": "Citibank Korea", "031": "iM Bank", "032": "Busan Bank",
		"034": "Kwangju Bank", "035": "Jeju Bank", "037": "Jeonbuk Bank", "039": "Kyongnam Bank", "045": "MG Community Credit",
		"048": "Shinhyup", "071": "Korea Post", "081": "Hana Bank", "088": "Shinhan Bank", "089": "K Bank",
		"090": "KakaoBank", "092": "Toss Bank",
	}
)
