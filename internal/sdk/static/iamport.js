// @ts-check
/*!
 * iamport.js of Naru: PortOne V1's browser SDK for a self-hosted gateway.
 * One file, no dependencies, no cookies, no storage. What it may be called
 * with is in iamport.d.ts beside it.
 */
(function () {
  'use strict';

  // ---------------------------------------------------------------- constants

  if (window.IMP && window.IMP.naru) return; // included twice: the first one stays

  /** Where the gateway is: the address this script came from, without "/v1/iamport.js". */
  const base = (function () {
    let el = /** @type {HTMLScriptElement|null} */ (document.currentScript);
    for (let i = 0; !el && i < document.scripts.length; i++) {
      if (/\/(v1|js)\/iamport[^/]*\.js/.test(document.scripts[i].src)) el = document.scripts[i];
    }
    return (el ? el.src : '').replace(/[?#].*$/, '').replace(/\/(v1|js)\/[^/]*$/, '');
  })();

  const USER_CANCEL = 'PAY_PROCESS_CANCELED';
  const USER_CANCEL_TEXT = '[PAY_PROCESS_CANCELED] 사용자가 결제를 취소하였습니다';
  const PENDING = 'NARU_RESULT_PENDING';
  const PENDING_TEXT = '결제 결과를 아직 확인하지 못했습니다. merchant_uid로 결제 결과를 조회해주세요.';
  const WINDOW_OPEN = 'NARU_WINDOW_OPEN';
  const WINDOW_OPEN_TEXT = '이미 열려 있는 결제창이 있습니다. 열려 있는 결제창을 먼저 완료하거나 닫아주세요.';
  const UNREACHABLE = 'NARU_UNREACHABLE';
  const UNREACHABLE_TEXT = '결제 서버에 연결하지 못했습니다. 네트워크 상태를 확인한 후 다시 시도해주세요.';
  const UNSUPPORTED = 'NARU_UNSUPPORTED';
  const NOT_OFFERED = '현재 지원되지 않는 기능입니다.';
  const NO_INIT = '판매자 코드가 설정되지 않았습니다. IMP.init()함수를 먼저 호출하세요.';
  const NO_PARAMS = '결제요청 파라메터가 누락되었습니다.';
  const BROKEN = '결제모듈 구동 중에 오류가 발생하였습니다. 페이지 새로고침 후 다시 시도해주세요.';

  /** An outcome that stays unknown for longer is told to the page as such. */
  const UNKNOWN_LIMIT = 60000;
  /** A question the gateway does not answer for longer has no answer. */
  const CALL_LIMIT = 20000;
  /** Time between questions to the gateway, in milliseconds. */
  const POLL_POPUP = 1000;
  const POLL_FRAME = 3000;
  /** Questions asked after a popup is closed before it is taken as left; more when it closed as early as EARLY. */
  const GRACE = 3;
  const GRACE_EARLY = 8;
  const EARLY = 8000;

  /** A page that should have left and is still there may ask again. */
  const LEAVE_LIMIT = 15000;

  /** @typedef {keyof typeof WORDS} Word */
  /** Words of the layer: Korean, English. */
  const WORDS = {
    dialog: ['결제', 'Payment'],
    frame: ['결제창', 'Payment window'],
    close: ['결제창 닫기', 'Close the payment window'],
    opening: ['결제창을 여는 중입니다', 'Opening the payment window'],
    openingMore: ['잠시만 기다려 주세요.', 'One moment, please.'],
    popup: ['결제창이 열려 있습니다', 'The payment window is open'],
    popupMore: ['새 창에서 결제를 마치면 이 화면이 자동으로 넘어갑니다.', 'This page continues by itself once you have paid in the new window.'],
    blocked: ['결제창이 열리지 않았습니다', 'The payment window did not open'],
    blockedMore: ['브라우저가 새 창을 막았습니다. 아래 버튼을 눌러 결제창을 열어 주세요.', 'Your browser blocked the new window. Use the button below to open it.'],
    checking: ['결제 결과를 확인하고 있습니다', 'Checking the result of your payment'],
    checkingMore: ['창을 닫지 말고 잠시만 기다려 주세요.', 'Please keep this page open for a moment.'],
    cut: ['결제를 계속 기다리고 있습니다', 'Still waiting for your payment'],
    cutMore: ['결제창이 열려 있다면 그대로 진행해 주세요. 이미 닫았다면 결제를 취소할 수 있습니다.', 'If the payment window is still open, just go on there. If you closed it, you can cancel the payment here.'],
    offline: ['연결을 확인하고 있습니다', 'Checking the connection'],
    open: ['결제창 열기', 'Open the payment window'],
    show: ['결제창 보기', 'Show the payment window'],
    cancel: ['결제 취소', 'Cancel payment']
  };

  // -------------------------------------------------------------------- state

  let userCode = '';
  let tierCode = '';
  /** @type {{store: string, channels: Object<string, string>, providers: Object<string, string>, default: string, billing_default: string}|null} */
  let windows = null;
  /** @type {Session|null} The one window that may be open. */
  let session = null;
  let serial = 0;
  /** @type {Object<string, boolean>} Hints given already. */
  const hinted = {};

  /**
   * @typedef {Object} Session One call of request_pay, until its callback ran.
   * @property {any} params
   * @property {Function|null} callback
   * @property {boolean} mobile
   * @property {number} lang index into WORDS
   * @property {string} token of the checkout; also the nonce of its messages
   * @property {string} url
   * @property {string} origin of url: the only one messages are taken from
   * @property {string} impUid
   * @property {string} style
   * @property {string} provider as the gateway told it; empty before
   * @property {boolean} done
   * @property {boolean} closing
   * @property {boolean} pressed the buyer wants it closed
   * @property {Window|null} popup
   * @property {boolean} lost the popup is closed, or no longer ours to see
   * @property {boolean} cut the popup seems to live on where we cannot see it
   * @property {number} sent when the popup was sent to the checkout
   * @property {number} grace questions left to ask since the popup was closed
   * @property {number} limit timer that ends the call while the outcome is unknown; 0 is none
   * @property {number} timer
   * @property {number} asking number of the latest question
   * @property {Layer|null} layer
   */

  /**
   * @typedef {Object} Layer What covers the shop's page on a desktop.
   * @property {HTMLElement} dialog
   * @property {HTMLElement} card
   * @property {HTMLElement} ring
   * @property {HTMLElement} title
   * @property {HTMLElement} text
   * @property {HTMLElement} actions
   * @property {HTMLIFrameElement|null} frame
   * @property {string} shown name of the words shown
   * @property {() => () => void} remove takes the layer away; what it gives tries the focus again
   */

  // ---------------------------------------------------------- argument checks

  /** Phones and tablets, by user agent, as V1 told them apart. An iPad says it is a Mac, but can be touched. */
  function isMobile() {
    const ua = navigator.userAgent || '';
    return /iphone|ipad|ipod|android|blackberry|windows phone|iemobile|opera mini|mobile/i.test(ua) ||
      (/macintosh/i.test(ua) && (navigator.maxTouchPoints || 0) > 1);
  }

  /**
   * A copy with the order number filled in and what JSON cannot carry made
   * visible: NaN would arrive as nothing at all.
   * @param {any} given
   */
  function prepare(given) {
    /** @type {any} */
    const p = {};
    for (const key in given) {
      const v = given[key];
      const odd = typeof v === 'number' && !isFinite(v);
      if (odd || typeof v === 'bigint') p[key] = String(v);
      else if (typeof v !== 'function' && v !== undefined) p[key] = v;
    }
    if (p.merchant_uid === undefined || p.merchant_uid === null) p.merchant_uid = 'nobody_' + Date.now();
    if (typeof p.m_redirect_url === 'string' && /^\s*[/.?]/.test(p.m_redirect_url)) {
      p.m_redirect_url = new URL(p.m_redirect_url, location.href).href;
    }
    return p;
  }

  /**
   * The callback of a request whose outcome is ours to tell.
   * @param {any} params @param {string} code @param {string} text @param {string} [provider] when the gateway told it
   */
  function failure(params, code, text, provider) {
    /** @type {any} */
    const rsp = { imp_uid: null, merchant_uid: params.merchant_uid === undefined ? null : params.merchant_uid, error_code: code, error_msg: text };
    if ((provider || providerOf(params)) !== 'tosspayments') rsp.success = rsp.imp_success = false;
    return rsp;
  }

  /** @param {any} params */
  function providerOf(params) {
    return params.channelKey || typeof params.pg !== 'string' ? '' : params.pg.split('.')[0];
  }

  /** @param {any} params */
  function english(params) { return /^en/i.test(params.language || params.locale || ''); }

  /** @param {string} text */
  function hint(text) {
    if (hinted[text]) return;
    hinted[text] = true;
    console.warn('[iamport.js] ' + text);
  }

  // ------------------------------------------------------------ gateway calls

  /**
   * Asks the gateway. Bodies go as text/plain, which needs no preflight.
   * Resolves with the answer whatever its status; rejects when there was none
   * within CALL_LIMIT.
   * @param {string} method @param {string} path @param {string} [body] JSON
   */
  function call(method, path, body) {
    /** @type {any} */
    const init = { method: method, mode: 'cors', credentials: 'omit' };
    if (method !== 'GET') {
      init.headers = { 'Content-Type': 'text/plain;charset=UTF-8' };
      init.body = body;
    }
    const stop = window.AbortController ? new window.AbortController() : null;
    if (stop) init.signal = stop.signal;
    return new Promise(function (resolve, reject) {
      const timer = window.setTimeout(function () {
        reject(new Error('no answer'));
        if (stop) stop.abort();
      }, CALL_LIMIT);
      fetch(base + path, init).then(function (r) { return r.json(); }).then(function (a) {
        clearTimeout(timer);
        resolve(a);
      }, function (e) {
        clearTimeout(timer);
        reject(e);
      });
    });
  }

  /** @param {any} code @param {any} tier '' is the merchant itself */
  function setStore(code, tier) {
    userCode = typeof code === 'string' ? code.trim() : '';
    tierCode = String(tier).trim(); // a forgotten one is refused as "undefined", not taken for the merchant
    loadWindows();
  }

  /** What the windows of this store are asked for with. */
  function store() {
    return 'user_code=' + encodeURIComponent(userCode) + (tierCode && '&tier_code=' + encodeURIComponent(tierCode));
  }

  function loadWindows() {
    const of = store();
    if (!userCode || (windows && windows.store === of)) return;
    call('GET', '/sdk/windows?' + of).then(function (a) {
      if (a.channels && of === store()) windows = Object.assign(a, { store: of });
    }, function () { /* the list is a convenience: without it a blocked popup shows a button */ });
  }

  /**
   * How the window will probably be shown: "popup", "frame" or "" (not known).
   * @param {any} params
   */
  function guessStyle(params) {
    const provider = providerOf(params);
    if (!windows || windows.store !== store()) return provider === 'tosspay_v2' ? 'popup' : '';
    if (params.channelKey) return windows.channels[params.channelKey] || '';
    return windows.providers[provider] || (params.customer_uid ? windows.billing_default : windows.default);
  }

  // -------------------------------------------------------------------- layer

  /**
   * Styles are set one by one through the CSSOM, which a shop's strict Content
   * Security Policy allows.
   * @param {string} tag @param {string} name @param {Object<string, string>} style @param {Object<string, string>} [attrs]
   * @returns {any}
   */
  function el(tag, name, style, attrs) {
    const node = document.createElement(tag);
    if (name) node.className = name;
    for (const k in style) node.style.setProperty(k, style[k]);
    for (const k in attrs || {}) node.setAttribute(k, /** @type {any} */ (attrs)[k]);
    return node;
  }

  const FONT = '"Pretendard","Apple SD Gothic Neo","Noto Sans KR","Noto Sans CJK KR","Malgun Gothic",system-ui,sans-serif';

  /** @param {string} provider */
  function layerClass(provider) {
    return 'imp-dialog customizable' + (provider ? ' payment-' + provider : '') + ' pc';
  }

  /** @param {Session} s */
  function buildLayer(s) {
    const dark = !!window.matchMedia && window.matchMedia('(prefers-color-scheme: dark)').matches;
    const dialog = el('div', layerClass(providerOf(s.params)), {
      position: 'fixed', top: '0', right: '0', bottom: '0', left: '0', 'z-index': '2147483000', display: 'flex', 'align-items': 'center',
      'justify-content': 'center', 'background-color': 'rgba(11, 22, 36, 0.62)', 'font-family': FONT, outline: 'none', margin: '0', padding: '0'
    }, { role: 'dialog', 'aria-modal': 'true', 'aria-label': word(s, 'dialog'), lang: s.lang ? 'en' : 'ko', tabindex: '-1' });
    const header = el('div', 'imp-header', { position: 'absolute', top: '16px', right: '16px', 'z-index': '2' });
    const close = el('button', 'imp-close', {
      width: '44px', height: '44px', padding: '0', border: '0', 'border-radius': '50%', cursor: 'pointer', 'font-size': '22px', 'line-height': '44px',
      'background-color': 'rgba(11, 22, 36, 0.72)', color: '#fff'
    }, { type: 'button', 'aria-label': word(s, 'close') });
    close.textContent = '×';
    close.addEventListener('click', function () { buyerClose(s); });
    outlined(close);
    const card = el('div', 'imp-status', {
      'box-sizing': 'border-box', width: 'calc(100% - 48px)', 'max-width': '400px', padding: '32px 28px 28px', 'border-radius': '20px', 'text-align': 'center',
      'background-color': dark ? '#16202c' : '#fff', color: dark ? '#e9eff5' : '#12202f', 'box-shadow': '0 24px 60px rgba(4, 12, 22, 0.35)'
    }, { role: 'status', 'aria-live': 'polite' });
    const title = el('p', '', { margin: '20px 0 0', 'font-size': '18px', 'font-weight': '700', 'line-height': '1.4' });
    const text = el('p', '', { margin: '8px 0 0', 'font-size': '15px', 'line-height': '1.6', color: dark ? '#a9b8c7' : '#4a5b6c', 'word-break': 'keep-all' });
    const actions = el('div', 'imp-actions', { display: 'flex', 'flex-wrap': 'wrap', gap: '8px', 'justify-content': 'center', margin: '24px 0 0' });
    const ring = spinner(dark);
    [ring, title, text, actions].forEach(function (n) { card.appendChild(n); });
    header.appendChild(close);
    dialog.appendChild(header);
    dialog.appendChild(card);
    const restore = cover(s, dialog);
    s.layer = { dialog: dialog, card: card, ring: ring, title: title, text: text, actions: actions, frame: null, shown: '', remove: restore };
  }

  /** Shows where the focus is, on light and on dark ground. @param {HTMLElement} button */
  function outlined(button) {
    button.addEventListener('focus', function () {
      button.style.setProperty('outline', '2px solid #fff');
      button.style.setProperty('box-shadow', '0 0 0 5px #0f8a83');
    });
    button.addEventListener('blur', function () {
      button.style.removeProperty('outline');
      button.style.removeProperty('box-shadow');
    });
  }

  /** @param {boolean} dark */
  function spinner(dark) {
    const ring = el('div', '', {
      width: '36px', height: '36px', margin: '0 auto', 'box-sizing': 'border-box', 'border-radius': '50%', 'border-style': 'solid', 'border-width': '3px',
      'border-color': dark ? '#2b3947' : '#dfe6ee', 'border-top-color': '#0f8a83'
    }, { 'aria-hidden': 'true' });
    const still = window.matchMedia && window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (ring.animate && !still) ring.animate([{ transform: 'rotate(0deg)' }, { transform: 'rotate(360deg)' }], { duration: 900, iterations: Infinity });
    return ring;
  }

  /**
   * Puts the dialog over the page: focus goes in and cannot leave, the page
   * does not scroll. Listening on the window comes before a shop's own modal,
   * which is told nothing of what happens in here: it would take the focus back,
   * or close on Escape. The function returned undoes all of it.
   * @param {Session} s @param {HTMLElement} dialog
   */
  function cover(s, dialog) {
    const root = document.documentElement;
    const before = { focus: document.activeElement, overflow: root.style.overflow, padding: root.style.paddingRight, x: window.pageXOffset, y: window.pageYOffset };
    const gap = window.innerWidth - root.clientWidth;
    document.body.appendChild(dialog);
    root.style.overflow = 'hidden';
    if (gap > 0) root.style.paddingRight = gap + 'px';
    /** @param {any} e */
    function keepFocus(e) {
      if (dialog.contains(e.target)) e.stopImmediatePropagation();
      else dialog.focus();
    }
    /** @param {any} e */
    function onKey(e) {
      const escape = e.key === 'Escape' || e.key === 'Esc';
      if (escape || dialog.contains(e.target)) e.stopImmediatePropagation();
      if (!escape) return;
      e.preventDefault();
      buyerClose(s);
    }
    window.addEventListener('focusin', keepFocus, true);
    window.addEventListener('keydown', onKey, true);
    dialog.focus();
    return function () {
      window.removeEventListener('focusin', keepFocus, true);
      window.removeEventListener('keydown', onKey, true);
      if (dialog.parentNode) dialog.parentNode.removeChild(dialog);
      root.style.overflow = before.overflow;
      root.style.paddingRight = before.padding;
      if (window.pageXOffset !== before.x || window.pageYOffset !== before.y) window.scrollTo(before.x, before.y);
      const back = /** @type {any} */ (before.focus);
      if (!back || !back.focus) return function () { /* nowhere to go back to */ };
      back.focus({ preventScroll: true });
      // A button that the page had disabled takes the focus only once the callback has enabled it.
      return function () { if (!session && document.activeElement === document.body) back.focus({ preventScroll: true }); };
    };
  }

  /** @param {Session} s @param {Word} name */
  function word(s, name) { return WORDS[name][s.lang]; }

  /**
   * Shows a message in the layer, with buttons.
   * @param {Session} s @param {Word} title @param {Word} text @param {Array<[Word, () => void]>} [buttons]
   */
  function show(s, title, text, buttons) {
    const l = s.layer;
    if (!l || l.shown === title) return;
    l.shown = title;
    const held = document.activeElement;
    const loses = !held || held === document.body || held === l.frame || l.actions.contains(held);
    l.title.textContent = word(s, title);
    l.text.textContent = word(s, text);
    l.ring.style.display = title === 'blocked' ? 'none' : 'block';
    l.actions.textContent = '';
    l.actions.style.display = buttons && buttons.length ? 'flex' : 'none';
    l.card.style.display = 'block';
    if (l.frame) l.frame.style.visibility = 'hidden';
    (buttons || []).forEach(function (b, i) {
      const main = i === 0 && b[0] !== 'cancel';
      const button = el('button', '', {
        'min-height': '44px', padding: '0 20px', 'border-radius': '12px', 'font-family': 'inherit', 'font-size': '15px', 'font-weight': '600', cursor: 'pointer',
        border: main ? '1px solid #0b6f69' : '1px solid #8b9bab', 'background-color': main ? '#0b6f69' : 'transparent', color: main ? '#fff' : 'inherit'
      }, { type: 'button', 'data-action': b[0] });
      button.textContent = word(s, b[0]);
      button.addEventListener('click', b[1]);
      outlined(button);
      l.actions.appendChild(button);
    });
    if (loses) l.dialog.focus();
  }

  /** @param {Session} s */
  function showFrame(s) {
    const l = s.layer;
    if (!l) return;
    const frame = el('iframe', 'imp-frame imp-frame-pc', {
      position: 'absolute', top: '0', left: '0', width: '100%', height: '100%', border: '0', 'z-index': '1', 'background-color': 'transparent', 'color-scheme': 'light'
    }, { title: word(s, 'frame') });
    frame.addEventListener('load', function () {
      if (l.shown === 'opening') l.card.style.display = 'none';
    });
    l.frame = frame;
    frame.src = s.url;
    l.dialog.appendChild(frame);
    frame.focus();
  }

  // -------------------------------------------------------------------- popup

  /** Opens a popup in the middle of the screen. null when the browser forbids it. @param {string} url */
  function openPopup(url) {
    const w = 740, h = 720;
    const x = Math.max(0, (window.screenX || 0) + ((window.outerWidth || w) - w) / 2);
    const y = Math.max(0, (window.screenY || 0) + ((window.outerHeight || h) - h) / 2);
    let popup = null;
    try {
      popup = window.open(url, 'imp_payment_' + serial, 'width=' + w + ',height=' + h + ',left=' + Math.round(x) + ',top=' + Math.round(y) + ',resizable=yes,scrollbars=yes');
    } catch (e) { /* forbidden in this frame */ }
    return popup && !popup.closed ? popup : null;
  }

  /**
   * A popup opened inside the click, before there is an address for it. It shows
   * a document of this page and not one of ours: sending a popup on while it is
   * still loading another site's page gets lost now and then.
   * @param {Session} s
   */
  function openWaiting(s) {
    const popup = openPopup('about:blank');
    if (!popup) return null;
    try {
      const d = popup.document, dark = window.matchMedia && window.matchMedia('(prefers-color-scheme: dark)').matches;
      const body = d.body.style;
      d.title = word(s, 'opening');
      d.documentElement.lang = s.lang ? 'en' : 'ko';
      body.margin = '0';
      body.height = '100vh';
      body.display = 'flex';
      body.alignItems = 'center';
      body.justifyContent = 'center';
      body.fontFamily = FONT;
      body.backgroundColor = dark ? '#101820' : '#fff';
      body.color = dark ? '#e9eff5' : '#12202f';
      const p = d.createElement('p');
      p.setAttribute('role', 'status');
      p.textContent = word(s, 'opening');
      d.body.appendChild(p);
    } catch (e) { /* a bare popup will do */ }
    return popup;
  }

  /** @param {Session} s */
  function showPopup(s) {
    if (!s.popup) {
      show(s, 'blocked', 'blockedMore', [['open', function () {
        s.popup = openPopup(s.url);
        s.sent = Date.now();
        if (s.popup) showPopup(s);
      }], ['cancel', function () { buyerClose(s); }]]);
      return;
    }
    show(s, 'popup', 'popupMore', [['show', function () { if (s.popup) s.popup.focus(); }], ['cancel', function () { buyerClose(s); }]]);
  }

  /**
   * A popup that says it is closed may have been closed, or may only have left
   * our sight: a provider's page with a Cross-Origin-Opener-Policy does that at
   * once. Closing a popup gives the focus back to this page; so without the
   * focus here we wait on and let the buyer say, and with it the popup is taken
   * as left after a few more questions: more of them when it closed while the
   * provider's page was still loading, as that is when it would leave our sight.
   * @param {Session} s
   */
  function watchPopup(s) {
    if (s.style !== 'popup' || s.closing) return;
    if (!s.lost && s.popup && s.popup.closed) {
      s.lost = true;
      s.popup = null;
      s.grace = Date.now() - s.sent < EARLY ? GRACE_EARLY : GRACE;
    }
    if (!s.lost) return;
    if (!document.hasFocus()) s.cut = true;
    show(s, 'cut', 'cutMore', [['cancel', function () { buyerClose(s); }]]);
    if (!s.cut && s.grace-- <= 0) end(s, true);
  }

  // ------------------------------------------------------------------ session

  /** @param {any} given @param {any} callback */
  function start(given, callback) {
    const then = typeof callback === 'function' ? callback : null;
    if (session) {
      const rsp = failure(given, WINDOW_OPEN, WINDOW_OPEN_TEXT);
      if (then) run(then, rsp); else console.error('[iamport.js] ' + WINDOW_OPEN_TEXT);
      return;
    }
    const params = prepare(given);
    const mobile = isMobile();
    const body = JSON.stringify({ user_code: userCode, tier_code: tierCode, params: params, mobile: mobile, page: location.href }); // throws on cycles: before anything is shown
    serial++;
    const s = /** @type {Session} */ ({
      params: params, callback: then, mobile: mobile, lang: english(params) ? 1 : 0, token: '', url: '', origin: '',
      impUid: '', style: '', provider: '', done: false, closing: false, pressed: false, popup: null, lost: false, cut: false, sent: 0, grace: 0, limit: 0, timer: 0, asking: 0, layer: null
    });
    session = s;
    if (mobile) {
      document.body.classList.add('imp-payment-progress');
    } else {
      if (guessStyle(params) === 'popup') s.popup = openWaiting(s);
      buildLayer(s);
      show(s, 'opening', 'openingMore');
    }
    call('POST', '/sdk/checkouts', body).then(function (a) { opened(s, a); }, function () {
      finish(s, failure(params, UNREACHABLE, UNREACHABLE_TEXT));
    });
  }

  /** @param {Session} s @param {any} a answer of the gateway */
  function opened(s, a) {
    if (s.done) { // cancelled while the gateway was asked
      if (a.token) call('POST', '/sdk/checkouts/' + a.token + '/close', '{"gone":false}').catch(function () { /* it lapses by itself */ });
      return;
    }
    (a.notes || []).forEach(hint);
    if (!a.token) {
      const rsp = a.refused || failure(s.params, UNREACHABLE, UNREACHABLE_TEXT);
      console.error('[iamport.js] ' + rsp.error_code + ': ' + rsp.error_msg);
      finish(s, rsp);
      return;
    }
    s.token = a.token;
    s.url = a.url;
    s.origin = new URL(a.url).origin;
    s.impUid = a.imp_uid;
    s.style = a.style;
    s.provider = a.provider || '';
    if (s.style === 'page') {
      leave(s);
      return;
    }
    if (s.layer) s.layer.dialog.className = layerClass(s.provider);
    if (s.style === 'popup') {
      if (s.popup && !s.popup.closed) s.popup.location.replace(s.url); else s.popup = openPopup(s.url);
      s.sent = Date.now();
      showPopup(s);
    } else {
      if (s.popup) s.popup.close();
      s.popup = null;
      showFrame(s);
    }
    next(s);
  }

  /** Asks again in a while. @param {Session} s */
  function next(s) {
    clearTimeout(s.timer);
    if (!s.done) s.timer = window.setTimeout(function () { ask(s); }, s.style === 'popup' || s.limit ? POLL_POPUP : POLL_FRAME);
  }

  /** Asks how the checkout stands: the answer that needs no message from another window. @param {Session} s */
  function ask(s) {
    clearTimeout(s.timer);
    learn(s, call('GET', '/sdk/checkouts/' + s.token), function () { watchPopup(s); });
  }

  /** Ends the checkout at the gateway. @param {Session} s @param {boolean} gone nobody pressed close: the popup just is not there */
  function end(s, gone) {
    s.closing = true;
    clearTimeout(s.timer);
    unknown(s);
    learn(s, call('POST', '/sdk/checkouts/' + s.token + '/close', JSON.stringify({ gone: gone })), null);
  }

  /** @param {Session} s */
  function buyerClose(s) {
    if (s.done || s.closing) return;
    if (s.popup) s.popup.close();
    s.popup = null;
    if (!s.token) {
      finish(s, failure(s.params, USER_CANCEL, USER_CANCEL_TEXT));
      return;
    }
    s.pressed = true;
    show(s, 'checking', 'checkingMore');
    end(s, false);
  }

  /**
   * Takes an answer on how the checkout stands. Of a late answer to an older
   * question only "done" counts: that is for ever. An answer without progress
   * is a gateway, or a proxy before it, in trouble: it tells nothing.
   * @param {Session} s @param {Promise<any>} asked @param {(() => void)|null} whenOpen
   */
  function learn(s, asked, whenOpen) {
    const nr = ++s.asking;
    function unanswered() {
      if (s.done || nr !== s.asking) return;
      const ending = s.closing || s.limit > 0; // else: a buyer still in the window has all the time in the world
      s.closing = false;
      if (ending || s.style === 'popup') show(s, 'offline', 'checkingMore', [['cancel', function () { buyerClose(s); }]]);
    }
    asked.then(function (a) {
      const progress = a && a.progress;
      if (s.done || (progress !== 'done' && nr !== s.asking)) return;
      if (progress === 'done') {
        finish(s, a.callback, a.redirect);
      } else if (progress === 'open') {
        reopened(s);
        if (whenOpen) whenOpen();
      } else if (progress === 'working') {
        show(s, 'checking', 'checkingMore');
        unknown(s);
      } else if (a && a.refused && a.refused.error_code === 'NARU_CHECKOUT_USED') {
        finish(s, Object.assign(failure(s.params, a.refused.error_code, a.refused.error_msg, s.provider), { imp_uid: s.impUid }));
      } else {
        unanswered();
      }
    }, unanswered).then(function () {
      if (nr === s.asking) next(s);
    });
  }

  /** The gateway says that the checkout is open: nothing is unknown, unless the buyer wanted it closed. @param {Session} s */
  function reopened(s) {
    s.closing = false;
    if (!s.pressed) {
      clearTimeout(s.limit);
      s.limit = 0;
    }
    if (s.layer && (s.layer.shown === 'offline' || s.layer.shown === 'checking')) resume(s);
  }

  /** Shows the open window again. @param {Session} s */
  function resume(s) {
    const l = s.layer;
    if (s.style === 'popup' && s.pressed) show(s, 'cut', 'cutMore', [['cancel', function () { buyerClose(s); }]]);
    else if (s.style === 'popup' && !s.lost) showPopup(s);
    if (!l || !l.frame) return;
    l.card.style.display = 'none';
    l.frame.style.visibility = 'visible';
    l.shown = '';
    l.frame.focus();
  }

  /** The outcome is not known: not failed, and not paid. After a while the page is told so, answer or none. @param {Session} s */
  function unknown(s) {
    if (s.limit) return;
    s.limit = window.setTimeout(function () {
      finish(s, Object.assign(failure(s.params, PENDING, PENDING_TEXT, s.provider), { imp_uid: s.impUid }));
    }, UNKNOWN_LIMIT);
  }

  /**
   * Ends a session and puts the page back; what it gives, if anything, tries the focus again.
   * @param {Session} s
   */
  function release(s) {
    s.done = true;
    clearTimeout(s.timer);
    clearTimeout(s.limit);
    if (s.popup) s.popup.close();
    s.popup = null;
    const refocus = s.layer ? s.layer.remove() : null;
    s.layer = null;
    document.body.classList.remove('imp-payment-progress');
    if (session === s) session = null;
    return refocus;
  }

  /**
   * The end of a call: everything is put back, then the callback runs, once.
   * @param {Session} s @param {any} rsp @param {string|null} [redirect]
   */
  function finish(s, rsp, redirect) {
    if (s.done) return;
    const refocus = release(s);
    if (s.token && !rsp.error_code && !('success' in rsp)) hint('이 결제대행사의 응답에는 success가 없습니다. error_code가 없으면 성공이며, 결제 여부는 서버에서 imp_uid로 조회하세요. (rsp.success is not part of this answer)');
    if (s.callback) run(s.callback, rsp);
    else if (s.mobile) moveFailed(s.params, rsp);
    else if (redirect) location.assign(redirect);
    else console.error('[iamport.js] request_pay: callback이 없어 결과를 전달하지 못했습니다. (no callback) ' + JSON.stringify(rsp));
    if (refocus) refocus();
  }

  /** A callback that throws is the page's affair, not ours. @param {Function} callback @param {any} rsp */
  function run(callback, rsp) {
    try {
      callback(rsp);
    } catch (e) {
      setTimeout(function () { throw e; }, 0);
    }
  }

  // ----------------------------------------------------------------- messages

  window.addEventListener('message', function (e) {
    const s = session;
    if (!s || !s.token || e.origin !== s.origin) return;
    const from = s.layer && s.layer.frame ? s.layer.frame.contentWindow : s.popup;
    if (!from || e.source !== from) return;
    const m = e.data;
    if (!m || m.naru !== 'checkout' || m.token !== s.token) return;
    if (m.event === 'done') ask(s);
    else if (m.event === 'close') buyerClose(s);
  });

  // ------------------------------------------------------------ redirect flow

  /** Phones: the whole page goes to the checkout and comes back to m_redirect_url. @param {Session} s */
  function leave(s) {
    if (!s.params.m_redirect_url) hint('m_redirect_url이 없어 결제 결과를 돌려받을 수 없습니다. (m_redirect_url is missing: phones bring no result back)');
    location.assign(s.url);
    // The call is over for a page which is still there, or there again.
    s.timer = window.setTimeout(function () { release(s); }, LEAVE_LIMIT);
  }

  window.addEventListener('pageshow', function (e) {
    if (e.persisted && session && session.mobile) release(session); // back from the checkout
  });

  /**
   * A failure before the page could leave, on a phone, without a callback.
   * @param {any} params @param {any} rsp
   */
  function moveFailed(params, rsp) {
    const to = typeof params.m_redirect_url === 'string' ? params.m_redirect_url : '';
    if (!/^\s*[a-z][a-z0-9+.-]*:/i.test(to) || /^\s*(javascript|data|vbscript|blob|file|about):/i.test(to)) {
      location.assign(base + '/checkout/failed?code=' + encodeURIComponent(rsp.error_code) + '&lang=' + (english(params) ? 'en' : 'ko') +
        '&success=false&error_msg=' + encodeURIComponent(rsp.error_msg));
      return;
    }
    const query = ['imp_uid', 'merchant_uid', 'imp_success' in rsp ? 'imp_success' : 'success', 'error_code', 'error_msg'].filter(function (k) {
      return rsp[k] !== undefined && rsp[k] !== null;
    }).map(function (k) { return k + '=' + encodeURIComponent(rsp[k]); }).join('&');
    const hash = to.indexOf('#') < 0 ? to.length : to.indexOf('#');
    const address = to.slice(0, hash);
    location.assign(address + (address.indexOf('?') < 0 ? '?' : /[?&]$/.test(address) ? '' : '&') + query + to.slice(hash));
  }

  // ----------------------------------------------------------- public methods

  /** Runs f once the page has a body; at once when it has. @param {() => void} f */
  function whenReady(f) {
    if (document.body) f();
    else document.addEventListener('DOMContentLoaded', f, { once: true });
  }

  /**
   * Something V1 has for other providers: the callback says so.
   * @param {string} what @param {any} params @param {any} callback
   */
  function unsupported(what, params, callback) {
    const p = params || {};
    const rsp = { success: false, imp_uid: null, merchant_uid: p.merchant_uid || null, error_code: UNSUPPORTED, error_msg: what + ': ' + NOT_OFFERED };
    if (typeof callback === 'function') run(callback, rsp);
    else if (isMobile() && p.m_redirect_url) moveFailed(p, rsp);
    else console.error('[iamport.js] ' + rsp.error_msg);
  }

  window.IMP = {
    naru: true,
    init: function (code) { setStore(code, ''); },
    agency: setStore,
    request_pay: function (params, callback) {
      if (!userCode) { alert(NO_INIT); return false; }
      if (!params || typeof params !== 'object') { alert(NO_PARAMS); return false; }
      whenReady(function () {
        const before = session;
        try {
          start(params, callback);
        } catch (e) {
          if (session && session !== before) release(session);
          alert(BROKEN + '\n' + (e && /** @type {any} */ (e).message));
        }
      });
      return undefined;
    },
    certification: function (params, callback) { unsupported('IMP.certification', params, callback); },
    loadUI: function (type, params, callback) { unsupported('IMP.loadUI(' + type + ')', params, callback); },
    updateLoadUIRequest: function (type) { unsupported('IMP.updateLoadUIRequest(' + type + ')', null, null); },
    loadModule: function (type) { return Promise.reject(new Error('IMP.loadModule(' + type + '): ' + NOT_OFFERED)); },
    communicate: function () { /* V1's frames spoke through it; ours use messages */ },
    close: function () { if (session) buyerClose(session); },
    naver_zzim: function (params, callback) { unsupported('IMP.naver_zzim', params, callback); },
    payport: function (params, callback) { unsupported('IMP.payport', params, callback); }
  };
})();
