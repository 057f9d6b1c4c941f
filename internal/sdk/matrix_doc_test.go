package sdk

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const parametersDoc = "../../docs/window-parameters.md"

// TestParametersDoc holds docs/window-parameters.md against parameters.csv; `make
// generate` writes it.
func TestParametersDoc(t *testing.T) {
	t.Parallel()
	want := parametersMarkdown(readMatrix(t))
	if os.Getenv("NARU_UPDATE") != "" {
		if err := os.WriteFile(parametersDoc, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(parametersDoc)
	if err != nil {
		t.Fatalf("%v; `make generate` writes it", err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("stale; `make generate` writes it anew: -want +got\n%s", diff)
	}
}

// docWords are the words of one language of the page.
type docWords struct {
	title, intro, head, both string
	what, provider, group    map[string]string
	text                     func(matrixRow) string
}

func koreanDoc() docWords {
	return docWords{
		title: "한국어",
		intro: "`IMP.request_pay`의 모든 파라미터가 결제사와 결제수단별로 어떻게 되는지 모은 표입니다. 말없이 버려지는 값은 없습니다.\n\n" +
			"- **전달**: 결제사에 전달합니다. `이름=값`은 결제창 호출에 실리는 이름과 값이고, `!이름`은 싣지 않는다는 뜻입니다. `phone`은 휴대폰에서만.\n" +
			"- **처리**: 나루가 스스로 처리합니다. `payment.이름`은 결제 조회에 보이는 값입니다.\n" +
			"- **거절**: 창을 열지 않고 callback에 그 코드로 알립니다. `error_msg`가 파라미터와 받은 값, 허용하는 값을 말합니다.\n" +
			"- **안내**: 쓰지 않고 브라우저 콘솔에 한 번 알립니다. `unknown` 모르는 이름, `deprecated` 새 이름이 있음, `unused` 이 결제에는 쓰이지 않음, `adapted` 가까운 값으로 바꿈.\n\n" +
			"`{{…}}`는 그때의 값입니다. 간편결제는 카카오페이, 네이버페이, 엘페이, 삼성페이, SSG페이, 애플페이, 페이코이고, 상품권은 컬쳐랜드, 북앤라이프, 스마트문상입니다.\n",
		head: "| 파라미터 | 결제사 | 결제창 | | 값 | 설명 | 예 |\n|---|---|---|---|---|---|---|\n", both: "둘 다",
		what:     map[string]string{"passed": "전달", "acted": "처리", "refused": "거절", "noted": "안내"},
		provider: map[string]string{"tosspayments": "토스페이먼츠", "tosspay_v2": "토스페이"},
		group: map[string]string{
			"*": "모두", "payments": "결제", "card": "카드", "wallet": "간편결제", "tosspay": "토스페이", "vbank": "가상계좌", "trans": "계좌이체", "phone": "휴대폰",
			"gift": "상품권", "billing": "빌링키", "tosspay_card": "토스페이 카드", "tosspay_money": "토스페이 머니",
		},
		text: func(r matrixRow) string { return r.ko },
	}
}

func englishDoc() docWords {
	return docWords{
		title: "English",
		intro: "What becomes of every parameter of `IMP.request_pay`, by provider and method. Nothing is dropped without a word.\n\n" +
			"- **passed** on to the provider: `name=value` is what its window is called with, `!name` is not sent, `phone` is true of phones.\n" +
			"- **acted** upon by Naru itself: `payment.name` is what a look-up shows.\n" +
			"- **refused**: no window opens, and the callback is given the code; `error_msg` says which parameter, what was received and what is allowed.\n" +
			"- **noted**: left out, and named once on the browser's console. `unknown` is no parameter, `deprecated` has a newer name, `unused` means nothing for this payment, `adapted` became the nearest value.\n\n" +
			"`{{…}}` is filled in. Wallets are kakaopay, naverpay, lpay, samsungpay, ssgpay, applepay and payco; gift certificates cultureland, booknlife and smartculture.\n",
		head: "| parameter | provider | window | | value | note | example |\n|---|---|---|---|---|---|---|\n", both: "both",
		what:     map[string]string{"passed": "passed", "acted": "acted", "refused": "refused", "noted": "noted"},
		provider: map[string]string{"tosspayments": "Toss Payments", "tosspay_v2": "Toss Pay"},
		group:    map[string]string{"*": "all", "gift": "gift certificate", "billing": "billing key"},
		text:     func(r matrixRow) string { return r.en },
	}
}

func parametersMarkdown(rows []matrixRow) string {
	var b strings.Builder
	b.WriteString("<!-- Generated from internal/sdk/parameters.csv by `make generate`; do not edit. -->\n\n# 결제창 파라미터 · Window parameters\n\n[한국어](#한국어) · [English](#english)\n")
	for _, words := range []docWords{koreanDoc(), englishDoc()} {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n%s", words.title, words.intro, words.head)
		last := ""
		for i := 0; i < len(rows); i++ {
			r, provider := rows[i], words.provider[rows[i].provider]
			if i+1 < len(rows) && rows[i+1] == r.at(rows[i+1].provider) { // said of both
				provider = words.both
				i++
			}
			name := ""
			if r.parameter != last {
				name, last = "`"+r.parameter+"`", r.parameter
			}
			cells := []string{name, provider, groupsIn(words, r), words.what[r.what], code(r.detail), words.text(r), code(r.example)}
			b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		}
	}
	return b.String()
}

// at is the row as of provider.
func (r matrixRow) at(provider string) matrixRow {
	r.provider = provider
	return r
}

func groupsIn(words docWords, r matrixRow) string {
	var out []string
	for _, g := range strings.Fields(r.methods) {
		name := words.group[g]
		if name == "" {
			name = g
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

// code is text as code within a table, shortened.
func code(text string) string {
	if r := []rune(text); len(r) > 130 {
		text = string(r[:130]) + "…"
	}
	return "`" + strings.ReplaceAll(text, "|", `\|`) + "`"
}

// TestTypesNameEveryParameter: the types know what the decoder reads, but for what
// is refused at once and what no page of these providers sends.
func TestTypesNameEveryParameter(t *testing.T) {
	t.Parallel()
	without := []string{anyName, "channelGroupId", "promotion_id", "extra", "cash_receipt_type", "cash_recipt_type"}
	for _, r := range readMatrix(t) {
		name := r.parameter[strings.LastIndex(r.parameter, ".")+1:]
		if named := regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\??:`).Match(types); named == slices.Contains(without, r.parameter) {
			t.Errorf("%s is in iamport.d.ts: %t", r.parameter, named)
		}
	}
}
