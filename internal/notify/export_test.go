package notify

import "time"

// FirstTime sets how long a page waits.
func FirstTime(n *Notifier, d time.Duration) { n.firstTime = d }
