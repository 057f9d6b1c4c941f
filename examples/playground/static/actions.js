// @ts-check
// What a tester can do to a payment: deposit, cancel, charge its key.

import { h, say, t, won } from "./dom.js";
import { BANKS } from "./methods.js";

/**
 * @typedef {import("./server.js").Run} Run
 * @typedef {Object} Doings What the forms below lead to. They are told of by the result.
 * @property {(body: Record<string, unknown>) => Promise<void>} cancel
 * @property {() => Promise<void>} deposit
 * @property {(amount: string, name: string) => Promise<void>} again
 * @property {() => Promise<void>} deleteKey
 */

/**
 * Locks a button while its work is done.
 * @param {any} button @param {() => Promise<void>} work
 */
async function once(button, work) {
  button.disabled = true;
  try {
    await work();
  } finally {
    button.disabled = false;
  }
}

/** @param {string} id @param {string} label @param {Record<string, any>} props */
const input = (id, label, props) => h("div", { class: "field" }, h("label", { for: id }, label), h("input", { type: "text", id, "data-testid": id, autocomplete: "off", ...props }));

/** @param {string} id @param {string} look @param {string} text @param {() => Promise<void>} work */
const button = (id, look, text, work) => h("button", { type: "button", class: look, "data-testid": id, onclick: (/** @type {any} */ e) => once(e.currentTarget, work) }, text);

/** @param {any} payment @param {Doings} does */
function depositForm(payment, does) {
  return h("div", { class: "act" }, h("p", {}, t(`${payment.vbank_name} ${payment.vbank_num}에 ${won(payment.amount)}을 넣습니다.`, `Pays ${won(payment.amount)} into ${payment.vbank_name} ${payment.vbank_num}.`)),
    h("div", { class: "act-line" }, button("deposit", "go", t("입금하기", "Deposit"), does.deposit)));
}

/** @param {any} payment @param {Doings} does */
function cancelForm(payment, does) {
  const left = payment.amount - payment.cancel_amount;
  const account = payment.pay_method === "vbank";
  const amount = input("cancel-amount", t("일부 금액", "Part of it"), { inputmode: "numeric", placeholder: t("비우면 전액", "empty: all") + " " + won(left) });
  const reason = input("cancel-reason", t("사유", "Reason"), { value: t("고객 변심", "Changed my mind") });
  const bank = h("div", { class: "field" }, h("label", { for: "refund_bank" }, t("환불 은행", "Refund bank")), h("select", { id: "refund_bank", "data-testid": "refund_bank" }, ...BANKS.map((b) => h("option", { value: b.value }, `${say(b.label)} (${b.value})`))));
  const number = input("refund_account", t("계좌번호", "Account"), { value: "110123456789", inputmode: "numeric" });
  const holder = input("refund_holder", t("예금주", "Holder"), { value: t("김나루", "Naru Kim") });
  const free = input("cancel-tax-free", t("그중 면세", "Tax-free part"), { inputmode: "numeric" });
  const vat = input("cancel-vat", t("그중 부가세", "VAT part"), { inputmode: "numeric" });
  const of = (/** @type {HTMLElement} */ field) => /** @type {HTMLInputElement} */ (field.querySelector("input, select")).value.trim();
  const number_ = (/** @type {string} */ text) => (/^\d{1,15}$/.test(text) ? Number(text) : text);
  const send = () => {
    /** @type {Record<string, unknown>} */
    const body = { reason: of(reason), checksum: left };
    if (of(amount)) body.amount = number_(of(amount));
    if (of(free)) body.tax_free = number_(of(free));
    if (of(vat)) body.vat_amount = number_(of(vat));
    if (account) Object.assign(body, { refund_bank: of(bank), refund_account: of(number), refund_holder: of(holder) });
    return does.cancel(body);
  };
  return h("details", { class: "act", "data-testid": "cancel-form" }, h("summary", {}, t("결제 취소", "Cancel")),
    h("div", { class: "fields" }, amount, reason, ...(account ? [bank, number, holder] : []), free, vat),
    h("div", { class: "act-line" }, button("cancel", "danger", t("취소하기", "Cancel the payment"), send)));
}

/** @param {Run} run @param {Doings} does */
function keyForm(run, does) {
  const amount = input("again-amount", t("금액 (원)", "Amount (won)"), { inputmode: "numeric", value: "4900" });
  const name = input("again-name", t("주문명", "Order name"), { value: t("월간 구독", "Monthly plan") });
  const of = (/** @type {HTMLElement} */ field) => /** @type {HTMLInputElement} */ (field.querySelector("input")).value;
  return h("div", { class: "act", "data-testid": "key-form" }, h("p", {}, t("이 빌링키로 결제합니다: ", "Charge this key: "), h("code", {}, run.customer_uid)),
    h("div", { class: "fields" }, amount, name),
    h("div", { class: "act-line" }, button("again", "go", t("빌링키로 결제", "Charge"), () => does.again(of(amount), of(name))), button("delete-key", "plain", t("빌링키 삭제", "Delete the key"), does.deleteKey)));
}

/**
 * What can be done now.
 * @param {Run} run @param {any} payment @param {boolean} sandbox @param {boolean} hasKey @param {Doings} does
 * @returns {HTMLElement[]}
 */
export function actions(run, payment, sandbox, hasKey, does) {
  if (!payment) return [];
  const out = [];
  if (sandbox && payment.status === "ready" && payment.vbank_num) out.push(depositForm(payment, does));
  if (hasKey) out.push(keyForm(run, does));
  const issued = payment.customer_uid_usage === "issue";
  if (!issued && (payment.status === "paid" || (payment.status === "cancelled" && payment.cancel_amount < payment.amount))) out.push(cancelForm(payment, does));
  return out;
}
