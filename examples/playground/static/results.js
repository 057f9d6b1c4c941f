// @ts-check
// The results of this tab: one run at a time, and the list of them.

import { actions } from "./actions.js";
import { clockTime, copy, h, say, t, won } from "./dom.js";
import { methodName } from "./methods.js";
import { callbackPane, callsPane, confirmPane, hooksPane, keyPane, notesOf, notesPane, paymentPane } from "./panes.js";
import { standing } from "./words.js";

/**
 * @typedef {import("./server.js").Run} Run
 * @typedef {import("./server.js").Exchange} Exchange
 * @typedef {{payment: Exchange | null, window: Exchange | null, key: Exchange | null, events: number}} Found what looking up a run gave, when it had so many events
 */

export class Results {
  /**
   * @param {HTMLElement} root
   * @param {{server: import("./server.js").Server, sandbox: boolean, order: () => string, notice: (tab: string) => string, restore: (link: string) => void, tell: (text: string) => void, hurry: () => void, top: () => void}} o
   */
  constructor(root, o) {
    this.root = root;
    this.o = o;
    /** @type {Run[]} */
    this.runs = [];
    /** @type {Map<number, Found>} */
    this.found = new Map();
    this.chosen = 0; // number of the run shown; 0 is the newest
    this.open = 0; // number of the run whose window is open
    this.all = false;
    this.problem = "";
    this.acts = { key: "", list: /** @type {HTMLElement[]} */ ([]) };
    this.draw();
  }

  /** @param {Run[]} runs */
  update(runs) {
    const newest = this.runs.at(-1)?.n;
    this.runs = runs;
    if (runs.at(-1)?.n !== newest) {
      this.chosen = 0;
      if (newest) this.o.top();
    }
    const run = this.current();
    if (run) this.lookUp(run, false);
    this.draw();
  }

  current() { return this.runs.find((r) => r.n === this.chosen) || this.runs.at(-1); }

  /** A window opened, or with 0 ended. @param {number} n */
  opened(n) {
    this.open = n;
    this.draw();
  }

  /**
   * Asks the gateway how the payment of a run stands, if there was news of it.
   * @param {Run} run @param {boolean} always
   */
  async lookUp(run, always) {
    const before = this.found.get(run.n);
    if (!always && before && before.events === run.events.length) return;
    /** @type {Found} */
    const found = { payment: before?.payment || null, window: before?.window || null, key: before?.key || null, events: run.events.length };
    this.found.set(run.n, found);
    if (!run.imp_uid && !run.events.length && !always) return;
    const bills = run.customer_uid && (run.kind === "again" || run.about?.kind === "billing");
    try {
      const asked = [this.o.server.look(run.n, "payment"), run.imp_uid && run.kind !== "again" ? this.o.server.look(run.n, "window").catch(() => null) : null, bills ? this.o.server.look(run.n, "key") : null];
      [found.payment, found.window, found.key] = await Promise.all(asked);
      this.problem = "";
    } catch (err) {
      found.events = -1; // ask again
      this.problem = String(err);
    }
    this.draw();
    const payment = this.paymentOf(run);
    if (payment) this.o.tell(say(standing(run, payment, false).text));
  }

  /** V1's Payment of a run, once it was looked up. @param {Run} run */
  paymentOf(run) {
    const e = this.found.get(run.n)?.payment;
    return e && e.status === 200 && e.answer && e.answer.code === 0 ? e.answer.response : null;
  }

  draw() {
    const run = this.current();
    const held = document.activeElement instanceof HTMLElement && this.root.contains(document.activeElement) ? document.activeElement.id : "";
    const scrolls = new Map([...this.root.querySelectorAll("pre")].map((p) => [p.closest("section")?.dataset.testid, p.scrollTop]));
    this.root.replaceChildren(...(run ? this.shown(run) : [this.nothing()]));
    for (const p of this.root.querySelectorAll("pre")) p.scrollTop = scrolls.get(p.closest("section")?.dataset.testid) || 0;
    if (held) document.getElementById(held)?.focus({ preventScroll: true });
  }

  nothing() {
    const boat = h("img", { src: this.o.server.base + "/static/boat.svg", alt: "", width: 168, height: 112 });
    return h("div", { class: "welcome", "data-testid": "welcome" }, boat,
      h("h2", {}, t("아직 건너간 결제가 없습니다", "Nothing has crossed yet")),
      h("p", {}, t("예제를 고르고 결제창을 열어 보세요. 콜백과 웹훅, 서버에서 조회한 결과가 여기에 나란히 보입니다.", "Choose an example and open the window. Callback, webhooks and what the server looks up appear here side by side.")));
  }

  /** @param {Run} run */
  shown(run) {
    const found = this.found.get(run.n), payment = this.paymentOf(run);
    const how = standing(run, payment, this.open === run.n);
    const doings = this.doings(run, payment, found);
    const side = h("div", { class: "panes" }, run.kind === "again" ? null : callbackPane(run), hooksPane(run, payment), confirmPane(run));
    return [
      this.list(run),
      this.head(run, payment, how),
      this.problem ? h("p", { class: "notice", role: "alert" }, this.problem) : null,
      ...doings.filter((e) => !e.matches("details")),
      notesPane(found?.window || null),
      side,
      ...doings.filter((e) => e.matches("details")),
      paymentPane(found?.payment || null, this.all, (all) => { this.all = all; this.draw(); }, () => this.lookUp(run, true)),
      keyPane(found?.key || null),
      callsPane(run),
    ].filter((e) => e !== null);
  }

