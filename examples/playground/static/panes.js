// @ts-check
// The panes of a result: what came back, each as it was received.

import { clockTime, coloured, english, h, t } from "./dom.js";
import { printed } from "./print.js";
import { notes } from "./words.js";

/**
 * @typedef {import("./server.js").Run} Run
 * @typedef {import("./server.js").Event} Event
 * @typedef {import("./server.js").Exchange} Exchange
 */

/** @param {unknown} value @param {string} label of what can be scrolled */
export const shown = (value, label) => h("pre", { class: "json", tabindex: "0", role: "group", "aria-label": label }, coloured(printed(value, { notes: notes(english) })));

/**
 * @param {string} id @param {string} title @param {string} sub @param {(Node | string | null)[]} body @param {string} [tag] shown at the right
 * @returns {HTMLElement}
 */
export function pane(id, title, sub, body, tag = "") {
  return h("section", { class: "pane", "data-testid": "pane-" + id, "aria-labelledby": "pane-" + id },
    h("div", { class: "pane-head" }, h("h3", { id: "pane-" + id }, title), sub ? h("code", {}, sub) : null, tag ? h("span", { class: "tag" }, tag) : null),
    ...body);
}

/** @param {string} text */
const empty = (text) => h("p", { class: "empty" }, text);

/** @param {Event} e @param {string} more */
const stamp = (e, more) => h("p", { class: "stamp" }, h("time", { datetime: e.at }, clockTime(e.at)), more ? " · " + more : "");

/** What the page was told: by its callback, or on phones by the address it came back to. @param {Run} run */
export function callbackPane(run) {
  const back = run.events.filter((e) => e.kind === "return"), told = run.events.filter((e) => e.kind === "callback");
  const phone = back.length > 0 || (told.length === 0 && run.about?.phone);
  const list = phone ? back : told;
  return pane("callback", phone ? t("돌아온 주소", "The address it came back to") : t("콜백", "Callback"), phone ? "m_redirect_url?…" : "function (rsp)",
    list.length ? list.flatMap((e) => [stamp(e, ""), shown(e.data, t("받은 값", "What was given"))])
      : [empty(phone ? t("결제창에서 돌아오면 질의가 여기에 보입니다.", "The query appears here once the buyer is back.") : t("결제창이 끝나면 여기에 보입니다.", "Appears here when the window ends."))]);
}

/** @param {Run} run @param {any} payment */
export function hooksPane(run, payment) {
  const list = run.events.filter((e) => e.kind === "webhook");
  const elsewhere = run.about && !JSON.stringify(run.about.params.notice_url || "").includes("/hooks/");
  let why = t("상태가 바뀌면 여기로 옵니다.", "Arrives here when something happens.");
  if (elsewhere) why = t("notice_url이 이 놀이터가 아니어서 다른 곳으로 갑니다.", "notice_url is not this playground: they go elsewhere.");
  else if (payment && payment.status === "failed") why = t("실패한 결제는 웹훅을 보내지 않습니다.", "Failed payments send no webhook.");
  return pane("hooks", t("웹훅", "Webhooks"), "POST notice_url", list.length
    ? list.flatMap((e) => [stamp(e, `${e.data.content_type} · ` + t(`${e.status}로 대답`, `answered ${e.status}`)), shown(e.data.body, t("웹훅 본문", "Body of the webhook"))])
    : [empty(why)], list.length > 1 ? String(list.length) : "");
}

/** @param {Run} run null when there was no confirm process */
export function confirmPane(run) {
  const list = run.events.filter((e) => e.kind === "confirm");
  if (!list.length && !run.about?.params.confirm_url) return null;
  const answer = (/** @type {Event} */ e) => {
    if (!e.status) return t("대답하지 않음", "not answered");
    return e.status === 200 ? t("200 승인", "200, go on") : t(`${e.status} 거절`, `${e.status}, stop`) + (e.data.reason ? ": " + e.data.reason : "");
  };
  return pane("confirm", t("승인 전 확인", "Confirm process"), "POST confirm_url", list.length
    ? list.flatMap((e) => [stamp(e, answer(e)), shown(e.data.body, t("물어본 내용", "What was asked"))])
    : [empty(t("구매자가 인증을 마치면 물어봅니다.", "Asked once the buyer agreed."))]);
}

