// @ts-check
// Providers, methods and code tables of PortOne V1, as far as the two providers
// take them. Texts are pairs: Korean, English.

/**
 * @typedef {[ko: string, en: string]} Text
 * @typedef {"tosspayments" | "tosspay_v2"} Provider
 * @typedef {"payment" | "billing"} Kind
 * @typedef {{value: string, label: Text}} Choice
 */

/** @type {{value: Provider, label: Text}[]} */
export const PROVIDERS = [
  { value: "tosspayments", label: ["토스페이먼츠", "Toss Payments"] },
  { value: "tosspay_v2", label: ["토스페이", "Toss Pay"] },
];

/** @type {{value: Kind, label: Text}[]} */
export const KINDS = [
  { value: "payment", label: ["결제", "Payment"] },
  { value: "billing", label: ["빌링키 발급", "Billing key"] },
];

/** @type {Choice[]} */
const TOSSPAYMENTS = [
  { value: "card", label: ["카드", "Card"] },
  { value: "trans", label: ["계좌이체", "Transfer"] },
  { value: "vbank", label: ["가상계좌", "Virtual account"] },
  { value: "phone", label: ["휴대폰", "Phone bill"] },
  { value: "booknlife", label: ["도서문화상품권", "Book voucher"] },
  { value: "smartculture", label: ["게임문화상품권", "Game voucher"] },
  { value: "cultureland", label: ["문화상품권", "Culture voucher"] },
  { value: "kakaopay", label: ["카카오페이", "KakaoPay"] },
  { value: "naverpay", label: ["네이버페이", "Naver Pay"] },
  { value: "payco", label: ["페이코", "PAYCO"] },
  { value: "samsungpay", label: ["삼성페이", "Samsung Pay"] },
  { value: "lpay", label: ["엘페이", "L.pay"] },
  { value: "ssgpay", label: ["SSG페이", "SSG Pay"] },
  { value: "applepay", label: ["애플페이", "Apple Pay"] },
  { value: "tosspay", label: ["토스페이", "Toss Pay"] },
];

/** @type {Choice[]} */
const TOSSPAY = [
  { value: "tosspay", label: ["전체", "Any"] },
  { value: "tosspay_card", label: ["카드만", "Card only"] },
  { value: "tosspay_money", label: ["토스머니·계좌만", "Money only"] },
];

/**
 * What pay_method may be.
 * @param {Provider} provider @param {Kind} kind
 * @returns {Choice[]}
 */
export function methodsOf(provider, kind) {
  const all = provider === "tosspayments" ? TOSSPAYMENTS : TOSSPAY;
  return kind === "billing" ? [all[0]] : all;
}

/** Wallets inside the window of Toss Payments. @param {string} method */
export const isWallet = (method) => ["kakaopay", "naverpay", "payco", "samsungpay", "lpay", "ssgpay", "applepay", "tosspay"].includes(method);

/** The word for a method, whoever offers it. @param {string} method @returns {Text} */
export function methodName(method) {
  if (method === "point") return ["포인트·머니", "Points or money"];
  const found = [...TOSSPAYMENTS, ...TOSSPAY].find((c) => c.value === method);
  return found ? found.label : [method, method];
}

/** Card companies by their standard codes. @type {Choice[]} */
export const CARDS = [
  { value: "361", label: ["BC", "BC"] },
  { value: "364", label: ["광주", "Gwangju"] },
  { value: "365", label: ["삼성", "Samsung"] },
  { value: "366", label: ["신한", "Shinhan"] },
  { value: "367", label: ["현대", "Hyundai"] },
  { value: "368", label: ["롯데", "Lotte"] },
  { value: "369", label: ["수협", "Suhyup"] },
  { value: "370", label: ["씨티", "Citi"] },
  { value: "371", label: ["NH농협", "NH"] },
  { value: "372", label: ["전북", "Jeonbuk"] },
  { value: "373", label: ["제주", "Jeju"] },
  { value: "374", label: ["하나", "Hana"] },
  { value: "381", label: ["KB국민", "KB"] },
  { value: "041", label: ["우리", "Woori"] },
  { value: "071", label: ["우체국", "Korea Post"] },
  { value: "045", label: ["새마을금고", "MG"] },
  { value: "048", label: ["신협", "Shinhyup"] },
  { value: "090", label: ["카카오뱅크", "Kakao Bank"] },
  { value: "089", label: ["케이뱅크", "K bank"] },
];

/** Banks a refund can go to, by code. @type {Choice[]} */
export const BANKS = [
  { value: "088", label: ["신한은행", "Shinhan"] },
  { value: "004", label: ["국민은행", "Kookmin"] },
  { value: "020", label: ["우리은행", "Woori"] },
  { value: "081", label: ["하나은행", "Hana"] },
  { value: "011", label: ["농협은행", "NH"] },
  { value: "003", label: ["기업은행", "IBK"] },
  { value: "090", label: ["카카오뱅크", "Kakao Bank"] },
  { value: "089", label: ["케이뱅크", "K bank"] },
  { value: "092", label: ["토스뱅크", "Toss Bank"] },
  { value: "071", label: ["우체국", "Korea Post"] },
];

/** Why a payment may be declined: the providers' own codes. @type {Record<Provider, Choice[]>} */
export const DECLINES = {
  tosspayments: [
    { value: "REJECT_CARD_COMPANY", label: ["카드사 거절", "Card company refuses"] },
    { value: "REJECT_CARD_PAYMENT", label: ["한도 초과", "Over the limit"] },
    { value: "REJECT_ACCOUNT_PAYMENT", label: ["잔액 부족", "Balance too low"] },
    { value: "INVALID_STOPPED_CARD", label: ["정지된 카드", "Card is stopped"] },
    { value: "INVALID_CARD_LOST_OR_STOLEN", label: ["분실·도난 카드", "Card lost or stolen"] },
    { value: "EXCEED_MAX_DAILY_PAYMENT_COUNT", label: ["하루 횟수 초과", "Too often today"] },
    { value: "PROVIDER_ERROR", label: ["PG 일시 오류", "Provider trouble"] },
  ],
  tosspay_v2: [
    { value: "CARD_EXCEED_LIMIT", label: ["카드 한도 초과", "Over the card's limit"] },
    { value: "COMMON_NOT_ENOUGH_CASH", label: ["잔액 부족", "Balance too low"] },
    { value: "CARD_NOT_AVAILABLE", label: ["쓸 수 없는 카드", "Card cannot be used"] },
    { value: "PAY_FRAUD_DETECTED", label: ["이상 거래", "Looks like fraud"] },
    { value: "COMMON_SYSTEM_ERROR", label: ["토스 시스템 오류", "Toss is in trouble"] },
    { value: "COMMON_TIMEOUT", label: ["결과가 늦음 (시간 초과)", "In doubt: timed out"] },
  ],
};
