// @ts-check
/**
 * The payment window's own script: steps, tester's panel, and the way back to
 * the page that opened the window.
 */
(function () {
  "use strict";

  /**
   * @typedef {{ url?: string, result?: Object, error?: { code: string, message: string } }} Outcome
   * @typedef {{ actions: string, framed: boolean, origin: string, nonce: string, auto: string, ended: Outcome | null }} Config
   */

  const data = document.getElementById("config");
  if (!data) return;
  const config = /** @type {Config} */ (JSON.parse(data.textContent || "{}"));
  const english = document.documentElement.lang === "en";
  const framed = config.framed && window.parent !== window;

  /** @param {string} name @returns {HTMLElement | null} */
  const byTest = (name) => document.querySelector(`[data-testid="${name}"]`);
  /** @param {string} ko @param {string} en */
  const t = (ko, en) => (english ? en : ko);

  /** @param {Record<string, unknown>} message */
  function tell(message) {
    const origin = config.origin && config.origin !== "null" ? config.origin : "*";
    window.parent.postMessage({ from: "tosspayments-sandbox", nonce: config.nonce, ...message }, origin);
  }

  /** @param {Outcome} outcome */
  function deliver(outcome) {
    if (framed) tell({ type: "outcome", outcome });
    else if (outcome.url) location.replace(outcome.url);
    else location.reload();
  }

  /** @param {string} text */
  function alertText(text) {
    const box = document.getElementById("alert");
    if (box) box.textContent = text;
  }

  let busy = false;

  /** @param {boolean} on */
  function setBusy(on) {
    busy = on;
    document.body.classList.toggle("busy", on);
    for (const button of document.querySelectorAll("button")) button.disabled = on;
    for (const button of document.querySelectorAll('[data-testid="close"]')) /** @type {HTMLButtonElement} */ (button).disabled = false;
  }

  /**
   * Does something in the window and, if that ends it, goes back.
   * @param {string} action
   * @param {Record<string, unknown>} [body]
   */
  function act(action, body) {
    if (busy) return;
    setBusy(true);
    alertText("");
    fetch(config.actions + action, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body || {}),
    }).then((response) => response.json().then((answer) => {
      if (response.ok) {
        if (action === "expire") location.reload();
        else deliver(answer);
        return;
      }
      if (answer.code === "NOT_FOUND_PAYMENT_SESSION") location.reload();
      setBusy(false);
      alertText(answer.message);
    })).catch(() => {
      setBusy(false);
      alertText(t("연결이 끊어졌습니다. 다시 시도해 주세요.", "The connection failed. Please try again."));
    });
  }

  function close() {
    if (framed) tell({ type: "close" });
    else if (config.ended) deliver(config.ended);
    else act("leave");
  }

  // --- what the buyer chose ---

  /** @returns {HTMLInputElement | null} */
  const chosenCard = () => document.querySelector('input[name="company"]:checked');

  function choice() {
    const card = chosenCard() || /** @type {HTMLInputElement | null} */ (document.querySelector('input[name="company"]'));
    const months = /** @type {HTMLSelectElement | null} */ (byTest("installments"));
    const point = /** @type {HTMLInputElement | null} */ (byTest("point"));
    return {
      company: card ? card.value : "",
      installments: months ? Number(months.value) : 0,
      point: point ? point.checked : false,
    };
  }

  /** Marks the months that the shop pays the interest of. */
  function markFree() {
    const card = chosenCard();
    const free = card ? (card.dataset.free || "").split(" ") : [];
    const months = /** @type {HTMLSelectElement | null} */ (byTest("installments"));
    if (!months) return;
    for (const option of months.options) {
      const name = option.dataset.name || "";
      option.textContent = free.includes(option.value) ? name + t(" (무이자)", " (interest-free)") : name;
    }
  }

  // --- steps ---

  /** @param {"choose" | "company"} name */
  function showStep(name) {
    for (const step of document.querySelectorAll("[data-step]")) {
      /** @type {HTMLElement} */ (step).hidden = /** @type {HTMLElement} */ (step).dataset.step !== name;
    }
    alertText("");
    const body = document.querySelector(".body");
    if (body) body.scrollTop = 0;
    if (name === "company") fillCompany();
    const first = /** @type {HTMLElement | null} */ (document.querySelector(`[data-step="${name}"] [data-first]`));
    if (first) first.focus();
  }

  function fillCompany() {
    const card = chosenCard();
    const months = /** @type {HTMLSelectElement | null} */ (byTest("installments"));
    const brand = document.getElementById("brand");
    if (card && brand) {
      brand.dataset.company = card.value;
      for (const slot of document.querySelectorAll("[data-slot=company]")) slot.textContent = card.dataset.full || "";
    }
    const plan = document.querySelector("[data-slot=plan]");
    if (plan && months) plan.textContent = months.options[months.selectedIndex].textContent;
  }

  function next() {
    const agree = /** @type {HTMLInputElement | null} */ (byTest("agree"));
    if (!chosenCard()) {
      alertText(t("카드사를 선택해 주세요.", "Choose a card."));
      return;
    }
    if (agree && !agree.checked) {
      alertText(t("약관에 동의해 주세요.", "Please agree to the terms."));
      agree.focus();
      return;
    }
    showStep("company");
  }

  // --- wiring ---

  /** @param {string} name @param {() => void} does */
  function on(name, does) {
    const button = byTest(name);
    if (button) button.addEventListener("click", does);
  }

  const declineCode = () => /** @type {HTMLSelectElement} */ (byTest("decline-code")).value;
  on("close", close);
  on("next", next);
  on("back", () => showStep("choose"));
  on("approve", () => act("approve", choice()));
  on("panel-approve", () => act("approve", choice()));
  on("decline-confirm", () => act("approve", { ...choice(), code: declineCode() }));
  on("decline-window", () => act("decline"));
  on("abort", () => act("abort"));
  on("cancel", () => act("cancel"));
  on("expire", () => act("expire"));
  on("continue", () => (config.ended ? deliver(config.ended) : close()));
  for (const card of document.querySelectorAll('input[name="company"]')) card.addEventListener("change", markFree);
  markFree();
  if (document.querySelector('[data-step="company"][data-direct]')) fillCompany();

  const tools = /** @type {HTMLDetailsElement | null} */ (document.getElementById("tools"));
  if (tools && matchMedia("(min-width: 1000px)").matches) tools.open = true;

  // --- keyboard: Escape closes the frame, Tab stays in the window ---

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.key === "Escape" && framed) {
      event.preventDefault();
      close();
    }
    if (event.key !== "Tab") return;
    const all = Array.from(document.querySelectorAll("a[href], button, input, select, summary"));
    const stops = all.filter((e) => e instanceof HTMLElement && !e.matches(":disabled") && e.getClientRects().length > 0);
    const here = document.activeElement ? stops.indexOf(document.activeElement) : -1;
    const first = /** @type {HTMLElement | undefined} */ (stops[0]);
    const last = /** @type {HTMLElement | undefined} */ (stops[stops.length - 1]);
    if (!first || !last) return;
    if (event.shiftKey && here <= 0) {
      event.preventDefault();
      last.focus();
    } else if (!event.shiftKey && (here === -1 || here === stops.length - 1)) {
      event.preventDefault();
      first.focus();
    }
  }
  document.addEventListener("keydown", key);

  // A page that the browser kept may be out of date.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  const start = /** @type {HTMLElement | null} */ (document.querySelector("[data-step]:not([hidden]) [data-first], [data-testid=continue]"));
  if (start) start.focus({ preventScroll: true });

  // --- what the control port ordered ---

  if (config.auto === "close") close();
  else if (config.auto === "approve") act("approve", choice());
  else if (config.auto) act(config.auto);
})();
