package gateway

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"naru/internal/pay"
	"naru/internal/store"
)

// exportedPayment is the form of ExportedPayment; another one has another name.
const exportedPayment = "payment/1"

// ExportedPayment is a payment with all that hangs on it, as Export writes it and
// ImportPayments reads it. Amounts are in won, times RFC 3339.
type ExportedPayment struct {
	Form          string           `json:"naru"` // "payment/1"
	ImpUID        pay.PaymentID    `json:"imp_uid"`
	MerchantUID   pay.MerchantUID  `json:"merchant_uid"`
	Channel       pay.ChannelKey   `json:"channel_key"`
	Provider      pay.Provider     `json:"pg_provider"`
	MID           string           `json:"pg_id"`
	Mode          pay.Mode         `json:"mode"`
	Source        pay.Source       `json:"source"`
	Mobile        bool             `json:"mobile,omitempty"`
	Status        pay.Status       `json:"status"`
	Method        pay.Method       `json:"pay_method"`
	Name          string           `json:"name,omitempty"`
	Amount        int64            `json:"amount"`
	Currency      pay.Currency     `json:"currency"`
	TaxFree       int64            `json:"tax_free,omitempty"`
	VAT           *int64           `json:"vat_amount,omitempty"`
	Cancelled     int64            `json:"cancel_amount"`
	Buyer         pay.Buyer        `json:"buyer"`
	Custom        string           `json:"custom_data,omitempty"`
	Escrow        bool             `json:"escrow,omitempty"`
	UserAgent     string           `json:"user_agent,omitempty"`
	CustomerUID   pay.CustomerUID  `json:"customer_uid,omitempty"`
	CustomerUsage string           `json:"customer_uid_usage,omitempty"`
	ProviderOrder string           `json:"provider_order,omitempty"`
	ProviderKey   string           `json:"pg_tid,omitempty"`
	Memory        []byte           `json:"provider_memory,omitempty"` // what the connector remembers; only with the keys
	Details       pay.Details      `json:"details"`
	Notify        pay.Notify       `json:"notify"`
	FailCode      string           `json:"fail_code,omitempty"`
	FailReason    string           `json:"fail_reason,omitempty"`
	CancelReason  string           `json:"cancel_reason,omitempty"`
	StartedAt     time.Time        `json:"started_at"`
	PaidAt        time.Time        `json:"paid_at,omitzero"`
	FailedAt      time.Time        `json:"failed_at,omitzero"`
	CancelledAt   time.Time        `json:"cancelled_at,omitzero"`
	UpdatedAt     time.Time        `json:"updated_at"`
	ErasedAt      time.Time        `json:"erased_at,omitzero"`
	Steps         []exportStep     `json:"steps"`
	Movements     []exportMovement `json:"movements"`
	Attempts      []exportAttempt  `json:"attempts"`
}

type exportStep struct {
	From  pay.Status `json:"from"`
	Event pay.Event  `json:"event"`
	To    pay.Status `json:"to"`
	Why   string     `json:"why,omitempty"`
	At    time.Time  `json:"at"`
}

type exportMovement struct {
	Key        string           `json:"key"`
	Kind       pay.MovementKind `json:"kind"`
	Amount     int64            `json:"amount"`
	TaxFree    int64            `json:"tax_free,omitempty"`
	At         time.Time        `json:"at"`
	Attempt    pay.AttemptID    `json:"attempt,omitempty"`
	Reason     string           `json:"reason,omitempty"`
	ReceiptURL string           `json:"receipt_url,omitempty"`
	CancelID   string           `json:"cancellation_id,omitempty"`
}

type exportAttempt struct {
	ID      pay.AttemptID     `json:"id"`
	Kind    pay.AttemptKind   `json:"kind"`
	Status  pay.AttemptStatus `json:"status"`
	Amount  int64             `json:"amount"`
	Class   string            `json:"class,omitempty"`
	Code    string            `json:"code,omitempty"`
	Message string            `json:"message,omitempty"`
	Started time.Time         `json:"started"`
	Ended   time.Time         `json:"ended,omitzero"`
}

