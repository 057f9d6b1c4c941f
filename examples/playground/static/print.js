// @ts-check
// Prints values and calls as coloured text: lists of words, each with its kind.

/**
 * @typedef {"" | "key" | "string" | "number" | "word" | "note" | "call"} Kind
 * @typedef {[text: string, kind: Kind]} Word
 * @typedef {(key: string, value: unknown) => string} Notes what to say behind a member, or ""
 */

/** A list or object of up to this many characters stays on one line. */
const SHORT = 64;

/**
 * @param {unknown} value
 * @param {{js?: boolean, notes?: Notes}} [how] js: as in a script, not quoting names
 * @param {string} [indent]
 * @returns {Word[]}
 */
export function printed(value, how = {}, indent = "") {
  if (Array.isArray(value)) return group(value.map((v) => /** @type {[null, unknown]} */ ([null, v])), "[]", value, how, indent);
  if (typeof value === "object" && value !== null) return group(Object.entries(value), "{}", value, how, indent);
  if (typeof value === "string") return [[JSON.stringify(value), "string"]];
  if (typeof value === "number") return [[String(value), "number"]];
  return [[String(value), "word"]];
}

/**
 * @param {[string | null, unknown][]} members @param {string} ends @param {object} whole
 * @param {{js?: boolean, notes?: Notes}} how @param {string} indent
 * @returns {Word[]}
 */
function group(members, ends, whole, how, indent) {
  if (!members.length) return [[ends, ""]];
  const oneLine = indent !== "" && JSON.stringify(whole).length <= SHORT && !members.some(([, v]) => typeof v === "object" && v !== null && ends === "{}");
  const inner = indent + "  ";
  /** @type {Word[]} */
  const out = [[ends[0] + (oneLine && ends === "{}" ? " " : ""), ""]];
  members.forEach(([name, v], i) => {
    if (!oneLine) out.push(["\n" + inner, ""]);
    if (name !== null) out.push([how.js && /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name), "key"], [": ", ""]);
    out.push(...printed(v, how, inner));
    const last = i === members.length - 1;
    if (!last || (how.js && !oneLine)) out.push([oneLine ? ", " : ",", ""]);
    const note = !oneLine && name !== null && how.notes ? how.notes(name, v) : "";
    if (note) out.push(["  // " + note, "note"]);
  });
  out.push([oneLine ? (ends === "{}" ? " " : "") : "\n" + indent, ""], [ends[1], ""]);
  return out;
}

/** @param {Word[]} words */
export const plain = (words) => words.map(([text]) => text).join("");

/** @param {Word[]} words @param {string} by @returns {Word[]} */
const indented = (words, by) => words.map(([text, kind]) => [text.replaceAll("\n", "\n" + by), kind]);

/**
 * The call as a page's script makes it.
 * @param {Record<string, any>} params @param {string} userCode @param {"channelKey" | "pg"} style @param {boolean} english
 * @returns {Word[]}
 */
export function snippet(params, userCode, style, english) {
  const hint = english ? "// Look rsp.imp_uid up on your server: GET /payments/{imp_uid}" : "// 서버에서 rsp.imp_uid로 조회하세요: GET /payments/{imp_uid}";
  const old = style === "pg";
  return [
    ["IMP", "call"], [".", ""], ["init", "call"], ["(", ""], [JSON.stringify(userCode), "string"], [");\n", ""],
    ["IMP", "call"], [".", ""], ["request_pay", "call"], ["(", ""], ...printed(params, { js: true }),
    [", ", ""], ...(old ? /** @type {Word[]} */ ([["function ", "word"], ["(rsp) {\n", ""]]) : /** @type {Word[]} */ ([["(rsp) ", ""], ["=>", "word"], [" {\n", ""]])),
    ["  if ", "word"], ["(rsp.error_code) {\n", ""], ["    alert", "call"], ["(rsp.error_msg);\n", ""], ["    return", "word"], [";\n  }\n", ""],
    ["  " + hint, "note"], ["\n});\n", ""],
  ];
}

/**
 * A whole page around the call.
 * @param {Word[]} call @param {string} gateway @param {boolean} english
 * @returns {Word[]}
 */
export function page(call, gateway, english) {
  const title = english ? "Pay" : "결제하기";
  return [
    ["<!doctype html>\n", "note"],
    ["<html ", "word"], ["lang", "key"], ["=", ""], [english ? '"en"' : '"ko"', "string"], [">\n", "word"],
    ["<meta ", "word"], ["charset", "key"], ["=", ""], ['"utf-8"', "string"], [">\n", "word"],
    ["<meta ", "word"], ["name", "key"], ["=", ""], ['"viewport"', "string"], [" content", "key"], ["=", ""], ['"width=device-width"', "string"], [">\n", "word"],
    ["<title>", "word"], [title, ""], ["</title>\n", "word"],
    ["<script ", "word"], ["src", "key"], ["=", ""], [JSON.stringify(gateway + "/v1/iamport.js"), "string"], ["></script>\n\n", "word"],
    ["<button ", "word"], ["id", "key"], ["=", ""], ['"pay"', "string"], [">", "word"], [title, ""], ["</button>\n\n", "word"],
    ["<script>\n", "word"],
    ["document", "call"], [".", ""], ["getElementById", "call"], ["(", ""], ['"pay"', "string"], [").onclick = () ", ""], ["=>", "word"], [" {\n  ", ""],
    // In a script "</script" would end it, wherever it stands.
    ...indented(call.slice(0, -1), "  ").map(([text, kind]) => /** @type {Word} */ ([text.replaceAll("</", "<\\/"), kind])), ["\n  });\n};\n", ""],
    ["</script>\n", "word"],
  ];
}
