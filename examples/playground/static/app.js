// @ts-check
// The page: puts form, code and results together, and runs the call.

import { build, fromLink, newForm, settle, toLink, defaults } from "./call.js";
import { byId, coloured, copy, english, h, lang, radios, say, t } from "./dom.js";
import { EXAMPLES } from "./examples.js";
import { FormView } from "./form.js";
import { page, plain, snippet } from "./print.js";
import { Results } from "./results.js";
import { Server } from "./server.js";
import { Tools } from "./tools.js";

/** @typedef {import("./call.js").Form} Form */

/** @type {{gateway: string, userCode: string, channels: import("./call.js").Channel[], base: string, self: string, tab: string, sandbox: boolean}} */
const config = JSON.parse(String(document.body.dataset.config));
const IMP = /** @type {any} */ (window).IMP;

// ------------------------------------------------------------------- state

const KEY = "naru-playground";
const came = new URLSearchParams(location.hash.slice(1));
const tab = came.get("tab") || sessionStorage.getItem(KEY + "-tab") || config.tab;
sessionStorage.setItem(KEY + "-tab", tab);
const server = new Server(config.base, tab);

/** @type {Form} */
let form = fromLink(came.has("p") ? location.hash.slice(1) : sessionStorage.getItem(KEY + "-form") || "", lang);
/** @type {"call" | "page"} */
let view = "call";
let order = newOrder();
let customer = newCustomer();
let open = 0; // number of the call whose window is open
let calls = 0;
let hurryUntil = 0;

/** @param {number} n letters and digits */
function random(n) { return [...crypto.getRandomValues(new Uint32Array(n))].map((b) => (b % 36).toString(36)).join(""); }
function newOrder() { return "order-" + random(5); }
function newCustomer() { return "card-" + random(5); }

const context = () => ({ now: tools.now(), self: config.self, tab, lang, order, customer });
const made = () => build(form, config.channels, context());

/** Something that went wrong; "" takes it away. @param {string} text */
function notice(text) {
  byId("notice-text").textContent = text;
  byId("notice").hidden = !text;
}

// -------------------------------------------------------------------- parts

const tools = new Tools(server, { provider: () => form.provider, problem: notice, changed: () => { if (document.body.dataset.ready) showCode(); } });
const formView = new FormView(byId("form"), config.channels, changed);
const results = new Results(byId("results"), {
  server, sandbox: config.sandbox, restore: restore, tell: (text) => { byId("say").textContent = text; },
  order: () => newOrder(), notice: (id) => `${config.self}/hooks/${id}`, hurry: () => { hurry(); poll(); }, top: showResults,
});

function changed() {
  showCode();
  remember();
  if (tools.offered !== form.provider) tools.showBuyer();
}

function remember() {
  const link = toLink(form, lang);
  markExample(link);
  sessionStorage.setItem(KEY + "-form", link);
  history.replaceState(null, "", "#" + link);
}

/** @param {string} link */
function restore(link) {
  form = fromLink(link, lang);
  showForm();
}

function showForm() {
  byId("phone").checked = form.phone;
  formView.show(form);
  showCode();
  showStyles();
  remember();
  if (tools.offered !== form.provider) tools.showBuyer();
}

// ----------------------------------------------------------------- examples

function showExamples() {
  byId("examples").replaceChildren(...EXAMPLES.map((g, i) => {
    const fit = g.examples.filter((e) => config.channels.some((c) => c.provider === (e.provider || "tosspayments") && c.kind === (e.kind || "payment")));
    return fit.length ? h("div", { class: "examples", role: "group", "aria-labelledby": "e" + i }, h("h3", { id: "e" + i }, say(g.label)),
      ...fit.map((e) => h("button", { type: "button", class: "example", "data-example": e.id, "data-testid": "example-" + e.id, title: say(e.say), "aria-pressed": "false", onclick: () => choose(e) }, say(e.label)))) : "";
  }));
}

/** @param {import("./examples.js").Example} e */
function choose(e) {
  form = formOf(e);
  enlarge(true);
  showForm();
}

/** The form of an example, called as now. @param {import("./examples.js").Example} e @returns {Form} */
function formOf(e) {
  const { style, phone } = form;
  return settle({ ...newForm(lang), provider: e.provider || "tosspayments", kind: e.kind || "payment", method: e.method || "card", style, phone, extra: e.extra || "", values: { ...defaults(lang), ...e.values } });
}

/** Marks the example that the form is at. @param {string} link of the form */
function markExample(link) {
  const chosen = EXAMPLES.flatMap((g) => g.examples).find((e) => toLink(formOf(e), lang) === link);
  for (const b of document.querySelectorAll("[data-example]")) b.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (b).dataset.example === chosen?.id));
  byId("hint").textContent = chosen ? say(chosen.say) : t("예제를 고르거나 아래에서 직접 만들어 보세요.", "Choose an example, or make your own below.");
}

// --------------------------------------------------------------------- code

function showStyles() {
  const now = view === "page" ? "page" : form.style;
  byId("styles").replaceChildren(radios({
    name: "style", look: "tabs", legend: t("코드 모양", "Style of the code"), value: now,
    choices: [{ value: "channelKey", label: ["channelKey", "channelKey"] }, { value: "pg", label: ["pg (예전)", "pg (older)"] }, { value: "page", label: ["HTML 전체", "Whole page"] }],
    onpick: (/** @type {"channelKey" | "pg" | "page"} */ v) => {
      view = v === "page" ? "page" : "call";
      if (v === "page") showCode(); else formView.choose({ style: v });
    },
  }));
}

