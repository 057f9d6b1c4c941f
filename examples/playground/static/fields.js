// @ts-check
// One field for each type of parameter. A field holds a text: what call.js turns
// into the value.

import { h, say, t } from "./dom.js";

/**
 * @typedef {import("./params.js").Param} Param
 * @typedef {{id: string, help: string, value: string, set: (value: string) => void}} Slot
 */

const NOT_SENT = () => h("option", { value: "" }, t("보내지 않음", "not sent"));

/** @param {import("./methods.js").Choice[]} choices @param {boolean} codes show the value, too */
const options = (choices, codes) => choices.map((c) => h("option", { value: c.value }, codes && c.value !== say(c.label) ? `${say(c.label)} (${c.value})` : say(c.label)));

/** @param {Param} p @param {Slot} s */
function text(p, s) {
  return h("input", {
    id: s.id, type: "text", inputmode: p.type === "number" ? "decimal" : null, value: s.value, placeholder: p.hint, spellcheck: "false",
    "aria-describedby": s.help, "data-testid": "param-" + p.path, oninput: (/** @type {any} */ e) => s.set(e.target.value),
  });
}

/** @param {Param} p @param {Slot} s */
function json(p, s) {
  return h("textarea", {
    id: s.id, rows: 3, value: s.value, placeholder: p.hint, spellcheck: "false", class: "mono", "aria-describedby": s.help,
    "data-testid": "param-" + p.path, oninput: (/** @type {any} */ e) => s.set(e.target.value),
  });
}

/** @param {Param} p @param {Slot} s */
function choice(p, s) {
  const choices = p.type === "bool" ? ["true", "false"].map((v) => ({ value: v, label: /** @type {[string, string]} */ ([v, v]) })) : p.choices || [];
  const unknown = s.value && !choices.some((c) => c.value === s.value) ? [h("option", { value: s.value }, s.value)] : [];
  return h("select", { id: s.id, value: s.value, "aria-describedby": s.help, "data-testid": "param-" + p.path, onchange: (/** @type {any} */ e) => s.set(e.target.value) },
    NOT_SENT(), ...options(choices, p.type !== "bool" && p.path !== "card.direct.quota"), ...unknown);
}

