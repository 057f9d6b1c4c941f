package tosspayments

import "encoding/json"

// sheet is what a window of one pay method shows and takes. It is made when the
// window's parameters are read and does not change.
type sheet interface {
	// page is the template of the screens and what it needs.
	page(s *Simulator, w *window) (name string, view any)
	// take checks the buyer's choices, the body of the act, and gives what they
	// mean for the payment once it is authenticated. It changes nothing.
	take(s *Simulator, w *window, choices json.RawMessage) (func(*payment), error)
}

// refuser is a sheet that refuses to open, because of what the shop has with
// the provider. Of the window its shop is set, its payment is not.
type refuser interface {
	refused(s *Simulator, w *window, o order) error
}
