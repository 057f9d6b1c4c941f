package main

// cli is the command line. A command's flags stand beside its code.
type cli struct {
	Dev      devCmd      `cmd:"" help:"Start everything on this machine: gateway, sandbox and demo shop. No account needed."`
	Serve    serveCmd    `cmd:"" help:"Run the gateway in production."`
	Sandbox  sandboxCmd  `cmd:"" help:"Run the providers' stand-ins alone."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the database up to date."`
	Config   configCmds  `cmd:"" help:"Look at the configuration."`
	Merchant merchantCmd `cmd:"" help:"Merchants: add, list, show, set."`
	Key      keyCmd      `cmd:"" help:"REST API keys: add, list, rename, reissue, revoke."`
	Channel  channelCmd  `cmd:"" help:"Contracts with providers: add, list, show, set, check, disable, enable."`
	Tier     tierCmd     `cmd:"" help:"Sub-stores of a merchant: add, list, set."`

	Operator operatorCmd `cmd:"" help:"People of the console: add, link, list, set, grant, revoke, disable, enable, sessions, sign-out."`
	Audit    auditCmd    `cmd:"" help:"What people changed: list."`

	Payment    paymentCmd    `cmd:"" help:"Payments: show, list, export, cancel, revoke, sync."`
	Receipt    receiptCmd    `cmd:"" help:"Cash receipts: list, show, issue, cancel."`
	Delivery   deliveryCmd   `cmd:"" help:"Webhooks to merchants: list, show, resend."`
	BillingKey billingKeyCmd `cmd:"" help:"Billing keys: list, show, delete, import those issued elsewhere."`
	Schedule   scheduleCmd   `cmd:"" help:"Booked charges of billing keys: list, show, add, move, revoke, retry, rebook, recovery."`
	Webhook    webhookCmd    `cmd:"" help:"A merchant's webhook address: test."`

	Import importCmd `cmd:"" help:"Bring payments and billing keys from elsewhere: payments, billing-keys, mapping."`
	Export exportCmd `cmd:"" help:"Write everything of a merchant to files: nobody is locked in."`

	Erase   eraseCmd   `cmd:"" help:"Take a buyer's personal fields out of the books."`
	Backup  backupCmd  `cmd:"" help:"Write the database into a file, also while the gateway runs (SQLite)."`
	Restore restoreCmd `cmd:"" help:"Put a backup in place, and hold what may have been done already."`
	Vault   vaultCmd   `cmd:"" help:"The keys that secrets are sealed with: rotate, status."`

	Status    statusCmd    `cmd:"" help:"How the installation does: nodes, queue, database, providers, nights."`
	Alarm     alarmCmd     `cmd:"" help:"What waits for a person: list, ask, close."`
	Follow    followCmd    `cmd:"" help:"Bring what the console searches and sums to the end of the books, or make it anew."`
	Verify    verifyCmd    `cmd:"" help:"Check the books against themselves and, with --provider, against the providers."`
	Reconcile reconcileCmd `cmd:"" help:"Hold a day against a provider's lists of transactions and settlements."`

	Clock   clockCmd   `cmd:"" help:"The clock of a running naru dev: show, freeze, thaw, advance, set."`
	Version versionCmd `cmd:"" help:"Say what this program is."`
}

type configCmds struct {
	Check configCheckCmd `cmd:"" help:"List everything that is wrong with the configuration."`
	Print configPrintCmd `cmd:"" help:"Show each setting, secrets masked, and where it came from."`
}

type merchantCmd struct {
	Add  merchantAddCmd  `cmd:"" help:"Register a merchant."`
	Set  merchantSetCmd  `cmd:"" help:"Change a merchant's settings."`
	List merchantListCmd `cmd:"" help:"List merchants."`
	Show merchantShowCmd `cmd:"" help:"Show a merchant and its settings."`

	WebhookSecret webhookSecretCmd `cmd:"" help:"What a merchant's webhooks are signed with: show-once, rotate."`
}

type keyCmd struct {
	Add     keyAddCmd     `cmd:"" help:"Make a REST API key. The secret is shown once."`
	List    keyListCmd    `cmd:"" help:"List a merchant's keys, and when each was last used."`
	Rename  keyRenameCmd  `cmd:"" help:"Give a key another name."`
	Reissue keyReissueCmd `cmd:"" help:"Make a new secret for a key. It is shown once; the one of before may work a while longer."`
	Revoke  keyRevokeCmd  `cmd:"" help:"End a key and its tokens."`
}

