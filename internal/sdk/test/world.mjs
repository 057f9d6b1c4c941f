// A browser small enough to read: what iamport.js touches of it, a clock that
// moves when told, and a gateway that answers as the test says.
import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const source = readFileSync(new URL('../static/iamport.js', import.meta.url), 'utf8');

class Node {
  constructor(doc, tag) { Object.assign(this, { doc, tag, className: '', children: [], parentNode: null, attrs: {}, on: {}, text: '', contentWindow: { frame: true } }); this.style = { setProperty(k, v) { this[k] = v; }, removeProperty(k) { delete this[k]; } }; }
  get classList() { const self = this; const list = () => self.className.split(' ').filter(Boolean); return { add(c) { if (!list().includes(c)) self.className = [...list(), c].join(' '); }, remove(c) { self.className = list().filter((x) => x !== c).join(' '); }, contains: (c) => list().includes(c) }; }
  get textContent() { return this.text + this.children.map((c) => c.textContent).join(''); }
  set textContent(t) { this.text = t; this.children = []; }
  setAttribute(k, v) { this.attrs[k] = v; }
  appendChild(n) { n.parentNode = this; this.children.push(n); return n; }
  removeChild(n) { this.children = this.children.filter((c) => c !== n); n.parentNode = null; }
  contains(n) { return n === this || this.children.some((c) => c.contains(n)); }
  addEventListener(t, f) { (this.on[t] ||= []).push(f); }
  removeEventListener(t, f) { this.on[t] = (this.on[t] || []).filter((x) => x !== f); }
  /** Runs the listeners; false when one of them stopped the event. */
  emit(t, e = {}) {
    let stopped = false;
    const stopImmediatePropagation = () => { stopped = true; };
    for (const f of [...(this.on[t] || [])]) if (!stopped) f({ preventDefault() {}, stopImmediatePropagation, target: this, ...e });
    return !stopped;
  }
  focus() {
    const before = this.doc.activeElement;
    if (before === this) return;
    this.doc.activeElement = this;
    if (before) before.emit('blur');
    this.emit('focus');
    this.doc.dispatch('focusin', { target: this });
  }
  find(test) { if (test(this)) return this; for (const c of this.children) { const f = c.find(test); if (f) return f; } return null; }
}

export const GATEWAY = 'https://pay.example';
const DESKTOP = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0';
export const PHONE = 'Mozilla/5.0 (Linux; Android 14; SM-S911N) Chrome/120.0 Mobile';

