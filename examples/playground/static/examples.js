// @ts-check
// Ready-made calls. Each is what differs from an untouched form of its kind.

/**
 * @typedef {import("./methods.js").Text} Text
 * @typedef {{id: string, label: Text, say: Text, provider?: import("./methods.js").Provider, kind?: import("./methods.js").Kind, method?: string, values?: Record<string, string>, extra?: string}} Example
 */

const TV = /** @type {const} */ ("tosspay_v2");
const ALL_OFF = { card_code: "*", enabled: false };

/** @type {{label: Text, examples: Example[]}[]} */
export const EXAMPLES = [
  { label: ["카드", "Card"], examples: [
    { id: "card", label: ["카드", "Card"], say: ["카드창을 엽니다.", "Opens the card window."] },
    { id: "instalments", label: ["할부", "Instalments"], say: ["6개월까지 고를 수 있습니다.", "Up to six months to choose from."], values: { amount: "60000", "display.card_quota": "2,3,6" } },
    { id: "fixed-months", label: ["할부 개월 고정", "One plan only"], say: ["6개월 할부만 됩니다.", "Six months and nothing else."], values: { amount: "60000", "display.card_quota": "6", "display.only_installment": "true" } },
    { id: "direct", label: ["카드사 바로 열기", "Direct company"], say: ["현대카드 3개월로 바로 갑니다.", "Straight to Hyundai Card, three months."], values: { amount: "60000", "card.direct.code": "367", "card.direct.quota": "3" } },
    { id: "detail", label: ["일부 카드사만", "Some companies"], say: ["신한과 KB국민만 보입니다.", "Only Shinhan and KB are shown."],
      values: { "card.detail": JSON.stringify([ALL_OFF, { card_code: "366", enabled: true }, { card_code: "381", enabled: true }]) } },
    { id: "free-months", label: ["상점 부담 무이자", "Interest paid by shop"], say: ["신한 6개월까지 상점이 이자를 냅니다.", "The shop pays Shinhan's interest up to six months."],
      values: { amount: "60000", useFreeInterestFromMall: "true", "card.detail": JSON.stringify([{ card_code: "366", enabled: true, max_month: 6 }]) } },
    { id: "app-card", label: ["앱카드", "App card"], say: ["앱카드만 보입니다.", "Only app cards are shown."], values: { appCard: "true" } },
    { id: "foreign", label: ["해외카드", "Foreign card"], say: ["영문 창이 열립니다.", "Opens the English window."], values: { "bypass.tosspayments.useInternationalCardOnly": "true" } },
    { id: "points", label: ["카드 포인트", "Card points"], say: ["포인트를 쓰게 합니다.", "Points are used."], values: { useCardPoint: "true" } },
  ] },
  { label: ["계좌와 휴대폰", "Account and phone"], examples: [
    { id: "vbank", label: ["가상계좌", "Virtual account"], say: ["3일 안에 입금합니다.", "To be paid within three days."], method: "vbank", values: { vbank_due: "@+3d" } },
    { id: "vbank-fixed", label: ["고정 가상계좌", "Fixed account"], say: ["창에 회원 번호(숫자 13자리까지)를 적으면 늘 같은 계좌입니다. 채널에 고정식 계약이 있어야 합니다.", "The buyer types a member number of up to 13 digits, and always gets the same account. Needs such a contract."], method: "vbank", values: { vbank_due: "@+7d", name: "고정식 가상계좌" } },
    { id: "trans", label: ["이체 + 현금영수증", "Transfer + receipt"], say: ["소득공제용 현금영수증을 미리 정합니다.", "Decides on a personal cash receipt."], method: "trans", values: { "bypass.cashReceiptType": "personal" } },
    { id: "culture", label: ["문화비 이체", "Culture expense"], say: ["문화비 소득공제 대상입니다.", "Counts as a culture expense."], method: "trans", values: { "bypass.isCulturalExpense": "true", "bypass.cashReceiptType": "personal" } },
    { id: "escrow", label: ["에스크로", "Escrow"], say: ["상품 두 줄을 함께 보냅니다.", "Sends two products along."], method: "vbank",
      values: { amount: "30000", escrow: "true", vbank_due: "@+3d", products: JSON.stringify([{ id: "1", name: "머그컵", code: "MUG", unitPrice: 12000, quantity: 2 }, { id: "2", name: "받침", code: "COASTER", unitPrice: 6000, quantity: 1 }]) } },
    { id: "phone", label: ["휴대폰", "Phone bill"], say: ["실물 상품을 휴대폰 요금으로.", "Real goods on the phone bill."], method: "phone", values: { digital: "false" } },
  ] },
  { label: ["상품권", "Gift certificates"], examples: [
    { id: "booknlife", label: ["도서문화상품권", "Book voucher"], say: ["부분 취소는 되지 않습니다.", "Cannot be cancelled in part."], method: "booknlife" },
    { id: "smartculture", label: ["게임문화상품권", "Game voucher"], say: ["부분 취소는 되지 않습니다.", "Cannot be cancelled in part."], method: "smartculture" },
    { id: "cultureland", label: ["문화상품권", "Culture voucher"], say: ["부분 취소는 되지 않습니다.", "Cannot be cancelled in part."], method: "cultureland" },
  ] },
  { label: ["간편결제 (토스페이먼츠)", "Wallets (Toss Payments)"], examples: [
    ...[["kakaopay", "카카오페이", "KakaoPay"], ["naverpay", "네이버페이", "Naver Pay"], ["payco", "페이코", "PAYCO"], ["samsungpay", "삼성페이", "Samsung Pay"],
      ["lpay", "엘페이", "L.pay"], ["ssgpay", "SSG페이", "SSG Pay"], ["applepay", "애플페이", "Apple Pay"], ["tosspay", "토스페이", "Toss Pay"]].map(([method, ko, en]) => ({
      id: method, label: /** @type {Text} */ ([ko, en]), method,
      say: /** @type {Text} */ (["카드 없이 낸 돈은 pay_method가 point로 남습니다.", "Paid without a card, pay_method is recorded as point."]),
    })),
  ] },
  { label: ["토스페이 (직접 계약)", "Toss Pay (own contract)"], examples: [
    { id: "tv", provider: TV, label: ["전체 수단", "Any"], say: ["카드와 머니를 모두 받습니다.", "Cards and money."], method: "tosspay" },
    { id: "tv-card", provider: TV, label: ["카드만", "Card only"], say: ["할부 없이 카드만.", "Cards only, lump sum."], method: "tosspay_card", values: { amount: "60000", "card.useInstallment": "false" } },
    { id: "tv-money", provider: TV, label: ["머니·계좌만", "Money only"], say: ["토스머니와 계좌만 받습니다.", "Toss money and accounts only."], method: "tosspay_money" },
    { id: "tv-expiry", provider: TV, label: ["30분 안에", "Within 30 minutes"], say: ["기한이 지나면 결제할 수 없습니다.", "Cannot be paid afterwards."], method: "tosspay", values: { "bypass.tosspay_v2.expiredTime": "@+30m" } },
    { id: "tv-culture", provider: TV, label: ["문화비 영수증", "Culture receipt"], say: ["현금영수증을 문화비로.", "The cash receipt is one for culture."], method: "tosspay_money", values: { "bypass.tosspay_v2.cashReceiptTradeOption": "CULTURE" } },
  ] },
  { label: ["세금과 확인", "Tax and checks"], examples: [
    { id: "tax-free", label: ["복합 과세", "Partly tax-free"], say: ["30,000원 중 10,000원이 면세입니다.", "10,000 of 30,000 won are tax-free."], values: { amount: "30000", tax_free: "10000" } },
    { id: "vat", provider: TV, label: ["부가세 지정", "VAT given"], say: ["부분 취소할 때도 vat_amount를 보내야 합니다.", "Partial cancels then need vat_amount, too."], method: "tosspay", values: { amount: "22000", vat_amount: "2000" } },
    { id: "confirm", label: ["승인 전 확인", "Confirm process"], say: ["승인 바로 전에 상점에 물어봅니다.", "The shop is asked just before approval."], values: { confirm_url: "@approve" } },
    { id: "confirm-refuse", label: ["확인에서 거절", "Confirm refused"], say: ["재고가 없다고 거절합니다.", "Refused: out of stock."], values: { confirm_url: "@refuse:재고가 없습니다" } },
    { id: "retries", label: ["웹훅 재시도", "Webhook retries"], say: ["웹훅에 500으로 대답합니다. 시계를 옮기면 다시 옵니다.", "Webhooks are answered 500; move the clock to see them again."], values: { notice_url: "@500" } },
    { id: "unknown", label: ["모르는 파라미터", "Unknown parameter"], say: ["나루가 무엇을 무시했는지 보여 줍니다.", "Shows what Naru left out."], extra: '{"amuont": 2000, "popup": true}' },
  ] },
  { label: ["정기결제", "Subscriptions"], examples: [
    { id: "billing", kind: "billing", label: ["토스페이먼츠 빌링키", "Key of Toss Payments"], say: ["발급한 뒤 결과 칸에서 바로 결제합니다.", "Then charge it in the result pane."], values: { amount: "0", name: "월간 구독" } },
    { id: "tv-billing", provider: TV, kind: "billing", label: ["토스페이 빌링키", "Key of Toss Pay"], say: ["customer_id가 꼭 필요합니다.", "Needs a customer_id."], method: "tosspay", values: { name: "월간 구독" } },
  ] },
];
