package people

// Hashed is how many passwords were hashed so far.
func (d *Directory) Hashed() int64 { return d.hashed.Load() }

// LockFor is how long so many failures lock.
var LockFor = lockFor
