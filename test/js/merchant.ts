// What a merchant's page does with iamport.js, as TypeScript sees it. Nothing of
// it is run: it compiles, and what is wrong does not.

IMP.init('imp00000000');
window.IMP.agency('imp00000000', 'AB1');

// The samples of V1's two guides, as they stand there.
IMP.request_pay({
  pg: 'tosspayments', merchant_uid: 'order_id_1667634130160', name: '나이키 와플 트레이너 2 SD', pay_method: 'card', escrow: false, amount: '109000',
  tax_free: 3000, buyer_name: '홍길동', buyer_email: 'buyer@example.com', buyer_tel: '02-1670-5176', buyer_addr: '성수이로 20길 16', buyer_postcode: '04783',
  m_redirect_url: 'https://helloworld.com/payments/result', notice_url: 'https://helloworld.com/api/v1/payments/notice',
  confirm_url: 'https://helloworld.com/api/v1/payments/confirm', currency: 'KRW', locale: 'ko', custom_data: { userId: 30930 },
  display: { card_quota: [0, 6] }, appCard: false, useCardPoint: true, bypass: { tosspayments: { useInternationalCardOnly: true } },
}, (response) => {
  if (response.error_code !== undefined) console.warn(response.error_msg);
  else console.log(response.imp_uid, response.merchant_uid);
});
IMP.request_pay({
  channelKey: 'channel-key-1', pay_method: 'tosspay', merchant_uid: 'orderMonthly0001', name: '최초인증결제', buyer_email: 'test@portone.io', buyer_name: '포트원',
  buyer_tel: '02-1234-1234', m_redirect_url: 'https://shop.example/done', amount: 1004, card: { useInstallment: false },
  bypass: { expiredTime: '2023-12-02 11:00:00', cashReceiptTradeOption: 'CULTURE' },
});
IMP.request_pay({
  pg: 'tosspayments.{MID}', pay_method: 'card', merchant_uid: 'order_monthly_0001', name: '최초인증결제', amount: 0, customer_uid: 'your-customer-unique-id',
  buyer_email: 'test@portone.io', buyer_name: '포트원', buyer_tel: '02-1234-1234', m_redirect_url: 'https://shop.example/done', customer_id: 'matthew',
}, (rsp) => { if (rsp.success) console.log('빌링키 발급 성공'); });
IMP.request_pay({
  channelKey: 'channel-key-2', pay_method: 'tosspay', merchant_uid: 'orderMonthly0001', customer_id: 'matthew', customer_uid: 'your-customer-unique-id',
  notice_url: ['https://shop.example/one', 'https://shop.example/two'], bypass: { tosspay_v2: { encryptedUserCi: 'c2VhbGVk' } },
});

// What else there is.
const lines: readonly ImpProduct[] = [{ id: 'p-1', name: '원두', code: 'A1', unitPrice: 42000, quantity: 2 }];
IMP.request_pay({
  pay_method: 'vbank', amount: 84000, buyer_name: '김나루', escrow: true, products: lines, vbank_due: '2026-12-01',
  bypass: { isCulturalExpense: true, cashReceiptType: 'personal' },
});
IMP.request_pay({
  amount: 60000, display: { card_quota: [6], only_installment: true }, useFreeInterestFromMall: true, bypass: '{"tosspayments":{"discountCode":"D1"}}',
  card: { direct: { code: '367', quota: 3 }, detail: [{ card_code: '*', enabled: false }, { card_code: '366', enabled: true, max_month: 5 }] },
});
for (const method of ['kakaopay', 'naverpay', 'lpay', 'samsungpay', 'samsung', 'ssgpay', 'applepay', 'payco', 'tosspay', 'phone', 'booknlife', 'smartculture', 'cultureland', 'trans', 'tosspay_card', 'tosspay_money'] as const) {
  IMP.request_pay({ pay_method: method, amount: 1000 });
}
const request: ImpRequestPay = { amount: 1000, custom_data: [1, 'two', { three: null }] };
const opened: false | void = IMP.request_pay(request, undefined);
if (opened === false) console.warn('IMP.init() first');

// What is not offered says so.
IMP.certification({ merchant_uid: 'c1', min_age: 19 }, (rsp) => { const no: false = rsp.success; console.warn(no, rsp.error_msg); });
IMP.loadUI('paypal-spb', {}, (rsp) => console.warn(rsp.error_code));
IMP.updateLoadUIRequest('paypal-spb', {});
IMP.loadModule('brandpay', { userCode: 'imp00000000', tierCode: 'AB1' }, {}).catch((e: Error) => console.warn(e.message));
IMP.communicate({});
IMP.naver_zzim({}, (rsp) => console.warn(rsp.imp_uid));
IMP.payport();
IMP.close();

// What is wrong does not compile.
// @ts-expect-error the merchant's code is a string
IMP.init(12345678);
// @ts-expect-error a sub-store has a code
IMP.agency('imp00000000');
// @ts-expect-error a payment has an amount
IMP.request_pay({ merchant_uid: 'o1' });
// @ts-expect-error an amount is a number
IMP.request_pay({ amount: '만원' });
// @ts-expect-error an order number is a string
IMP.request_pay({ amount: 1000, merchant_uid: 20261121 });
// @ts-expect-error no such method
IMP.request_pay({ amount: 1000, pay_method: 'creditcard' });
// @ts-expect-error another provider's
IMP.request_pay({ amount: 1000, pg: 'html5_inicis' });
// @ts-expect-error won alone
IMP.request_pay({ amount: 1000, currency: 'USD' });
// @ts-expect-error a name that is spelt wrong
IMP.request_pay({ amount: 1000, merchantUid: 'o1' });
// @ts-expect-error months are 0 or 2 to 12
IMP.request_pay({ amount: 60000, display: { card_quota: [1] } });
// @ts-expect-error a plan goes with a company
IMP.request_pay({ amount: 60000, card: { direct: { quota: 3 } } });
// @ts-expect-error a row names a company
IMP.request_pay({ amount: 60000, card: { detail: [{ enabled: false }] } });
// @ts-expect-error a kind of receipt that there is not
IMP.request_pay({ amount: 1000, bypass: { cashReceiptType: 'none' } });
// @ts-expect-error a category that there is not
IMP.request_pay({ amount: 1000, bypass: { tosspay_v2: { cashReceiptTradeOption: 'GIFT' } } });
// @ts-expect-error a name under bypass that is spelt wrong
IMP.request_pay({ amount: 1000, bypass: { tosspayments: { useInternationalCard: true } } });
// @ts-expect-error keys are issued for card or tosspay
IMP.request_pay({ customer_uid: 'u1', pay_method: 'vbank' });
// @ts-expect-error nothing is bought in a billing-key window
IMP.request_pay({ customer_uid: 'u1', escrow: true });
// @ts-expect-error functions are not JSON
IMP.request_pay({ amount: 1000, custom_data: { done: () => 1 } });
// @ts-expect-error smart routing is not offered
IMP.request_pay({ amount: 1000, channelGroupId: 'channel-group-test-1' });
// @ts-expect-error a callback takes the response
IMP.request_pay({ amount: 1000 }, (rsp: string) => rsp);
// @ts-expect-error there is no promise
IMP.request_pay({ amount: 1000 }).then(() => 1);
// @ts-expect-error no such function
IMP.request_payment({ amount: 1000 });
// @ts-expect-error the object is not the page's to change
IMP.naru = false;
