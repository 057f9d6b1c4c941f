package gateway

// FindingKind says what is wrong. docs/verify.md has each with what to do.
type FindingKind string

// What is wrong with the books themselves.
const (
	FindCancelledSum      FindingKind = "cancelled_sum"
	FindStatusMoney       FindingKind = "status_money"
	FindMoneyForgotten    FindingKind = "money_forgotten"
	FindReversal          FindingKind = "reversal_without_deposit"
	FindSteps             FindingKind = "steps_broken"
	FindVersion           FindingKind = "version_behind"
	FindTime              FindingKind = "time_missing"
	FindPaidTwice         FindingKind = "order_paid_twice"
	FindOrderFree         FindingKind = "order_not_reserved"
	FindOrderHeld         FindingKind = "order_wrongly_reserved"
	FindAttemptEnded      FindingKind = "attempt_ended"
	FindAttemptForgotten  FindingKind = "attempt_forgotten"
	FindAttemptResult     FindingKind = "attempt_without_result"
	FindConfirmingAlone   FindingKind = "confirming_alone"
	FindMovementAttempt   FindingKind = "movement_without_attempt"
	FindMovementAmount    FindingKind = "movement_amount"
	FindNoProviderKey     FindingKind = "provider_key_missing"
	FindDelivery          FindingKind = "delivery_forgotten"
	FindChannel           FindingKind = "channel_unknown"
	FindChannelUnreadable FindingKind = "channel_unreadable"
	FindMerchant          FindingKind = "merchant_unknown"
	FindSchedulePayment   FindingKind = "schedule_payment"
	FindScheduleForgotten FindingKind = "schedule_forgotten"
	FindKeyTwice          FindingKind = "billing_key_twice"
	FindKeyUnreadable     FindingKind = "billing_key_unreadable"
	FindKeyForgotten      FindingKind = "billing_key_forgotten"
	FindReceipt           FindingKind = "receipt_incomplete"
	FindReceiptForgotten  FindingKind = "receipt_forgotten"
	FindPaymentUnknown    FindingKind = "payment_unknown"
)

// What a provider says otherwise when it is asked about a payment.
const (
	FindProviderUnknown FindingKind = "provider_knows_nothing"
	FindProviderLacks   FindingKind = "provider_lacks_movement"
	FindBooksLack       FindingKind = "books_lack_movement"
	FindProviderAmount  FindingKind = "provider_amount"
	FindProviderState   FindingKind = "provider_state"
)

// What a provider's lists of a day say otherwise.
const (
	FindListLacks       FindingKind = "list_lacks_movement"
	FindListUnexpected  FindingKind = "list_has_unexpected"
	FindListAmount      FindingKind = "list_amount"
	FindListUnknown     FindingKind = "list_has_unknown_payment"
	FindListForeign     FindingKind = "list_has_foreign_orders"
	FindListUnread      FindingKind = "list_unread"
	FindSettledAmount   FindingKind = "settlement_amount"
	FindSettlementLacks FindingKind = "settlement_missing"
)

// FindingWords is what a person is told of a kind.
type FindingWords struct {
	Kind  FindingKind
	Money bool   // sums differ: an alarm is raised
	What  string // what is wrong
	Do    string // what to do
}

const (
	doSync   = "Ask the provider and learn its answer: naru verify --provider --sync. If it stays, look the payment up at the provider."
	doReport = "Money is not affected by this alone. Nothing but Naru writes here: find out who changed the database, and report it if nobody did."
	doJob    = "Restart naru and verify again. If it stays, a row of jobs was removed by hand: settle it at the provider, then report it."
)

