package notify

// State is how a process's endpoints fare.
type State struct {
	UnderWay int // messages that are being sent
	Lanes    int // endpoints of which something is known
	Failing  int // of them, that get one message at a time until one goes well
}

// State tells how this process's endpoints fare.
func (n *Notifier) State() State {
	n.lanes.mu.Lock()
	defer n.lanes.mu.Unlock()
	out := State{UnderWay: n.lanes.total, Lanes: len(n.lanes.of)}
	for _, one := range n.lanes.of {
		if one.failures >= failuresTolerated {
			out.Failing++
		}
	}
	return out
}
