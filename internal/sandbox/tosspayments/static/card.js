// @ts-check
/** What the card window adds to window.js: the card company's own page. */
(function () {
  "use strict";

  /** @typedef {Record<string, unknown>} Choices */
  /** @typedef {{ t: (ko: string, en: string) => string, collect: () => Choices }} Kit */

  /** @type {Kit} */
  let kit;
  /** @param {string} selector @returns {HTMLInputElement | null} */
  const input = (selector) => document.querySelector(selector);
  /** @param {string} selector @returns {HTMLElement[]} */
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const chosen = () => input('input[name="company"]:checked');
  const months = /** @type {HTMLSelectElement} */ (document.getElementById("months"));
  const section = /** @type {HTMLElement} */ (document.querySelector('section[data-step="company"]'));

  /** Marks the months that the buyer pays no interest for; of ISP cards nothing is shown. */
  function markFree() {
    const card = chosen();
    const free = card && card.dataset.isp === undefined ? (card.dataset.free || "").split(" ") : [];
    for (const option of months.options) {
      const name = option.dataset.name || "";
      option.textContent = free.includes(option.value) ? name + kit.t(" (무이자)", " (interest-free)") : name;
    }
  }

  /** Leaves the ways that the chosen company has, and chooses its first unless one is chosen. */
  function fitWays() {
    const card = chosen();
    if (!card) return;
    const ways = (card.dataset.ways || "").split(" ");
    for (const tab of all(".tab")) tab.hidden = !ways.includes(tab.dataset.way || "");
    const now = input('input[name="way"]:checked');
    const first = input(`input[name="way"][value="${ways[0]}"]`);
    if (first && (!now || !ways.includes(now.value))) first.checked = true;
    showPicture();
  }

  function showPicture() {
    const way = input('input[name="way"]:checked');
    for (const picture of all("[data-picture]")) picture.hidden = !way || picture.dataset.picture !== way.value;
  }

  /** A window that opened at the company does not show the plan; only ISP does. */
  function fillCompany() {
    const card = chosen();
    if (!card) return;
    const isp = card.dataset.isp !== undefined;
    const brand = /** @type {HTMLElement} */ (document.getElementById("brand"));
    brand.dataset.company = card.value;
    brand.classList.toggle("isp", isp);
    for (const badge of all("[data-isp-only]")) badge.hidden = !isp;
    for (const slot of all('[data-slot="company"]')) slot.textContent = card.dataset.full || "";
    const plan = /** @type {HTMLElement} */ (document.querySelector('[data-slot="plan"]'));
    const direct = section.dataset.direct !== undefined;
    const text = months.options[months.selectedIndex].textContent || "";
    plan.textContent = direct && !isp ? "" : text + (plan.dataset.fixed || "");
  }

  /** @param {string} step */
  function missing(step) {
    const agree = input('[data-testid="agree"]');
    if (step !== "choose") return "";
    if (!chosen()) return kit.t("카드사를 선택해 주세요.", "Choose a card.");
    if (agree && !agree.checked) {
      agree.focus();
      return kit.t("약관에 동의해 주세요.", "Please agree to the terms.");
    }
    return "";
  }

  /** @param {Kit} given */
  function start(given) {
    kit = given;
    for (const card of all('input[name="company"]')) card.addEventListener("change", () => { markFree(); fitWays(); });
    for (const way of all('input[name="way"]')) way.addEventListener("change", showPicture);
    markFree();
    fitWays();
  }

  function choices() {
    fitWays();
    return kit.collect();
  }

  /** @param {string} step */
  function entered(step) {
    if (step !== "company") return;
    fitWays();
    fillCompany();
  }

  Object.assign(window, { sandboxPage: { start, missing, choices, entered } });
})();
