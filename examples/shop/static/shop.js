// @ts-check
// 상점 페이지에 붙이는 결제 코드입니다. 순서는 둘뿐입니다.
//   1. 페이지가 열리거나 수량이 바뀌면 서버에 주문을 만들어 둔다. (금액은 서버가 정한다)
//   2. 단추를 누르면 그 자리에서 IMP.request_pay를 부른다. (기다렸다 부르면 팝업이 막힌다)
// The payment code of a shop's page: make the order on the server beforehand,
// so that a click can call IMP.request_pay at once; browsers block windows
// that open after waiting for an answer.
"use strict";

(function () {
  /** @typedef {{merchant_uid: string, name: string, amount: number}} Order */
  /** @typedef {{imp_uid?: string | null, merchant_uid?: string, error_code?: string | null, error_msg?: string | null}} Result */

  const form = /** @type {HTMLFormElement} */ (document.getElementById("buy"));
  const notice = /** @type {HTMLElement} */ (document.getElementById("notice"));
  const record = /** @type {HTMLElement} */ (document.querySelector("[data-callbacks]"));
  const scene = /** @type {HTMLElement} */ (document.querySelector(".scene"));
  const total = /** @type {HTMLOutputElement} */ (form.elements.namedItem("total"));
  const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (form.querySelectorAll("button.pay"));
  const shop = String(form.dataset.shop);
  const english = form.dataset.lang === "en";
  const IMP = /** @type {any} */ (window).IMP;

  /** @type {Order | null} the order a click pays for */
  let order = null;
  let asked = 0; // orders asked for; only the last one's answer counts
  let open = false; // a payment window is open

  /** @param {string} ko @param {string} en */
  const say = (ko, en) => { notice.textContent = english ? en : ko; };
  /** @param {string} name */
  const field = (name) => String(new FormData(form).get(name) || "");
  const unlock = () => buttons.forEach((b) => { b.disabled = open || !order; });

  async function makeOrder() {
    const turn = ++asked;
    order = null;
    unlock();
    scene.dataset.variant = field("item");
    /** @type {HTMLElement} */ (document.getElementById("soldout-hint")).hidden = field("item") !== "soldout";
    try {
      const answer = await fetch("/orders", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ item: field("item"), quantity: Number(field("quantity")), lang: form.dataset.lang }),
      });
      const body = await answer.json();
      if (turn !== asked) return;
      if (!answer.ok) throw new Error(body.message);
      order = body;
      total.value = english ? "₩" + body.amount.toLocaleString("en") : body.amount.toLocaleString("ko") + "원";
      say("", "");
    } catch (err) {
      if (turn !== asked) return;
      say("주문을 만들지 못했습니다. " + err, "The order could not be made. " + err);
    }
    unlock();
  }

  /** @param {HTMLButtonElement} button */
  function pay(button) {
    if (!order || open || !form.reportValidity()) return;
    const uid = order.merchant_uid;
    /** @type {Record<string, any>} */
    const params = {
      channelKey: button.dataset.channelKey,
      pay_method: button.dataset.payMethod,
      merchant_uid: uid,
      name: order.name,
      amount: order.amount,
      buyer_name: field("buyer_name"),
      buyer_tel: field("buyer_tel"),
      buyer_email: field("buyer_email"),
      notice_url: shop + "/webhook",
      custom_data: { item: field("item"), quantity: Number(field("quantity")) },
      locale: form.dataset.lang,
    };
    // Phones leave the page and return here instead of calling back.
    if (form.dataset.redirect === "true") params.m_redirect_url = shop + "/complete" + (english ? "?lang=en" : "");
    // Asked just before approval: is the item still there?
    if (form.dataset.confirm === "true") params.confirm_url = shop + "/confirm";
    open = true;
    unlock();
    say("결제창에서 결제를 마쳐 주세요.", "Please finish in the payment window.");
    try {
      IMP.request_pay(params, /** @param {Result} rsp */ (rsp) => finish(uid, rsp));
    } catch (err) {
      open = false;
      unlock();
      say("결제창을 열지 못했습니다. " + err, "The payment window did not open. " + err);
    }
  }

  /**
   * The result is only a hint: /complete has the server look the payment up.
   * @param {string} uid
   * @param {Result} rsp
   */
  function finish(uid, rsp) {
    record.dataset.callbacks = String(Number(record.dataset.callbacks) + 1);
    if (form.dataset.stay === "true") {
      record.textContent = JSON.stringify(rsp);
      record.hidden = false;
      open = false;
      unlock();
      say("", "");
      return;
    }
    const query = new URLSearchParams({ merchant_uid: rsp.merchant_uid || uid });
    if (rsp.imp_uid) query.set("imp_uid", rsp.imp_uid);
    if (rsp.error_code) query.set("error_code", rsp.error_code);
    if (rsp.error_msg) query.set("error_msg", rsp.error_msg);
    if (english) query.set("lang", "en");
    location.assign("/complete?" + query);
  }

  if (!IMP) {
    say("결제 모듈을 불러오지 못했습니다. 새로고침해 주세요.", "The payment module did not load. Please reload.");
    return;
  }
  IMP.init(form.dataset.userCode);
  buttons.forEach((b) => b.addEventListener("click", () => pay(b)));
  form.addEventListener("submit", (e) => e.preventDefault());
  form.addEventListener("change", (e) => {
    const name = /** @type {HTMLInputElement} */ (e.target).name;
    if (name === "item" || name === "quantity") makeOrder();
  });
  // Back from the payment by the back button: the browser revives the old page.
  window.addEventListener("pageshow", (e) => {
    if (!e.persisted) return;
    open = false;
    makeOrder();
  });
  makeOrder();
})();
