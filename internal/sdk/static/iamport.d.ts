/**
 * iamport.js의 타입입니다. 포트원 V1의 브라우저 SDK를 나루가 제공하는 그대로입니다.
 * Types of iamport.js, PortOne V1's browser SDK, as Naru serves it.
 *
 * 스크립트를 먼저 불러온 뒤 `IMP.init`과 `IMP.request_pay`를 부르세요.
 * Load the script first, then call `IMP.init` and `IMP.request_pay`:
 *
 *     <script src="https://pay.example/v1/iamport.js"></script>
 *
 * 타입스크립트에서는 `/// <reference path="./iamport.d.ts" />`를 쓰거나 이 파일을 `include`에 넣으세요.
 * In TypeScript: `/// <reference path="./iamport.d.ts" />`, or add this file to `include`.
 *
 * 결제사와 결제수단마다 무엇이 되는지는 문서 "결제창 파라미터"에 모두 있습니다. 표기: TP 토스페이먼츠, TV 토스페이.
 * What becomes of each parameter is in the page "Window parameters". TP is Toss Payments, TV is Toss Pay.
 */

/** 결제사, 또는 결제사와 상점아이디. A provider, or a provider and the merchant's name there: "tosspayments.im_sampleshop". */
type ImpPG = 'tosspayments' | 'tosspay_v2' | `tosspayments.${string}` | `tosspay_v2.${string}`;

/** 토스페이먼츠의 간편결제. Wallets of Toss Payments. `samsung`은 `samsungpay`의 예전 이름 (older name). */
type ImpWallet = 'kakaopay' | 'naverpay' | 'lpay' | 'samsungpay' | 'samsung' | 'ssgpay' | 'applepay' | 'payco' | 'tosspay';

/** 토스페이먼츠의 결제수단. Methods of Toss Payments: cards, transfer, virtual account, phone bill, gift certificates, wallets. */
type ImpTossPaymentsMethod = 'card' | 'trans' | 'vbank' | 'phone' | 'booknlife' | 'smartculture' | 'cultureland' | ImpWallet;

/** 토스페이의 결제수단: 모두, 카드만, 머니·계좌만. Methods of Toss Pay: any, cards, money and accounts. */
type ImpTossPayMethod = 'tosspay' | 'tosspay_card' | 'tosspay_money';

type ImpPayMethod = ImpTossPaymentsMethod | ImpTossPayMethod;

/** 원 단위 금액. 숫자, 또는 숫자로 된 문자열. Whole won: a number, or one in a string. */
type ImpWon = number | `${number}`;

/** 개월 수: 0은 일시불. Months: 0 is a lump sum. */
type ImpMonths = 0 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12;

/** JSON 값. 그 밖의 것은 나루까지 전해지지 않습니다. A JSON value: anything else does not survive the way to the gateway. */
type ImpJSON = string | number | boolean | null | readonly ImpJSON[] | { readonly [key: string]: ImpJSON | undefined };

/** 에스크로 상품 한 줄. 모두 선택이지만 하나는 있어야 합니다. A line of an escrow order: all optional, but something must be said. */
interface ImpProduct {
  /** 상품 번호. 줄마다 달라야 합니다. Unique among the lines; up to 255 characters. */
  id?: string;
  /** 상품명. Up to 255 characters. */
  name?: string;
  /** 상품 코드. Up to 255 characters. */
  code?: string;
  /** 단가(원). Price of one, in won. */
  unitPrice?: ImpWon;
  /** 수량. How many. */
  quantity?: ImpWon;
}

/** `card.detail`의 한 줄. 아래 줄이 이깁니다. A row of `card.detail`; later rows win. */
interface ImpCardRow {
  /** 카드사 표준 코드("366"), 모두는 "*". A standard code, or "*" for all. */
  card_code: string;
  /** 보일지 여부. Whether the company is shown. */
  enabled?: boolean;
  /** 상점이 이자를 내는 가장 긴 개월, 2~12. `useFreeInterestFromMall`과 함께. The most months whose interest the merchant pays. */
  max_month?: Exclude<ImpMonths, 0>;
}

