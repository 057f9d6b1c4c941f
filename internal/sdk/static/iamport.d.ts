/**
 * Types of iamport.js, PortOne V1's browser SDK, as Naru serves it.
 *
 * Load the script first, then call `IMP.init` and `IMP.request_pay`:
 *
 *     <script src="https://pay.example/v1/iamport.js"></script>
 *
 * In TypeScript: `/// <reference types="./iamport" />` or add this file to `include`.
 */

/** A provider, or a provider and the merchant's name there: "tosspayments.im_sampleshop". */
type ImpPG = 'tosspayments' | 'tosspay_v2' | `tosspayments.${string}` | `tosspay_v2.${string}`;

/** A JSON value: anything else does not survive the way to the gateway. */
type ImpJSON = string | number | boolean | null | ImpJSON[] | { [key: string]: ImpJSON | undefined };

interface ImpRequestPay {
  /** Channel to pay through. Wins over `pg`; without both it is the merchant's default channel. */
  channelKey?: string;
  /** @deprecated Use `channelKey`. */
  pg?: ImpPG | string;
  /** tosspayments: "card". tosspay_v2: "tosspay", "tosspay_card" or "tosspay_money". Default: what the channel sells first. */
  pay_method?: 'card' | 'tosspay' | 'tosspay_card' | 'tosspay_money' | string;
  /** Order number, 1 to 40 characters; Korean is fine. Absent: "nobody_" and milliseconds. */
  merchant_uid?: string;
  /** Order name, at most 40 characters. */
  name?: string;
  /** Won: a whole number from the method's minimum (card 100), or such a number in a string. */
  amount: number | string;
  /** Only "KRW". */
  currency?: 'KRW' | string;
  /** Language of the window: "ko" (default) or "en"; others are taken as Korean. */
  language?: string;
  /** The same, as tosspayments samples write it. `language` wins. */
  locale?: string;
  /** Tax-free part of `amount`, 0 to `amount`. */
  tax_free?: number | string;
  /** VAT part, 0 to the taxable amount; null or absent: computed by the provider. */
  vat_amount?: number | string | null;
  /** @deprecated Use `vat_amount`. */
  vat?: number | string | null;
  /** At most 100 characters; line breaks become blanks. */
  buyer_name?: string;
  /** At most 100 characters; line breaks become blanks. */
  buyer_email?: string;
  /** At most 100 characters; line breaks become blanks. */
  buyer_tel?: string;
  /** At most 200 characters; line breaks become blanks. */
  buyer_addr?: string;
  /** At most 100 characters; line breaks become blanks. */
  buyer_postcode?: string;
  /** Kept with the payment as JSON text. The whole request has at most 64 KiB. */
  custom_data?: ImpJSON;
  /** Where webhooks of this payment go instead of the merchant's own address: http or https, at most 10. */
  notice_url?: string | string[];
  /** Asked before approval; anything but HTTP 200 within 10 seconds stops the payment. */
  confirm_url?: string;
  /** Where phones come back to, with imp_uid, merchant_uid and, on failure, error_code and error_msg in the query. */
  m_redirect_url?: string;
  /** Scheme of the app this page runs in, for the way back from card apps: "myshop://". */
  app_scheme?: string;
  /** Only false: escrow is not offered. */
  escrow?: boolean;
  /** tosspayments. Months: 0 alone or [] is lump sum only, a list is lump sum up to its largest (2 to 12). From 50,000 won. */
  display?: { card_quota?: number[]; only_installment?: boolean };
  card?: {
    /** tosspayments: straight to one card company (standard code such as "367"). Without `quota` lump sum; `quota` 2 to 12 from 50,000 won. */
    direct?: { code: string; quota?: number };
    /** tosspay_v2: false forbids installments. */
    useInstallment?: boolean;
  };
  /** tosspayments: app cards only. */
  appCard?: boolean;
  /** tosspayments: card points forced on or forbidden; absent: the buyer's choice. */
  useCardPoint?: boolean;
  bypass?: {
    tosspayments?: {
      /** English window for cards issued abroad. */
      useInternationalCardOnly?: boolean;
      /** Together with `card.direct` only. */
      discountCode?: string;
    };
    tosspay_v2?: {
      /** "yyyy-MM-dd HH:mm:ss", Korean time, at most 60 minutes ahead. Default 15 minutes. */
      expiredTime?: string;
      cashReceiptTradeOption?: 'GENERAL' | 'CULTURE' | 'PUBLIC_TP';
      /** false: no cash receipt. */
      cashReceipt?: boolean;
    };
    [key: string]: unknown;
  };
  popup?: boolean;
  /** Unknown parameters are ignored and named once on the console. */
  [key: string]: unknown;
}