// FindingKinds is every kind, in the order of docs/verify.md.
func FindingKinds() []FindingWords {
	return []FindingWords{
		{FindCancelledSum, true, "The cancelled amount is not the sum of the cancels.", "Trust the movements: compare them with the provider (naru verify --provider), then find out who changed the row."},
		{FindStatusMoney, true, "The money that moved is not what the status says.", doSync},
		{FindMoneyForgotten, true, "A failed payment holds money, and nothing is about to give it back.", "Cancel it at the provider, then naru verify --provider --sync."},
		{FindReversal, true, "A deposit was taken back that never came.", doSync},
		{FindPaidTwice, true, "Two payments of one order are paid.", "Give one of them back."},
		{FindMovementAmount, true, "A movement is of another amount than the call that made it.", "Look the payment up at the provider: what was asked for and what was done differ."},
		{FindAttemptResult, true, "A call succeeded, and the money that it moved is not on the books.", doSync},
		{FindSteps, false, "The history of steps is not one the table of states allows.", doReport},
		{FindVersion, false, "The version is behind the steps.", doReport},
		{FindTime, false, "A time is missing that the status needs.", doReport},
		{FindOrderFree, false, "A payment does not hold its order number, so that the order could be paid again.", doReport},
		{FindOrderHeld, false, "An order number is held by a payment that may not hold it: the order cannot be paid.", doReport},
		{FindAttemptEnded, false, "A call has ended and is open, or the reverse.", doReport},
		{FindAttemptForgotten, false, "The outcome of a call is not known, and nobody asks for it.", doJob},
		{FindConfirmingAlone, false, "A payment is being confirmed, and no call of it is open.", doSync},
		{FindMovementAttempt, false, "A movement names a call that is not there, or one that was refused.", doReport},
		{FindNoProviderKey, false, "A paid payment lacks the provider's name for it, without which it cannot be cancelled.", doSync},
		{FindDelivery, false, "A webhook waits, and nothing sends it.", doJob},
		{FindChannel, false, "The channel is not one of the merchant's.", "Register the channel again under the same key (naru channel add --key …)."},
		{FindChannelUnreadable, false, "A channel's credentials do not open.", "Is the master key the database's own? Otherwise register the credentials again."},
		{FindMerchant, false, "Rows belong to a merchant that is not there.", doReport},
		{FindPaymentUnknown, false, "A row is about a payment that is not there.", doReport},
		{FindSchedulePayment, false, "A schedule and its charge contradict each other.", doReport},
		{FindScheduleForgotten, false, "A charge is booked, and nothing will make it.", doJob},
		{FindKeyTwice, false, "A customer_uid means two billing keys.", "Delete the customer_uid and have a key issued again."},
		{FindKeyUnreadable, false, "A billing key is in use and cannot be opened.", "Is the master key the database's own? Otherwise have the key issued again."},
		{FindKeyForgotten, false, "A billing key is being issued, and nobody asks for it.", doJob},
		{FindReceipt, false, "A cash receipt was issued and lacks the provider's name for it.", "Look it up at the provider."},
		{FindReceiptForgotten, false, "The outcome of a cash receipt is not known, and nobody asks for it.", doJob},

		{FindProviderUnknown, true, "The provider knows no such payment, and the books hold money of it.", "Was the channel given to another MID, or the database restored elsewhere? Look the payment up at the provider."},
		{FindProviderLacks, true, "A movement on the books is not with the provider.", "Look the payment up at the provider."},
		{FindBooksLack, true, "The provider has a movement that the books lack.", doSync},
		{FindProviderAmount, true, "The provider has another amount for a movement.", "Look the payment up at the provider."},
		{FindProviderState, false, "The provider's state does not fit the status.", doSync},

		{FindListLacks, true, "A movement on the books is not in the provider's list.", "Run naru reconcile again tomorrow, since lists may be late. If it stays, look the payment up at the provider."},
		{FindListUnexpected, true, "The provider's list has a movement of a payment that the books lack, even after asking.", "Look the payment up at the provider."},
		{FindListAmount, true, "The provider's list has another amount for a movement.", "Look the payment up at the provider."},
		{FindListUnknown, true, "The provider's list has a payment with a number of ours that the books do not know.", "Was the database restored from a backup? The money was taken: look it up at the provider and give it back or book it."},
		{FindListForeign, false, "The provider's list has orders that were not made through Naru.", "Nothing, if the MID is used elsewhere as well."},
		{FindListUnread, false, "The provider's list of a day could not be had.", "Run naru reconcile --day … by hand."},
		{FindSettledAmount, true, "A settlement is of another amount than its movement.", "Ask the provider's settlement desk."},
		{FindSettlementLacks, false, "A movement is not settled a week later, and others of its day are.", "Ask the provider's settlement desk."},
	}
}

// Words is what a person is told of the kind.
func (k FindingKind) Words() FindingWords {
	for _, w := range FindingKinds() {
		if w.Kind == k {
			return w
		}
	}
	return FindingWords{Kind: k}
}
