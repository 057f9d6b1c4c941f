// @ts-check
/**
 * Stand-in for the Toss Payments browser script, version 1.
 *
 * window.TossPayments(clientKey) gives requestPayment, requestBillingAuth and
 * cancelPayment. The window is a frame over the page, or, on phones and with
 * windowTarget "self", takes the page's place. With ?auto=approve and the like in
 * the script's own address, windows act by themselves. All styling goes through the
 * CSSOM, so that pages with a strict style-src can use it; such pages must name
 * this script's origin in script-src, connect-src and frame-src.
 */
(function () {
  "use strict";

  /**
   * What the window tells the page.
   * @typedef {{ url?: string, result?: Object, error?: { code: string, message: string } }} Outcome
   * @typedef {{ frame: HTMLIFrameElement, end: (reason: Error) => void }} OpenWindow
   */

  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
  if (!script || !script.src) return;
  /** Address of the simulator: the script's own without /js/v1. */
  const base = new URL(script.src.replace(/\/js\/v1(\/payment)?\/?([?#].*)?$/, ""));
  const baseURL = base.href.replace(/\/$/, "");
  const auto = new URL(script.src).searchParams.get("auto");

  /** @type {OpenWindow | null} */
  let current = null;

  /** @param {string} code @param {string} message */
  function failure(code, message) {
    return Object.assign(new Error(message), { code });
  }

  function isPhone() {
    const data = /** @type {{ userAgentData?: { mobile?: boolean } }} */ (navigator).userAgentData;
    return (data && data.mobile === true) || /Android|iPhone|iPad|iPod|Mobile/i.test(navigator.userAgent);
  }

  function newNonce() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  }

  /** @param {HTMLElement} element @param {Record<string, string>} rules */
  function style(element, rules) {
    for (const name of Object.keys(rules)) element.style.setProperty(name, rules[name], "important");
  }

  /**
   * Asks for a window at one of the simulator's calls.
   * @param {string} call
   * @param {{ clientKey: string, method: string, params: unknown, nonce: string }} wish
   * @returns {Promise<{ url: string, framed: boolean }>}
   */
  function register(call, wish) {
    const body = JSON.stringify({ ...wish, phone: isPhone() });
    return fetch(baseURL + "/sdk/" + call, {
      method: "POST", mode: "cors", credentials: "omit", headers: { "Content-Type": "application/json" }, body,
    }).then(
      (response) => response.json().then(
        (answer) => {
          if (!response.ok) throw failure(String(answer.code), String(answer.message));
          return auto === null ? answer : { ...answer, url: answer.url + "?auto=" + encodeURIComponent(auto) };
        },
        () => { throw failure("NETWORK_ERROR", "결제창을 여는 중 응답을 읽지 못했습니다."); },
      ),
      () => { throw failure("NETWORK_ERROR", "결제창을 열 수 없습니다. 네트워크를 확인해 주세요."); },
    );
  }

  /** The dimmer and the frame over the page. */
  function cover() {
    const dimmer = document.createElement("div");
    dimmer.id = "___tosspayments_dimmer___";
    style(dimmer, {
      position: "fixed", inset: "0", "z-index": "2147483646", background: "rgba(15, 18, 28, 0.6)",
      margin: "0", padding: "0", border: "0",
    });
    const frame = document.createElement("iframe");
    frame.id = "___tosspayments_iframe___";
    frame.title = "토스페이먼츠 결제창 (SANDBOX)";
    frame.allow = "payment *";
    style(frame, {
      position: "fixed", inset: "0", width: "100%", height: "100%", "z-index": "2147483647", border: "0", margin: "0", padding: "0",
      "max-width": "none", "max-height": "none", background: "transparent", "color-scheme": "light dark", display: "block",
    });
    return { dimmer, frame };
  }

  /**
   * Opens the frame. The promise settles when the window is closed or, without
   * addresses, when it has a result; with addresses the page goes away instead.
   * @param {string} url @param {string} nonce
   * @returns {Promise<Object | void>}
   */
  function openFrame(url, nonce) {
    return new Promise((resolve, reject) => {
      const { dimmer, frame } = cover();
      const focused = document.activeElement;
      const overflow = document.documentElement.style.overflow;

      function close() {
        removeEventListener("message", receive);
        removeEventListener("pageshow", restore);
        document.removeEventListener("focusin", keepFocus);
        document.removeEventListener("keydown", escape);
        dimmer.remove();
        frame.remove();
        document.documentElement.style.overflow = overflow;
        if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
        current = null;
      }

      /** @param {Error} reason */
      function end(reason) {
        close();
        reject(reason);
      }

      function userCancel() {
        end(failure("USER_CANCEL", "구매자가 결제창을 닫았습니다."));
      }

      /** @param {MessageEvent} event */
      function receive(event) {
        if (event.source !== frame.contentWindow || event.origin !== base.origin) return;
        const message = event.data;
        if (!message || message.from !== "tosspayments-sandbox" || message.nonce !== nonce) return;
        if (message.type === "close") userCancel();
        if (message.type === "outcome") settle(message.outcome);
      }

      /** @param {Outcome} outcome */
      function settle(outcome) {
        if (outcome.url) {
          removeEventListener("message", receive);
          location.assign(outcome.url); // the frame stays until the page is gone
        } else if (outcome.result) {
          close();
          resolve(outcome.result);
        } else if (outcome.error) {
          end(failure(outcome.error.code, outcome.error.message));
        }
      }

      /** @param {PageTransitionEvent} event */
      function restore(event) {
        if (event.persisted) userCancel(); // back from the success page with the frame still there
      }

      /** @param {FocusEvent} event */
      function keepFocus(event) {
        if (event.target !== frame) frame.focus();
      }

      /** @param {KeyboardEvent} event */
      function escape(event) {
        if (event.key === "Escape") userCancel();
      }

      addEventListener("message", receive);
      addEventListener("pageshow", restore);
      document.addEventListener("focusin", keepFocus);
      document.addEventListener("keydown", escape);
      document.documentElement.style.overflow = "hidden";
      frame.src = url;
      document.body.append(dimmer, frame);
      frame.focus();
      current = { frame, end };
    });
  }

  /**
   * @param {string} call
   * @param {string} clientKey
   * @param {unknown} methodOrParams
   * @param {unknown} [params]
   * @returns {Promise<Object | void>}
   */
  function open(call, clientKey, methodOrParams, params) {
    const named = typeof methodOrParams === "string";
    const method = named ? methodOrParams : "";
    const given = named ? params : methodOrParams;
    if (given === null || typeof given !== "object") {
      return Promise.reject(failure("INVALID_PARAMETER", "결제 정보가 없습니다."));
    }
    if (current) current.end(failure("USER_CANCEL", "다른 결제창을 열어 닫았습니다."));
    const nonce = newNonce();
    return register(call, { clientKey, method, params: given, nonce }).then((opened) => {
      if (current) current.end(failure("USER_CANCEL", "다른 결제창을 열어 닫았습니다."));
      if (opened.framed) return openFrame(opened.url, nonce);
      location.href = opened.url;
      return new Promise(() => {}); // the page goes away
    });
  }

  /** @param {string} clientKey */
  function TossPayments(clientKey) {
    if (typeof clientKey !== "string" || clientKey === "") {
      throw failure("INVALID_CLIENT_KEY", "클라이언트 키가 필요합니다.");
    }
    return {
      /** @param {unknown} methodOrParams @param {unknown} [params] */
      requestPayment: (methodOrParams, params) => open("payments", clientKey, methodOrParams, params),
      /** @param {string} method @param {unknown} params */
      requestBillingAuth: (method, params) => open("billing-auths", clientKey, method, params),
      cancelPayment: () => {
        if (current) current.end(failure("USER_CANCEL", "결제를 취소했습니다."));
      },
    };
  }

  Object.assign(window, { TossPayments });
})();