/** gateway(method, path, body) gives the answer, or throws: no answer. */
export function world({ ua = DESKTOP, touch = 0, gateway, popups = true, body = true, include = true } = {}) {
  const w = { calls: [], alerts: [], warnings: [], errors: [], assigned: [], popups: [], now: 1000000, focused: true, gateway };
  const timers = new Map();
  let serial = 0;
  const doc = new Node(null, '#document');
  doc.doc = doc;
  Object.assign(doc, { currentScript: { src: GATEWAY + '/v1/iamport.js?x=1' }, scripts: [], activeElement: null, hasFocus: () => w.focused, createElement: (tag) => new Node(doc, tag) });
  doc.documentElement = new Node(doc, 'html');
  doc.documentElement.clientWidth = 985;
  doc.body = body ? new Node(doc, 'body') : null;
  const win = new Node(doc, 'window');
  /** The way of an event in the capture phase: the window, then the document. */
  doc.dispatch = (t, e) => win.emit(t, { target: doc.activeElement, ...e }) && doc.emit(t, { target: doc.activeElement, ...e });
  Object.assign(win, {
    AbortController, document: doc, navigator: { userAgent: ua, maxTouchPoints: touch }, URL, Promise, Object, Math, JSON, String, Error, encodeURIComponent, isFinite,
    location: { href: 'https://shop.example/cart/1?a=b', assign: (u) => w.assigned.push(u) }, Date: { now: () => w.now },
    innerWidth: 1000, pageXOffset: 0, pageYOffset: 340, scrollTo: (x, y) => { win.pageXOffset = x; win.pageYOffset = y; },
    setTimeout: (f, ms) => { timers.set(++serial, { f, at: w.now + ms }); return serial; }, clearTimeout: (id) => timers.delete(id),
    alert: (t) => w.alerts.push(t), console: { warn: (t) => w.warnings.push(t), error: (t) => w.errors.push(t) },
    open: (url, name) => {
      if (!w.allow) return null;
      const p = { url, name, closed: false, focused: 0, close() { p.closed = true; }, focus() { p.focused++; }, location: { replace(u) { p.url = u; } } };
      w.popups.push(p);
      return p;
    },
    fetch: (url, init) => {
      const call = { method: init.method, path: url.slice(GATEWAY.length), body: init.body && JSON.parse(init.body), init };
      w.calls.push(call);
      try {
        const a = w.gateway(call.method, call.path, call.body);
        return a instanceof Promise ? a : Promise.resolve({ json: () => Promise.resolve(JSON.parse(JSON.stringify(a))) });
      } catch (e) { return Promise.reject(e); }
    },
  });
  win.window = win;
  w.allow = popups;
  /** Lets what is under way come to rest. */
  w.rest = async () => { for (let i = 0; i < 12; i++) await new Promise((r) => setImmediate(r)); };
  /** Moves the clock, running timers in their order. */
  w.tick = async (ms) => {
    await w.rest();
    const end = w.now + ms;
    for (;;) {
      const due = [...timers].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      timers.delete(due[0]);
      w.now = Math.max(w.now, due[1].at);
      due[1].f();
      await w.rest();
    }
    w.now = end;
  };
  w.include = () => vm.runInContext(source, win);
  vm.createContext(win);
  if (include) w.include();
  w.win = win;
  w.doc = doc;
  w.IMP = win.IMP;
  w.layer = () => doc.body.find((n) => n.classList.contains('imp-dialog'));
  w.has = (cls) => w.layer() && w.layer().find((n) => n.classList.contains(cls));
  w.action = (name) => w.layer() && w.layer().find((n) => n.attrs['data-action'] === name);
  w.message = (data, from, origin = GATEWAY) => win.emit('message', { origin, source: from, data: { naru: 'checkout', ...data } });
  w.closes = () => w.calls.filter((c) => c.path.endsWith('/close')).map((c) => c.body);
  return w;
}

/** A gateway whose checkout stands as state says; change state to move on. */
export function checkout(style, state = {}) {
  Object.assign(state, { progress: 'open', callback: { imp_uid: 'imp_1', merchant_uid: 'o1' }, redirect: null, afterClose: 'done', ...state });
  state.gateway = (method, path) => {
    if (state.offline) throw new Error('offline');
    if (path.startsWith('/sdk/windows')) return { channels: { 'channel-key-p': 'popup', 'channel-key-f': 'frame' }, providers: { tosspayments: 'frame', tosspay_v2: 'popup' }, default: 'frame', billing_default: state.billing || 'frame' };
    if (path === '/sdk/checkouts') return state.refused ? { refused: state.refused } : { token: 'T1', style, url: GATEWAY + '/checkout/T1', imp_uid: 'imp_1', provider: style === 'popup' ? 'tosspay_v2' : 'tosspayments', notes: state.notes || [] };
    if (path.endsWith('/close')) {
      state.progress = state.afterClose;
      state.callback = { imp_uid: 'imp_1', merchant_uid: 'o1', error_code: 'PAY_PROCESS_CANCELED', error_msg: 'x' };
    }
    return { progress: state.progress, callback: state.progress === 'done' ? state.callback : null, redirect: state.progress === 'done' ? state.redirect : null };
  };
  return state;
}

/** Starts a payment; the answers of its callback are collected. */
export async function paying(w, params = {}, { init = true, callback = true } = {}) {
  const got = [];
  if (init) { w.IMP.init('imp00000000'); await w.rest(); }
  w.IMP.request_pay({ merchant_uid: 'o1', amount: 1000, pg: 'tosspayments', ...params }, callback ? (rsp) => got.push(JSON.parse(JSON.stringify(rsp))) : undefined);
  w.sync = { popups: w.popups.length };
  await w.rest();
  return got;
}
