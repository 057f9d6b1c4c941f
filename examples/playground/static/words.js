// @ts-check
// What values in answers mean, in words.

import { methodName } from "./methods.js";
import { korean } from "./call.js";

/** @typedef {import("./methods.js").Text} Text */
/** @typedef {"good" | "wait" | "bad" | "calm"} Mood */

/** @type {Record<string, Record<string, Text>>} */
const MEANINGS = {
  status: { paid: ["결제됨", "paid"], ready: ["결제 전", "not paid yet"], failed: ["실패", "failed"], cancelled: ["취소됨 (일부 취소 포함)", "cancelled, in part or whole"] },
  pg_provider: { tosspayments: ["토스페이먼츠", "Toss Payments"], tosspay_v2: ["토스페이", "Toss Pay"] },
  channel: { pc: ["PC 결제창", "window on a desktop"], mobile: ["휴대폰 결제창", "window on a phone"], api: ["서버에서", "by a server"] },
  customer_uid_usage: { issue: ["빌링키 발급", "key issued"], payment: ["빌링키 결제", "charge of a key"], "payment.scheduled": ["예약 결제", "booked charge"] },
  error_code: {
    PAY_PROCESS_CANCELED: ["구매자가 그만둠", "the buyer left"], PAY_PROCESS_ABORTED: ["PG사가 멈춤", "stopped by the provider"], REJECT_CARD_COMPANY: ["카드사 거절", "refused by the card company"],
    F1001: ["채널이 없음", "no such channel"], F1002: ["이미 결제된 주문번호", "order number paid already"], NARU_INVALID_PARAMETER: ["값이 잘못됨", "a value is wrong"],
    NARU_UNSUPPORTED: ["제공하지 않음", "not offered"], NARU_WINDOW_OPEN: ["이미 열린 창이 있음", "a window is open already"], NARU_UNREACHABLE: ["연결하지 못함", "not reachable"],
    NARU_RESULT_PENDING: ["아직 모름: 조회해야 함", "not known yet: look it up"],
  },
};

/**
 * What a member of an answer means; "" when it says it itself.
 * @param {boolean} english
 * @returns {import("./print.js").Notes}
 */
export function notes(english) {
  const pick = (/** @type {Text} */ text) => text[english ? 1 : 0];
  return (key, value) => {
    const meaning = MEANINGS[key] && typeof value === "string" && MEANINGS[key][value];
    if (meaning) return pick(meaning);
    if (key === "pay_method" || key === "emb_pg_provider") return typeof value === "string" && pick(methodName(value)) !== value ? pick(methodName(value)) : "";
    if (/_(at|date)$|^(inserted|updated)$/.test(key) && typeof value === "number" && value > 0) return korean(value * 1000);
    if (key === "card_quota" && typeof value === "number") return value > 1 ? pick([value + "개월", value + " months"]) : pick(["일시불", "lump sum"]);
    if (key === "card_type" && typeof value === "number") return pick(value ? ["체크카드", "debit"] : ["신용카드", "credit"]);
    return "";
  };
}

/**
 * How a run stands, in a word.
 * @param {import("./server.js").Run} run @param {any} payment V1's Payment, if it was looked up @param {boolean} open its window is open
 * @returns {{text: Text, mood: Mood}}
 */
export function standing(run, payment, open) {
  if (payment) {
    switch (payment.status) {
      case "paid": return payment.customer_uid_usage === "issue" ? { text: ["빌링키 발급 완료", "Key issued"], mood: "good" } : { text: ["결제 완료", "Paid"], mood: "good" };
      case "cancelled": return payment.cancel_amount < payment.amount ? { text: ["부분 취소", "Partly cancelled"], mood: "wait" } : { text: ["전액 취소", "Cancelled"], mood: "calm" };
      case "failed": return { text: ["결제 실패", "Failed"], mood: "bad" };
      case "ready": if (payment.vbank_num) return { text: ["입금 대기", "Waiting for deposit"], mood: "wait" };
    }
  }
  const last = run.events.filter((e) => e.kind === "callback").at(-1);
  if (last && last.data.error_code && !last.data.imp_uid) return { text: ["창이 열리기 전에 거절", "Refused before the window"], mood: "bad" };
  if (open) return { text: ["결제창 열림", "Window is open"], mood: "wait" };
  if (run.kind === "again") {
    const call = run.events.find((e) => e.kind === "call");
    if (call && call.data.answer && call.data.answer.code) return { text: ["거절됨", "Refused"], mood: "bad" };
  }
  return payment ? { text: ["결제 전", "Not paid"], mood: "wait" } : { text: ["결과를 기다리는 중", "Waiting"], mood: "wait" };
}
