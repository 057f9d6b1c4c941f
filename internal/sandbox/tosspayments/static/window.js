// @ts-check
/**
 * The payment window's own script: steps, tester's panel, and the way back to
 * the page that opened the window. It serves the windows of all methods.
 *
 * Every named control in .body is part of the body that approving sends, unless
 * it or what it is in has data-skip: radio buttons by their value, check boxes as
 * true or false, what has data-number as a number, the rest as text. Buttons
 * with data-go="step" go to a step; forward ones have data-check and are held up
 * by what is missing. A page that needs more sets window.sandboxPage in a
 * script of its own that runs before this one.
 */
(function () {
  "use strict";

  /**
   * @typedef {{ url?: string, result?: Object, error?: { code: string, message: string } }} Outcome
   * @typedef {Record<string, unknown>} Choices
   * @typedef {{ actions: string, framed: boolean, origin: string, nonce: string, auto: string, code: string,
   *   choices: Choices | null, problem: string, ended: Outcome | null }} Config
   *
   * Kit is what a page's own script may use.
   * @typedef {{ t: (ko: string, en: string) => string, alert: (text: string) => void, go: (step: string) => void,
   *   approve: (more?: Choices) => void, collect: () => Choices }} Kit
   *
   * Page is what a page's own script may add. missing says what keeps the buyer
   * from going on, "" for nothing, and may move the focus there; fill chooses
   * something good for whatever is still open, before a window approves by itself.
   * @typedef {{ start?: (kit: Kit) => void, entered?: (step: string) => void, missing?: (step: string) => string,
   *   choices?: () => Choices, fill?: () => void }} Page
   */

  const data = document.getElementById("config");
  if (!data) return;
  const config = /** @type {Config} */ (JSON.parse(data.textContent || "{}"));
  const page = /** @type {{ sandboxPage?: Page }} */ (/** @type {unknown} */ (window)).sandboxPage || {};
  const english = document.documentElement.lang === "en";
  const framed = config.framed && window.parent !== window;

  /** @param {string} name @returns {HTMLElement | null} */
  const byTest = (name) => document.querySelector(`[data-testid="${name}"]`);
  /** @param {string} selector @returns {HTMLElement[]} */
  const all = (selector) => Array.from(document.querySelectorAll(selector));
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
    for (const button of document.querySelectorAll("button")) button.disabled = on && button.dataset.testid !== "close";
  }

  /**
   * Does something in the window and, if that ends it, goes back.
   * @param {string} action
   * @param {Choices} [body]
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

  /** @typedef {HTMLInputElement | HTMLSelectElement} Control */

  /** @returns {Control[]} */
  const controls = () => /** @type {Control[]} */ (all(".body input[name], .body select[name]").filter((c) => !c.closest("[data-skip]")));

  /** @param {Control} control */
  function valueOf(control) {
    if (control instanceof HTMLInputElement && control.type === "checkbox") return control.checked;
    if (control.dataset.number !== undefined) return Number(control.value.replace(/[^0-9.-]/g, ""));
    return control.value;
  }

  function collect() {
    /** @type {Choices} */
    const out = {};
    for (const control of controls()) {
      if (control instanceof HTMLInputElement && control.type === "radio" && !control.checked) continue;
      out[control.name] = valueOf(control);
    }
    return out;
  }

  const choices = () => (page.choices ? page.choices() : collect());

  /** Takes the first of whatever nothing is chosen of. */
  function fill() {
    for (const control of controls()) {
      if (!(control instanceof HTMLInputElement) || control.type !== "radio") continue;
      if (!document.querySelector(`input[name="${CSS.escape(control.name)}"]:checked`)) control.click();
    }
    if (page.fill) page.fill();
  }

  // --- steps ---

  function step() {
    const shown = /** @type {HTMLElement | null} */ (document.querySelector("section[data-step]:not([hidden])"));
    return shown ? shown.dataset.step || "" : "";
  }

  /** @param {string} name */
  function showStep(name) {
    for (const part of all("[data-step]")) part.hidden = part.dataset.step !== name;
    alertText("");
    const body = document.querySelector(".body");
    if (body) body.scrollTop = 0;
    if (page.entered) page.entered(name);
    const first = /** @type {HTMLElement | null} */ (document.querySelector(`[data-step="${name}"] [data-first]`));
    if (first) first.focus();
  }

  /** What keeps the buyer from leaving the step; the alert says it. */
  function held() {
    const missing = page.missing ? page.missing(step()) : "";
    if (missing) alertText(missing);
    return missing !== "";
  }

  /** @param {Choices} [more] */
  function approve(more) {
    if (!held()) act("approve", { ...choices(), ...more });
  }

  // --- wiring ---

  /** @param {string} name @param {() => void} does */
  function on(name, does) {
    const button = byTest(name);
    if (button) button.addEventListener("click", does);
  }

  /** @param {Choices} [more] */
  function approveAtOnce(more) {
    fill();
    act("approve", { ...choices(), ...more });
  }

  const declineCode = () => /** @type {HTMLSelectElement} */ (byTest("decline-code")).value;
  on("close", close);
  on("approve", () => approve());
  on("panel-approve", () => approveAtOnce());
  on("decline-confirm", () => approveAtOnce({ code: declineCode() }));
  on("decline-window", () => act("reject"));
  for (const action of ["abort", "cancel", "expire"]) on(action, () => act(action));
  on("continue", () => (config.ended ? deliver(config.ended) : close()));
  for (const button of all("[data-go]")) {
    button.addEventListener("click", () => {
      if (button.dataset.check === undefined || !held()) showStep(button.dataset.go || "");
    });
  }
  if (page.start) page.start({ t, alert: alertText, go: showStep, approve, collect });
  if (page.entered && step()) page.entered(step());

  const tools = /** @type {HTMLDetailsElement | null} */ (document.getElementById("tools"));
  if (tools && matchMedia("(min-width: 1000px)").matches) tools.open = true;

  // --- keyboard: Escape closes the frame, Tab stays in the window ---

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.key === "Escape" && framed) {
      event.preventDefault();
      close();
    }
    if (event.key === "Enter" && event.target instanceof HTMLInputElement && event.target.form === null) {
      const main = /** @type {HTMLElement | undefined} */ (all(".foot .primary").find((b) => b.getClientRects().length > 0));
      if (main) main.click();
    }
    if (event.key !== "Tab") return;
    const stops = all("a[href], button, input, select, summary").filter((e) => !e.matches(":disabled") && e.getClientRects().length > 0);
    const here = stops.findIndex((e) => e === document.activeElement);
    const first = stops[0];
    const last = stops[stops.length - 1];
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

  // --- what was ordered ---

  /** @type {Choices} */
  const decline = config.code ? { code: config.code } : {};
  if (config.problem) alertText(config.problem);
  else if (config.auto === "close") close();
  else if (config.auto === "approve" && config.choices) act("approve", { ...config.choices, ...decline });
  else if (config.auto === "approve") approveAtOnce(decline);
  else if (config.auto) act(config.auto);
})();