/** TP의 bypass. `tosspayments` 아래 두 값은 카드에만, 바깥의 두 값은 trans와 vbank에만. Of TP: the former two for cards, the latter two for trans and vbank. */
interface ImpTossPaymentsBypass {
  /** 해외 카드용 영어 결제창. `appCard`와 함께 쓸 수 없습니다. English window for cards issued abroad; not together with `appCard`. */
  useInternationalCardOnly?: boolean;
  /** 할인 코드, 50자까지. `card.direct`와 함께. Up to 50 characters, together with `card.direct`. */
  discountCode?: string;
  /** 문화비 지출. trans, vbank. A culture expense. */
  isCulturalExpense?: boolean;
  /** 현금영수증: 미발행, 소득공제, 지출증빙. trans, vbank. Cash receipt: none, income deduction, business expense. */
  cashReceiptType?: 'anonymous' | 'personal' | 'corporate';
}

/** 현금영수증 구분: 일반, 문화비, 대중교통. Kind of cash receipt: general, culture, public transport. */
type ImpReceiptCategory = 'GENERAL' | 'CULTURE' | 'PUBLIC_TP';

/** TV의 bypass. Of TV. */
interface ImpTossPayBypass {
  /** 결제 만료 시각. 한국 시간 "yyyy-MM-dd HH:mm:ss", 60분까지. 없으면 15분. Korean time, at most 60 minutes ahead; absent: 15 minutes. */
  expiredTime?: string;
  cashReceiptTradeOption?: ImpReceiptCategory;
  /** @deprecated `cashReceiptTradeOption`의 예전 이름입니다. Use `cashReceiptTradeOption`. */
  cashReceiptTradeType?: ImpReceiptCategory;
  /** 현금영수증을 발급할지. 없으면 true. Whether Toss Pay may issue a cash receipt; absent: true. */
  cashReceipt?: boolean;
  /** 암호화한 CI, 255자까지. 빌링키 등록에만. The buyer's encrypted CI; when a billing key is registered. */
  encryptedUserCi?: string;
  /** @deprecated 빌링키 결제(REST)의 값이라 창에서는 무시합니다. Of charges over REST: ignored in windows. */
  sendFailPush?: boolean;
}

/** 결제사에 바로 건네는 값. 둘 다 있으면 문서에 있는 위치가 이깁니다. What is meant for one provider; on conflict the documented level wins. */
interface ImpBypass {
  tosspayments?: ImpTossPaymentsBypass;
  tosspay_v2?: ImpTossPayBypass;
  /** 문화비 지출. TP의 trans, vbank. A culture expense: trans and vbank of TP. */
  isCulturalExpense?: boolean;
  /** 현금영수증. TP의 trans, vbank. Cash receipt: trans and vbank of TP. */
  cashReceiptType?: 'anonymous' | 'personal' | 'corporate';
  /** @deprecated `bypass.tosspayments` 아래에 쓰세요. Use `bypass.tosspayments`. */
  useInternationalCardOnly?: boolean;
  /** @deprecated `bypass.tosspayments` 아래에 쓰세요. Use `bypass.tosspayments`. */
  discountCode?: string;
  /** @deprecated `bypass.tosspay_v2` 아래에 쓰세요. Use `bypass.tosspay_v2`. */
  expiredTime?: string;
  /** @deprecated `bypass.tosspay_v2` 아래에 쓰세요. Use `bypass.tosspay_v2`. */
  cashReceiptTradeOption?: ImpReceiptCategory;
  /** @deprecated `bypass.tosspay_v2.cashReceiptTradeOption`을 쓰세요. Use `bypass.tosspay_v2.cashReceiptTradeOption`. */
  cashReceiptTradeType?: ImpReceiptCategory;
  /** @deprecated 빌링키 결제(REST)의 값이라 창에서는 무시합니다. Of charges over REST: ignored in windows. */
  sendFailPush?: boolean;
}