/** Members that say something. @param {Record<string, any>} all */
const filled = (all) => Object.fromEntries(Object.entries(all).filter(([, v]) => !(v === null || v === "" || v === 0 || v === false || (Array.isArray(v) && !v.length))));

/**
 * The answer V1 gives a server that looks the payment up.
 * @param {Exchange | null} e @param {boolean} all also what is empty @param {(all: boolean) => void} onall @param {() => void} refresh
 */
export function paymentPane(e, all, onall, refresh) {
  const tools = h("div", { class: "pane-tools" },
    h("label", { class: "check" }, h("input", { type: "checkbox", id: "all-keys", checked: all, "data-testid": "all-keys", onchange: (/** @type {any} */ ev) => onall(ev.target.checked) }), t("빈 값도", "Empty ones, too")),
    h("button", { type: "button", class: "small plain", id: "look-again", "data-testid": "look-again", onclick: refresh }, t("다시 조회", "Look up again")));
  if (!e) return pane("payment", t("조회 결과", "Looked up"), "GET /payments/{imp_uid}", [empty(t("결제가 생기면 서버가 조회합니다.", "The server looks the payment up once there is one.")), tools]);
  const response = e.answer && e.answer.response;
  const body = response ? shown(all ? response : filled(response), t("조회한 결제", "The payment")) : shown(e.answer, t("조회 답", "The answer"));
  return pane("payment", t("조회 결과", "Looked up"), "GET " + e.path, [body, tools], `HTTP ${e.status} · code ${e.answer && e.answer.code}`);
}

/** Calls the playground made for the tester, newest first. @param {Run} run */
export function callsPane(run) {
  const list = run.events.filter((e) => e.kind === "call").reverse();
  if (!list.length) return null;
  return pane("calls", t("보낸 요청", "Requests made"), "REST", list.map((e, i) => {
    const x = /** @type {Exchange} */ (e.data);
    const good = e.status === 200 && !(x.answer && x.answer.code);
    return h("details", { class: "exchange", open: i === 0 },
      h("summary", {}, h("span", { class: good ? "dot good" : "dot bad", role: "img", "aria-label": good ? t("성공", "success") : t("실패", "failure") }), h("code", {}, `${x.method} ${x.path}`), h("span", { class: "stamp" }, clockTime(e.at))),
      x.body ? shown(x.body, t("보낸 본문", "Body sent")) : null,
      h("p", { class: "stamp" }, `HTTP ${e.status}`), shown(x.answer && x.answer.response ? { ...x.answer, response: filled(x.answer.response) } : x.answer, t("받은 답", "Answer")));
  }));
}

/** The billing key. @param {Exchange | null} e */
export function keyPane(e) {
  if (!e) return null;
  const response = e.answer && e.answer.response;
  return pane("key", t("빌링키 조회", "The key, looked up"), "GET " + e.path, [shown(response ? filled(response) : e.answer, t("빌링키", "Billing key"))], `HTTP ${e.status} · code ${e.answer && e.answer.code}`);
}

/** @type {Record<string, [string, string]>} */
const KINDS = { unknown: ["모르는 이름", "unknown"], deprecated: ["예전 이름", "deprecated"], unused: ["쓰이지 않음", "unused"], adapted: ["바꿔 전달", "adapted"] };

/**
 * What Naru notes of parameters; null when it was not asked, or is another gateway.
 * @param {Exchange | null} e @returns {any[] | null}
 */
export const notesOf = (e) => (e && e.status === 200 && e.answer && e.answer.response && Array.isArray(e.answer.response.notes) ? e.answer.response.notes : null);

/** What Naru did with parameters that are not passed on as they are. @param {Exchange | null} e */
export function notesPane(e) {
  const list = notesOf(e);
  if (!list || !list.length) return null;
  return pane("notes", t("나루가 파라미터를 어떻게 했나", "What Naru did with the parameters"), "", [h("ul", { class: "notes" }, ...list.map((n) => {
    const [ko, en] = KINDS[n.kind] || [n.kind, n.kind];
    return h("li", { "data-kind": n.kind }, h("span", { class: "kind " + n.kind }, t(ko, en)), h("code", {}, n.parameter), h("span", {}, n.text));
  }))], String(list.length));
}
