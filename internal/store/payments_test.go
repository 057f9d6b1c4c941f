package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"naru/internal/pay"
	"naru/internal/store"
)

// full is a payment with something in every field.
func full(id pay.PaymentID) pay.Payment {
	vat := int64(91)
	return pay.Payment{
		Merchant: shop, ID: id, MerchantUID: "주문-1", Channel: "channel-key-1", Provider: pay.TossPay, MID: "tosstest",
		Mode: pay.ModeTest, Source: pay.SourceSchedule, Mobile: true, Status: pay.StatusCreated, Version: 7,
		Method: pay.MethodTossPay, Name: "이름", Amount: pay.Breakdown{Total: pay.Won(1000), TaxFree: 100, VAT: &vat},
		Buyer:  pay.Buyer{Name: "홍길동", Email: "a@example.com", Tel: "010", Address: "서울", Postcode: "00000"},
		Custom: `{"a":1}`, Escrow: true, UserAgent: "agent", CustomerUID: "customer", CustomerUsage: "payment.scheduled",
		Ref:      pay.Ref{Order: "order", Key: "key", Data: []byte{0, 1, 255}},
		Details:  pay.Details{Card: &pay.Card{Issuer: "361", Number: "5365-10**"}, Account: &pay.VirtualAccount{Bank: "004", Due: noon}},
		Notify:   pay.Notify{URLs: []string{"https://a.example/1", "https://a.example/2"}, ConfirmURL: "https://a.example/c"},
		FailCode: "F1", FailReason: "사유", CancelReason: "취소",
		StartedAt: noon.Add(-time.Hour), PaidAt: noon.Add(-2 * time.Minute), FailedAt: noon.Add(-time.Minute), CancelledAt: noon,
	}
}

func same(t testing.TB, want, got pay.Payment) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("payment differs (- wanted, + is):\n%s", diff)
	}
}

func TestPaymentComesBackAsItWas(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		want := full("imp_1")
		f.insert(t, want)
		want.UpdatedAt = noon
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.Payment(ctx, shop, "imp_1")
			same(t, want, got)
			if err != nil {
				return err
			}
			got, err = tx.PaymentByID(ctx, "imp_1")
			same(t, want, got)
			if _, err := tx.Payment(ctx, "other", "imp_1"); !isNotFound(err) {
				t.Errorf("another merchant finds it: %v", err)
			}
			return err
		})
	})
}

func TestPaymentIDIsTakenForAllMerchants(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.insert(t, payment("imp_1", "a"))
		other := payment("imp_1", "b")
		other.Merchant = "other"
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.InsertPayment(ctx, other); !errors.Is(err, store.ErrExists) {
				t.Errorf("taken id: %v", err)
			}
			return tx.InsertPayment(ctx, payment("imp_2", "b")) // and the transaction goes on
		})
	})
}

func TestEveryChangeIsWrittenByBothWays(t *testing.T) {
	change := func(p pay.Payment) pay.Payment {
		q := full(p.ID)
		q.MerchantUID, q.Source, q.StartedAt = p.MerchantUID, p.Source, p.StartedAt // these never change
		q.Status, q.Version, q.Cancelled = p.Status, p.Version, 999                 // and the store keeps these
		return q
	}
	for name, write := range map[string]func(context.Context, *store.Tx, pay.Payment) (pay.Payment, error){
		"update": func(ctx context.Context, tx *store.Tx, p pay.Payment) (pay.Payment, error) {
			return tx.UpdatePayment(ctx, p)
		},
		"step": func(ctx context.Context, tx *store.Tx, p pay.Payment) (pay.Payment, error) {
			return tx.StepPayment(ctx, p, pay.EvApproved, "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, f fixture) {
				p := payment("imp_1", "order")
				p.StartedAt = noon.Add(-time.Minute)
				f.insert(t, p)
				now := f.clock.Add(time.Second)
				want := change(p)
				want.Version, want.Cancelled, want.UpdatedAt = 1, 0, now
				if name == "step" {
					want.Status = pay.StatusPaid
				}
				f.write(t, func(ctx context.Context, tx *store.Tx) error {
					got, err := write(ctx, tx, change(p))
					if err != nil {
						return err
					}
					same(t, want, got)
					got, err = tx.Payment(ctx, shop, "imp_1")
					same(t, want, got)
					return err
				})
			})
		})
	}
}

