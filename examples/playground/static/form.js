// @ts-check
// The form: provider, kind, method, and the parameters that mean something there.

import { h, radios, say, t } from "./dom.js";
import { field } from "./fields.js";
import { channelOf, settle } from "./call.js";
import { KINDS, PROVIDERS, methodsOf } from "./methods.js";
import { GROUPS, PARAMS, fits } from "./params.js";

/**
 * @typedef {import("./call.js").Form} Form
 * @typedef {import("./call.js").Channel} Channel
 */

export class FormView {
  /**
   * @param {HTMLElement} root @param {Channel[]} channels
   * @param {() => void} changed a value is another; the form's own fields are as they should be
   */
  constructor(root, channels, changed) {
    this.root = root;
    this.channels = channels;
    this.changed = changed;
    /** Values of parameters that mean nothing now. @type {Record<string, string>} */
    this.stash = {};
    this.all = false;
  }

  /** @param {Form} form */
  show(form) {
    this.form = form;
    this.stash = {};
    this.draw();
  }

  /** Takes another choice into the form and draws it anew. @param {Partial<Form>} choice */
  choose(choice) {
    if (!this.form) return;
    Object.assign(this.form, choice);
    settle(this.form, this.stash);
    this.draw();
    this.changed();
  }

  draw() {
    const f = this.form;
    if (!f) return;
    const held = document.activeElement instanceof HTMLElement && this.root.contains(document.activeElement) ? document.activeElement.id : "";
    this.root.replaceChildren(this.chooser(f), ...GROUPS.map((g) => this.group(f, g)).filter((g) => g !== null), this.everything(f), this.extra(f));
    if (held) document.getElementById(held)?.focus({ preventScroll: true });
  }

  /** @param {Form} f */
  chooser(f) {
    const has = (/** @type {string} */ provider, /** @type {string} */ kind) => this.channels.some((c) => c.provider === provider && (!kind || c.kind === kind));
    const mine = this.channels.filter((c) => c.provider === f.provider && c.kind === f.kind);
    return h("div", { class: "chooser" },
      h("div", { class: "pair" },
        radios({ name: "provider", look: "bar", legend: t("PG사", "Provider"), value: f.provider, choices: PROVIDERS.map((c) => ({ ...c, off: !has(c.value, "") })), onpick: (provider) => this.choose({ provider, channel: "" }) }),
        radios({ name: "kind", look: "bar", legend: t("종류", "Kind"), value: f.kind, choices: KINDS.map((c) => ({ ...c, off: !has(f.provider, c.value) })), onpick: (kind) => this.choose({ kind, channel: "" }) })),
      radios({ name: "method", look: "pills", legend: t("결제수단", "Method"), value: f.method, choices: methodsOf(f.provider, f.kind).map((c) => ({ ...c, title: c.value })), onpick: (method) => this.choose({ method }) }),
      mine.length > 1 ? h("div", { class: "field wide" }, h("label", { for: "channel" }, t("채널", "Channel")),
        h("select", { id: "channel", "data-testid": "channel", value: channelOf(f, this.channels)?.key, onchange: (/** @type {any} */ e) => { f.channel = e.target.value; this.changed(); } },
          ...mine.map((c) => h("option", { value: c.key }, c.name)))) : null);
  }

  /** @param {import("./params.js").Param} p */
  field(p) {
    const f = /** @type {Form} */ (this.form);
    const made = field(p, f.values[p.path] || "", Boolean(p.needed && p.needed(f)), (value) => {
      if (value === "") delete f.values[p.path]; else f.values[p.path] = value;
      made.classList.toggle("used", value !== "");
      this.changed();
    });
    return made;
  }

  /** @param {Form} f @param {{id: string, label: [string, string]}} g */
  group(f, g) {
    const list = PARAMS.filter((p) => p.group === g.id && !p.more && fits(p, f));
    if (!list.length) return null;
    return h("section", { class: "group", "aria-labelledby": "g-" + g.id }, h("h3", { id: "g-" + g.id }, say(g.label)), h("div", { class: "fields" }, ...list.map((p) => this.field(p))));
  }

  /** What is seldom needed, and what means nothing here: it can be sent all the same. @param {Form} f */
  everything(f) {
    const seldom = PARAMS.filter((p) => p.more && fits(p, f)), idle = PARAMS.filter((p) => !fits(p, f) && p.path !== "pg");
    const used = [...seldom, ...idle].filter((p) => f.values[p.path]).length;
    return h("details", { class: "everything", open: this.all || used > 0, "data-testid": "all-parameters", ontoggle: (/** @type {any} */ e) => { this.all = e.target.open; } },
      h("summary", {}, t("모든 파라미터", "All parameters"), " ", h("span", { class: "count" }, String(seldom.length + idle.length))),
      h("div", { class: "fields" }, ...seldom.map((p) => this.field(p))),
      h("p", { class: "help" }, t("아래는 지금 고른 수단에서는 뜻이 없습니다. 그래도 보내 볼 수 있고, 나루가 어떻게 했는지는 결과에 나옵니다.", "Those below mean nothing for what is chosen above. They can be sent all the same; the result shows what Naru did.")),
      h("div", { class: "fields idle" }, ...idle.map((p) => this.field(p))));
  }

  /** @param {Form} f */
  extra(f) {
    return h("section", { class: "group", "aria-labelledby": "g-extra" }, h("h3", { id: "g-extra" }, t("더할 파라미터", "Extra parameters")),
      h("div", { class: "field wide" }, h("div", { class: "names" }, h("label", { for: "extra" }, t("JSON으로 더하기", "Merged as JSON"))),
        h("textarea", { id: "extra", class: "mono", rows: 3, value: f.extra, spellcheck: "false", placeholder: '{"company": "나루상점"}', "data-testid": "extra", "aria-describedby": "extra-help", oninput: (/** @type {any} */ e) => { f.extra = e.target.value; this.changed(); } }),
        h("p", { class: "help", id: "extra-help" }, t("여기 적은 값이 위의 값보다 먼저입니다. V1에 없는 이름도 됩니다.", "Wins over what is above. Any name will do, V1's or not."))));
  }
}
