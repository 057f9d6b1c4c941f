package gateway_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"naru/internal/pay"
)

// BenchmarkConfirm is a buyer's return from the window: checked, confirmed at
// the simulator over HTTP, and recorded durably.
func BenchmarkConfirm(b *testing.B) {
	for _, p := range []pay.Provider{pay.TossPayments, pay.TossPay} {
		b.Run(string(p), func(b *testing.B) {
			r := newRig(b, "sqlite:"+filepath.Join(b.TempDir(), "naru.db"))
			visits := make([]*visit, 0, b.N)
			for i := range b.N {
				visits = append(visits, r.open(r.request(p, fmt.Sprint("o", i))).agree(""))
			}
			b.ResetTimer()
			for _, v := range visits {
				if _, err := v.finish(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
