// @ts-check
// All parameters of IMP.request_pay: V1's page "결제요청 파라미터" and the pages of
// the two providers. The order here is the order in the form and in the call.

import { CARDS, isWallet } from "./methods.js";

/**
 * @typedef {import("./methods.js").Text} Text
 * @typedef {import("./methods.js").Choice} Choice
 * @typedef {import("./call.js").Form} Form
 * @typedef {"text" | "number" | "bool" | "choice" | "months" | "rows" | "json" | "preset"} Type
 * @typedef {{name: string, label: Text, type: "text" | "number" | "bool" | "choice", choices?: Choice[]}} Column
 *
 * @typedef {Object} Param
 * @property {string} path in the call, with dots
 * @property {string} group
 * @property {Type} type
 * @property {Text} label
 * @property {Text} help
 * @property {(f: Form) => boolean} [fits] means something for this provider, kind and method; without it, always
 * @property {boolean} [more] seldom needed: shown among all parameters only
 * @property {(f: Form) => boolean} [needed] required
 * @property {Choice[]} [choices] of a choice or a preset
 * @property {Column[]} [columns] of rows
 * @property {boolean} [wide] takes the whole width
 * @property {string} [hint] placeholder
 */

/** @type {{id: string, label: Text}[]} */
export const GROUPS = [
  { id: "order", label: ["주문", "Order"] },
  { id: "key", label: ["빌링키", "Billing key"] },
  { id: "buyer", label: ["구매자", "Buyer"] },
  { id: "card", label: ["카드와 할부", "Card and instalments"] },
  { id: "cash", label: ["계좌와 현금영수증", "Account and cash receipt"] },
  { id: "wallet", label: ["토스페이", "Toss Pay"] },
  { id: "tax", label: ["세금", "Tax"] },
  { id: "back", label: ["알림과 돌아올 곳", "Webhook and return"] },
  { id: "other", label: ["그 밖에", "Others"] },
];

/** @param {Form} f */
const tp = (f) => f.provider === "tosspayments";
/** @param {Form} f */
const tv = (f) => f.provider === "tosspay_v2";
/** @param {Form} f */
const pays = (f) => f.kind === "payment";
/** @param {Form} f */
const bills = (f) => f.kind === "billing";
/** @param {Form} f */
const card = (f) => tp(f) && pays(f) && f.method === "card";
/** @param {Form} f */
const cash = (f) => tp(f) && pays(f) && (f.method === "trans" || f.method === "vbank");
const never = () => false;

/** @type {Choice[]} */
const DAYS = [
  { value: "@+10m", label: ["10분 뒤", "in 10 minutes"] },
  { value: "@+1d", label: ["내일까지", "until tomorrow"] },
  { value: "@+3d", label: ["3일 뒤까지", "in 3 days"] },
  { value: "@+7d", label: ["7일 뒤까지", "in 7 days"] },
];
/** @type {Choice[]} */
const MINUTES = [
  { value: "@+5m", label: ["5분 뒤", "in 5 minutes"] },
  { value: "@+30m", label: ["30분 뒤", "in 30 minutes"] },
  { value: "@+60m", label: ["60분 뒤", "in 60 minutes"] },
];
/** @type {Choice[]} */
const CATEGORIES = [
  { value: "GENERAL", label: ["일반", "general"] },
  { value: "CULTURE", label: ["문화비", "culture"] },
  { value: "PUBLIC_TP", label: ["대중교통", "public transport"] },
];
/** @type {Choice[]} */
const QUOTAS = [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => ({
  value: String(n), label: n ? [n + "개월", n + " months"] : ["일시불", "lump sum"],
}));
/** @type {Choice[]} */
const LANGUAGES = [{ value: "ko", label: ["한국어", "Korean"] }, { value: "en", label: ["영어", "English"] }];

