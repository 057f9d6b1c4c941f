package jobs

// Running is how many jobs run now, by kind.
func (r *Runner) Running() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]int{}
	for l, n := range r.busyOf {
		if l.lane == "" && n > 0 {
			out[l.kind] = n
		}
	}
	return out
}