// exportOf is a payment as it is written.
func exportOf(d store.Dossier, memory bool) ExportedPayment {
	p := d.Payment
	e := ExportedPayment{
		Form: exportedPayment, ImpUID: p.ID, MerchantUID: p.MerchantUID, Channel: p.Channel, Provider: p.Provider, MID: p.MID, Mode: p.Mode,
		Source: p.Source, Mobile: p.Mobile, Status: p.Status, Method: p.Method, Name: p.Name, Amount: p.Amount.Total.Minor, Currency: p.Amount.Total.Currency,
		TaxFree: p.Amount.TaxFree, VAT: p.Amount.VAT, Cancelled: p.Cancelled, Buyer: p.Buyer, Custom: p.Custom, Escrow: p.Escrow, UserAgent: p.UserAgent,
		CustomerUID: p.CustomerUID, CustomerUsage: p.CustomerUsage, ProviderOrder: p.Ref.Order, ProviderKey: p.Ref.Key,
		Details: p.Details, Notify: p.Notify, FailCode: p.FailCode, FailReason: p.FailReason, CancelReason: p.CancelReason,
		StartedAt: p.StartedAt, PaidAt: p.PaidAt, FailedAt: p.FailedAt, CancelledAt: p.CancelledAt, UpdatedAt: p.UpdatedAt, ErasedAt: p.Erased,
		Steps: []exportStep{}, Movements: []exportMovement{}, Attempts: []exportAttempt{},
	}
	if memory {
		e.Memory = p.Ref.Data
	}
	for _, s := range d.Steps {
		e.Steps = append(e.Steps, exportStep{s.From, s.Event, s.To, s.Why, s.At})
	}
	for _, m := range d.Movements {
		e.Movements = append(e.Movements, exportMovement{m.Key, m.Kind, m.Amount, m.TaxFree, m.At, m.Attempt, m.Reason, m.ReceiptURL, m.CancelID})
	}
	for _, a := range d.Attempts {
		e.Attempts = append(e.Attempts, exportAttempt{a.ID, a.Kind, a.Status, a.Amount, a.Class, a.Code, a.Message, a.Started, a.Ended})
	}
	return e
}

// ownPayment is an exported payment on its way back. Attempts stay behind: they were
// this gateway's word with a provider, and belong to the installation that spoke it.
func (im *importing) ownPayment(c *rowCheck, e ExportedPayment) arrival {
	p := pay.Payment{
		Merchant: im.o.Merchant, ID: e.ImpUID, MerchantUID: e.MerchantUID, Provider: e.Provider, MID: e.MID, Mode: e.Mode, Source: e.Source, Mobile: e.Mobile,
		Status: e.Status, Method: e.Method, Name: e.Name, Cancelled: e.Cancelled, Buyer: e.Buyer, Custom: e.Custom, Escrow: e.Escrow, UserAgent: e.UserAgent,
		Amount:      pay.Breakdown{Total: pay.Money{Minor: e.Amount, Currency: e.Currency}, TaxFree: e.TaxFree, VAT: e.VAT},
		CustomerUID: e.CustomerUID, CustomerUsage: e.CustomerUsage, Ref: pay.Ref{Order: e.ProviderOrder, Key: e.ProviderKey, Data: e.Memory},
		Details: e.Details, Notify: e.Notify, FailCode: e.FailCode, FailReason: e.FailReason, CancelReason: e.CancelReason,
		StartedAt: e.StartedAt, PaidAt: e.PaidAt, FailedAt: e.FailedAt, CancelledAt: e.CancelledAt,
	}
	c.id = cutText(string(p.ID), 60)
	im.ownChannel(c, &p, e.Channel)
	c.ownValues(p)
	a := arrival{p: p, known: true}
	if len(e.Steps) == 0 || e.Steps[0].Event != pay.EvImported {
		a.steps = []store.StepRow{{Seq: 1, From: pay.StatusCreated, Event: pay.EvImported, To: pay.StatusCreated, Why: whyImported, At: p.StartedAt}}
	}
	for _, s := range e.Steps {
		if len(s.Why) > 4000 {
			c.no("steps", "why", "at most 4000 bytes")
		}
		a.steps = append(a.steps, store.StepRow{Seq: int64(len(a.steps) + 1), From: s.From, Event: s.Event, To: s.To, Why: s.Why, At: s.At})
	}
	c.ownMovements(&a, e.Movements)
	return a
}

