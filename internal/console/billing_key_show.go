package console

import (
	"errors"
	"net/http"
	"strconv"

	"naru/internal/gateway"
	"naru/internal/pay"
	"naru/internal/store"
)

// mostOfKey is how many keys, payments and schedules a key's page shows.
const mostOfKey = 20

type billingKeyShowBody struct {
	UID               pay.CustomerUID
	Key               pay.BillingKey // the one in use, or the newest
	Active            bool
	Channel           *pay.Channel
	Earlier           []pay.BillingKey
	Payments          []billedPayment
	MorePayments      int
	Schedules         []scheduleRow
	Booked            int
	Problem           string
	DeletePath, Book  string
	AllSchedules      string
	DeleteWords       string
	ProviderCanRevoke bool
}

type billedPayment struct {
	pay.Payment
	Href string
}

// billingKeyShow is /billing-keys/{customer_uid}.
func (c *Console) billingKeyShow(v *visit) error { return c.billingKeyPage(v, http.StatusOK, "") }

func (c *Console) billingKeyPage(v *visit, status int, problem string) error {
	ctx, uid := v.r.Context(), pay.CustomerUID(v.param("customer_uid"))
	b := billingKeyShowBody{UID: uid, Problem: problem, DeletePath: c.billingKeyPath(uid, "/delete"), Book: c.path("/schedules/new", "customer_uid", string(uid)),
		AllSchedules: c.path("/schedules", "search", string(uid), "field", string(store.BillingCustomer), "period", "all")}
	err := c.store.Read(ctx, func(tx *store.Tx) error {
		keys, err := tx.KeysOfCustomerUID(ctx, v.Store.ID, uid, mostOfKey)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			return store.ErrNotFound
		}
		b.Key = keys[0]
		for _, k := range keys {
			if k.Status == pay.KeyActive {
				b.Key, b.Active = k, true
			}
		}
		for _, k := range keys {
			if k.ID != b.Key.ID {
				b.Earlier = append(b.Earlier, k)
			}
		}
		if ch, err := tx.Channel(ctx, v.Store.ID, b.Key.Channel); err == nil {
			b.Channel = &ch
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		b.Booked, err = tx.CountSchedules(ctx, v.Store.ID, store.ScheduleFilter{CustomerUID: uid, Statuses: []pay.ScheduleStatus{pay.ScheduleBooked, pay.ScheduleRunning}})
		return err
	})
	if err != nil {
		return err
	}
	if err := c.billingKeyUses(v, &b); err != nil {
		return err
	}
	b.DeleteWords = v.deleteWords(b.Booked)
	return v.renderStatus(status, "billing_key_show", v.t("빌링키 ", "Billing key ")+string(uid), b)
}

// billingKeyUses are the payments and the schedules of a customer_uid, the newest first.
func (c *Console) billingKeyUses(v *visit, b *billingKeyShowBody) error {
	payments, total, err := c.gateway.KeyPayments(v.r.Context(), v.Store.ID, b.UID, 1, mostOfKey)
	if err != nil {
		return err
	}
	b.MorePayments = total - len(payments)
	for _, p := range payments {
		b.Payments = append(b.Payments, billedPayment{p, c.paymentPath(p.ID)})
	}
	found, _, err := c.gateway.FindSchedules(v.r.Context(), v.Store.ID, store.ScheduleFilter{CustomerUID: b.UID, Limit: mostOfKey})
	for _, s := range found {
		b.Schedules = append(b.Schedules, c.scheduleRow(s))
	}
	return err
}

// deleteWords say exactly what deleting does (gateway.DeleteKey).
func (v *visit) deleteWords(booked int) string {
	text := v.t("이 빌링키를 삭제하면 곧바로 결제에 쓸 수 없고, 되돌릴 수 없습니다. 결제사가 지원하면 결제사에서도 해지합니다.",
		"Once deleted, this billing key charges nothing any more, and cannot be brought back. It is revoked at the provider where that can be done.")
	if booked > 0 {
		n := thousands(strconv.Itoa(booked))
		text += "\n\n" + v.t("이 고객에게 예약된 결제 "+n+"건은 취소되지 않고 남습니다. 예약 시각이 되면 결제에 실패합니다. 그 전에 같은 customer_uid로 빌링키를 새로 발급하면 새 빌링키로 결제됩니다.",
			"The "+n+" charges booked for this customer are not revoked: each fails when it is due. If a new key is issued for the same customer_uid before, that one is charged.")
	}
	return text
}

// billingKeyDelete is the button of a key's page.
func (c *Console) billingKeyDelete(v *visit) error {
	uid := pay.CustomerUID(v.param("customer_uid"))
	_, err := c.gateway.DeleteKey(v.r.Context(), v.Store.ID, uid)
	if errors.Is(err, gateway.ErrNoBillingKey) {
		return c.billingKeyPage(v, http.StatusUnprocessableEntity, v.t("사용 중인 빌링키가 없습니다. 이미 삭제되었습니다.", "There is no key in use: it was deleted before."))
	}
	if err != nil {
		return err
	}
	return v.done(c.billingKeyPath(uid), "빌링키를 삭제했습니다. 이제 이 빌링키로는 결제되지 않습니다.", "The billing key is deleted: nothing charges it any more.")
}