/** @param {Record<string, any>} params */
function words(params) {
  const call = snippet(params, config.userCode, form.style, english);
  return view === "page" ? page(call, config.gateway, english) : call;
}

/** The code is small once there are results, unless it is asked for. @param {boolean} large */
function enlarge(large) {
  byId("code").classList.toggle("small-code", !large);
  byId("enlarge").setAttribute("aria-expanded", String(large));
  byId("enlarge").textContent = large ? t("접기", "Less") : t("펼치기", "More");
}

function showCode() {
  const { params, problems } = made();
  byId("code").replaceChildren(coloured(words(params)));
  byId("problems").hidden = !problems.length;
  byId("problems").replaceChildren(...problems.map((p) => h("li", {}, h("code", {}, p.path), " ", say(p.text))));
  const button = byId("run");
  button.disabled = problems.length > 0 || open > 0 || !IMP;
  button.textContent = open > 0 ? t("결제창이 열려 있습니다", "The window is open") : form.kind === "billing" ? t("빌링키 발급창 열기", "Open the billing-key window") : t("결제창 열기", "Open the payment window");
}

// ---------------------------------------------------------------------- run

/** Runs the call inside the click: a window that opens later is blocked by browsers. */
function run() {
  const { params, problems } = made();
  if (problems.length || open > 0 || !IMP) return;
  const mine = ++calls;
  open = mine;
  notice("");
  const about = { provider: form.provider, kind: form.kind, method: form.method, params, link: toLink(form, lang), phone: form.phone };
  const begun = server.begin({ merchant_uid: String(params.merchant_uid ?? ""), customer_uid: String(params.customer_uid ?? ""), about });
  begun.then(({ n }) => { if (open === mine) results.opened(n); hurry(); return poll(); }).catch((err) => notice(String(err)));
  order = newOrder();
  if (form.kind === "billing") customer = newCustomer();
  IMP.init(config.userCode);
  try {
    asPhone(form.phone, () => IMP.request_pay(params, (/** @type {any} */ rsp) => ended(mine, begun, rsp)));
  } catch (err) {
    notice(String(err));
    ended(mine, begun, null);
  }
  showCode();
  enlarge(false);
  showResults();
}

/** Brings the top of the results into view. */
function showResults() {
  const column = /** @type {HTMLElement} */ (document.querySelector(".side"));
  if (window.matchMedia("(max-width: 1000px)").matches) byId("results").scrollIntoView({ behavior: "instant", block: "start" });
  else column.scrollTop = 0;
}

/**
 * @param {number} mine @param {Promise<{n: number}>} begun
 * @param {any} rsp what the callback was given; null when it never will be
 */
function ended(mine, begun, rsp) {
  if (open === mine) open = 0;
  tools.showBuyer();
  showCode();
  begun.then(async ({ n }) => {
    results.opened(0);
    if (rsp !== null) await server.callback(n, rsp);
    hurry();
    await poll();
  }).catch((err) => notice(String(err)));
}

const PHONE = "Mozilla/5.0 (Linux; Android 14; SM-S921N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";

/** The SDK tells phones by the user agent, at the moment it is called. @param {boolean} phone @param {() => void} call */
function asPhone(phone, call) {
  if (phone) Object.defineProperty(navigator, "userAgent", { configurable: true, get: () => PHONE });
  try {
    call();
  } finally {
    if (phone) Reflect.deleteProperty(navigator, "userAgent");
  }
}

// --------------------------------------------------------------------- news

/** News is expected soon. */
function hurry() { hurryUntil = Date.now() + 20_000; }

let timer = 0;
let asking = false;

/** Asks for news, and again after a while: often while some is expected, never while nobody looks. */
async function poll() {
  clearTimeout(timer);
  if (!asking) {
    asking = true;
    try {
      const runs = await server.runs();
      if (runs) {
        if (server.first && runs.length) enlarge(false);
        results.update(runs);
        if (server.first && came.has("tab")) showResults();
      }
    } catch { /* the server is gone for now: ask again */ }
    asking = false;
  }
  clearTimeout(timer);
  if (!document.hidden) timer = window.setTimeout(poll, open > 0 || Date.now() < hurryUntil ? 600 : 3000);
}

// -------------------------------------------------------------------- start

byId("notice-close").addEventListener("click", () => notice(""));
byId("run").addEventListener("click", run);
byId("form").addEventListener("submit", (/** @type {Event} */ e) => e.preventDefault());
byId("enlarge").addEventListener("click", () => enlarge(byId("code").classList.contains("small-code")));
byId("copy").addEventListener("click", (/** @type {any} */ e) => copy(e.currentTarget, plain(words(made().params))));
byId("share").addEventListener("click", (/** @type {any} */ e) => copy(e.currentTarget, `${config.self}${english ? "?lang=en" : ""}#${toLink(form, lang)}`));
byId("phone").addEventListener("change", (/** @type {any} */ e) => { form.phone = e.target.checked; changed(); });
byId("other").addEventListener("click", (/** @type {any} */ e) => { e.currentTarget.hash = toLink(form, lang); });
document.addEventListener("keydown", (e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) run(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
window.addEventListener("pageshow", (e) => {
  if (!e.persisted) return; // else: back from a payment by the back button, and the page is as it was left
  open = 0;
  results.opened(0);
  showCode();
  poll();
});

enlarge(true);
showExamples();
showForm();
if (!IMP) notice(t("결제 모듈을 불러오지 못했습니다. 게이트웨이가 켜져 있나요? ", "The payment module did not load. Is the gateway running? ") + config.gateway);
else IMP.init(config.userCode);
poll();
document.body.dataset.ready = "true";
