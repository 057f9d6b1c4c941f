package rest

// Remembered is how many addresses are remembered.
func (l *Limits) Remembered() (n int) {
	for i := range l.addresses.shards {
		n += len(l.addresses.shards[i].full)
	}
	return n
}
