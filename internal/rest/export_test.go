package rest

import "net/http"

// BothWays fills plain in the short way, which may not be done, and whole by
// mapstructure, from the same request.
func BothWays(r *http.Request, plain, whole any) (done bool, unused [2]int, err error) {
	values, err := valuesOf(r, true)
	if err != nil {
		return false, unused, err
	}
	unused[0], done = bindPlain(values, plain)
	unused[1], err = bindAny(values, whole)
	return done, unused, err
}

// Remembered is how many addresses are remembered.
func (l *Limits) Remembered() (n int) {
	for i := range l.addresses.shards {
		n += len(l.addresses.shards[i].full)
	}
	return n
}