func TestStepFollowsTheTable(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		p := f.inserted(t, payment("imp_1", "order"), pay.EvConfirmStarted)
		f.clock.Add(time.Minute)
		p = f.step(t, p.ID, pay.EvApproved)
		if p.Status != pay.StatusPaid || p.Version != 2 || !p.PaidAt.Equal(noon.Add(time.Minute)) || !p.UpdatedAt.Equal(p.PaidAt) {
			t.Errorf("after two steps: %+v", p)
		}
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.StepPayment(ctx, p, pay.EvAccountIssued, ""); !errors.Is(err, pay.ErrNoStep) {
				t.Errorf("an event that is not in the table: %v", err)
			}
			p.CancelledAt = noon.Add(30 * time.Second) // the provider's word goes before ours
			p, err := tx.StepPayment(ctx, p, pay.EvFullyCancelled, "마음이 바뀜")
			if err == nil && !p.CancelledAt.Equal(noon.Add(30*time.Second)) {
				t.Errorf("cancelled at %v", p.CancelledAt)
			}
			return err
		})
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.Steps(ctx, shop, "imp_1")
			want := []store.StepRow{
				{1, pay.StatusCreated, pay.EvConfirmStarted, pay.StatusConfirming, "test", noon},
				{2, pay.StatusConfirming, pay.EvApproved, pay.StatusPaid, "test", noon.Add(time.Minute)},
				{3, pay.StatusPaid, pay.EvFullyCancelled, pay.StatusCancelled, "마음이 바뀜", noon.Add(time.Minute)},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
	})
}

func TestStaleChangeIsAConflict(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		stale := f.inserted(t, payment("imp_1", "order"), pay.EvConfirmStarted)
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.UpdatePayment(ctx, stale)
			return err
		})
		wrong := stale
		wrong.Version, wrong.Status = stale.Version+1, pay.StatusCreated
		absent := payment("imp_none", "order")
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			for what, p := range map[string]pay.Payment{"version": stale, "status": wrong, "absent": absent} {
				if _, err := tx.UpdatePayment(ctx, p); !errors.Is(err, store.ErrConflict) {
					t.Errorf("update, %s: %v", what, err)
				}
				if _, err := tx.StepPayment(ctx, p, pay.EvApproved, ""); !errors.Is(err, store.ErrConflict) {
					t.Errorf("step, %s: %v", what, err)
				}
			}
			steps, err := tx.Steps(ctx, shop, "imp_1")
			if len(steps) != 1 {
				t.Errorf("steps: %v", steps)
			}
			return err
		})
	})
}

func TestOfManyWhoStepOneWins(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.insert(t, payment("imp_1", "order"))
		var p pay.Payment
		f.read(t, func(ctx context.Context, tx *store.Tx) (err error) {
			p, err = tx.Payment(ctx, shop, "imp_1")
			return err
		})
		var won, lost atomic.Int64
		ctx := t.Context()
		together(30, func(int) {
			err := f.Write(ctx, func(tx *store.Tx) error {
				_, err := tx.StepPayment(ctx, p, pay.EvApproved, "")
				return err
			})
			switch {
			case err == nil:
				won.Add(1)
			case errors.Is(err, store.ErrConflict):
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
		if won.Load() != 1 || lost.Load() != 29 {
			t.Errorf("%d won, %d lost", won.Load(), lost.Load())
		}
	})
}

func TestOrderIsPaidOnce(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.inserted(t, payment("imp_1", "order"), pay.EvApproved, pay.EvPartlyCancelled)
		f.inserted(t, payment("imp_other", "another order"), pay.EvApproved)
		second := f.inserted(t, payment("imp_2", "order"), pay.EvConfirmStarted)
		twice := func(state string) {
			f.write(t, func(ctx context.Context, tx *store.Tx) error {
				if _, err := tx.StepPayment(ctx, second, pay.EvApproved, ""); !errors.Is(err, store.ErrPaidTwice) {
					t.Errorf("while the first is %s: %v", state, err)
				}
				// The transaction goes on: money is to be given back and somebody told.
				return tx.AddAlarm(ctx, store.Alarm{ID: state, Merchant: shop, Payment: second.ID, Kind: "paid_twice"})
			})
			paid := payment("imp_3", "order")
			paid.Status, paid.PaidAt = pay.StatusPaid, noon
			f.write(t, func(ctx context.Context, tx *store.Tx) error {
				if err := tx.InsertPayment(ctx, paid); !errors.Is(err, store.ErrPaidTwice) {
					t.Errorf("inserting a paid one while the first is %s: %v", state, err)
				}
				return nil
			})
		}
		twice("partially_cancelled")
		f.step(t, "imp_1", pay.EvFullyCancelled)
		twice("cancelled")
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			alarms, err := tx.ListAlarms(ctx, true)
			if len(alarms) != 2 {
				t.Errorf("alarms: %v", alarms)
			}
			return err
		})
	})
}

