// @ts-check
// The pages of a payment and of a billing key: identification, the imitation of the app beside or over
// it, and the wait that ends at the shop. The server knows how things stand;
// this script asks it every second.
(() => {
  "use strict";

  /**
   * @typedef {{status: string, phase: "open"|"working"|"done"|"cancelled"|"expired"|"failed", next?: string, lost?: boolean,
   *   appLink?: string, decline?: {code: string, message: string}}} State
   * @typedef {{kind: "payment"|"billing", state: State, endpoint: string, amount: number, minInstallments: number, installments: boolean,
   *   auto: {action: string, errorCode?: string}, cutOpener: boolean, appOnly: boolean, texts: Record<string, string>}} Data
   * @typedef {{first: string, refresh: () => void, agreed: (byScript: boolean) => object}} Sheet  what the app asks: where the buyer
   *   begins, what follows from a change, and what is sent in the end
   */

  /** @template {HTMLElement} T @param {string} id @param {new () => T} type @returns {T} */
  function el(id, type) {
    const found = document.getElementById(id);
    if (!(found instanceof type)) throw new Error(`no ${type.name} #${id}`);
    return found;
  }
  /** @param {string} id */
  const part = (id) => el(id, HTMLElement);
  /** @param {string} id */
  const button = (id) => el(id, HTMLButtonElement);
  /** @param {string} id */
  const input = (id) => el(id, HTMLInputElement);
  /** @param {string} id */
  const select = (id) => el(id, HTMLSelectElement);

  const POLL = 1000; // ms between questions
  const FINISH = 900; // ms the app's last screen is shown
  /** @type {Data} */
  const data = JSON.parse(part("data").textContent || "{}");
  const texts = data.texts;
  let state = data.state;
  let shown = ""; // the phase the page shows
  let asked = 0; // questions so far; an answer to an older one is out of date
  let leaving = false;
  let busy = false;
  const waitingText = part("waiting-text").textContent;

  if (data.cutOpener) window.opener = null;

  // talking to the server

  /** @param {string} path @param {object} [body] @returns {Promise<any>} */
  async function ask(path, body) {
    const init = body === undefined
      ? { cache: /** @type {RequestCache} */ ("no-store") }
      : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const res = await fetch(data.endpoint + path, init);
    const answer = await res.json();
    if (!res.ok) throw new Error(answer.message || answer.code);
    return answer;
  }

  /** @param {string} action @param {object} [body] */
  async function act(action, body = {}) {
    if (busy || leaving) return;
    busy = true;
    try {
      const answer = await ask("/" + action, body);
      asked++;
      show(answer, true);
    } catch (e) {
      complain(e instanceof Error ? e.message : String(e));
      await look();
    } finally {
      busy = false;
    }
  }

  async function look() {
    const mine = ++asked;
    const text = part("waiting-text");
    try {
      const answer = await ask("");
      if (mine !== asked) return;
      if (text.textContent === texts.offline) text.textContent = waitingText;
      show(answer, false);
    } catch {
      text.textContent = texts.offline;
    }
  }

  async function watch() {
    while (!leaving && !ended(state.phase)) {
      await new Promise((done) => setTimeout(done, POLL));
      if (!busy && !leaving) await look();
    }
  }

  // showing how things stand

  /** @param {State["phase"]} phase whether nothing came of it */
  const ended = (phase) => phase === "expired" || phase === "cancelled" || phase === "failed";

  /** @param {string} message */
  function complain(message) {
    const where = part("identify").hidden ? "declined" : "identity-error";
    part(where).textContent = message;
  }

  /** @param {string} view */
  function showWeb(view) {
    for (const id of ["identify", "waiting", "expired"]) part(id).hidden = id !== view;
  }

  /** @param {"asleep"|"app"|"app-done"} view */
  function showApp(view) {
    for (const id of ["asleep", "app", "app-done"]) part(id).hidden = id !== view;
    part("stage").classList.toggle("app-open", view !== "asleep");
    button("decline").disabled = view !== "app";
  }

  function openApp() {
    showWeb("waiting");
    showApp("app");
    part("declined").textContent = "";
    window.scrollTo(0, 0);
    part(sheet.first).focus({ preventScroll: true });
  }

  /** @param {State} next @param {boolean} mine whether this page's own action led here */
  function show(next, mine) {
    const fresh = shown !== next.phase;
    const first = shown === "";
    state = next;
    shown = next.phase;
    button("close").hidden = next.phase !== "open";
    button("expire").disabled = ended(next.phase) || (data.kind === "billing" && next.phase !== "open");
    part("stage").classList.toggle("done", next.phase === "done");
    switch (next.phase) {
      case "open":
        if (mine) part("declined").textContent = next.decline ? next.decline.message : "";
        break;
      case "working":
        showWeb("waiting");
        part("waiting-text").textContent = texts.working;
        button("pay").disabled = true;
        break;
      case "cancelled":
      case "expired":
      case "failed":
        if (fresh) over(next, first);
        break;
      case "done":
        if (fresh) finish(next, !first);
        break;
    }
  }

  /** The app was opened by itself and its part is over. @param {string} heading */
  function closeApp(heading) {
    showApp("app-done");
    part("app-done-heading").textContent = heading;
    part("app-done-text").textContent = state.appLink ? "" : texts.appClosed;
    link("app-back", state.appLink);
  }

  /** @param {string} id @param {string|undefined} href */
  function link(id, href) {
    const a = el(id, HTMLAnchorElement);
    a.hidden = !href;
    if (href) a.href = href;
  }

  /** Nothing came of it. @param {State} next @param {boolean} first whether the page was opened on it */
  function over(next, first) {
    const heading = texts[next.phase];
    if (data.appOnly) {
      closeApp(heading);
      if (next.decline) part("app-done-text").textContent = next.decline.message;
    } else if (next.phase !== "expired" && !first && next.next) {
      go(next.next, 0);
    } else {
      showWeb("expired");
      showApp("asleep");
      part("expired-heading").textContent = heading;
      if (next.decline) part("expired-text").textContent = next.decline.message + " (" + next.decline.code + ")";
      link("expired-back", next.next || next.appLink);
      window.scrollTo(0, 0);
      if (!first) part("expired-heading").focus({ preventScroll: true });
    }
  }

  /** @param {State} next @param {boolean} fresh whether it was just now, and not before the page was opened */
  function finish(next, fresh) {
    showWeb("waiting");
    showApp("app-done");
    const text = part("waiting-text");
    part("waiting-heading").textContent = part("app-done-heading").textContent = texts.done;
    button("resume").hidden = !next.next;
    text.textContent = texts.press;
    window.scrollTo(0, 0);
    if (data.appOnly) {
      closeApp(texts.done);
    } else if (next.appLink || next.lost || !fresh) {
      // The app closes and this page stays, with its button to go on.
      setTimeout(() => part("stage").classList.remove("app-open"), fresh ? FINISH : 0);
      link("app-link", next.appLink);
      if (next.appLink || next.lost) text.textContent = next.appLink ? texts.toApp : texts.lost;
    } else {
      text.textContent = texts.moving;
      go(next.next, FINISH);
    }
    if (fresh) part("app-done-heading").focus({ preventScroll: true });
  }

  /** @param {string|undefined} url @param {number} after ms */
  function go(url, after) {
    if (!url || leaving || data.appOnly) return;
    leaving = true;
    setTimeout(() => location.replace(url), after);
  }

  // the web page

  /** @param {HTMLInputElement} box @param {number} most */
  function digits(box, most) {
    const only = box.value.replace(/\D/g, "").slice(0, most);
    if (only !== box.value) box.value = only;
    return only;
  }

  /** @param {string} s YYMMDD, of either century */
  function isDate(s) {
    if (!/^\d{6}$/.test(s)) return false;
    const [y, m, d] = [s.slice(0, 2), s.slice(2, 4), s.slice(4)].map(Number);
    const date = new Date(Date.UTC(2000 + y, m - 1, d));
    return date.getUTCMonth() === m - 1 && date.getUTCDate() === d;
  }

  function checkIdentity() {
    const phone = digits(input("phone"), 11);
    const birth = digits(input("birth"), 6);
    const goodPhone = /^01\d{9}$/.test(phone);
    button("start").disabled = !(goodPhone && isDate(birth));
    let wrong = "";
    if (phone.length === 11 && !goodPhone) wrong = texts.badPhone;
    else if (birth.length === 6 && !isDate(birth)) wrong = texts.badBirth;
    part("identity-error").textContent = wrong;
  }

  /** @param {object} identity */
  async function start(identity) {
    try {
      await ask("/start", identity);
      openApp();
    } catch (e) {
      complain(e instanceof Error ? e.message : String(e));
    }
  }

  /** @param {"phone"|"qr"} which */
  function tab(which) {
    for (const name of ["phone", "qr"]) {
      const mine = name === which;
      const b = button("tab-" + name);
      b.setAttribute("aria-selected", String(mine));
      b.tabIndex = mine ? 0 : -1;
      part("by-" + name).hidden = !mine;
    }
    button("start").hidden = which === "qr";
  }

  // the app

  /** @param {string} name */
  const number = (name) => {
    const box = /** @type {HTMLInputElement|HTMLSelectElement} */ (part(name));
    return Math.max(0, Math.trunc(Number(box.value)) || 0);
  };
  const method = () => {
    const picked = document.querySelector("input[name=method]:checked");
    return picked instanceof HTMLInputElement ? picked.value : "";
  };

  /** @returns {Sheet} */
  function paymentSheet() {
    function refresh() {
      const byCard = method() === "CARD";
      select("account").hidden = byCard;
      select("card").hidden = !byCard;
      const discount = number("discount");
      const points = Math.min(number("points"), Number(input("points").max), data.amount - discount);
      const total = data.amount - discount - points;
      const months = select("installments");
      months.disabled = !byCard || !data.installments || total < data.minInstallments;
      if (months.disabled) months.value = "0";
      const price = total.toLocaleString("ko-KR") + texts.won;
      part("final").textContent = price;
      part("original").classList.toggle("unseen", total === data.amount);
      button("pay").textContent = price + texts.pay;
      return { discount, points };
    }
    function agreed() {
      const { discount, points } = refresh();
      const byCard = method() === "CARD";
      return {
        payMethod: method(), discount, points,
        cardCompanyCode: byCard ? number("card") : 0,
        accountBankCode: byCard ? "" : select("account").value,
        spreadOut: byCard ? number("installments") : 0,
        executeFail: select("execute-fail").value, loseReturn: input("lose-return").checked,
      };
    }
    return { first: "pay", refresh, agreed };
  }

  /** @returns {Sheet} */
  function billingSheet() {
    function refresh() {
      select("card").hidden = method() !== "card";
      select("account").hidden = method() !== "bank";
      part("balance").hidden = method() !== "money";
      button("pay").disabled = !input("consent").checked;
    }
    /** @param {boolean} byScript */
    function agreed(byScript) {
      if (byScript) input("consent").checked = true;
      refresh();
      const chargeFail = select("charge-fail").value;
      return {
        method: method(),
        cardCompanyCode: method() === "card" ? number("card") : 0,
        accountBankCode: method() === "bank" ? select("account").value : "",
        slow: input("slow").checked, loseReturn: input("lose-return").checked,
        chargeFail, chargeFailAlways: chargeFail !== "" && input("charge-fail-always").checked,
      };
    }
    return { first: "consent", refresh, agreed };
  }

  const sheet = data.kind === "billing" ? billingSheet() : paymentSheet();

  async function resume() {
    await look();
    if (state.phase === "done") go(state.next, 0);
    else if (state.phase === "open") part("waiting-text").textContent = texts.notYet;
  }

  // wiring

  /** @param {string} id @param {string} event @param {(e: Event) => void} run */
  const on = (id, event, run) => part(id).addEventListener(event, run);

  on("identify", "input", checkIdentity);
  on("identify", "submit", (e) => {
    e.preventDefault();
    if (!button("start").disabled) void start({ phone: input("phone").value, birth: input("birth").value });
  });
  on("skip", "click", (e) => {
    e.preventDefault();
    void start({ skip: true });
  });
  for (const name of /** @type {const} */ (["phone", "qr"])) {
    on("tab-" + name, "click", () => tab(name));
    on("tab-" + name, "keydown", (e) => {
      if (!(e instanceof KeyboardEvent) || !["ArrowLeft", "ArrowRight"].includes(e.key)) return;
      const other = name === "qr" ? "phone" : "qr";
      tab(other);
      button("tab-" + other).focus();
    });
  }
  on("app", "input", sheet.refresh);
  on("app", "submit", (e) => {
    e.preventDefault();
    if (!button("pay").disabled) void act("pay", sheet.agreed(false));
  });
  on("cancel", "click", () => void act("cancel"));
  on("close", "click", () => void act("cancel"));
  on("decline", "click", () => void act("decline", { code: select("decline-code").value }));
  on("expire", "click", () => void act("expire"));
  on("resume", "click", () => void resume());

  async function auto() {
    if (!data.auto.action || state.phase !== "open") return;
    openApp();
    if (data.auto.action === "approve") await act("pay", sheet.agreed(true));
    if (data.auto.action === "cancel") await act("cancel");
    if (data.auto.action === "decline") await act("decline", { code: data.auto.errorCode || select("decline-code").value });
  }

  sheet.refresh();
  if (data.appOnly) {
    part("stage").classList.add("app-only");
    openApp();
  }
  checkIdentity();
  show(state, false);
  void auto();
  void watch();
})();
