// @ts-check
/** What the billing window adds to window.js: its fields and what fills them. */
(function () {
  "use strict";

  /** @typedef {Record<string, unknown>} Choices */
  /** @typedef {{ t: (ko: string, en: string) => string, alert: (text: string) => void }} Kit */

  /** @type {Kit} */
  let kit;
  /** @param {string} name @returns {HTMLInputElement} */
  const input = (name) => /** @type {HTMLInputElement} */ (document.querySelector(`input[name="${name}"]`));
  /** @param {string} name */
  const digits = (name) => input(name).value.replace(/[\s-]/g, "");
  const agree = /** @type {HTMLInputElement} */ (document.querySelector('[data-testid="agree"]'));
  const cards = /** @type {HTMLSelectElement} */ (document.getElementById("fill"));

  /** @type {Record<string, string>} Name of a field, and what it holds besides the card. */
  const usual = { cardPassword: "12", customerIdentityNumber: "900101", phone: "01000001234" };

  /**
   * Steps, fields, what they must look like, and what to say.
   * @type {[string, string, RegExp, string, string][]}
   */
  const rules = [
    ["card", "cardNumber", /^[0-9]{15,16}$/, "카드번호 15~16자리를 넣어 주세요.", "Enter the 15 or 16 digits of the card."],
    ["card", "cardExpirationMonth", /^(0[1-9]|1[0-2])$/, "유효기간의 월을 두 자리로 넣어 주세요.", "Enter the month of expiry, 2 digits."],
    ["card", "cardExpirationYear", /^[0-9]{2}$/, "유효기간의 년을 두 자리로 넣어 주세요.", "Enter the year of expiry, 2 digits."],
    ["card", "cardPassword", /^[0-9]{2}$/, "비밀번호 앞 두 자리를 넣어 주세요.", "Enter the first 2 digits of the password."],
    ["card", "customerIdentityNumber", /^([0-9]{6}|[0-9]{10})$/, "생년월일 6자리나 사업자번호 10자리를 넣어 주세요.", "Enter a birth date of 6 or a business number of 10 digits."],
    ["verify", "phone", /^[0-9]{8,15}$/, "휴대폰 번호를 숫자로 넣어 주세요.", "Enter a phone number, digits only."],
    ["verify", "verification", /^[0-9]{6}$/, "인증번호 여섯 자리를 넣어 주세요.", "Enter the 6 digits of the code."],
  ];

  /** @param {string} step */
  function missing(step) {
    for (const [of, name, form, ko, en] of rules) {
      const wrong = of === step && !form.test(digits(name));
      input(name).toggleAttribute("aria-invalid", wrong);
      if (!wrong) continue;
      input(name).focus();
      return kit.t(ko, en);
    }
    if (step === "card" && !agree.checked) {
      agree.focus();
      return kit.t("약관에 동의해 주세요.", "Please agree to the terms.");
    }
    return "";
  }

  function choices() {
    /** @type {Choices} */
    const out = {};
    for (const [, name] of rules) out[name] = digits(name);
    return out;
  }

  function fillCard() {
    input("cardNumber").value = cards.value;
    input("cardExpirationMonth").value = cards.dataset.month || "";
    input("cardExpirationYear").value = cards.dataset.year || "";
    for (const name of Object.keys(usual)) input(name).value = usual[name];
    agree.checked = true;
    kit.alert("");
  }

  function sendCode() {
    const wrong = !/^[0-9]{8,15}$/.test(digits("phone"));
    const sent = document.getElementById("sent");
    if (wrong) input("phone").focus();
    kit.alert(wrong ? kit.t("휴대폰 번호를 숫자로 넣어 주세요.", "Enter a phone number, digits only.") : "");
    if (!sent) return;
    const code = input("verification").dataset.code || "";
    sent.textContent = wrong ? "" : kit.t(`보낸 것으로 칩니다. 샌드박스의 인증번호는 ${code}입니다.`, `As if it had been sent. The sandbox's code is ${code}.`);
    if (!wrong) input("verification").focus();
  }

  /** A card of the tester's for whatever is still empty. */
  function fill() {
    if (missing("card")) fillCard();
    if (!digits("phone")) input("phone").value = usual.phone;
    input("verification").value = input("verification").dataset.code || "";
    kit.alert("");
  }

  /** @param {Kit} given */
  function start(given) {
    kit = given;
    document.querySelector('[data-testid="fill"]')?.addEventListener("click", fillCard);
    document.querySelector('[data-testid="send-code"]')?.addEventListener("click", sendCode);
    const number = input("cardNumber");
    number.addEventListener("change", () => { number.value = digits("cardNumber").replace(/(.{4})(?=.)/g, "$1 "); });
  }

  Object.assign(window, { sandboxPage: { start, missing, choices, fill } });
})();
