package tosspayments

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Shop is a merchant as Toss Payments knows it.
type Shop struct {
	MID       string // 1 to 14 letters, digits, - or _; a test shop's begins with t by custom
	Name      string // what the buyer sees
	ClientKey string // sandbox_ck_, test_ck_ or live_ck_ and 28 letters or digits
	SecretKey string // sandbox_sk_, test_sk_ or live_sk_ and 28 letters or digits

	WebhookURL   string // where PAYMENT_STATUS_CHANGED goes; "" registers none
	DepositURL   string // where DEPOSIT_CALLBACK goes; "" is WebhookURL
	ShortWebhook bool   // webhooks carry paymentKey, orderId and status only, as in mid-2022

	// Version is the date version the shop's keys are set to: "" is 2022-07-27;
	// "1.4" is the numbered version that API-only billing was set to, as far as
	// its differences are documented.
	Version string

	TaxFree       bool // tax-free and mixed shops: taxFreeAmount counts; for others it is taken as 0
	Billing       bool // contracts for automatic payments and for payments by card number
	KeyIn         bool // contract for payments by card number alone
	FixedAccounts bool // contract for virtual accounts that stay with one customer

	// Wallets are the easy-pay services with a contract, by either spelling of
	// "간편결제사 코드" (KAKAOPAY or 카카오페이); nil is all of them.
	Wallets []string
}

type shop struct {
	Shop
	transactions []transaction // oldest first
	nextDecline  string        // code the next confirm is refused with
	queue        []*delivery   // webhooks not yet delivered, oldest first
	sending      bool          // a goroutine sends this shop's webhooks
	receipts     []*cashReceipt
	keyIns       map[string]int // attempts by type of magic card
	promotions   promotions
	switched     map[string]bool // contracts switched at run time, by Korean name
}

var (
	midForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,14}$`)
	keyForm = regexp.MustCompile(`^(sandbox|test|live)_(ck|sk)_[A-Za-z0-9]{28}$`)
)

// AddShop registers a shop, also while the simulator runs. A shop that is
// there with the same keys gets the new settings. The error names the field
// that is wrong and never shows a secret key.
func (s *Simulator) AddShop(in Shop) error {
	if err := in.check(); err != nil {
		return fmt.Errorf("tosspayments sandbox: shop %q: %w", in.MID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.shops[in.MID]
	if old != nil && old.ClientKey == in.ClientKey && old.SecretKey == in.SecretKey {
		old.Shop = in
		return nil
	}
	switch {
	case old != nil:
		return fmt.Errorf("tosspayments sandbox: shop %q: MID is already registered with other keys", in.MID)
	case s.byClient[in.ClientKey] != nil:
		return fmt.Errorf("tosspayments sandbox: shop %q: ClientKey already belongs to %q", in.MID, s.byClient[in.ClientKey].MID)
	case s.bySecret[in.SecretKey] != nil:
		return fmt.Errorf("tosspayments sandbox: shop %q: SecretKey already belongs to %q", in.MID, s.bySecret[in.SecretKey].MID)
	}
	added := &shop{Shop: in, keyIns: map[string]int{}, switched: map[string]bool{}}
	s.shops[in.MID], s.byClient[in.ClientKey], s.bySecret[in.SecretKey] = added, added, added
	return nil
}

func (s Shop) check() error {
	if !midForm.MatchString(s.MID) {
		return fmt.Errorf("MID: must be 1 to 14 letters, digits, - or _")
	}
	client, secret := keyForm.FindStringSubmatch(s.ClientKey), keyForm.FindStringSubmatch(s.SecretKey)
	switch {
	case client == nil || client[2] != "ck":
		return fmt.Errorf("ClientKey: must be sandbox_ck_, test_ck_ or live_ck_ and 28 letters or digits")
	case secret == nil || secret[2] != "sk":
		return fmt.Errorf("SecretKey: must be sandbox_sk_, test_sk_ or live_sk_ and 28 letters or digits")
	case client[1] != secret[1]:
		return fmt.Errorf("ClientKey is a %s key and SecretKey a %s key: a pair is of one kind", client[1], secret[1])
	}
	if s.WebhookURL != "" && !absoluteURL(s.WebhookURL) {
		return fmt.Errorf("WebhookURL %q: must be an absolute http or https URL", s.WebhookURL)
	}
	if s.Version != "" && s.Version != version && s.Version != numbered {
		return fmt.Errorf("field Version %q: must be %s or %s", s.Version, version, numbered)
	}
	if s.DepositURL != "" && !absoluteURL(s.DepositURL) {
		return fmt.Errorf("DepositURL %q: must be an absolute http or https URL", s.DepositURL)
	}
	return checkWallets(s.Wallets)
}

// cardNumbers says whether the shop may take payments by card number.
func (s *shop) cardNumbers() bool { return s.KeyIn || s.Billing }

// test says whether the provider's means for tests work with the shop's keys.
func (s *shop) test() bool {
	return strings.HasPrefix(s.SecretKey, "test_sk_") || strings.HasPrefix(s.SecretKey, "sandbox_sk_")
}

func absoluteURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}
