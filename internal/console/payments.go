package console

import "naru/internal/pay"

func (c *Console) paymentRoutes() []route {
	return []route{
		get("/payments", pay.SeePayments, c.listPayments),
		get("/payments/export", pay.Export, c.askExport),
		post("/payments/export", pay.Export, c.exportPayments),
		post("/payments/views", pay.SeePayments, c.putView),
		post("/payments/views/delete", pay.SeePayments, c.deleteView),
		get("/payments/{imp_uid}", pay.SeePayments, c.showPayment),
		get("/payments/{imp_uid}/cancel", pay.ActPayments, c.askCancel),
		post("/payments/{imp_uid}/cancel", pay.ActPayments, c.cancelPayment),
		post("/payments/{imp_uid}/sync", pay.ActPayments, c.syncPayment),
		get("/payments/{imp_uid}/revoke", pay.ActPayments, c.askRevoke),
		post("/payments/{imp_uid}/revoke", pay.ActPayments, c.revokePayment),
		post("/payments/{imp_uid}/deposit", pay.ActPayments, c.depositPayment),
		post("/payments/{imp_uid}/resend", pay.ActPayments, c.resendOfPayment),
		get("/payments/{imp_uid}/receipt", pay.ActPayments, c.askPaymentReceipt),
		post("/payments/{imp_uid}/receipt", pay.ActPayments, c.issuePaymentReceipt),
	}
}
