// iamport.js says that what it puts at window.IMP is an Imp, and tsc holds it to
// that. Here it is held the other way round: an object that lacks a method, or has
// one more, would not be an Imp.

type Methods = { [K in keyof Imp as Imp[K] extends (...args: never[]) => unknown ? K : never]: Imp[K] };
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

export const methods: Same<keyof Methods,
  'init' | 'agency' | 'request_pay' | 'certification' | 'loadUI' | 'updateLoadUIRequest' | 'loadModule' | 'communicate' | 'close' | 'naver_zzim' | 'payport'> = true;

// The ambient constant and the window's member are one.
export const same: Same<typeof IMP, Window['IMP']> = true;

// Every parameter of a payment that V1 documents for the two providers is there.
export const parameters: Same<keyof ImpPaymentRequest | keyof ImpBillingRequest,
  'channelKey' | 'pg' | 'pay_method' | 'merchant_uid' | 'name' | 'amount' | 'currency' | 'language' | 'locale' | 'tax_free' | 'vat_amount' | 'vat' |
  'buyer_name' | 'buyer_email' | 'buyer_tel' | 'buyer_addr' | 'buyer_postcode' | 'custom_data' | 'notice_url' | 'confirm_url' | 'm_redirect_url' |
  'app_scheme' | 'escrow' | 'products' | 'escrowProducts' | 'digital' | 'vbank_due' | 'biz_num' | 'company' | 'customer_uid' | 'customer_id' | 'display' |
  'card' | 'useFreeInterestFromMall' | 'appCard' | 'useCardPoint' | 'popup' | 'bypass'> = true;
