// The script of the checkout pages, in as much of a browser as it touches.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import vm from 'node:vm';

const source = readFileSync(new URL('../../checkout/static/checkout.js', import.meta.url), 'utf8');

/** Runs the script on a page with config; provider is what its script is called with. */
function page(config, provider) {
  const p = { told: [], posted: [], timers: [], iframe: null, nodes: {} };
  const node = (id) => (p.nodes[id] ||= { hidden: id === 'trouble', on: {}, focus() {}, addEventListener(t, f) { this.on[t] = f; } });
  const keys = [];
  const doc = {
    getElementById: (id) => (id === 'checkout-data' ? { textContent: JSON.stringify(config) } : node(id)), referrer: '',
    addEventListener: (t, f) => keys.push(f), createElement: () => (p.script = { remove() {} }), head: { appendChild() {} },
    body: { querySelector: () => p.iframe }, documentElement: { classList: { toggle() {} } },
  };
  const win = {
    document: doc, parent: { postMessage: (m) => p.told.push(m.event) }, addEventListener() {}, URL, URLSearchParams, history: { length: 1 }, location: { replace() {} }, close() {},
    setTimeout: (f, ms) => p.timers.push({ f, ms }), clearTimeout: (id) => { if (p.timers[id - 1]) p.timers[id - 1].f = () => {}; },
    fetch: (url) => { p.posted.push(url); return new Promise(() => {}); }, Provider: provider,
  };
  win.window = win;
  vm.runInContext(source, vm.createContext(win));
  p.press = (key) => keys.forEach((f) => f({ key }));
  p.pass = (ms) => p.timers.filter((t) => t.ms <= ms).forEach((t) => t.f());
  p.rest = () => new Promise((r) => setImmediate(r));
  return p;
}

const launch = { page: 'launch', style: 'frame', token: 'T1', fail: '/fail', close: '/close', script: { src: 's', object: 'Provider', init: [], call: 'pay', args: [] } };

test('Escape closes the layer on every page shown in it, and only there', () => {
  for (const name of ['launch', 'working', 'done', 'problem']) {
    for (const [style, want] of [['frame', 1], ['popup', 0], ['page', 0]]) {
      const p = page({ page: name, style, token: 'T1', script: launch.script, poll: '/poll' });
      p.press('a');
      p.press('Escape');
      assert.equal(p.told.filter((e) => e === 'close').length, want, name + ' ' + style);
    }
  }
});

test('a provider\'s script that shows nothing leaves a way back', () => {
  let called = 0;
  const p = page(launch, () => ({ pay: () => { called++; return new Promise(() => {}); } }));
  p.script.onload();
  p.pass(14999);
  assert.ok(p.nodes.trouble.hidden);
  p.pass(15000);
  assert.ok(!p.nodes.trouble.hidden);
  p.nodes['give-up'].on.click();
  assert.deepEqual(p.posted, ['/fail']);
  p.nodes.retry.on.click();
  assert.equal(called, 2);
  assert.ok(p.nodes.trouble.hidden);
});

test('a provider\'s window that is there, or refused, is no trouble', async () => {
  const open = page(launch, () => ({ pay: () => new Promise(() => {}) }));
  open.script.onload();
  open.iframe = {};
  open.pass(15000);
  assert.ok(open.nodes.trouble.hidden);
  const refused = page(launch, () => ({ pay: () => Promise.reject(Object.assign(new Error('x'), { code: 'USER_CANCEL' })) }));
  refused.script.onload();
  await refused.rest();
  refused.pass(15000);
  assert.deepEqual(refused.posted, ['/close']);
  assert.ok(refused.nodes.trouble.hidden);
});