/** Which months: chips. @param {Param} p @param {Slot} s */
function months(p, s) {
  const all = [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(String);
  const chosen = new Set(s.value.split(",").filter(Boolean));
  return h("div", { class: "chips", id: s.id, role: "group", "aria-labelledby": s.id + "-label", "aria-describedby": s.help, "data-testid": "param-" + p.path }, ...all.map((n) =>
    h("label", {}, h("input", {
      type: "checkbox", value: n, checked: chosen.has(n), onchange: (/** @type {any} */ e) => {
        if (e.target.checked) chosen.add(n); else chosen.delete(n);
        s.set(all.filter((x) => chosen.has(x)).join(","));
      },
    }), h("span", {}, n === "0" ? t("일시불", "Lump") : n))));
}

/** A few usual values, or one's own. @param {Param} p @param {Slot} s */
function preset(p, s) {
  const [head, more] = s.value.startsWith("@refuse") ? ["@refuse", s.value.slice(8)] : [s.value, ""];
  const own = head !== "" && !head.startsWith("@");
  const input = h("input", {
    type: "text", id: s.id + "-own", hidden: !own, value: own ? head : "", placeholder: p.hint, spellcheck: "false", "aria-label": say(p.label) + ": " + t("직접 입력", "own value"),
    "data-testid": "own-" + p.path, oninput: (/** @type {any} */ e) => s.set(e.target.value),
  });
  const reason = h("input", {
    type: "text", hidden: head !== "@refuse", value: more, placeholder: t("거절 이유", "reason"), "aria-label": t("거절 이유", "Reason of the refusal"),
    "data-testid": "reason", oninput: (/** @type {any} */ e) => s.set("@refuse" + (e.target.value ? ":" + e.target.value : "")),
  });
  const list = h("select", {
    id: s.id, value: own ? "own" : head, "aria-describedby": s.help, "data-testid": "param-" + p.path, onchange: (/** @type {any} */ e) => {
      const v = e.target.value;
      input.hidden = v !== "own";
      reason.hidden = v !== "@refuse";
      s.set(v === "own" ? input.value : v === "@refuse" && reason.value ? "@refuse:" + reason.value : v);
      if (v === "own") input.focus();
    },
  }, NOT_SENT(), ...options(p.choices || [], false), h("option", { value: "own" }, t("직접 입력", "own value")));
  return h("div", { class: "stack" }, list, input, reason);
}

/** A table of objects. @param {Param} p @param {Slot} s */
function rows(p, s) {
  /** @type {Record<string, any>[]} */
  let list = [];
  try {
    const given = JSON.parse(s.value || "[]");
    if (Array.isArray(given)) list = given;
  } catch { /* a link may carry anything: start anew */ }
  const box = h("div", { class: "rows", id: s.id, role: "group", "aria-labelledby": s.id + "-label", "aria-describedby": s.help, "data-testid": "param-" + p.path });
  const store = () => s.set(list.length ? JSON.stringify(list) : "");
  const draw = () => box.replaceChildren(
    ...list.map((row, i) => h("div", { class: "row" }, ...(p.columns || []).map((c) => cell(c, row, store, i + 1)),
      h("button", { type: "button", class: "small plain", "aria-label": t(`${i + 1}번째 줄 지우기`, `Remove line ${i + 1}`), onclick: () => { list.splice(i, 1); store(); draw(); box.querySelector(".add").focus(); } }, "×"))),
    h("button", { type: "button", class: "small plain add", onclick: () => { list.push({}); store(); draw(); box.querySelector(".row:last-of-type select, .row:last-of-type input").focus(); } }, t("+ 줄 더하기", "+ line")));
  draw();
  return box;
}

/** @param {import("./params.js").Column} c @param {Record<string, any>} row @param {() => void} store @param {number} nr */
function cell(c, row, store, nr) {
  const shown = row[c.name] === undefined ? "" : String(row[c.name]);
  const label = t(`${nr}번째 줄 `, `Line ${nr} `) + say(c.label);
  const put = (/** @type {any} */ e) => {
    const v = e.target.value;
    if (v === "") delete row[c.name];
    else if (c.type === "bool") row[c.name] = v === "true";
    else row[c.name] = c.type === "number" && /^\d{1,15}$/.test(v) ? Number(v) : v;
    store();
  };
  const title = h("span", { class: "cell-name", "aria-hidden": "true" }, say(c.label));
  if (c.type === "text" || c.type === "number") {
    return h("div", { class: "cell" }, title, h("input", { type: "text", value: shown, inputmode: c.type === "number" ? "numeric" : null, "aria-label": label, oninput: put }));
  }
  const choices = c.choices || ["true", "false"].map((v) => ({ value: v, label: /** @type {[string, string]} */ ([v, v]) }));
  return h("div", { class: "cell" }, title, h("select", { value: shown, "aria-label": label, onchange: put }, h("option", { value: "" }, "—"), ...options(choices, false)));
}

/** @type {Record<import("./params.js").Type, (p: Param, s: Slot) => HTMLElement>} */
const MAKERS = { text, number: text, bool: choice, choice, months, rows, json, preset };

/**
 * A field with its label, name and help.
 * @param {Param} p @param {string} value @param {boolean} needed @param {(value: string) => void} set
 * @returns {HTMLElement}
 */
export function field(p, value, needed, set) {
  const id = "f-" + p.path.replaceAll(".", "-");
  const grouped = p.type === "rows" || p.type === "months";
  const words = [say(p.label), needed ? h("abbr", { title: t("필수", "required"), class: "needed" }, "*") : null];
  const label = grouped ? h("span", { class: "label", id: id + "-label" }, ...words) : h("label", { for: id }, ...words);
  return h("div", { class: "field" + (p.wide ? " wide" : "") + (value ? " used" : ""), "data-path": p.path },
    h("div", { class: "names" }, label, h("code", {}, ...p.path.split(".").flatMap((part, i) => (i ? [".", h("wbr"), part] : [part])))),
    MAKERS[p.type](p, { id, help: id + "-help", value, set }),
    h("p", { class: "help", id: id + "-help" }, say(p.help)));
}
