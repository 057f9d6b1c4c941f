// @ts-check
/*
 * The gateway's checkout pages: launches the provider's window, waits for a
 * result that is not known yet, and hands the result to the shop's page. The
 * page on which a card is chosen works without it. What a page is for is in its
 * #checkout-data; see view.go.
 */
(function () {
  'use strict';

  /**
   * @typedef {Object} Config
   * @property {'choose'|'launch'|'working'|'done'|'result'|'problem'} page
   * @property {string} lang
   * @property {string} [token]
   * @property {'frame'|'popup'|'page'} [style]
   * @property {string} [target] origin that may read our messages
   * @property {string} [link] the checkout's own address
   * @property {string} [close]
   * @property {string} [fail]
   * @property {string} [poll]
   * @property {string} [next]
   * @property {string} [imp_uid]
   * @property {string} [merchant_uid]
   * @property {{src: string, object: string, init: any[], call: string, args: any[]}} [script]
   */

  /** @param {string} id */
  const byID = function (id) { return document.getElementById(id); };
  const data = byID('checkout-data');
  /** @type {Config} */
  const config = JSON.parse(data && data.textContent || '{}');

  /** The provider's script is given up after this. */
  const SCRIPT_LIMIT = 15000;
  /** So is its window, when nothing of it is to be seen after this. */
  const WINDOW_LIMIT = 15000;
  const POLL = 1500;
  /** After this the page admits that it takes long. */
  const SLOW = 12000;

  // --------------------------------------------------------- the shop's page

  /** Tells the shop's page that something happened: ids only, it asks for the rest. @param {'done'|'close'} event */
  function tell(event) {
    const shop = window.parent !== window ? window.parent : window.opener;
    if (!shop || !config.token) return false;
    try {
      shop.postMessage({ naru: 'checkout', event: event, token: config.token, imp_uid: config.imp_uid, merchant_uid: config.merchant_uid }, config.target || '*');
      return true;
    } catch (e) {
      return false; // the shop's page is gone, or no longer ours to reach
    }
  }

  /** @param {string} id @param {boolean} on */
  function reveal(id, on) {
    const node = byID(id);
    if (node) node.hidden = !on;
    return node;
  }

  // ----------------------------------------------------------------- asking

  /**
   * Posts to the gateway and follows its answer.
   * @param {string} url @param {Object<string, string>} fields
   */
  function post(url, fields) {
    const body = new URLSearchParams(fields);
    return fetch(url, { method: 'POST', body: body, headers: { Accept: 'application/json' }, credentials: 'omit' })
      .then(function (r) { return r.json(); })
      .then(function (a) {
        if (!a.next) throw new Error('no way on');
        location.replace(a.next);
      });
  }

  function waitForResult() {
    setTimeout(function () { reveal('slow', true); }, SLOW);
    (function ask() {
      fetch(config.poll || '', { headers: { Accept: 'application/json' }, credentials: 'omit' })
        .then(function (r) { return r.json(); })
        .then(function (a) {
          if (a.progress === 'done') location.replace(a.next);
          else setTimeout(ask, POLL);
        })
        .catch(function () { setTimeout(ask, POLL * 2); });
    })();
  }

  // ----------------------------------------------------------------- launch

  /** What ends the payment when the buyer gives up here. */
  const giveUp = { code: 'NARU_PROVIDER_DOWN', message: '결제창을 불러오지 못했습니다' };
  /** What "try again" does. */
  let again = loadScript;

  function showTrouble() {
    reveal('status', false);
    const box = reveal('trouble', true);
    if (box) box.focus();
  }

  function loadScript() {
    const s = config.script;
    if (!s) return;
    reveal('trouble', false);
    reveal('status', true);
    const el = document.createElement('script');
    let over = false;
    /** @param {() => void} then */
    function once(then) {
      if (over) return;
      over = true;
      clearTimeout(timer);
      then();
    }
    const timer = setTimeout(function () { once(function () { el.remove(); again = loadScript; showTrouble(); }); }, SCRIPT_LIMIT);
    el.onload = function () { once(callScript); };
    el.onerror = function () { once(function () { el.remove(); again = loadScript; showTrouble(); }); };
    el.src = s.src;
    document.head.appendChild(el);
  }

  /** Our card steps aside while the provider shows a window of its own in this page. */
  function makeRoom() {
    if (!window.MutationObserver) return;
    new MutationObserver(function () {
      document.documentElement.classList.toggle('launched', !!document.body.querySelector('iframe'));
    }).observe(document.body, { childList: true, subtree: true });
  }

  /** window[object](...init)[call](...args): the promise settles only when the window did not send the browser on. */
  function callScript() {
    const s = config.script;
    if (!s) return;
    const make = /** @type {any} */ (window)[s.object];
    if (typeof make !== 'function') {
      again = loadScript;
      showTrouble();
      return;
    }
    const timer = setTimeout(function () {
      if (document.body.querySelector('iframe')) return;
      again = function () { reveal('trouble', false); reveal('status', true); callScript(); };
      showTrouble();
    }, WINDOW_LIMIT);
    new Promise(function (resolve) {
      const made = make.apply(null, s.init);
      resolve(made[s.call].apply(made, s.args));
    }).catch(function (e) {
      clearTimeout(timer);
      refused(e);
    });
  }

  /** The window was closed, or never opened. @param {any} e */
  function refused(e) {
    const code = e && e.code ? String(e.code) : '';
    if (code === 'USER_CANCEL' || code === 'PAY_PROCESS_CANCELED') {
      leave(config.close || '', {});
    } else {
      leave(config.fail || '', { code: code || 'UNKNOWN', message: e && e.message ? String(e.message) : '' });
    }
  }

  /** @param {string} url @param {Object<string, string>} fields */
  function leave(url, fields) {
    post(url, fields).catch(function () {
      again = function () { reveal('trouble', false); reveal('status', true); leave(url, fields); };
      showTrouble();
    });
  }

  function launch() {
    const retry = byID('retry'), quit = byID('give-up');
    if (retry) retry.addEventListener('click', function () { again(); });
    if (quit) quit.addEventListener('click', function () { leave(config.fail || '', giveUp); });
    renew();
    makeRoom();
    loadScript();
  }

  /** Back into a page the browser kept: how the checkout stands now is not on it. */
  function renew() {
    window.addEventListener('pageshow', function (e) { if (e.persisted) location.replace(config.link || location.href); });
  }

  // ----------------------------------------------------------------- a card

  function choose() {
    const form = byID('choose'), next = /** @type {HTMLButtonElement|null} */ (byID('continue'));
    if (form && next) form.addEventListener('submit', function () { next.disabled = true; });
    renew();
    focusMessage();
  }

  /** Escape, where no layer of the shop's page ends the checkout. */
  function escape() {
    const form = /** @type {HTMLFormElement|null} */ (byID('leave'));
    if (config.page === 'choose' && form) form.requestSubmit();
  }

  // -------------------------------------------------------------- other pages

  function done() {
    tell('done');
    if (config.style === 'popup') window.close();
    setTimeout(function () { reveal('slow', true); }, 3000);
  }

  /** A page that knows no address of the shop: whatever the browser can do. */
  function wayBack() {
    const button = byID('go-back');
    if (!button) return;
    const from = document.referrer ? new URL(document.referrer).origin : '';
    const elsewhere = from !== '' && from !== location.origin;
    if (!window.opener && window.parent === window && history.length < 2 && !elsewhere) return;
    button.hidden = false;
    button.addEventListener('click', function () {
      if (window.parent !== window && tell('close')) return;
      if (window.opener) window.close();
      else if (history.length > 1) history.back();
      else location.assign(from);
    });
  }

  function focusMessage() {
    const node = byID('focus');
    if (node) node.focus({ preventScroll: true });
  }

  // The layer's own Escape does not hear keys pressed in here.
  document.addEventListener('keydown', function (e) {
    if (e.key !== 'Escape') return;
    if (config.style === 'frame') tell('close');
    else escape();
  });

  switch (config.page) {
    case 'choose': choose(); break;
    case 'launch': launch(); break;
    case 'working': waitForResult(); break;
    case 'done': done(); break;
    default: wayBack(); focusMessage();
  }
})();