/**
 * What a callback is given. On success `error_code` and `error_msg` are absent.
 * tosspayments tells `imp_uid`, `merchant_uid`, `error_code` and `error_msg` and
 * nothing else; tosspay_v2 tells the rest too. It came through the browser:
 * look the payment up by `imp_uid` on your server before you deliver anything.
 *
 * Codes of the gateway itself: F1001 (no such channel), F1002 (order already
 * paid), NARU_INVALID_PARAMETER, NARU_UNSUPPORTED, NARU_WINDOW_OPEN (another
 * window is open), NARU_UNREACHABLE, and NARU_RESULT_PENDING: the result is not
 * known yet, so look it up by `merchant_uid` and do not ask for the money again.
 */
interface ImpResponse {
  /** null when the request was refused before there was a payment. */
  imp_uid: string | null;
  merchant_uid: string | null;
  error_code?: string;
  error_msg?: string;
  success?: boolean;
  imp_success?: boolean;
  pay_method?: string;
  paid_amount?: number;
  status?: 'ready' | 'paid' | 'failed';
  name?: string | null;
  pg_provider?: string;
  pg_type?: 'payment';
  emb_pg_provider?: string;
  pg_tid?: string | null;
  apply_num?: string;
  buyer_name?: string | null;
  buyer_email?: string | null;
  buyer_tel?: string | null;
  buyer_addr?: string | null;
  buyer_postcode?: string | null;
  custom_data?: ImpJSON;
  /** Unix seconds. */
  paid_at?: number;
  receipt_url?: string | null;
  currency?: string;
  card_name?: string | null;
  card_number?: string;
  card_quota?: number;
  bank_name?: string | null;
  vbank_num?: string | null;
  vbank_name?: string | null;
  vbank_holder?: string | null;
  vbank_date?: number;
}

type ImpCallback = (rsp: ImpResponse) => void;

interface Imp {
  /** Set by this script; tells it from PortOne's own. */
  readonly naru: true;
  /** Sets the merchant: "imp" and 8 digits. Calling it again is harmless. */
  init(userCode: string): void;
  /** Sets a sub-merchant. Not offered: request_pay's callback says so. */
  agency(userCode: string, tierCode: string): void;
  /**
   * Opens a payment window. On desktops the callback runs exactly once; phones
   * leave the page and come back to `m_redirect_url`, and the callback runs only
   * for failures before that. One window at a time. Returns false when `init`
   * was not called or `params` are missing.
   */
  request_pay(params: ImpRequestPay, callback?: ImpCallback): false | void;
  /** Not offered: the callback is told NARU_UNSUPPORTED. */
  certification(params: { [key: string]: unknown }, callback?: ImpCallback): void;
  /** Not offered: the callback is told NARU_UNSUPPORTED. */
  loadUI(type: string, params: { [key: string]: unknown }, callback?: ImpCallback): void;
  /** Not offered. */
  updateLoadUIRequest(type: string, params?: { [key: string]: unknown }): void;
  /** Not offered: the promise is rejected. */
  loadModule(type: string, store?: { userCode: string; tierCode?: string }, options?: { [key: string]: unknown }): Promise<never>;
  /** Does nothing; V1's frames used it. */
  communicate(message?: unknown): void;
  /** Closes the open window, as its close button does. */
  close(): void;
  /** Not offered: the callback is told NARU_UNSUPPORTED. */
  naver_zzim(params?: { [key: string]: unknown }, callback?: ImpCallback): void;
  /** Not offered: the callback is told NARU_UNSUPPORTED. */
  payport(params?: { [key: string]: unknown }, callback?: ImpCallback): void;
}

interface Window {
  IMP: Imp;
}

declare const IMP: Imp;