/** 결제창과 빌링키 등록창이 함께 쓰는 값. What windows of payments and of billing keys have in common. */
interface ImpRequestCommon {
  /** 결제할 채널. `pg`보다 먼저 봅니다. 둘 다 없으면 기본 채널. Channel to use; wins over `pg`. Without both: the merchant's default channel. */
  channelKey?: string;
  /** @deprecated `channelKey`를 쓰세요. Use `channelKey`. */
  pg?: ImpPG;
  /** 주문번호, 1~40자. 한글도 됩니다. 없으면 "nobody_"와 밀리초. Order number, 1 to 40 characters; absent: "nobody_" and milliseconds. */
  merchant_uid?: string;
  /** 주문명, 40자까지. Order name, at most 40 characters. */
  name?: string;
  /** 원화만. Won alone. */
  currency?: 'KRW';
  /** 창의 언어. TP의 카드와 간편결제, 그리고 나루의 화면. Language: cards and wallets of TP, and our own pages. */
  language?: 'ko' | 'en';
  /** `language`와 같습니다. The same; `language` wins. */
  locale?: 'ko' | 'en';
  /** 구매자 이름, 100자까지. TP의 vbank는 필수. At most 100 characters; vbank of TP needs it. */
  buyer_name?: string;
  /** 구매자 이메일, 100자까지. At most 100 characters. */
  buyer_email?: string;
  /** 구매자 전화번호, 100자까지. At most 100 characters. */
  buyer_tel?: string;
  /** 구매자 주소, 200자까지. At most 200 characters. */
  buyer_addr?: string;
  /** 구매자 우편번호, 100자까지. At most 100 characters. */
  buyer_postcode?: string;
  /** JSON 문자열로 저장해 돌려줍니다. 64 KiB까지. Kept and given back as JSON text; at most 64 KiB. */
  custom_data?: ImpJSON;
  /** 이 결제의 웹훅을 받을 주소, 10개까지. Where webhooks go instead of the merchant's own address: http or https, at most 10. */
  notice_url?: string | readonly string[];
  /** 휴대폰에서 돌아올 주소. 결과는 주소의 쿼리로. Where phones come back to, with the result in the query. TV needs it for billing keys on phones. */
  m_redirect_url?: string;
  /** 카드 앱에서 돌아올 앱, 255자까지: "myshop://". The app this page runs in, for the way back; at most 255 characters. */
  app_scheme?: string;
  /** 결제사에 바로 건네는 값. 객체 또는 JSON 문자열. What is meant for one provider: an object, or one as JSON text. */
  bypass?: ImpBypass | string;
  /** @deprecated 결제사가 정하므로 무시합니다. Ignored: the provider decides. */
  popup?: boolean;
  /** @deprecated 결제창에 없는 값이라 무시합니다. Ignored: no window has it. */
  digital?: boolean;
  /** @deprecated 다른 결제사의 값이라 무시합니다. Ignored: of other providers. */
  biz_num?: string;
  /** @deprecated 다른 결제사의 값이라 무시합니다. Ignored: of other providers. */
  company?: string;
}

