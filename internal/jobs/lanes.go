package jobs

import (
	"context"

	"naru/internal/store"
)

// mostLanes is of how many lanes with room one look takes jobs.
const mostLanes = 256

// leaseLanes leases due jobs of kinds that have lanes, of each lane as many as may
// run beside what was leased already. Full are the lanes that were taken to their
// limit; more tells that there may be lanes that were not looked at, and room.
func (r *Runner) leaseLanes(ctx context.Context, tx *store.Tx, room map[string]int, leased []store.Job) (jobs []store.Job, full []line, more bool, err error) {
	for kind := range r.lanes {
		left := room[kind]
		for _, j := range leased {
			if j.Kind == kind {
				left--
			}
		}
		if left <= 0 {
			continue
		}
		most, before := mostLanes+r.fullLanes(kind), len(jobs)
		lanes, err := tx.DueLanes(ctx, kind, most)
		if err != nil {
			return nil, nil, false, err
		}
		for _, lane := range lanes {
			of := line{kind, lane}
			n := min(r.laneRoomNow(of), left)
			if n > 0 {
				some, err := tx.LeaseLane(ctx, kind, lane, n, r.lease)
				if err != nil {
					return nil, nil, false, err
				}
				jobs, left = append(jobs, some...), left-len(some)
				if len(some) < n {
					continue
				}
			}
			full = append(full, of)
		}
		more = more || len(lanes) == most && left > 0 && len(jobs) > before
	}
	return jobs, full, more, nil
}

// fullLanes is how many lanes of a kind have no room now.
func (r *Runner) fullLanes(kind string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for of := range r.busyOf {
		if of.kind == kind && of.lane != "" && r.laneRoom(of) == 0 {
			n++
		}
	}
	return n
}

func (r *Runner) laneRoomNow(of line) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.laneRoom(of)
}

// laneRoom is how many more of a lane may run; with Runner.mu.
func (r *Runner) laneRoom(of line) int {
	limit := r.lanes[of.kind]
	if limit == nil {
		return r.limit[of.kind]
	}
	return max(limit(of.lane)-r.busyOf[of], 0)
}
