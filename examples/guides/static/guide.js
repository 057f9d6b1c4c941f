// @ts-check
// 안내 글 페이지들이 함께 쓰는 것: 상점의 값, 주문번호, 결과 표시.
// What the pages have in common: the shop's values, order numbers, showing a result.
"use strict";

(function () {
  // `naru dev`의 값입니다. 내 상점이면 여기만 바꿉니다.
  // The values of `naru dev`; for a shop of your own, change these.
  const SHOP = {
    userCode: "imp00000000", // 가맹점 식별코드
    tossPayments: "channel-key-11111111-1111-4111-8111-111111111111", // 채널키
    tossPay: "channel-key-22222222-2222-4222-8222-222222222222",
    tossPaymentsBilling: "channel-key-33333333-3333-4333-8333-333333333333",
    tossPayBilling: "channel-key-44444444-4444-4444-8444-444444444444",
    billingMID: "tnarubill", // 토스페이먼츠 정기결제 상점아이디
    url: location.origin, // 결제가 끝나고 돌아올 곳, 웹훅을 받을 곳
  };

  /**
   * 매번 다른 주문번호. 진짜 상점에서는 서버가 주문을 만들며 정합니다.
   * A new order number each time. In a real shop the server makes the order first.
   * @param {string} what letters, at most 14
   */
  function orderNumber(what) {
    return what + "-" + Date.now() + "-" + Math.random().toString(36).slice(2, 8);
  }

  /**
   * 사람이 읽을 한 줄과 callback이 받은 값을 보여 줍니다.
   * Shows a sentence, and what the callback was given.
   * @param {string} sentence @param {any} rsp
   */
  function showResult(sentence, rsp) {
    const box = /** @type {HTMLElement} */ (document.getElementById("result"));
    box.dataset.callbacks = String(Number(box.dataset.callbacks || 0) + 1);
    box.replaceChildren(line("p", sentence), line("pre", JSON.stringify(rsp, null, 2)));
    if (rsp.imp_uid) {
      box.append(line("p", "결제되었는지는 서버에서 조회해 확인합니다. The server looks it up:"), line("pre", "../curl/payment.sh " + rsp.imp_uid));
    }
    box.hidden = false;
    box.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} tag @param {string} text */
  function line(tag, text) {
    const el = document.createElement(tag);
    el.textContent = text;
    return el;
  }

  /** The page's own code, for whoever looks at it in a browser. */
  function showCode() {
    const code = document.getElementById("sample");
    if (!code || !code.textContent) return;
    const text = code.textContent.replace(/^\n+|\s+$/g, "");
    const indent = (/^ */.exec(text) || [""])[0];
    const details = document.createElement("details");
    details.append(line("summary", "이 페이지의 코드 · The code of this page"), line("pre", text.split("\n" + indent).join("\n").slice(indent.length)));
    const main = document.querySelector("main");
    if (main) main.append(details);
  }

  Object.assign(window, { SHOP, orderNumber, showResult });
  document.addEventListener("DOMContentLoaded", showCode);
})();