func TestOfManyPaymentsOfAnOrderOneIsPaid(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		const n = 12
		for i := range n {
			f.insert(t, payment(numbered[pay.PaymentID]("imp_", i), "order"))
		}
		var won, twice atomic.Int64
		ctx := t.Context()
		together(n, func(i int) {
			err := f.Write(ctx, func(tx *store.Tx) error {
				p, err := tx.Payment(ctx, shop, numbered[pay.PaymentID]("imp_", i))
				if err != nil {
					return err
				}
				_, err = tx.StepPayment(ctx, p, pay.EvApproved, "")
				return err
			})
			switch {
			case err == nil:
				won.Add(1)
			case errors.Is(err, store.ErrPaidTwice):
				twice.Add(1)
			default:
				t.Error(err)
			}
		})
		if won.Load() != 1 || twice.Load() != n-1 {
			t.Errorf("%d were paid, %d refused", won.Load(), twice.Load())
		}
	})
}

// What a bug or a person at the database may type meets a second wall.
func TestDatabaseRefusesImpossiblePayments(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.inserted(t, payment("imp_1", "order"), pay.EvApproved)
		f.insert(t, payment("imp_2", "order"))
		for set, want := range map[string]error{
			`cancelled = 1001`:         store.ErrRule,
			`cancelled = -1`:           store.ErrRule,
			`amount = -1`:              store.ErrRule,
			`tax_free = 1001`:          store.ErrRule,
			`status = 'refunded'`:      store.ErrRule,
			`mode = 'prod'`:            store.ErrRule,
			`name = NULL`:              store.ErrRule,
			`paid_at = 0`:              store.ErrRule,
			`id = 'imp_2'`:             store.ErrExists,
			`status = 'cancelled'`:     nil,
			`merchant_uid = 'another'`: nil,
		} {
			err := f.Write(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Exec(t.Context(), `UPDATE payments SET `+set+` WHERE id = 'imp_1'`)
				return errors.Join(err, errRefused) // undone in any case
			})
			if want != nil && !errors.Is(err, want) || want == nil && (errors.Is(err, store.ErrRule) || errors.Is(err, store.ErrExists)) {
				t.Errorf("%s: %v, want %v", set, err, want)
			}
		}
		err := f.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE payments SET status = 'paid', paid_at = 1 WHERE id = 'imp_2'`)
			return err
		})
		if !errors.Is(err, store.ErrExists) {
			t.Errorf("a second paid payment of an order: %v", err)
		}
	})
}

func TestChildrenNeedTheirPayment(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		for what, add := range map[string]func(*store.Tx) error{
			"attempt":  func(tx *store.Tx) error { return tx.InsertAttempt(ctx, attempt("a", "imp_none", 1)) },
			"movement": func(tx *store.Tx) error { _, err := tx.AddMovement(ctx, cancel("imp_none", "k", 1)); return err },
			"checkout": func(tx *store.Tx) error { return tx.InsertCheckout(ctx, checkout("imp_none")) },
			"try":      func(tx *store.Tx) error { return tx.AddDeliveryTry(ctx, shop, "none", store.DeliveryTry{}) },
			"key":      func(tx *store.Tx) error { return tx.InsertKey(ctx, store.APIKey{Key: "k", Merchant: "none"}) },
			"token":    func(tx *store.Tx) error { return tx.PutToken(ctx, store.Token{Key: "none", Merchant: shop}) },
		} {
			if err := f.Write(ctx, add); !isNotFound(err) {
				t.Errorf("%s of nothing: %v", what, err)
			}
		}
	})
}

func TestTextOfAnyBytesIsStoredAndFound(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		p := payment("imp_1", "a\x00b\xff")
		p.Name, p.UserAgent, p.Buyer.Name = "\x00", "\xf0\x28", "a\x00\xff"
		f.insert(t, p)
		f.read(t, func(ctx context.Context, tx *store.Tx) error {
			for _, uid := range []pay.MerchantUID{"a\x00b\xff", "a\uFFFDb\uFFFD"} {
				ps, err := tx.NewestPayments(ctx, shop, []pay.MerchantUID{uid})
				if err != nil {
					return err
				}
				if len(ps) != 1 || ps[0].Name != "\uFFFD" || ps[0].UserAgent != "\uFFFD(" {
					t.Errorf("found %+v by %q", ps, uid)
				}
			}
			return nil
		})
	})
}

func TestSecretIsNotStored(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		err := f.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE merchants SET name = $1`, pay.Secret("hunter2"))
			return err
		})
		if !errors.Is(err, pay.ErrSecretUnsealed) || strings.Contains(fmt.Sprint(err), "hunter2") {
			t.Errorf("an unsealed secret: %v", err)
		}
	})
}
