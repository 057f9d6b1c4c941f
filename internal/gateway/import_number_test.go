package gateway

import (
	"testing"

	"naru/internal/pay"
)

// Numbers are compared as far as both are told, however they are written.
func TestWhatTellsTwoPaymentsApart(t *testing.T) {
	t.Parallel()
	card := func(n string) pay.Details { return pay.Details{Card: &pay.Card{Number: n}} }
	for _, c := range []struct {
		ours, theirs pay.Details
		field        string
	}{
		{pay.Details{ApprovalNo: "12345"}, pay.Details{ApprovalNo: "00012345"}, ""},
		{pay.Details{ApprovalNo: "00012345"}, pay.Details{ApprovalNo: "00012346"}, "apply_num"},
		{pay.Details{ApprovalNo: "31234567"}, pay.Details{ApprovalNo: "00000000"}, ""},
		{pay.Details{}, pay.Details{ApprovalNo: "31234567"}, ""},
		{card("4330-12**-****-6789"), card("43301234****678*"), ""},
		{card("4330-12**-****-6789"), card("43301234****677*"), "card_number"},
		{card("433012*********9"), card("43301*"), ""},
		{card("433012*********9"), card("943012**"), "card_number"},
		{card(""), card("43301234****678*"), ""},
		{card("43301234****678*"), pay.Details{}, ""},
		{pay.Details{Account: &pay.VirtualAccount{Number: "110-123-1"}}, pay.Details{Account: &pay.VirtualAccount{Number: "1101231"}}, ""},
		{pay.Details{Account: &pay.VirtualAccount{Number: "1101232"}}, pay.Details{Account: &pay.VirtualAccount{Number: "1101231"}}, "vbank_num"},
	} {
		found := ""
		if why := otherMeans(c.ours, c.theirs); why != nil {
			found = why.Field
		}
		if found != c.field {
			t.Errorf("%+v and %+v: %q, and not %q", c.ours, c.theirs, found, c.field)
		}
	}
}