// ownChannel: the channel of that name, or else of that provider, MID and mode.
func (im *importing) ownChannel(c *rowCheck, p *pay.Payment, was pay.ChannelKey) {
	i := slices.IndexFunc(im.channels, func(ch pay.Channel) bool {
		return ch.Key == was && ch.Provider == p.Provider && ch.MID == p.MID && ch.Mode == p.Mode
	})
	for _, m := range im.mapping.Channels {
		if i < 0 && (m.Provider == "" || m.Provider == p.Provider) && (m.MID == "" || m.MID == p.MID) {
			i = slices.IndexFunc(im.channels, func(ch pay.Channel) bool {
				return ch.Key == m.Channel && ch.Mode == p.Mode && ch.Provider == p.Provider
			})
		}
	}
	if i < 0 {
		i = slices.IndexFunc(im.channels, func(ch pay.Channel) bool { return ch.Provider == p.Provider && ch.MID == p.MID && ch.Mode == p.Mode })
	}
	if i < 0 {
		if p.Channel = ""; p.Status != pay.StatusFailed || was != "" {
			c.no("pg_id", cutText(fmt.Sprintf("%s.%s (%s)", p.Provider, p.MID, p.Mode), 80), "the provider, MID and mode of one of the merchant's channels: "+im.channelNames())
		}
		return
	}
	p.Channel = im.channels[i].Key
}

// ownValues: what the books hold to by constraints, and the sizes.
func (c *rowCheck) ownValues(p pay.Payment) {
	total := p.Amount.Total
	switch {
	case total.Currency != pay.KRW:
		c.no("currency", cutText(string(total.Currency), 20), "KRW: both providers settle in won")
	case total.Minor > maxImported || p.Cancelled < 0 || p.Cancelled > total.Minor:
		c.no("amount", fmt.Sprint(total.Minor), fmt.Sprintf("at most %d, and a cancel_amount within it", int64(maxImported)))
	}
	if err := p.Amount.Validate(); err != nil {
		c.no("amount", fmt.Sprint(total.Minor), err.Error())
	}
	switch p.Source {
	case pay.SourceWindow, pay.SourceAPI, pay.SourceSchedule:
	default:
		c.no("source", cutText(string(p.Source), 40), "window, api or schedule")
	}
	if !slices.Contains([]string{"", usageIssue, usagePayment, usageScheduled}, p.CustomerUsage) {
		c.no("customer_uid_usage", cutText(p.CustomerUsage, 40), "issue, payment, payment.scheduled or nothing")
	}
	if p.Status == pay.StatusConfirming {
		c.no("status", string(p.Status), "a payment that is settled: this one was under way when it was written")
	}
	if usesOrder(p.Status) && p.Ref.Key == "" && p.CustomerUsage != usageIssue {
		c.no("pg_tid", "", "the provider's own key")
	}
	if p.Details.Card != nil && hidden(p.Details.Card.Number) != p.Details.Card.Number {
		c.no("details", "card", "a masked card number")
	}
	for field, n := range map[string]int{
		"name": len(p.Name), "custom_data": len(p.Custom), "user_agent": len(p.UserAgent), "customer_uid": len(p.CustomerUID), "pg_tid": len(p.Ref.Key),
		"provider_order": len(p.Ref.Order), "provider_memory": len(p.Ref.Data), "fail_reason": len(p.FailReason), "cancel_reason": len(p.CancelReason),
		"pay_method": len(p.Method), "buyer": len(p.Buyer.Name + p.Buyer.Email + p.Buyer.Tel + p.Buyer.Address + p.Buyer.Postcode),
	} {
		if n > maxImportCell {
			c.no(field, fmt.Sprintf("%d bytes", n), fmt.Sprintf("at most %d bytes", maxImportCell))
		}
	}
	for field, at := range map[string]time.Time{"started_at": p.StartedAt, "paid_at": p.PaidAt, "failed_at": p.FailedAt, "cancelled_at": p.CancelledAt} {
		if !at.IsZero() && (at.Year() < 2010 || at.After(c.now.AddDate(0, 0, 1))) {
			c.no(field, at.Format(time.RFC3339), "a time from 2010 to today")
		}
	}
}

