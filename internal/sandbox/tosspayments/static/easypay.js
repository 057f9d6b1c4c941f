// @ts-check
/** What a wallet's window adds to window.js: how the amount is split. */
(function () {
  "use strict";

  /** @typedef {Record<string, unknown>} Choices */
  /** @typedef {{ t: (ko: string, en: string) => string, collect: () => Choices }} Kit */

  /** From this many won on a card's part can be paid in instalments. */
  const leastForInstallments = 50000;
  /** @type {Kit} */
  let kit;
  const byCard = /** @type {HTMLElement} */ (document.getElementById("by-card"));
  const months = /** @type {HTMLSelectElement} */ (document.getElementById("months"));
  const points = /** @type {HTMLInputElement | null} */ (document.getElementById("points"));
  const split = /** @type {HTMLElement} */ (document.querySelector("[data-total]"));
  const total = Number(split.dataset.total);
  const pay = () => /** @type {HTMLInputElement} */ (document.querySelector('input[name="pay"]:checked')).value;

  const pointsNow = () => (points ? Number(points.value.replace(/[^0-9]/g, "")) : 0);

  /** @param {number} won */
  const money = (won) => kit.t(won.toLocaleString("ko") + "원", "KRW " + won.toLocaleString("en"));

  /** @param {string} name @param {string} text */
  function slot(name, text) {
    const place = document.querySelector(`[data-slot="${name}"]`);
    if (place) place.textContent = text;
  }

  function show() {
    const rest = Math.max(total - pointsNow(), 0);
    byCard.hidden = pay() !== "card" || rest === 0;
    if (rest < leastForInstallments) months.value = "0";
    months.disabled = rest < leastForInstallments;
    const name = /** @type {HTMLElement} */ (document.getElementById("split-rest"));
    const label = document.querySelector('input[name="pay"]:checked + .face');
    name.textContent = label ? label.textContent : "";
    slot("rest", money(rest));
    slot("points", money(pointsNow()));
  }

  /** @param {string} step */
  function missing(step) {
    if (step !== "pay" || pointsNow() <= total) return "";
    if (points) points.focus();
    return kit.t("포인트가 결제 금액보다 많습니다.", "The points are more than the amount.");
  }

  /** Tells of a card only where one pays. */
  function choices() {
    const { pay: by, company, installments, newCard, ...rest } = kit.collect();
    if (by !== "card" || pointsNow() === total) return { pay: by, ...rest };
    return { pay: by, company, installments, ...(newCard === undefined ? {} : { newCard }), ...rest };
  }

  /** @param {Kit} given */
  function start(given) {
    kit = given;
    for (const radio of document.querySelectorAll('input[name="pay"]')) radio.addEventListener("change", show);
    for (const button of document.querySelectorAll("[data-points]")) {
      button.addEventListener("click", () => {
        if (points) points.value = /** @type {HTMLElement} */ (button).dataset.points || "0";
        show();
      });
    }
    if (points) points.addEventListener("input", show);
    show();
  }

  Object.assign(window, { sandboxPage: { start, missing, choices } });
})();