/** 결제 요청. A request to pay. */
interface ImpPaymentRequest extends ImpRequestCommon {
  /** 결제수단. 없으면 TP는 card, TV는 tosspay. Default: card for TP, tosspay for TV. */
  pay_method?: ImpPayMethod;
  /** 결제 금액(원). Won. 최소 (at least): card와 간편결제 (and wallets) 100, trans 200, phone 300, tosspay_card 100, 나머지 (others) 1. */
  amount: ImpWon;
  /** 면세 금액. Tax-free part, 0 to `amount`. */
  tax_free?: ImpWon;
  /** 부가세. TV에만; 비우면 토스페이가 계산합니다. VAT: TV alone; null or absent: computed by Toss Pay. */
  vat_amount?: ImpWon | null;
  /** @deprecated `vat_amount`를 쓰세요. Use `vat_amount`. */
  vat?: ImpWon | null;
  /** 승인 직전에 물어볼 주소. 10초 안에 HTTP 200이 아니면 멈춥니다. Asked before approval; anything but HTTP 200 within 10 seconds stops the payment. */
  confirm_url?: string;
  /** 에스크로. TP의 trans, vbank. Escrow: trans and vbank of TP; refused elsewhere. */
  escrow?: boolean;
  /** 에스크로 상품, 100줄까지. Lines of an escrow order, at most 100. */
  products?: readonly ImpProduct[];
  /** @deprecated `products`를 쓰세요. Use `products`. */
  escrowProducts?: readonly ImpProduct[];
  /**
   * 입금 기한, 한국 시간. TP의 vbank. Until when to deposit, Korean time, at most 90 days: vbank of TP.
   * "YYYY-MM-DD" | "YYYYMMDD" (그날 끝까지 end of that day) | "YYYY-MM-DD HH:mm:ss" | "YYYYMMDDHHmmss".
   */
  vbank_due?: string;
  /** 할부. TP의 card와 간편결제, 5만원부터. Installments: cards and wallets of TP, from 50,000 won. */
  display?: {
    /** [] 또는 [0]은 일시불만, 목록은 가장 긴 개월까지. [] or [0]: lump sum only; a list: lump sum up to its longest. */
    card_quota?: ImpMonths | readonly ImpMonths[];
    /** true이고 개월이 하나면 그 개월만. With one month: that plan alone; with several: up to the longest. */
    only_installment?: boolean;
  };
  card?: {
    /** TP의 card. 카드사 하나로 바로. Straight to one company, such as "367"; without `quota` a lump sum, `quota` from 50,000 won. */
    direct?: { code: string; quota?: ImpMonths };
    /** TP의 card. 보일 카드사와 상점 부담 무이자. Which companies are shown, and whose interest the merchant pays; at most 100 rows. */
    detail?: readonly ImpCardRow[];
    /** TV. false면 할부를 막습니다. false forbids installments. */
    useInstallment?: boolean;
  };
  /** TP의 card. 상점 부담 무이자. The merchant pays the interest, as `card.detail[].max_month` says. */
  useFreeInterestFromMall?: boolean;
  /** TP의 card. 앱카드만. App cards alone. */
  appCard?: boolean;
  /** TP의 card. 카드 포인트를 쓰게 또는 못 쓰게; 없으면 구매자가 고릅니다. Card points on or off; absent: the buyer's choice. */
  useCardPoint?: boolean;
  /** 결제가 아니라 빌링키 등록이 됩니다: ImpBillingRequest. Makes it a request for a billing key. */
  customer_uid?: undefined;
}

/** 빌링키 등록 요청. 결제되지 않습니다. A request for a billing key: nothing is charged. */
interface ImpBillingRequest extends ImpRequestCommon {
  /** 빌링키에 붙일 이름, 1~80자. 다시 쓰면 새 키로 바뀝니다. The merchant's name for the key, 1 to 80 characters; used again it means the new key. */
  customer_uid: string;
  /** 회원 번호. TP 2~300자, 없으면 임의의 값. TV는 필수, 50자까지. The member's id: TP 2 to 300 characters, absent: random; TV at most 50, required. */
  customer_id?: string;
  /** TP는 card, TV는 tosspay. */
  pay_method?: 'card' | 'tosspay';
  /** 없어도 되고, 결제되지 않습니다. May be absent; never charged. */
  amount?: ImpWon;
}

type ImpRequestPay = ImpPaymentRequest | ImpBillingRequest;

/**
 * callback이 받는 값. 성공이면 `error_code`와 `error_msg`가 없습니다. TP는 `imp_uid`, `merchant_uid`, `error_code`,
 * `error_msg`만, TV는 나머지도 알려 줍니다. 브라우저를 거쳐 온 값이니, 물건을 보내기 전에 서버에서 `imp_uid`로 조회하세요.
 *
 * What a callback is given. On success `error_code` and `error_msg` are absent. TP tells `imp_uid`, `merchant_uid`,
 * `error_code` and `error_msg` and nothing else; TV tells the rest too. It came through the browser: look the payment
 * up by `imp_uid` on your server before you deliver anything.
 *
 * 나루의 코드 (codes of the gateway itself): F1001 (채널 없음, no such channel), F1002 (이미 결제됨, already paid),
 * NARU_INVALID_PARAMETER, NARU_UNSUPPORTED, NARU_WINDOW_OPEN (다른 창이 열려 있음, another window is open),
 * NARU_UNREACHABLE, NARU_RESULT_PENDING (결과를 아직 모름: `merchant_uid`로 조회하고 다시 결제하지 마세요; not known yet:
 * look it up by `merchant_uid` and do not ask for the money again).
 */