func (c *rowCheck) ownMovements(a *arrival, all []exportMovement) {
	var back int64
	have := map[string]bool{}
	for _, m := range all {
		switch m.Kind {
		case pay.MovementApproval, pay.MovementDeposit, pay.MovementDepositReversal:
		case pay.MovementCancel:
			back += m.Amount
		default:
			c.no("movements", cutText(string(m.Kind), 40), "approval, deposit, deposit_reversal or cancel")
		}
		if m.Key == "" || have[m.Key] || m.Amount < 0 || m.Amount > maxImported || m.TaxFree < 0 || m.TaxFree > m.Amount || len(m.Key)+len(m.Reason)+len(m.ReceiptURL)+len(m.CancelID) > maxImportCell {
			c.no("movements", cutText(m.Key, 80), "each with a key of its own and an amount of 0 or more")
		}
		have[m.Key] = true
		a.moved = append(a.moved, pay.Movement{
			Merchant: a.p.Merchant, Payment: a.p.ID, Key: m.Key, Kind: m.Kind, Amount: m.Amount, TaxFree: m.TaxFree, At: m.At,
			Reason: m.Reason, ReceiptURL: m.ReceiptURL, CancelID: m.CancelID,
		})
	}
	if back > a.p.Amount.Total.Minor {
		c.no("movements", fmt.Sprint(back), fmt.Sprintf("cancels that come to at most %d", a.p.Amount.Total.Minor))
	}
	slices.SortStableFunc(a.moved, func(x, y pay.Movement) int { return cmp.Compare(x.At.UnixMicro(), y.At.UnixMicro()) })
}

// csvHeader and csvRow are the payments as a spreadsheet has them.
var csvHeader = []string{
	"imp_uid", "merchant_uid", "status", "amount", "cancel_amount", "currency", "tax_free", "pg_provider", "pg_id", "pg_tid", "pay_method", "emb_pg_provider",
	"channel", "sandbox", "escrow", "name", "started_at", "paid_at", "failed_at", "cancelled_at", "fail_reason", "cancel_reason", "apply_num",
	"card_code", "card_publisher_code", "card_number", "card_quota", "bank_code", "vbank_code", "vbank_num", "vbank_date", "buyer_name", "buyer_email",
	"buyer_tel", "buyer_addr", "buyer_postcode", "custom_data", "receipt_url", "cash_receipt_issued", "customer_uid", "customer_uid_usage",
}

func csvRow(p pay.Payment) []string {
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(kst()).Format(time.DateTime)
	}
	from := "api"
	if p.Source == pay.SourceWindow {
		from = map[bool]string{false: "pc", true: "mobile"}[p.Mobile]
	}
	card, bank, account := pay.Card{}, pay.Bank{}, pay.VirtualAccount{}
	if p.Details.Card != nil {
		card = *p.Details.Card
	}
	if p.Details.Bank != nil {
		bank = *p.Details.Bank
	}
	if p.Details.Account != nil {
		account = *p.Details.Account
	}
	status := map[pay.Status]string{pay.StatusPaid: "paid", pay.StatusPartiallyCancelled: "cancelled", pay.StatusCancelled: "cancelled", pay.StatusFailed: "failed"}[p.Status]
	row := []string{
		string(p.ID), string(p.MerchantUID), cmp.Or(status, "ready"), fmt.Sprint(p.Amount.Total.Minor), fmt.Sprint(p.Cancelled), string(p.Amount.Total.Currency),
		fmt.Sprint(p.Amount.TaxFree), string(p.Provider), p.MID, p.Ref.Key, string(p.Method), p.Details.EasyPay, from, fmt.Sprint(p.Mode != pay.ModeLive),
		fmt.Sprint(p.Escrow), p.Name, at(p.StartedAt), at(p.PaidAt), at(p.FailedAt), at(p.CancelledAt), p.FailReason, p.CancelReason, p.Details.ApprovalNo,
		card.Issuer, card.Acquirer, card.Number, fmt.Sprint(p.Details.Months), bank.Code, account.Bank, account.Number, at(account.Due), p.Buyer.Name, p.Buyer.Email,
		p.Buyer.Tel, p.Buyer.Address, p.Buyer.Postcode, p.Custom, p.Details.ReceiptURL, fmt.Sprint(p.Details.CashReceipt), string(p.CustomerUID), p.CustomerUsage,
	}
	for i, v := range row {
		row[i] = CellText(v)
	}
	return row
}
