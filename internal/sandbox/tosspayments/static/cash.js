// @ts-check
/**
 * What the windows of transfers, virtual accounts, phone bills and gift
 * certificates add to window.js: what keeps the buyer from going on, the
 * receipt's fields, and what the last step shows, personal values masked.
 */
(function () {
  "use strict";

  /** @typedef {Record<string, unknown>} Choices */
  /** @typedef {{ t: (ko: string, en: string) => string, collect: () => Choices }} Kit */

  const sheet = /** @type {HTMLElement | null} */ (document.querySelector("[data-cash]"));
  if (!sheet) return;
  const method = sheet.dataset.cash || "";
  const english = document.documentElement.lang === "en";
  /** @param {string} ko @param {string} en */
  const t = (ko, en) => (english ? en : ko);
  /** @type {Kit | null} */
  let kit = null;

  /** @param {string} name @returns {HTMLInputElement | null} */
  const input = (name) => document.querySelector(`input[name="${name}"]:not([type=radio])`);
  /** @param {string} name @returns {HTMLInputElement | null} */
  const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`);
  /** @param {string} name */
  const plain = (name) => (input(name)?.value || "").replace(/[\s-]/g, "");
  /** @param {string} name @param {string} text */
  function slot(name, text) {
    for (const place of document.querySelectorAll(`[data-slot="${name}"]`)) place.textContent = text;
  }

  // --- the cash receipt ---

  const kindOf = () => chosen("receipt")?.dataset.kind || "none";
  const byCard = () => kindOf() === "person" && /** @type {HTMLSelectElement} */ (document.getElementById("receipt-kind")).value === "card";

  function receiptName() {
    if (kindOf() === "company") return t("사업자등록번호", "Business number");
    return byCard() ? t("현금영수증 카드 번호", "Receipt card number") : t("휴대폰 번호", "Phone number");
  }

  /** Shows the fields that the chosen kind of receipt needs. */
  function showReceipt() {
    const fields = document.getElementById("receipt-fields");
    const label = document.getElementById("receipt-label");
    const select = document.getElementById("receipt-kind");
    if (!fields || !label) return;
    fields.hidden = kindOf() === "none";
    if (select) select.hidden = kindOf() === "company";
    label.textContent = receiptName();
  }

  /** Another kind of number begins empty, or with the phone that the shop knows. */
  function receiptChanged() {
    const number = input("receiptNumber");
    if (number) number.value = kindOf() === "person" && !byCard() ? number.dataset.phone || "" : "";
    showReceipt();
  }

  const mobile = /^01[016789][0-9]{7,8}$/;

  function receiptProblem() {
    const number = plain("receiptNumber");
    const form = kindOf() === "company" ? /^[0-9]{10}$/ : byCard() ? /^[0-9]{13,19}$/ : mobile;
    if (kindOf() === "none" || form.test(number)) return "";
    input("receiptNumber")?.focus();
    if (kindOf() === "company") return t("사업자등록번호 10자리를 입력해 주세요.", "Enter the 10 digits of the business number.");
    if (byCard()) return t("현금영수증 카드 번호 13~19자리를 입력해 주세요.", "Enter the 13 to 19 digits of the receipt card.");
    return t("현금영수증을 받을 휴대폰 번호를 입력해 주세요.", "Enter the phone number for the cash receipt.");
  }

  // --- what is missing ---

  /** @param {string} name @param {string} text */
  function ask(name, text) {
    (input(name) || /** @type {HTMLElement | null} */ (document.querySelector(`[name="${name}"]`)))?.focus();
    return text;
  }

  function agreed() {
    const agree = /** @type {HTMLInputElement | null} */ (document.querySelector('[data-testid="agree"]'));
    if (!agree || agree.checked || agree.closest("[hidden]")) return "";
    agree.focus();
    return t("약관에 동의해 주세요.", "Please agree to the terms.");
  }

  const bankProblem = () => (chosen("bank") ? "" : ask("bank", t("은행을 선택해 주세요.", "Choose a bank.")));

  /** @param {boolean} optional */
  function phoneProblem(optional) {
    if (!input("phone") || (optional && plain("phone") === "") || mobile.test(plain("phone"))) return "";
    return ask("phone", t("휴대폰 번호를 010으로 시작하는 숫자로 입력해 주세요.", "Enter a phone number that begins with 010."));
  }

  function keyProblem() {
    if (!input("accountKey") || /^[0-9]{1,13}$/.test(plain("accountKey"))) return "";
    return ask("accountKey", t("고객번호를 숫자 13자리까지 입력해 주세요.", "Enter the customer number, up to 13 digits."));
  }

  function loginProblem() {
    for (const name of ["id", "password"]) {
      if (input(name)?.value === input(name)?.dataset.want) continue;
      return ask(name, t("아이디나 비밀번호가 맞지 않습니다. 둘 다 sandbox입니다.", "Wrong id or password. Both are sandbox."));
    }
    return "";
  }

  /** @type {Record<string, () => string>} by method and step */
  const checks = {
    "transfer choose": () => bankProblem() || receiptProblem() || agreed(),
    "account choose": () =>
      bankProblem() ||
      (plain("name") ? "" : ask("name", t("입금자 이름을 입력해 주세요.", "Enter the name of the depositor."))) ||
      phoneProblem(true) || keyProblem() || receiptProblem() || agreed(),
    "phone choose": () =>
      (chosen("carrier") ? "" : ask("carrier", t("통신사를 선택해 주세요.", "Choose a carrier."))) ||
      phoneProblem(false) ||
      (/^[0-9]{6}$/.test(plain("birth")) ? "" : ask("birth", t("생년월일 6자리를 입력해 주세요.", "Enter the 6 digits of your date of birth."))) || agreed(),
    "phone sms": () => (/^[0-9]{6}$/.test(plain("sms")) ? "" : ask("sms", t("인증번호 6자리를 입력해 주세요.", "Enter the 6 digit code."))),
    "gift login": loginProblem,
    "gift pay": agreed,
  };

  // --- what the last step shows ---

  /** @param {string} number */
  function masked(number) {
    if (mobile.test(number)) return number.slice(0, 3) + "-" + "*".repeat(number.length - 7) + "-" + number.slice(-4);
    return "*".repeat(Math.max(number.length - 4, 0)) + number.slice(-4);
  }

  /** Fills in what was chosen. */
  function summarize() {
    const bank = chosen("bank");
    slot("bank", bank?.dataset.full || "");
    slot("initial", bank?.dataset.initial || "");
    for (const badge of document.querySelectorAll("[data-slot=initial], #brand")) {
      /** @type {HTMLElement} */ (badge).dataset.bank = bank?.value || "";
    }
    slot("carrier", chosen("carrier")?.dataset.full || "");
    slot("phone", plain("phone") ? masked(plain("phone")) : t("받지 않음", "None"));
    slot("name", (input("name")?.value || "").trim());
    slot("key", masked(plain("accountKey")));
    const none = kindOf() === "none";
    slot("receipt", none ? t("신청 안 함", "None") : receiptName() + " " + masked(plain("receiptNumber")));
    const line = document.getElementById("receipt-line");
    if (line) line.hidden = !input("receiptNumber");
  }

  // --- what is sent ---

  function choices() {
    const out = kit ? kit.collect() : {};
    for (const name of ["phone", "receiptNumber", "accountKey", "birth", "sms"]) {
      if (name in out) out[name] = String(out[name]).replace(/[\s-]/g, "");
    }
    if ("name" in out) out.name = String(out.name).trim();
    if (kindOf() === "none") delete out.receiptNumber;
    return out;
  }

  /** Something good for whatever is empty, before the window approves by itself. */
  function fill() {
    /** @type {Record<string, string>} */
    const drafts = {
      name: t("홍길동", "Hong Gildong"), phone: "01000000000", accountKey: "1000000000001", birth: "900101", sms: "000000",
      receiptNumber: kindOf() === "company" ? "1234567890" : byCard() ? "1000000000000000" : "01000000000",
    };
    for (const name of Object.keys(drafts)) {
      const field = input(name);
      if (field && !field.value && field.dataset.optional === undefined) field.value = drafts[name];
    }
  }

  Object.assign(window, {
    sandboxPage: {
      /** @param {Kit} given */
      start: (given) => { kit = given; },
      entered: summarize,
      /** @param {string} step */
      missing: (step) => (checks[method + " " + step] || (() => ""))(),
      choices,
      fill,
    },
  });

  for (const kind of document.querySelectorAll('input[name="receipt"]')) kind.addEventListener("change", receiptChanged);
  document.getElementById("receipt-kind")?.addEventListener("change", receiptChanged);
  showReceipt();
})();
