// @ts-check
// The tester's bar: what the next buyer does, and the sandbox's clock.

import { byId, english, h, say, t } from "./dom.js";
import { DECLINES } from "./methods.js";
import { korean } from "./call.js";

export class Tools {
  /**
   * @param {import("./server.js").Server} server
   * @param {{provider: () => import("./methods.js").Provider, problem: (text: string) => void, changed: () => void}} o
   */
  constructor(server, o) {
    this.server = server;
    this.o = o;
    this.ahead = 0; // milliseconds the gateway's clock is ahead of this browser's
    this.frozen = false;
    this.stopped = 0; // where a frozen clock stands
    this.buyer = byId("next-buyer");
    this.offered = ""; // the provider whose declines are in the list
    this.time = byId("clock");
    this.menu();
    if (!this.buyer) return;
    this.buyer.addEventListener("change", () => this.setBuyer());
    for (const b of document.querySelectorAll("[data-advance]")) b.addEventListener("click", () => this.advance(/** @type {HTMLButtonElement} */ (b)));
    setInterval(() => this.showTime(), 1000);
    this.readTime();
  }

  /** The bar behind a button, on narrow screens. */
  menu() {
    const button = byId("tools-toggle");
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      byId("tools").classList.toggle("open", open);
    });
  }

  now() { return this.frozen ? this.stopped : Date.now() + this.ahead; }

  async readTime() {
    try {
      this.tick(await this.server.clock());
    } catch (err) {
      this.o.problem(t("샌드박스에 닿지 않습니다: ", "The sandbox cannot be reached: ") + err);
    }
  }

  /** @param {{unix: number, now: string, frozen: boolean}} state */
  tick(state) {
    this.ahead = Date.parse(state.now) - Date.now();
    this.frozen = state.frozen;
    this.stopped = Date.parse(state.now);
    this.showTime();
    this.o.changed();
  }

  showTime() {
    const [, month, day, time] = /** @type {RegExpMatchArray} */ (korean(this.now()).match(/-(\d\d)-(\d\d) (\d\d:\d\d)/));
    this.time.textContent = english ? `${month}-${day} ${time}` : `${Number(month)}월 ${Number(day)}일 ${time}`;
    this.time.title = this.frozen ? t("시계가 멈춰 있습니다.", "The clock is frozen.") : t("샌드박스의 시각 (한국)", "The sandbox's time (Korea)");
  }

  /** @param {HTMLButtonElement} button */
  async advance(button) {
    const all = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-advance]"));
    all.forEach((b) => { b.disabled = true; });
    try {
      this.tick(await this.server.advance(String(button.dataset.advance)));
    } catch (err) {
      this.o.problem(t("시계를 옮기지 못했습니다: ", "The clock was not moved: ") + err);
    }
    all.forEach((b) => { b.disabled = false; });
    button.focus();
  }

  /** Offers what the provider's window can do, and shows what is ordered of it. */
  async showBuyer() {
    const provider = this.o.provider();
    if (!this.buyer) return;
    if (this.offered !== provider) {
      this.offered = provider;
      byId("declines").replaceChildren(...DECLINES[provider].map((d) => h("option", { value: "decline:" + d.value }, say(d.label))));
      this.buyer.value = "";
    }
    try {
      const { orders } = await this.server.orders(provider);
      if (provider !== this.o.provider()) return; // another one was chosen meanwhile
      this.buyer.value = orders.length ? orders[0].action + (orders[0].code ? ":" + orders[0].code : "") : "";
    } catch (err) {
      this.o.problem(t("샌드박스에 닿지 않습니다: ", "The sandbox cannot be reached: ") + err);
    }
  }

  /** Tells the sandbox what the next buyer of the chosen provider does, once. */
  async setBuyer() {
    const provider = this.o.provider(), [action, code] = this.buyer.value.split(":");
    try {
      await this.server.noOrders(provider);
      if (action) await this.server.order(provider, { action, ...(code ? { code } : {}) });
    } catch (err) {
      this.o.problem(t("다음 구매자를 정하지 못했습니다: ", "The next buyer was not set: ") + err);
    }
    await this.showBuyer();
  }
}