  /** The runs of this tab. @param {Run} chosen */
  list(chosen) {
    const title = h("h2", {}, t("결과", "Results"));
    if (this.runs.length < 2) return h("div", { class: "runs" }, title);
    const text = (/** @type {Run} */ r) => `#${r.n} ${clockTime(r.at)} ${this.title(r)} — ${say(standing(r, this.paymentOf(r), this.open === r.n).text)}`;
    return h("div", { class: "runs" }, title, h("select", { id: "runs", "data-testid": "runs", "aria-label": t("지난 호출", "Earlier calls"), value: String(chosen.n), onchange: (/** @type {any} */ e) => {
      this.chosen = Number(e.target.value);
      const run = this.current();
      if (run) this.lookUp(run, false);
      this.draw();
    } }, ...[...this.runs].reverse().map((r) => h("option", { value: String(r.n) }, text(r)))));
  }

  /** @param {Run} r */
  title(r) {
    if (r.kind === "again") return t("빌링키 결제", "Charge of a key");
    if (r.kind === "other" || !r.about) return t("다른 결제", "Another payment");
    if (r.about.kind === "billing") return t("빌링키 발급", "Billing key");
    const name = say(methodName(r.about.method));
    return r.about.method === "tosspay" && r.about.provider === "tosspay_v2" ? t("토스페이", "Toss Pay") : name;
  }

  /** @param {Run} run @param {any} payment @param {{text: [string, string], mood: string}} how */
  head(run, payment, how) {
    const amount = payment ? payment.amount : Number(run.about?.params.amount);
    const bills = run.kind === "window" && run.about?.kind === "billing";
    const row = (/** @type {string} */ name, /** @type {string | undefined} */ value) => value ? h("div", {}, h("dt", {}, name), h("dd", {}, h("code", { "data-testid": name }, value),
      h("button", { type: "button", class: "small plain", id: "copy-" + name, "aria-label": t(`${name} 복사`, `Copy ${name}`), onclick: (/** @type {any} */ e) => copy(e.currentTarget, value) }, t("복사", "Copy")))) : null;
    const link = run.about && run.kind === "window" ? h("button", { type: "button", class: "small plain", id: "restore", "data-testid": "restore", onclick: () => this.o.restore(run.about?.link || "") }, t("양식에 불러오기", "Into the form")) : null;
    const passed = notesOf(this.found.get(run.n)?.window || null)?.length === 0;
    const told = run.events.filter((e) => e.kind === "callback" || e.kind === "return").at(-1)?.data.error_msg;
    const reason = payment ? payment.fail_reason : told;
    const why = reason ? h("p", { class: "why", "data-testid": "why" }, reason) : null;
    return h("div", { class: "head " + how.mood, "data-testid": "standing", "data-mood": how.mood, "data-status": payment ? payment.status : "" },
      h("div", { class: "head-line" }, h("span", { class: "badge" }, say(how.text)), h("span", { class: "what" }, this.title(run)),
        bills || Number.isNaN(amount) ? null : h("b", { class: "amount" }, won(amount)),
        payment && payment.cancel_amount ? h("span", { class: "back" }, "−" + won(payment.cancel_amount)) : null, link), why,
      passed ? h("p", { class: "passed", "data-testid": "passed" }, t("나루가 파라미터를 모두 그대로 전달했습니다.", "Naru passed all parameters on as they are.")) : null,
      h("dl", {}, row("imp_uid", run.imp_uid), row("merchant_uid", run.merchant_uid), row("customer_uid", run.customer_uid)));
  }

  /**
   * The forms of what can be done, kept while nothing about the payment changes:
   * a tester may be typing there.
   * @param {Run} run @param {any} payment @param {Found | undefined} found
   */
  doings(run, payment, found) {
    const hasKey = Boolean(found?.key && found.key.status === 200 && found.key.answer.code === 0);
    const key = payment ? [run.n, payment.status, payment.cancel_amount, payment.vbank_num, hasKey].join() : "";
    if (key !== this.acts.key) this.acts = { key, list: actions(run, payment, this.o.sandbox, hasKey, this.does(run)) };
    return this.acts.list;
  }

  /** @param {Run} run @returns {import("./actions.js").Doings} */
  does(run) {
    const attempt = async (/** @type {() => Promise<unknown>} */ work) => {
      this.problem = "";
      try {
        await work();
      } catch (err) {
        this.problem = String(err);
        this.draw();
      }
      this.o.hurry();
    };
    const { server } = this.o;
    return {
      cancel: (body) => attempt(() => server.act(run.n, "cancel", body)),
      deposit: () => attempt(() => server.act(run.n, "deposit", {})),
      deleteKey: () => attempt(() => server.deleteKey(run.n)),
      again: (amount, name) => attempt(() => server.again(run.n, { merchant_uid: this.o.order(), amount: /^\d{1,15}$/.test(amount) ? Number(amount) : amount, name, notice_url: this.o.notice(server.tab) })),
    };
  }
}
