// @ts-check
// A few lines that make elements, and the language of the page.

/** @typedef {import("./methods.js").Text} Text */

export const english = document.documentElement.lang === "en";
export const lang = english ? "en" : "ko";

/** The text in the page's language. @param {Text} text */
export const say = (text) => text[english ? 1 : 0];
/** @param {string} ko @param {string} en */
export const t = (ko, en) => (english ? en : ko);

/**
 * Makes an element. Properties that begin with "on" are listeners, "value" and
 * "checked" are set as properties, the others are attributes; false, null and
 * undefined leave one out.
 * @param {string} tag @param {Record<string, any>} [props] @param {(Node | string | null | undefined | false)[]} children
 * @returns {any}
 */
export function h(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, v] of Object.entries(props)) {
    if (v === false || v === null || v === undefined) continue;
    if (name.startsWith("on")) e.addEventListener(name.slice(2), v);
    else if (name === "value" || name === "checked") /** @type {any} */ (e)[name] = v;
    else e.setAttribute(name, v === true ? "" : String(v));
  }
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== false).map((c) => /** @type {Node | string} */ (c)));
  // A list shows its value only once it has its options.
  if ("value" in props && tag === "select") /** @type {any} */ (e).value = props.value;
  return e;
}

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** Coloured text, each line a block, so that long ones are wrapped with an indent. @param {import("./print.js").Word[]} words */
export function coloured(words) {
  const out = document.createDocumentFragment();
  let line = h("span", { class: "line" });
  for (const [text, kind] of words) {
    text.split("\n").forEach((part, i) => {
      if (i > 0) {
        out.append(line);
        line = h("span", { class: "line" });
      }
      if (part) line.append(kind ? h("span", { class: "w-" + kind }, part) : part);
    });
  }
  if (line.hasChildNodes()) out.append(line);
  return out;
}

/**
 * One of a few, as radio buttons that look like one bar or like chips.
 * @template {string} V
 * @param {{name: string, legend: string, choices: {value: V, label: Text, off?: boolean, title?: string}[], value: V, look: string, onpick: (value: V) => void}} o
 * @returns {HTMLFieldSetElement}
 */
export function radios(o) {
  return h("fieldset", { class: o.look, "data-testid": o.name }, h("legend", {}, o.legend), h("div", { class: "options" },
    ...o.choices.map((c) => h("label", { title: c.title },
      h("input", { type: "radio", id: `${o.name}-${c.value}`, name: o.name, value: c.value, checked: c.value === o.value, disabled: c.off, "data-testid": `${o.name}-${c.value}`, onchange: () => o.onpick(c.value) }),
      h("span", {}, say(c.label))))));
}

/**
 * Copies, and says so on the button for a moment.
 * @param {HTMLButtonElement} button @param {string} text
 */
export async function copy(button, text) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = t("복사했습니다", "Copied");
  } catch {
    button.textContent = t("복사하지 못했습니다", "Not copied");
  }
  setTimeout(() => { button.textContent = before; }, 1500);
}

/** Korea's time of day, with seconds. @param {string} at RFC 3339 */
export const clockTime = (at) => new Date(at).toLocaleTimeString("en-GB", { timeZone: "Asia/Seoul" });

/** @param {number} amount won */
export const won = (amount) => (english ? "₩" + amount.toLocaleString("en") : amount.toLocaleString("ko") + "원");