interface ImpResponse {
  /** 결제가 만들어지기 전에 거절되면 null. null when the request was refused before there was a payment. */
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
  /** 유닉스 초. Unix seconds. */
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
  /** 유닉스 초. Unix seconds. */
  vbank_date?: number;
}

type ImpCallback = (rsp: ImpResponse) => void;

/** 제공하지 않는 함수의 callback이 받는 값. What the callback of a function that is not offered is given. */
interface ImpRefusal {
  success: false;
  imp_uid: null;
  merchant_uid: string | null;
  error_code: 'NARU_UNSUPPORTED';
  error_msg: string;
}

/** 제공하지 않는 함수의 파라미터. Parameters of a function that is not offered. */
interface ImpOther {
  merchant_uid?: string;
  m_redirect_url?: string;
  [key: string]: unknown;
}

interface Imp {
  /** 나루의 스크립트라는 표시. Set by this script; tells it from PortOne's own. */
  readonly naru: true;
  /** 고객사 식별코드("imp"와 숫자 8자)를 정합니다. 여러 번 불러도 됩니다. Sets the merchant: "imp" and 8 digits. Calling it again is harmless. */
  init(userCode: string): void;
  /** 하위상점(A-Z, 0-9 세 글자)으로 결제합니다. `init` 대신 부르세요. Instead of `init`: a sub-store, by its 3 characters A-Z and 0-9. */
  agency(userCode: string, tierCode: string): void;
  /**
   * 결제창 또는 빌링키 등록창을 엽니다. PC에서는 callback이 꼭 한 번 불리고, 휴대폰은 페이지를 떠났다가 `m_redirect_url`로
   * 돌아옵니다(callback은 떠나기 전의 실패에만). 한 번에 하나만 열립니다. `init`을 부르지 않았거나 `params`가 없으면 false.
   *
   * Opens a window to pay, or to register a billing key. On desktops the callback runs exactly once; phones leave the
   * page and come back to `m_redirect_url`, and the callback runs only for failures before that. One window at a time.
   * Returns false when `init` was not called or `params` are missing.
   */
  request_pay(params: ImpRequestPay, callback?: ImpCallback): false | void;
  /** 제공하지 않습니다: callback에 NARU_UNSUPPORTED. Not offered: the callback is told NARU_UNSUPPORTED. */
  certification(params: ImpOther, callback?: (rsp: ImpRefusal) => void): void;
  /** 제공하지 않습니다: callback에 NARU_UNSUPPORTED. Not offered: the callback is told NARU_UNSUPPORTED. */
  loadUI(type: string, params: ImpOther, callback?: (rsp: ImpRefusal) => void): void;
  /** 제공하지 않습니다. Not offered. */
  updateLoadUIRequest(type: string, params?: ImpOther): void;
  /** 제공하지 않습니다: Promise가 거부됩니다. Not offered: the promise is rejected. */
  loadModule(type: string, store?: { userCode: string; tierCode?: string }, options?: { [key: string]: unknown }): Promise<never>;
  /** 아무 일도 하지 않습니다. Does nothing; V1's frames used it. */
  communicate(message?: unknown): void;
  /** 열린 창을 닫습니다. Closes the open window, as its close button does. */
  close(): void;
  /** 제공하지 않습니다: callback에 NARU_UNSUPPORTED. Not offered: the callback is told NARU_UNSUPPORTED. */
  naver_zzim(params?: ImpOther, callback?: (rsp: ImpRefusal) => void): void;
  /** 제공하지 않습니다: callback에 NARU_UNSUPPORTED. Not offered: the callback is told NARU_UNSUPPORTED. */
  payport(params?: ImpOther, callback?: (rsp: ImpRefusal) => void): void;
}

interface Window {
  IMP: Imp;
}

declare const IMP: Imp;
