// @ts-check
// The pages of a payment and of a billing key: identification, the imitation of the app beside or over
// it, and the wait that ends at the shop. The server knows how things stand;
// this script asks it every second.
/**
 * @typedef {import("./sheets.js").State} State
 * @typedef {import("./sheets.js").Data} Data
 * @typedef {import("./sheets.js").Kit} Kit
 */

(() => {
  "use strict";

  const { part, button, input, select, sheet: open } = /** @type {{tosspayKit: Kit}} */ (/** @type {unknown} */ (window)).tosspayKit;

  const POLL = 1000; // ms between questions
  const FINISH = 900; // ms the app's last screen is shown
  const FACE = 700; // ms the face is looked at
  const RING = 700; // ms until the phone's notification is tapped
  /** @type {Data} */
  const data = JSON.parse(part("data").textContent || "{}");
  const texts = data.texts;
  const sheet = open(data);
  let state = data.state;
  let shown = ""; // the phase the page shows
  let asked = 0; // questions so far; an answer to an older one is out of date
  let leaving = false;
  let busy = false;
  const notified = part("waiting-text").textContent;
  let waitingText = notified;

  if (data.cutOpener) window.opener = null;

  /** @param {number} ms */
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  // talking to the server

  /** @param {{code: string, message: string}} decline in the page's language, if it has words for it */
  const say = (decline) => data.messages?.[decline.code] || decline.message || decline.code;

  /** @param {string} path @param {object} [body] @returns {Promise<any>} */
  async function ask(path, body) {
    const init = body === undefined
      ? { cache: /** @type {RequestCache} */ ("no-store") }
      : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const res = await fetch(data.endpoint + path, init);
    const answer = await res.json();
    if (!res.ok) throw new Error(say(answer));
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
      await pause(POLL);
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

  /** @param {"asleep"|"app"|"face"|"app-done"} view */
  function showApp(view) {
    for (const id of ["asleep", "app", "face", "app-done"]) part(id).hidden = id !== view;
    part("stage").classList.toggle("app-open", view !== "asleep");
    button("decline").disabled = view !== "app";
    button("reopen").hidden = button("notification").hidden = view !== "asleep" || state.phase !== "open" || !part("identify").hidden;
    part("asleep-text").hidden = !button("notification").hidden;
  }

  /** @param {string} text */
  function wait(text) {
    waitingText = part("waiting-text").textContent = text;
    showWeb("waiting");
  }

  function openApp() {
    wait(notified);
    showApp("app");
    part("declined").textContent = "";
    window.scrollTo(0, 0);
    part(sheet.first).focus({ preventScroll: true });
  }

  /** The buyer puts the app away, and may come back to it. */
  function leaveApp() {
    wait(texts.away);
    showApp("asleep");
    window.scrollTo(0, 0);
    part("waiting-heading").focus({ preventScroll: true });
  }

  /** @param {number|undefined} left seconds */
  function count(left) {
    const time = left ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : "";
    for (const timer of document.querySelectorAll("[data-left]")) {
      const bare = timer.getAttribute("data-left") === "bare";
      timer.textContent = bare || !time ? time : texts.left + " " + time;
      timer.classList.toggle("short", left !== undefined && left <= 60);
    }
  }

  /** @param {State} next @param {boolean} mine whether this page's own action led here */
  function show(next, mine) {
    const fresh = shown !== next.phase;
    const first = shown === "";
    state = next;
    shown = next.phase;
    count(next.phase === "open" ? next.left : undefined);
    button("close").hidden = next.phase !== "open";
    button("expire").disabled = ended(next.phase) || (data.kind === "billing" && next.phase !== "open");
    part("stage").classList.toggle("done", next.phase === "done");
    switch (next.phase) {
      case "open":
        if (mine) part("declined").textContent = next.decline ? say(next.decline) : "";
        if (next.inApp && !mine && !data.appOnly && !part("identify").hidden) {
          wait(first ? texts.away : texts.elsewhere);
          showApp("asleep");
        }
        break;
      case "working":
        wait(texts.working);
        if (data.appOnly || part("stage").classList.contains("app-open")) {
          showApp("face");
          part("face-heading").textContent = texts.working;
        }
        break;
      case "cancelled":
      case "expired":
      case "failed":
        if (fresh) over(next, first);
        break;
      case "done":
        if (fresh && next.dead) void die();
        else if (fresh) finish(next, !first);
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
    const a = part(id);
    a.hidden = !href;
    if (href) a.setAttribute("href", href);
  }

  /** Nothing came of it. @param {State} next @param {boolean} first whether the page was opened on it */
  function over(next, first) {
    const heading = texts[next.phase];
    if (data.appOnly) {
      closeApp(heading);
      if (next.decline) part("app-done-text").textContent = say(next.decline);
    } else if (next.phase !== "expired" && !first && next.next) {
      go(next.next, 0);
    } else {
      showWeb("expired");
      showApp("asleep");
      part("expired-heading").textContent = heading;
      if (next.decline) part("expired-text").textContent = say(next.decline) + " (" + next.decline.code + ")";
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

  /** The browser is gone: a popup closes, and any other page is dead. */
  async function die() {
    leaving = true;
    window.close();
    await pause(200);
    part("stage").hidden = true;
    part("dead").hidden = false;
    part("dead-heading").focus();
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
    const goodBirth = isDate(birth);
    button("start").disabled = !(goodPhone && goodBirth);
    const badPhone = phone.length === 11 && !goodPhone;
    const badBirth = birth.length === 6 && !goodBirth;
    input("phone").setAttribute("aria-invalid", String(badPhone));
    input("birth").setAttribute("aria-invalid", String(badBirth));
    part("identity-error").textContent = badPhone ? texts.badPhone : badBirth ? texts.badBirth : "";
  }

  /** On a phone the app follows directly; beside a desktop it rings first. @param {object} identity */
  async function start(identity) {
    try {
      state = await ask("/start", identity);
    } catch (e) {
      complain(e instanceof Error ? e.message : String(e));
      return;
    }
    asked++;
    if (matchMedia("(max-width: 699px), (prefers-reduced-motion: reduce)").matches) {
      openApp();
      return;
    }
    wait(notified);
    showApp("asleep");
    part("waiting-heading").focus({ preventScroll: true });
    await pause(RING);
    if (state.phase === "open" && !part("asleep").hidden && !part("waiting").hidden) openApp();
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

  /** The buyer's face is looked at, and then it is sent. @param {Record<string, any>} agreed */
  async function authenticate(agreed) {
    showApp("face");
    part("face-heading").focus({ preventScroll: true });
    await pause(FACE);
    if (state.phase === "open" && !part("face").hidden) await act("pay", agreed);
    if (state.phase === "open" && !part("face").hidden) {
      showApp("app");
      part(sheet.first).focus({ preventScroll: true });
    }
  }

  async function resume() {
    await look();
    if (state.phase === "done") go(state.next, 0);
    else if (state.phase === "open") part("waiting-text").textContent = waitingText = texts.notYet;
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
  on("tools", "input", sheet.refresh);
  on("app", "submit", (e) => {
    e.preventDefault();
    if (!button("pay").disabled && !part("app").hidden) void authenticate(sheet.agreed());
  });
  for (const id of ["reopen", "notification"]) on(id, "click", openApp);
  on("leave-app", "click", leaveApp);
  on("cancel", "click", () => void act("cancel"));
  on("close", "click", () => void act("cancel"));
  on("decline", "click", () => void act("decline", { code: select("decline-code").value }));
  on("expire", "click", () => void act("expire"));
  on("resume", "click", () => void resume());

  async function auto() {
    const { action, code, pick = {} } = data.auto;
    if (state.phase !== "open" || action === "" || action === "hang") return;
    if (action === "close") return act("cancel");
    await ask("/start", { skip: true });
    openApp();
    if (action === "decline") return act("decline", { code });
    sheet.pick(pick);
    await authenticate({ ...sheet.agreed(), ...pick });
  }

  sheet.refresh();
  if (data.appOnly) {
    part("stage").classList.add("app-only");
    button("leave-app").hidden = true;
    openApp();
  }
  checkIdentity();
  show(state, false);
  auto().catch((e) => complain(String(e)));
  void watch();
})();
