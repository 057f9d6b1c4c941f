// @ts-check
// What the app asks, for a payment and for a billing key, and the page's hands
// on its elements. checkout.js, which comes after, takes both from here.
/**
 * @typedef {{status: string, phase: "open"|"working"|"done"|"cancelled"|"expired"|"failed", left?: number, inApp?: boolean, next?: string,
 *   lost?: boolean, dead?: boolean, appLink?: string, decline?: {code: string, message: string}}} State
 * @typedef {{kind: "payment"|"billing", state: State, endpoint: string, amount: number, minInstallments: number, installments: boolean,
 *   auto: {action: string, code?: string, pick?: Record<string, any>}, cutOpener: boolean, appOnly: boolean, texts: Record<string, string>, messages?: Record<string, string>}} Data
 * @typedef {{first: string, refresh: () => void, pick: (wanted: Record<string, any>) => void, agreed: () => Record<string, any>}} Sheet
 *   where the buyer begins, what follows from a change, how a script picks, and what is sent in the end
 * @typedef {{part: (id: string) => HTMLElement, button: (id: string) => HTMLButtonElement, input: (id: string) => HTMLInputElement,
 *   select: (id: string) => HTMLSelectElement, sheet: (data: Data) => Sheet}} Kit
 */

(() => {
  "use strict";

  /** @template {HTMLElement} T @param {string} id @param {new () => T} type @returns {T} */
  function el(id, type) {
    const found = document.getElementById(id);
    if (!(found instanceof type)) throw new Error(`no ${type.name} #${id}`);
    return found;
  }
  /** @param {string} id */
  const part = (id) => el(id, HTMLElement);
  /** @param {string} id */
  const button = (id) => el(id, HTMLButtonElement);
  /** @param {string} id */
  const input = (id) => el(id, HTMLInputElement);
  /** @param {string} id */
  const select = (id) => el(id, HTMLSelectElement);

  /** @param {string} id */
  const number = (id) => {
    const box = /** @type {HTMLInputElement|HTMLSelectElement} */ (part(id));
    return Math.max(0, Math.trunc(Number(box.value)) || 0);
  };
  const method = () => {
    const picked = document.querySelector("input[name=method]:checked");
    return picked instanceof HTMLInputElement ? picked.value : "";
  };
  /** @param {HTMLSelectElement} list */
  const picked = (list) => list.selectedOptions[0];

  /** Takes the method if the sheet offers it. @param {unknown} value */
  function takeMethod(value) {
    for (const radio of document.querySelectorAll("input[name=method]")) {
      if (radio instanceof HTMLInputElement && radio.value === value) radio.checked = true;
    }
  }
  /** Takes the entry if the list has it. @param {string} id @param {unknown} value */
  function take(id, value) {
    const list = select(id);
    if (value !== undefined && [...list.options].some((o) => o.value === String(value))) list.value = String(value);
  }
  /** @param {Record<string, any>} wanted */
  function takeEnding(wanted) {
    if (wanted.loseReturn) input("lose-return").checked = true;
  }
  const ending = () => ({
    loseReturn: input("lose-return").checked, browserDies: input("browser-dies").checked, dropCallback: input("drop-callback").checked,
  });

  /** @param {Data} data @returns {Sheet} */
  function paymentSheet(data) {
    const texts = data.texts;
    const months = select("installments");
    const plain = [...months.options].map((o) => o.text);

    /** A card company's discounts come with its card. @param {boolean} byCard */
    function offer(byCard) {
      const list = select("discount");
      for (const o of list.options) {
        const mine = !o.dataset.card || (byCard && o.dataset.card === select("card").value);
        o.hidden = o.disabled = !mine;
        if (!mine && o.selected) list.value = "0";
      }
    }

    /** @param {boolean} byCard @param {number} total */
    function offerMonths(byCard, total) {
      const card = picked(select("card"));
      const possible = byCard && data.installments && total >= data.minInstallments && card !== undefined && card.dataset.lump === undefined;
      part("installments-row").hidden = months.disabled = !possible;
      if (!possible) months.value = "0";
      const free = Number(card?.dataset.free) || 0;
      [...months.options].forEach((o, i) => {
        const n = Number(o.value);
        o.text = plain[i] + (n > 1 && n <= free ? texts.free : "");
      });
    }

    function refresh() {
      const byCard = method() === "CARD";
      select("account").hidden = byCard;
      select("card").hidden = !byCard;
      part("receipt-row").hidden = byCard;
      offer(byCard);
      const own = input("discount-won").value !== "";
      select("discount").disabled = own;
      const discount = Math.min(data.amount, number(own ? "discount-won" : "discount"));
      const points = Math.min(number("points"), Number(input("points").max), data.amount - discount);
      const total = data.amount - discount - points;
      offerMonths(byCard, total);
      const price = total.toLocaleString("ko-KR") + texts.won;
      part("final").textContent = price;
      part("original").classList.toggle("unseen", total === data.amount);
      part("earned").textContent = Math.floor(total / 200).toLocaleString("ko-KR") + "P";
      button("pay").textContent = price + texts.pay;
      return { discount, points };
    }

    /** @param {Record<string, any>} wanted */
    function pick(wanted) {
      takeMethod(wanted.payMethod);
      take("card", wanted.cardCompanyCode);
      take("account", wanted.accountBankCode);
      if (wanted.discount !== undefined) input("discount-won").value = String(wanted.discount);
      if (wanted.points !== undefined) input("points").value = String(wanted.points);
      take("execute-fail", wanted.executeFail);
      takeEnding(wanted);
      refresh();
      take("installments", wanted.spreadOut);
    }

    function agreed() {
      const { discount, points } = refresh();
      const byCard = method() === "CARD";
      return {
        payMethod: method(), discount, points,
        cardCompanyCode: byCard ? number("card") : 0,
        accountBankCode: byCard ? "" : select("account").value,
        spreadOut: byCard ? number("installments") : 0,
        executeFail: select("execute-fail").value, callbackVersion: select("callback-version").value, ...ending(),
      };
    }
    return { first: "pay", refresh, pick, agreed };
  }

  /** @returns {Sheet} */
  function billingSheet() {
    for (const id of ["card", "account"]) {
      const fresh = [...select(id).options].find((o) => o.dataset.used === undefined);
      if (fresh) fresh.selected = true;
    }

    function refresh() {
      select("card").hidden = method() !== "card";
      select("account").hidden = method() !== "bank";
      part("balance").hidden = method() !== "money";
      button("pay").disabled = !input("consent").checked;
    }

    /** @param {Record<string, any>} wanted */
    function pick(wanted) {
      takeMethod(wanted.method);
      take("card", wanted.cardCompanyCode);
      take("account", wanted.accountBankCode);
      takeEnding(wanted);
      input("consent").checked = true;
      refresh();
    }

    function agreed() {
      refresh();
      const chargeFail = select("charge-fail").value;
      return {
        method: method(),
        cardCompanyCode: method() === "card" ? number("card") : 0,
        accountBankCode: method() === "bank" ? select("account").value : "",
        slow: input("slow").checked, ciMismatch: input("ci-mismatch").checked, ...ending(),
        chargeFail, chargeFailAlways: chargeFail !== "" && input("charge-fail-always").checked,
      };
    }
    return { first: "consent", refresh, pick, agreed };
  }

  /** @type {Kit} */
  const kit = { part, button, input, select, sheet: (data) => (data.kind === "billing" ? billingSheet() : paymentSheet(data)) };
  Object.assign(window, { tosspayKit: kit });
})();
