package people

import "naru/internal/pay"

// SealedAs is what binds the secret of an operator's one-time codes, sealed, to
// its row.
func SealedAs(o pay.OperatorID) string { return "operator:" + string(o) + ":totp" }