type channelCmd struct {
	Add     channelAddCmd     `cmd:"" help:"Register a contract with a provider."`
	List    channelListCmd    `cmd:"" help:"List a merchant's channels."`
	Show    channelShowCmd    `cmd:"" help:"Show a channel, and where its provider sends notices."`
	Set     channelSetCmd     `cmd:"" help:"Change a channel; the next call uses it."`
	Check   channelCheckCmd   `cmd:"" help:"Ask the provider, harmlessly, whether the channel's keys are good."`
	Disable channelDisableCmd `cmd:"" help:"Begin nothing new on a channel. What was begun is finished."`
	Enable  channelEnableCmd  `cmd:"" help:"Use a channel again."`
}

type tierCmd struct {
	Add  tierAddCmd  `cmd:"" help:"Register a sub-store."`
	List tierListCmd `cmd:"" help:"List a merchant's sub-stores."`
	Set  tierSetCmd  `cmd:"" help:"Give a sub-store another name."`
}

type billingKeyCmd struct {
	List   billingKeyListCmd   `cmd:"" help:"List billing keys, newest first."`
	Show   billingKeyShowCmd   `cmd:"" help:"Show the billing key of a customer_uid, and those before it."`
	Delete billingKeyDeleteCmd `cmd:"" help:"End a billing key: nothing charges it any more. Charges that are booked stay, and fail when due."`
	Import billingKeyImportCmd `cmd:"" help:"Take over a billing key that was issued elsewhere for the same contract."`
}

type clockCmd struct {
	Show    clockShowCmd    `cmd:"" default:"withargs" help:"Show the clock and what is planned (the default)."`
	Freeze  clockFreezeCmd  `cmd:"" help:"Hold the clock."`
	Thaw    clockThawCmd    `cmd:"" help:"Let a held clock go on."`
	Advance clockAdvanceCmd `cmd:"" help:"Move the clock on, and wait until everything that became due has run."`
	Set     clockSetCmd     `cmd:"" help:"Move the clock on to a time, likewise."`
}

func newCLI() *cli {
	return &cli{
		Serve:    serveCmd{settings: newSettings()},
		Migrate:  migrateCmd{settings: newSettings("db")},
		Config:   configCmds{Check: configCheckCmd{newSettings()}, Print: configPrintCmd{newSettings()}},
		Merchant: merchantCmd{Add: merchantAddCmd{books: newBooks()}, Set: merchantSetCmd{books: newBooks()}, List: merchantListCmd{books: newBooks()}, Show: merchantShowCmd{books: newBooks()}, WebhookSecret: newWebhookSecretCmd()},
		Key:      newKeyCmd(),
		Channel:  newChannelCmd(),
		Tier:     tierCmd{Add: tierAddCmd{books: newBooks()}, List: tierListCmd{books: newBooks()}, Set: tierSetCmd{books: newBooks()}},

		Operator: newOperatorCmd(),
		Payment:  newPaymentCmd(),
		Receipt:  newReceiptCmd(),
		Audit:    newAuditCmd(),
		Delivery: newDeliveryCmd(),
		Webhook:  newWebhookCmd(),
		Status:   statusCmd{books: newBooks()},
		Follow:   followCmd{books: newBooks()},
		Verify:   verifyCmd{books: newBooks()}, Reconcile: reconcileCmd{books: newBooks()},

		BillingKey: billingKeyCmd{List: billingKeyListCmd{books: newBooks()}, Show: billingKeyShowCmd{books: newBooks()}, Delete: billingKeyDeleteCmd{books: newBooks()}, Import: billingKeyImportCmd{books: newBooks()}},
		Schedule:   newScheduleCmd(),
		Alarm:      newAlarmCmd(),
		Import:     newImportCmd(),
		Export:     exportCmd{books: newBooks()},
		Erase:      eraseCmd{books: newBooks()},
		Backup:     backupCmd{settings: newSettings("db")},
		Restore:    restoreCmd{books: newBooks()},
		Vault:      newVaultCmd(),
	}
}
