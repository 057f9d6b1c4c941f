package people

import "naru/internal/pay"

// Hashed is how many passwords were hashed so far.
func (d *Directory) Hashed() int64 { return d.hashed.Load() }

// LockFor is how long so many failures lock.
var LockFor = lockFor

// HoldHashing lets no password be hashed until release is called.
func (d *Directory) HoldHashing() (release func()) {
	for range cap(d.hashing) {
		d.hashing <- struct{}{}
	}
	return func() {
		for range cap(d.hashing) {
			<-d.hashing
		}
	}
}

// Waiting is how many passwords wait to be hashed.
func (d *Directory) Waiting() int64 { return d.queued.Load() }

// UseUp spends every try of an address.
func (d *Directory) UseUp(address string) { d.useUp(guesser(address)) }

// UseUpSignedIn spends every try of an operator who is signed in.
func (d *Directory) UseUpSignedIn(o pay.OperatorID) { d.useUp(signedIn(o)) }

func (d *Directory) useUp(who string) {
	for d.guesses.spend(who, d.now()) {
	}
}
