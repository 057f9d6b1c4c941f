package v1

import (
	"encoding/json"
	"fmt"
	"strings"

	"naru/internal/pay"
	"naru/internal/rest"
)

// bypassOf reads what V1's bypass holds for a charge: JSON text, or an object.
// Of a name on both levels the one under tosspay_v2 counts (decision D10).
func bypassOf(c *check, text rest.Text) map[string]any {
	outer, ok := objectOf(string(text))
	if !ok {
		c.wrong("bypass", string(text), rest.RuleForm, "객체 또는 객체를 담은 JSON 문자열이어야 합니다")
		return nil
	}
	inner, ok := outer["tosspay_v2"].(map[string]any)
	if s, isText := outer["tosspay_v2"].(string); isText {
		inner, ok = objectOf(s)
	}
	if outer["tosspay_v2"] != nil && !ok {
		c.wrong("bypass.tosspay_v2", string(text), rest.RuleForm, "객체여야 합니다")
	}
	for name, v := range inner {
		outer[name] = v
	}
	return outer
}

// objectOf reads JSON text that holds an object; "" and null hold an empty one.
func objectOf(text string) (map[string]any, bool) {
	out := map[string]any{}
	if strings.TrimSpace(text) == "" {
		return out, true
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return nil, false
	}
	if out == nil {
		out = map[string]any{}
	}
	return out, true
}

// flag reads a boolean; nil is absent.
func flag(v any) (*bool, bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case bool:
		return &v, true
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "":
			return nil, true
		case "true", "1":
			return new(true), true
		case "false", "0":
			return new(false), true
		}
	case float64:
		if v == 0 || v == 1 {
			return new(v == 1), true
		}
	}
	return nil, false
}

// receipts settles what a charge does about cash receipts and about telling the
// buyer of a failure: V1, "POST /subscribe/payments/again" and "토스페이
// (tosspay_v2)", read by decisions D11 and D12.
func (in optionsIn) receipts(c *check, o *pay.ChargeOptions) {
	const under = "bypass.tosspay_v2."
	bypass := bypassOf(c, in.Bypass)
	issue, ok := flag(bypass["cashReceipt"])
	if !ok {
		c.wrong(under+"cashReceipt", fmt.Sprint(bypass["cashReceipt"]), rest.RuleBool, "")
	}
	o.CashReceipt = issue
	kind, name := in.CashReceiptType, "cash_receipt_type"
	if kind == "" {
		kind, name = in.CashReciptType, "cash_recipt_type"
	}
	switch kind {
	case "", "person", "company", "anonymous":
		if kind != "" && issue == nil {
			o.CashReceipt = new(kind != "anonymous")
		}
	default:
		c.wrong(name, kind, rest.RuleAllowed, "person, company, anonymous")
	}
	push, ok := flag(bypass["sendFailPush"])
	if !ok {
		c.wrong(under+"sendFailPush", fmt.Sprint(bypass["sendFailPush"]), rest.RuleBool, "")
	}
	name = "cashReceiptTradeOption"
	option := bypass[name]
	if mislabelled, ok := flag(option); ok && mislabelled != nil {
		if push == nil {
			push = mislabelled
		}
		option = nil
	}
	if option == nil || option == "" {
		name = "cashReceiptTradeType"
		option = bypass[name]
	}
	switch option {
	case nil, "":
	case "GENERAL", "CULTURE", "PUBLIC_TP":
		o.ReceiptCategory = option.(string)
	default:
		c.wrong(under+name, fmt.Sprint(option), rest.RuleAllowed, "GENERAL, CULTURE, PUBLIC_TP")
	}
	o.FailPush = push != nil && *push
}
