// @ts-check
// From the form to the call, and from the form to a link and back. Nothing here
// touches the page, so that it can be tested without one.

import { PARAMS, fits } from "./params.js";
import { methodsOf } from "./methods.js";

/**
 * @typedef {Object} Form What is in the form. Values are texts; those that begin
 *   with "@" stand for something that is worked out for each call.
 * @property {import("./methods.js").Provider} provider
 * @property {import("./methods.js").Kind} kind
 * @property {string} method
 * @property {"channelKey" | "pg"} style how the call names the channel
 * @property {string} channel key of the channel; "" is the first of its kind
 * @property {Record<string, string>} values by path; absent or "" is not sent
 * @property {string} extra JSON object that is merged into the call
 * @property {boolean} phone called as from a phone: the page leaves
 *
 * @typedef {Object} Context What "@" values are worked out from.
 * @property {number} now milliseconds
 * @property {string} self address of the playground
 * @property {string} tab id of this tab's results
 * @property {string} lang
 * @property {string} order the next order number
 * @property {string} customer the next name of a billing key
 *
 * @typedef {{key: string, name: string, provider: string, kind: string}} Channel
 * @typedef {{path: string, text: [string, string]}} Problem
 */

/** @param {string} lang @returns {Record<string, string>} */
export function defaults(lang) {
  const english = lang === "en";
  return {
    merchant_uid: "@", name: english ? "Naru mug" : "나루 머그컵", amount: "1000", customer_uid: "@", customer_id: "member-1001",
    buyer_name: english ? "Naru Kim" : "김나루", buyer_tel: "010-1234-5678", buyer_email: "naru@example.com",
    notice_url: "@", m_redirect_url: "@", ...(english ? { locale: "en" } : {}),
  };
}

/** @param {string} lang @returns {Form} */
export function newForm(lang) {
  return settle({ provider: "tosspayments", kind: "payment", method: "card", style: "channelKey", channel: "", values: defaults(lang), extra: "", phone: false });
}

/**
 * Makes a form fit itself: a method its provider has, and no values of
 * parameters that mean nothing there. What is taken away goes to the stash, and
 * comes back from it once it fits again.
 * @param {Form} f @param {Record<string, string>} [stash] @returns {Form}
 */
export function settle(f, stash = {}) {
  const methods = methodsOf(f.provider, f.kind);
  if (!methods.some((m) => m.value === f.method)) f.method = methods[0].value;
  for (const p of PARAMS) {
    if (!fits(p, f) && f.values[p.path]) {
      stash[p.path] = f.values[p.path];
      delete f.values[p.path];
    } else if (fits(p, f) && stash[p.path] && !f.values[p.path]) {
      f.values[p.path] = stash[p.path];
      delete stash[p.path];
    }
  }
  return f;
}

/** @param {number} ms @returns {string} yyyy-MM-dd HH:mm:ss in Korea */
export const korean = (ms) => new Date(ms + 9 * 3600_000).toISOString().slice(0, 19).replace("T", " ");

/**
 * What an "@" value stands for; any other is itself.
 * @param {string} path @param {string} value @param {Context} c
 */
export function resolve(path, value, c) {
  if (!value.startsWith("@")) return value;
  const query = new URLSearchParams();
  const at = (/** @type {string} */ where) => c.self + where + c.tab + (query.size ? "?" + query : "");
  const after = value.match(/^@\+(\d+)([dm])$/);
  if (after) {
    const time = korean(c.now + Number(after[1]) * (after[2] === "d" ? 86400_000 : 60_000));
    return after[2] === "d" ? time.slice(0, 10) : time;
  }
  switch (path) {
    case "merchant_uid": return c.order;
    case "customer_uid": return c.customer;
    case "notice_url":
      if (value === "@500") query.set("answer", "500");
      return at("/hooks/");
    case "confirm_url":
      if (value.startsWith("@refuse")) {
        query.set("answer", "refuse");
        if (value.length > 8) query.set("reason", value.slice(8)); // "@refuse:" and the reason
      }
      if (value === "@silent") query.set("answer", "silent");
      return at("/confirm/");
    case "m_redirect_url":
      if (c.lang === "en") query.set("lang", "en");
      return at("/return/");
  }
  return value;
}

/**
 * The value as the call has it. What is no number, or no JSON, where one is
 * expected: a number is sent as the text it is, JSON is a problem.
 * @param {import("./params.js").Param} p @param {string} value
 * @returns {unknown}
 */
