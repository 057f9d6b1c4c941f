package console

import (
	"net/http"

	"naru/internal/pay"
	"naru/internal/store"
)

// receiptOf is the cash receipt that the address names.
func (c *Console) receiptOf(v *visit) (r pay.Receipt, err error) {
	err = c.store.Read(v.r.Context(), func(tx *store.Tx) (err error) {
		r, err = tx.Receipt(v.r.Context(), v.Store.ID, pay.ReceiptID(v.param("receipt")))
		return err
	})
	return r, err
}

func (c *Console) showReceipt(v *visit) error {
	r, err := c.receiptOf(v)
	if err != nil {
		return err
	}
	return v.render("receipt_show", v.t("현금영수증", "Cash receipt"), receiptShown{Receipt: r})
}

// receiptShown is a cash receipt's page, and the page that asks before it is
// cancelled.
type receiptShown struct {
	Receipt pay.Receipt
	Wrong   string
}

func (c *Console) askCancelReceipt(v *visit) error {
	r, err := c.receiptOf(v)
	if err != nil {
		return err
	}
	return v.render("receipt_cancel", v.t("현금영수증 취소", "Cancel the cash receipt"), receiptShown{Receipt: r})
}

func (c *Console) cancelReceipt(v *visit) error {
	r, err := c.receiptOf(v)
	if err != nil {
		return err
	}
	if r.Status == pay.ReceiptIssued {
		if r.Payment != "" {
			_, err = c.gateway.CancelReceiptOfPayment(v.r.Context(), v.Store.ID, r.Payment, "")
		} else {
			_, err = c.gateway.CancelReceiptOfOrder(v.r.Context(), v.Store.ID, r.MerchantUID, "")
		}
	} else {
		return v.renderStatus(http.StatusUnprocessableEntity, "receipt_cancel", v.t("현금영수증 취소", "Cancel the cash receipt"), receiptShown{Receipt: r,
			Wrong: v.t("발급 완료 상태가 아니어서 취소할 것이 없습니다.", "It is not in force: there is nothing to cancel.")})
	}
	if err == nil {
		return v.done(c.path("/receipts/"+string(r.ID)), "현금영수증을 취소했습니다.", "The cash receipt was cancelled.")
	}
	return v.receiptRefused(err, r.ID, func(_, text string) error {
		return v.renderStatus(http.StatusUnprocessableEntity, "receipt_cancel", v.t("현금영수증 취소", "Cancel the cash receipt"), receiptShown{Receipt: r, Wrong: text})
	})
}
