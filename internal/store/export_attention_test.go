package store

import "naru/internal/pay"

// AttentionStatements is statements of what needs a person, and the index of each.
var AttentionStatements = map[string]string{
	openAlarms: "alarms_open_of", openAlarmsAfter: "alarms_open_of", countOpenAlarms: "alarms_open_of",
	closedAlarms: "alarms_closed_of", closedAlarmsAfter: "alarms_closed_of",
	allOpenFindings: "findings_open", givenUpByAddress: "deliveries_given_up",
}

// LookText is the statement of LookDeliveries.
func LookText(f DeliveryFilter, m pay.MerchantID, rows int) (string, []any) {
	text, args, err := f.look(m, rows)
	if err != nil {
		panic(err)
	}
	return text, args
}