function typed(p, value) {
  switch (p.type) {
    case "number": return asNumber(value);
    case "bool": return value === "true";
    case "choice": return p.path === "card.direct.quota" ? asNumber(value) : value;
    case "months": return value === "[]" ? [] : value.split(",").map(asNumber);
    case "rows":
    case "json": return JSON.parse(value);
  }
  return value;
}

/** @param {string} text */
const asNumber = (text) => (/^-?\d{1,15}(\.\d+)?$/.test(text.trim()) ? Number(text) : text);

/**
 * The parameters of the call, and what keeps it from being made.
 * @param {Form} f @param {Channel[]} channels @param {Context} c
 * @returns {{params: Record<string, any>, problems: Problem[]}}
 */
export function build(f, channels, c) {
  /** @type {Record<string, any>} */
  const params = {};
  /** @type {Problem[]} */
  const problems = [];
  const channel = channelOf(f, channels);
  if (f.style === "pg") params.pg = f.values.pg || f.provider;
  else if (channel) params.channelKey = channel.key;
  else problems.push({ path: "channelKey", text: ["이 종류의 채널이 없습니다.", "There is no channel of this kind."] });
  params.pay_method = f.method;
  for (const p of PARAMS) {
    const value = f.values[p.path];
    if (p.path === "pg" || value === undefined || value === "") continue;
    try {
      put(params, p.path.split("."), typed(p, resolve(p.path, value, c)));
    } catch {
      problems.push({ path: p.path, text: ["JSON이 아닙니다.", "This is no JSON."] });
    }
  }
  merge(params, f.extra, problems);
  return { params, problems };
}

/** @param {Form} f @param {Channel[]} channels */
export function channelOf(f, channels) {
  const fit = channels.filter((ch) => ch.provider === f.provider && ch.kind === f.kind);
  return fit.find((ch) => ch.key === f.channel) || fit[0];
}

/** @param {Record<string, any>} into @param {string[]} path @param {unknown} value */
function put(into, path, value) {
  const [name, ...rest] = path;
  if (!rest.length) into[name] = value;
  else put((into[name] ||= {}), rest, value);
}

/** @param {Record<string, any>} params @param {string} text @param {Problem[]} problems */
function merge(params, text, problems) {
  if (!text.trim()) return;
  let more;
  try {
    more = JSON.parse(text);
  } catch { /* said below */ }
  if (!isObject(more)) {
    problems.push({ path: "extra", text: ["JSON 객체여야 합니다. 예: {\"popup\": true}", "Want a JSON object, such as {\"popup\": true}"] });
    return;
  }
  overlay(params, more);
}

/** @param {unknown} v @returns {v is Record<string, any>} */
const isObject = (v) => typeof v === "object" && v !== null && !Array.isArray(v);

/** @param {Record<string, any>} below @param {Record<string, any>} above */
function overlay(below, above) {
  for (const [name, v] of Object.entries(above)) {
    if (isObject(v) && isObject(below[name])) overlay(below[name], v);
    else below[name] = v;
  }
}

/**
 * The form as text that a link carries: what differs from an untouched form.
 * @param {Form} f @param {string} lang
 */
export function toLink(f, lang) {
  const plain = settle({ ...newForm(lang), provider: f.provider, kind: f.kind, style: f.style, values: defaults(lang) });
  const q = new URLSearchParams({ p: f.provider, m: f.method });
  if (f.kind === "billing") q.set("k", "billing");
  if (f.style === "pg") q.set("s", "pg");
  if (f.channel) q.set("ch", f.channel);
  if (f.phone) q.set("phone", "1");
  for (const p of PARAMS) {
    const now = f.values[p.path] || "";
    if (now !== (plain.values[p.path] || "")) q.set(p.path, now);
  }
  if (f.extra.trim()) q.set("x", f.extra);
  return q.toString();
}

/** @param {string} link what toLink gave @param {string} lang @returns {Form} */
export function fromLink(link, lang) {
  const q = new URLSearchParams(link);
  const f = newForm(lang);
  f.provider = q.get("p") === "tosspay_v2" ? "tosspay_v2" : "tosspayments";
  f.kind = q.get("k") === "billing" ? "billing" : "payment";
  f.method = q.get("m") || "";
  f.style = q.get("s") === "pg" ? "pg" : "channelKey";
  f.channel = q.get("ch") || "";
  f.phone = q.get("phone") === "1";
  f.extra = q.get("x") || "";
  f.values = defaults(lang);
  settle(f);
  for (const p of PARAMS) {
    const v = q.get(p.path);
    if (v === "") delete f.values[p.path];
    else if (v !== null) f.values[p.path] = v;
  }
  return f;
}