/** @type {Param[]} */
export const PARAMS = [
  { path: "pg", group: "order", type: "text", label: ["PG사 구분코드", "Provider and MID"], fits: (f) => f.style === "pg", hint: "tosspayments.{MID}",
    help: ["예전 방식입니다. 비우면 PG사 이름만 보내고, 기본 채널로 결제합니다.", "The older way. Empty: the provider's name alone, which takes its default channel."] },
  { path: "merchant_uid", group: "order", type: "preset", label: ["주문번호", "Order number"], choices: [{ value: "@", label: ["부를 때마다 새로", "new for each call"] }],
    help: ["40자까지. 결제가 끝난 번호는 다시 쓸 수 없습니다.", "Up to 40 characters. A number that was paid cannot be used again."] },
  { path: "name", group: "order", type: "text", label: ["주문명", "Order name"], needed: () => true,
    help: ["40자까지. 결제창에 보입니다.", "Up to 40 characters; shown in the window."] },
  { path: "amount", group: "order", type: "number", label: ["금액 (원)", "Amount (won)"], needed: pays, fits: (f) => pays(f) || tp(f),
    help: ["카드 100원, 이체 200원, 휴대폰 300원부터. 빌링키 창에서는 보여 주기만 합니다.", "From 100 by card, 200 by transfer, 300 by phone. Only shown when a key is issued."] },
  { path: "digital", group: "order", type: "bool", label: ["디지털 상품", "Digital goods"], fits: (f) => tp(f) && f.method === "phone",
    help: ["휴대폰 결제에서 실물이면 false, 콘텐츠면 true.", "Phone bills: false for real goods, true for content."] },
  { path: "locale", group: "order", type: "choice", label: ["결제창 언어", "Language of the window"], fits: tp, choices: LANGUAGES,
    help: ["보내지 않으면 한국어입니다.", "Korean when not sent."] },

  { path: "customer_uid", group: "key", type: "preset", label: ["빌링키 이름", "Name of the key"], fits: bills, needed: bills, choices: [{ value: "@", label: ["부를 때마다 새로", "new for each call"] }],
    help: ["80자까지. 이 값이 있으면 결제 대신 빌링키를 발급합니다.", "Up to 80 characters. With it the window issues a billing key instead of charging."] },
  { path: "customer_id", group: "key", type: "text", label: ["회원 번호", "Member id"], fits: bills, needed: (f) => bills(f) && tv(f),
    help: ["토스페이는 필수이며 50자까지입니다. 토스페이먼츠는 비우면 임의로 정합니다.", "Required by Toss Pay, up to 50 characters. Toss Payments makes one up when empty."] },
  { path: "bypass.tosspay_v2.encryptedUserCi", group: "key", type: "text", more: true, label: ["암호화한 CI", "Encrypted CI"], fits: (f) => bills(f) && tv(f),
    help: ["토스페이 빌링키 발급에서만 씁니다.", "For billing keys of Toss Pay only."] },

  { path: "buyer_name", group: "buyer", type: "text", label: ["이름", "Name"], needed: (f) => tp(f) && f.method === "vbank",
    help: ["가상계좌는 꼭 있어야 합니다.", "A virtual account must have it."] },
  { path: "buyer_tel", group: "buyer", type: "text", label: ["휴대전화", "Phone"], help: ["결제창에 미리 채워집니다.", "Filled in beforehand in the window."] },
  { path: "buyer_email", group: "buyer", type: "text", label: ["이메일", "Email"], wide: true, help: ["PG사가 결제 안내를 보냅니다.", "Where the provider writes to."] },
  { path: "buyer_addr", group: "buyer", type: "text", more: true, label: ["주소", "Address"], help: ["조회 결과에 그대로 돌아옵니다.", "Comes back as it is when looked up."] },
  { path: "buyer_postcode", group: "buyer", type: "text", more: true, label: ["우편번호", "Postcode"], help: ["조회 결과에 그대로 돌아옵니다.", "Comes back as it is when looked up."] },

  { path: "card.direct.code", group: "card", type: "choice", label: ["카드사 바로 열기", "Straight to a company"], fits: card, choices: CARDS,
    help: ["카드 고르는 화면을 건너뜁니다. 개월 수가 없으면 일시불입니다.", "Skips the choice of card. Lump sum unless months are given."] },
  { path: "card.direct.quota", group: "card", type: "choice", label: ["그 카드사의 할부", "Months there"], fits: card, choices: QUOTAS,
    help: ["카드사를 정했을 때만. 할부는 5만 원부터입니다.", "Only with a company. Instalments from 50,000 won."] },
  { path: "display.card_quota", group: "card", type: "months", wide: true, label: ["할부 개월 수", "Instalments offered"], fits: (f) => card(f) || (tp(f) && pays(f) && isWallet(f.method)),
    help: ["고른 것 중 가장 긴 개월까지 열립니다. 5만 원부터이며, 일시불만 고르면 할부를 막습니다.", "Opens all up to the longest chosen, from 50,000 won. Lump sum alone forbids instalments."] },
  { path: "display.only_installment", group: "card", type: "bool", label: ["고른 개월만", "Those months only"], fits: card,
    help: ["true이고 개월이 하나면 그 할부만 보입니다.", "With one number of months: just that plan."] },
  { path: "appCard", group: "card", type: "bool", label: ["앱카드만", "App cards only"], fits: card, help: ["앱카드를 내는 카드사만 보입니다.", "Only companies that have an app card."] },
  { path: "useCardPoint", group: "card", type: "bool", label: ["카드 포인트", "Card points"], fits: card,
    help: ["true는 사용, false는 불가, 없으면 구매자가 고릅니다.", "true: used, false: impossible, absent: the buyer's choice."] },
  { path: "bypass.tosspayments.useInternationalCardOnly", group: "card", type: "bool", label: ["해외카드 창", "Foreign cards"], fits: card,
    help: ["Visa, Mastercard, UnionPay를 받는 영문 창입니다.", "An English window for Visa, Mastercard and UnionPay."] },
  { path: "card.detail", group: "card", type: "rows", wide: true, label: ["보일 카드사", "Companies shown"], fits: card,
    help: ["위에서 아래로 적용합니다. *는 모든 카드사, max_month는 상점이 이자를 낼 개월 수입니다.", "Read from the top. * is every company; max_month is up to how many months the shop pays the interest."],
    columns: [
      { name: "card_code", label: ["카드사", "Company"], type: "choice", choices: [{ value: "*", label: ["* 모두", "* all"] }, ...CARDS] },
      { name: "enabled", label: ["보이기", "Shown"], type: "bool" },
      { name: "max_month", label: ["무이자", "Free months"], type: "number" },
    ] },
  { path: "useFreeInterestFromMall", group: "card", type: "bool", label: ["상점 부담 무이자", "Interest paid by the shop"], fits: card,
    help: ["위 카드사 표의 무이자 개월과 함께 씁니다.", "Together with the free months above."] },
  { path: "bypass.tosspayments.discountCode", group: "card", type: "text", more: true, label: ["즉시 할인 코드", "Discount code"], fits: card,
    help: ["카드사를 바로 열 때만 적용됩니다.", "Applies only straight at one company."] },
  { path: "card.useInstallment", group: "card", type: "bool", label: ["할부 허용", "Instalments allowed"], fits: (f) => tv(f) && pays(f) && f.method !== "tosspay_money",
    help: ["false면 토스페이에서 일시불만 됩니다.", "false: lump sum only in Toss Pay."] },

  { path: "vbank_due", group: "cash", type: "preset", label: ["입금 기한", "Deposit until"], fits: (f) => tp(f) && f.method === "vbank", choices: DAYS, hint: "2026-12-31 18:00:00",
    help: ["YYYY-MM-DD는 그날 끝까지, 시각까지 적을 수도 있습니다. 한국 시간입니다.", "YYYY-MM-DD is the end of that day; a time may follow. Korean time."] },
  { path: "bypass.cashReceiptType", group: "cash", type: "choice", label: ["현금영수증", "Cash receipt"], fits: cash,
    choices: [{ value: "personal", label: ["소득공제", "personal"] }, { value: "corporate", label: ["지출증빙", "corporate"] }, { value: "anonymous", label: ["미발행", "none"] }],
    help: ["미리 정해 둡니다. 없으면 구매자가 창에서 고릅니다.", "Decided beforehand. Absent: the buyer chooses."] },
  { path: "bypass.isCulturalExpense", group: "cash", type: "bool", label: ["문화비", "Culture expense"], fits: cash, help: ["문화비 소득공제 대상인 주문입니다.", "The order counts as a culture expense."] },
  { path: "escrow", group: "cash", type: "bool", label: ["에스크로", "Escrow"], fits: cash, help: ["구매 확정 전까지 돈을 맡아 둡니다.", "Money is held until the buyer confirms."] },
  { path: "products", group: "cash", type: "rows", wide: true, label: ["에스크로 상품", "Escrow products"], fits: cash,
    help: ["에스크로일 때만 쓰입니다.", "Only with escrow."],
    columns: [
      { name: "id", label: ["번호", "Id"], type: "text" },
      { name: "name", label: ["이름", "Name"], type: "text" },
      { name: "code", label: ["코드", "Code"], type: "text" },
      { name: "unitPrice", label: ["단가", "Price"], type: "number" },
      { name: "quantity", label: ["수량", "Qty"], type: "number" },
    ] },
  { path: "escrowProducts", group: "cash", type: "json", more: true, wide: true, label: ["에스크로 상품 (예전 이름)", "Escrow products (older name)"], fits: cash, hint: '[{"id":"1","name":"책","unitPrice":12000,"quantity":1}]',
    help: ["products의 예전 이름입니다.", "The older name of products."] },

  { path: "bypass.tosspay_v2.expiredTime", group: "wallet", type: "preset", label: ["결제 만료 시각", "Window expires"], fits: (f) => tv(f) && pays(f), choices: MINUTES, hint: "2026-12-31 18:00:00",
    help: ["없으면 15분, 길어도 60분입니다. 한국 시간입니다.", "15 minutes by default, 60 at most. Korean time."] },
  { path: "bypass.tosspay_v2.cashReceiptTradeOption", group: "wallet", type: "choice", label: ["현금영수증 종류", "Receipt category"], fits: (f) => tv(f) && pays(f), choices: CATEGORIES,
    help: ["없으면 일반입니다.", "General by default."] },
  { path: "bypass.tosspay_v2.cashReceipt", group: "wallet", type: "bool", more: true, label: ["현금영수증 발급", "Issue a cash receipt"], fits: (f) => tv(f) && pays(f),
    help: ["나루에서만: false면 발급하지 않습니다.", "Naru only: false issues none."] },
  { path: "bypass.expiredTime", group: "wallet", type: "preset", more: true, label: ["결제 만료 시각 (예전 자리)", "Window expires (older place)"], fits: (f) => tv(f) && pays(f), choices: MINUTES,
    help: ["tosspay_v2 아래에 적은 값이 먼저입니다.", "The value under tosspay_v2 wins."] },
  { path: "bypass.cashReceiptTradeOption", group: "wallet", type: "choice", more: true, label: ["현금영수증 종류 (예전 자리)", "Receipt category (older place)"], fits: (f) => tv(f) && pays(f), choices: CATEGORIES,
    help: ["tosspay_v2 아래에 적은 값이 먼저입니다.", "The value under tosspay_v2 wins."] },

  { path: "tax_free", group: "tax", type: "number", label: ["면세 금액", "Tax-free part"], fits: pays, help: ["amount 안에서 면세인 부분입니다.", "The part of amount without tax."] },
  { path: "vat_amount", group: "tax", type: "number", label: ["부가세", "VAT"], fits: (f) => tv(f) && pays(f), help: ["없으면 과세 금액의 11분의 1입니다.", "One eleventh of the taxable part by default."] },
  { path: "vat", group: "tax", type: "number", more: true, label: ["부가세 (예전 이름)", "VAT (older name)"], fits: (f) => tv(f) && pays(f), help: ["vat_amount의 예전 이름입니다.", "The older name of vat_amount."] },

  { path: "notice_url", group: "back", type: "preset", wide: true, label: ["웹훅 받을 곳", "Webhook to"], hint: "https://",
    choices: [{ value: "@", label: ["이 놀이터가 받기", "this playground"] }, { value: "@500", label: ["받고 500으로 대답 (재시도 보기)", "this playground, which answers 500 (see retries)"] }],
    help: ["보내지 않으면 상점에 등록한 주소로 갑니다. 배열이면 아래 JSON 칸에 적으세요.", "Not sent: the shop's own address. For an array use the JSON box below."] },
  { path: "confirm_url", group: "back", type: "preset", wide: true, label: ["승인 전 확인", "Asked before approval"], fits: pays, hint: "https://",
    choices: [
      { value: "@approve", label: ["물어보면 승인", "approve"] },
      { value: "@refuse", label: ["물어보면 거절", "refuse"] },
      { value: "@silent", label: ["대답하지 않기 (10초)", "do not answer (10 s)"] },
    ],
    help: ["인증이 끝나고 승인하기 바로 전에 서버로 물어봅니다. 200이 아니면 결제가 멈춥니다.", "Asked after the buyer agreed, just before money moves. Anything but 200 stops it."] },
  { path: "m_redirect_url", group: "back", type: "preset", wide: true, label: ["휴대폰에서 돌아올 곳", "Phones return to"], hint: "https://",
    choices: [{ value: "@", label: ["이 놀이터", "this playground"] }],
    help: ["휴대폰에서는 콜백 대신 이 주소로 돌아옵니다.", "Phones come back here instead of calling back."] },
  { path: "app_scheme", group: "back", type: "text", more: true, label: ["앱 스킴", "App scheme"], hint: "myshop://", help: ["앱 안의 웹뷰에서 카드 앱을 다녀올 때 씁니다.", "The way back from card apps into yours."] },

  { path: "custom_data", group: "other", type: "json", more: true, wide: true, label: ["상점 데이터", "Own data"], hint: '{"cart": 17}', help: ["그대로 저장되어 조회할 때 글자로 돌아옵니다.", "Kept, and given back as text when looked up."] },
  { path: "currency", group: "other", type: "choice", more: true, label: ["통화", "Currency"], choices: [{ value: "KRW", label: ["원", "won"] }, { value: "USD", label: ["달러 (거절됩니다)", "dollar (is refused)"] }],
    help: ["두 PG 모두 원화만 됩니다.", "Both providers take won only."] },
  { path: "language", group: "other", type: "choice", more: true, label: ["언어", "Language"], fits: tp, choices: LANGUAGES, help: ["locale과 같은 뜻이며, 이쪽이 먼저입니다.", "As locale; this one wins."] },
  { path: "popup", group: "other", type: "bool", more: true, label: ["팝업", "Popup"], help: ["V1의 두 PG에서는 뜻이 없습니다.", "Means nothing to the two providers."] },
  { path: "promotion_id", group: "other", type: "text", more: true, label: ["프로모션", "Promotion"], fits: tp, help: ["카드 프로모션 번호입니다.", "Id of a card promotion."] },
  { path: "channelGroupId", group: "other", type: "text", more: true, label: ["채널 그룹", "Channel group"], help: ["스마트 라우팅 그룹입니다.", "Group of smart routing."] },
  { path: "biz_num", group: "other", type: "text", more: true, label: ["사업자번호", "Business number"], fits: never, help: ["다른 PG의 가상계좌에서 씁니다.", "For virtual accounts of other providers."] },
];

/** @param {string} path */
export const paramOf = (path) => PARAMS.find((p) => p.path === path);
/** @param {Param} p @param {Form} f */
export const fits = (p, f) => !p.fits || p.fits(f);
