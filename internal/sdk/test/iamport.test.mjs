// Run with: node --test internal/sdk/test/
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { GATEWAY, PHONE, checkout, paying, world } from './world.mjs';

test('including the script twice changes nothing, and init may be called again', async () => {
  const s = checkout('frame');
  const w = world(s);
  const first = w.win.IMP;
  w.include();
  assert.equal(w.win.IMP, first);
  first.init('imp00000000');
  first.init('imp00000000');
  const got = await paying(w);
  s.progress = 'done';
  await w.tick(3000);
  assert.deepEqual(got, [{ imp_uid: 'imp_1', merchant_uid: 'o1' }]);
});

test('request_pay without init or without params alerts as V1 did', () => {
  const w = world(checkout('frame'));
  assert.equal(w.IMP.request_pay({ amount: 1 }), false);
  w.IMP.init('imp00000000');
  assert.equal(w.IMP.request_pay(), false);
  assert.deepEqual(w.alerts, ['판매자 코드가 설정되지 않았습니다. IMP.init()함수를 먼저 호출하세요.', '결제요청 파라메터가 누락되었습니다.']);
});

test('a desktop window is a layer over the page with V1\'s markup', async () => {
  const w = world(checkout('frame'));
  await paying(w);
  const layer = w.layer();
  assert.equal(layer.className, 'imp-dialog customizable payment-tosspayments pc');
  assert.equal(layer.attrs.role, 'dialog');
  assert.equal(layer.attrs['aria-modal'], 'true');
  const frame = w.has('imp-frame');
  assert.ok(frame.classList.contains('imp-frame-pc'));
  assert.equal(frame.src, GATEWAY + '/checkout/T1');
  assert.equal(w.has('imp-close').parentNode, w.has('imp-header'));
  const open = w.calls.find((c) => c.path === '/sdk/checkouts');
  assert.deepEqual(open.body, { user_code: 'imp00000000', tier_code: '', params: { merchant_uid: 'o1', amount: 1000, pg: 'tosspayments' }, mobile: false, page: 'https://shop.example/cart/1?a=b' });
  assert.equal(open.init.credentials, 'omit');
  assert.match(open.init.headers['Content-Type'], /^text\/plain/); // no preflight
});

test('focus goes into the layer and comes back, and the page keeps its place', async () => {
  const s = checkout('frame');
  const w = world(s);
  const button = w.doc.body.appendChild(w.doc.createElement('button'));
  button.focus();
  await paying(w);
  assert.equal(w.doc.activeElement, w.has('imp-frame'));
  assert.equal(w.doc.documentElement.style.overflow, 'hidden');
  assert.equal(w.doc.documentElement.style.paddingRight, '15px'); // as wide as the scroll bar that went
  button.focus();
  assert.equal(w.doc.activeElement, w.layer());
  s.progress = 'done';
  w.win.pageYOffset = 0;
  await w.tick(3000);
  assert.equal(w.doc.activeElement, button);
  assert.equal(w.doc.documentElement.style.overflow, undefined);
  assert.equal(w.win.pageYOffset, 340);
  assert.equal(w.layer(), null);
});

test('a message asks the gateway at once, and the callback runs once', async () => {
  const s = checkout('frame');
  const w = world(s);
  const got = await paying(w);
  const from = w.has('imp-frame').contentWindow;
  s.progress = 'done';
  w.message({ event: 'done', token: 'T1' }, from);
  w.message({ event: 'done', token: 'T1' }, from);
  await w.rest();
  await w.tick(120000);
  assert.deepEqual(got, [{ imp_uid: 'imp_1', merchant_uid: 'o1' }]);
});

test('messages of another origin, window or checkout are nobody\'s business', async () => {
  const w = world(checkout('frame'));
  const got = await paying(w);
  const from = w.has('imp-frame').contentWindow;
  const before = w.calls.length;
  w.message({ event: 'close', token: 'T1' }, from, 'https://evil.example');
  w.message({ event: 'close', token: 'T1' }, {});
  w.message({ event: 'close', token: 'T2' }, from);
  w.win.emit('message', { origin: GATEWAY, source: from, data: null });
  w.win.emit('message', { origin: GATEWAY, source: from, data: { token: 'T1', event: 'close' } });
  await w.rest();
  assert.equal(w.calls.length, before);
  assert.equal(got.length, 0);
  w.message({ event: 'close', token: 'T1' }, from);
  await w.rest();
  assert.equal(got[0].error_code, 'PAY_PROCESS_CANCELED');
});

for (const [name, close] of Object.entries({
  'the close button': (w) => w.has('imp-close').emit('click'),
  Escape: (w) => w.doc.dispatch('keydown', { key: 'Escape' }),
  'IMP.close': (w) => w.IMP.close(),
})) {
  test(name + ' ends the payment at the gateway, and the callback is what it says', async () => {
    const w = world(checkout('frame'));
    const got = await paying(w);
    close(w);
    close(w);
    await w.rest();
    assert.deepEqual(w.closes(), [{ gone: false }]);
    assert.deepEqual(got, [{ imp_uid: 'imp_1', merchant_uid: 'o1', error_code: 'PAY_PROCESS_CANCELED', error_msg: 'x' }]);
  });
}

test('closing while the money is being asked for waits for the answer', async () => {
  const s = checkout('frame', { afterClose: 'working' });
  const w = world(s);
  const got = await paying(w);
  w.has('imp-close').emit('click');
  await w.tick(5000);
  assert.equal(got.length, 0);
  assert.match(w.has('imp-status').textContent, /결제 결과를 확인하고 있습니다/);
  Object.assign(s, { progress: 'done', callback: { imp_uid: 'imp_1', merchant_uid: 'o1' } });
  await w.tick(1000);
  assert.deepEqual(got, [{ imp_uid: 'imp_1', merchant_uid: 'o1' }]);
});

test('a result unknown for a minute is told as unknown, not as failed', async () => {
  const s = checkout('frame');
  const w = world(s);
  const got = await paying(w);
  s.progress = 'working';
  await w.tick(60000);
  assert.equal(got.length, 0);
  await w.tick(5000);
  assert.equal(got.length, 1);
  assert.equal(got[0].error_code, 'NARU_RESULT_PENDING');
  assert.equal(got[0].imp_uid, 'imp_1');
  assert.match(got[0].error_msg, /merchant_uid/);
});

test('a gateway out of reach does not end a payment whose window is open', async () => {
  const s = checkout('popup');
  const w = world(s);
  const got = await paying(w, { pg: 'tosspay_v2' });
  s.offline = true;
  await w.tick(180000);
  assert.equal(got.length, 0);
  assert.match(w.has('imp-status').textContent, /연결을 확인하고 있습니다/);
  s.offline = false;
  await w.tick(2000);
  assert.match(w.has('imp-status').textContent, /결제창이 열려 있습니다/);
  s.progress = 'done';
  await w.tick(2000);
  assert.equal(got.length, 1);
});

test('a second request_pay is refused through its own callback', async () => {
  const s = checkout('frame');
  const w = world(s);
  const first = await paying(w);
  const second = await paying(w, { merchant_uid: 'o2' }, { init: false });
  assert.deepEqual(second, [{ imp_uid: null, merchant_uid: 'o2', error_code: 'NARU_WINDOW_OPEN', error_msg: '이미 열려 있는 결제창이 있습니다. 열려 있는 결제창을 먼저 완료하거나 닫아주세요.' }]);
  assert.equal(first.length, 0);
  assert.equal(w.calls.filter((c) => c.path === '/sdk/checkouts').length, 1);
});

test('a callback may ask for the next payment, and may throw', async () => {
  const s = checkout('frame', { refused: { imp_uid: null, merchant_uid: 'o1', error_code: 'F1002', error_msg: '이미 결제가 이루어진 거래건입니다.' } });
  const w = world(s);
  w.IMP.init('imp00000000');
  let next = 0;
  w.IMP.request_pay({ merchant_uid: 'o1', amount: 1 }, (rsp) => {
    assert.equal(rsp.error_code, 'F1002');
    delete s.refused;
    w.IMP.request_pay({ merchant_uid: 'o2', amount: 1 }, () => next++);
    throw new Error('of the page');
  });
  await w.rest();
  assert.ok(w.has('imp-frame'));
  await assert.rejects(w.tick(1), /of the page/);
  s.progress = 'done';
  await w.tick(3000);
  assert.equal(next, 1);
});

test('a popup opens inside the click, then shows the checkout', async () => {
  const s = checkout('popup');
  const w = world(s);
  const got = await paying(w, { pg: undefined, channelKey: 'channel-key-p' });
  assert.equal(w.sync.popups, 1); // before the gateway answered
  assert.equal(w.popups[0].url, GATEWAY + '/checkout/T1');
  assert.equal(w.layer().className, 'imp-dialog customizable payment-tosspay_v2 pc');
  w.action('show').emit('click');
  assert.equal(w.popups[0].focused, 1);
  s.progress = 'done';
  w.message({ event: 'done', token: 'T1' }, w.popups[0]);
  await w.rest();
  assert.equal(got.length, 1);
  assert.ok(w.popups[0].closed);
});

test('a popup of a provider that is refused is closed again', async () => {
  const w = world(checkout('popup', { refused: { imp_uid: null, merchant_uid: 'o1', error_code: 'F1001', error_msg: 'x' } }));
  const got = await paying(w, { pg: 'tosspay_v2' });
  assert.equal(got[0].error_code, 'F1001');
  assert.ok(w.popups[0].closed);
  assert.equal(w.layer(), null);
});

test('a blocked popup opens by a button in the layer', async () => {
  const s = checkout('popup');
  const w = world({ ...s, gateway: s.gateway, popups: false });
  const got = await paying(w, { pg: 'tosspay_v2' });
  assert.equal(w.popups.length, 0);
  assert.match(w.has('imp-status').textContent, /결제창이 열리지 않았습니다/);
  w.allow = true;
  w.action('open').emit('click');
  assert.equal(w.popups[0].url, GATEWAY + '/checkout/T1');
  assert.match(w.has('imp-status').textContent, /결제창이 열려 있습니다/);
  s.progress = 'done';
  await w.tick(1000);
  assert.equal(got.length, 1);
});

test('a popup closed without a word: the gateway is asked a few times, then told that it is gone', async () => {
  const s = checkout('popup');
  const w = world(s);
  const got = await paying(w, { pg: 'tosspay_v2' });
  await w.tick(10000);
  w.popups[0].closed = true;
  await w.tick(3000);
  assert.deepEqual(w.closes(), []);
  await w.tick(3000);
  assert.deepEqual(w.closes(), [{ gone: true }]);
  assert.equal(got.length, 1);
  assert.equal(got[0].error_code, 'PAY_PROCESS_CANCELED');
});

test('a popup that closes while the provider\'s page loads is given more time: it may only be out of sight', async () => {
  const s = checkout('popup');
  const w = world(s);
  const got = await paying(w, { pg: 'tosspay_v2' });
  w.popups[0].closed = true;
  await w.tick(8000);
  assert.deepEqual(w.closes(), []);
  assert.match(w.has('imp-status').textContent, /결제를 계속 기다리고 있습니다/);
  await w.tick(4000);
  assert.deepEqual(w.closes(), [{ gone: true }]);
  assert.equal(got.length, 1);
});

test('a popup closed right after paying brings the payment', async () => {
  const s = checkout('popup');
  const w = world(s);
  const got = await paying(w, { pg: 'tosspay_v2' });
  w.popups[0].closed = true;
  await w.tick(2000);
  s.progress = 'done';
  await w.tick(2000);
  assert.deepEqual(w.closes(), []);
  assert.deepEqual(got, [{ imp_uid: 'imp_1', merchant_uid: 'o1' }]);
});

test('a popup cut off by its provider lives on: nobody is turned away, and the buyer may cancel', async () => {
  const s = checkout('popup');
  const w = world(s);
  const got = await paying(w, { pg: 'tosspay_v2' });
  w.focused = false; // the buyer is in the popup
  w.popups[0].closed = true; // as a Cross-Origin-Opener-Policy makes it look
  await w.tick(300000);
  assert.deepEqual(w.closes(), []);
  assert.match(w.has('imp-status').textContent, /결제를 계속 기다리고 있습니다/);
  w.focused = true;
  await w.tick(30000);
  assert.deepEqual(w.closes(), []);
  w.action('cancel').emit('click');
  await w.rest();
  assert.deepEqual(w.closes(), [{ gone: false }]);
  assert.equal(got.length, 1);
});

test('a phone leaves the page', async () => {
  for (const ua of [{ ua: PHONE }, { ua: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Safari/605', touch: 5 }]) {
    const s = checkout('page');
    const w = world({ ...ua, gateway: s.gateway });
    const got = await paying(w, { m_redirect_url: '/done?x=1' });
    assert.deepEqual(w.assigned, [GATEWAY + '/checkout/T1']);
    const open = w.calls.find((c) => c.path === '/sdk/checkouts').body;
    assert.equal(open.mobile, true);
    assert.equal(open.params.m_redirect_url, 'https://shop.example/done?x=1');
    assert.ok(w.doc.body.classList.contains('imp-payment-progress'));
    assert.equal(w.layer(), null);
    assert.equal(w.warnings.length, 0);
    w.win.emit('pageshow', { persisted: true }); // back
    assert.ok(!w.doc.body.classList.contains('imp-payment-progress'));
    assert.equal(got.length, 0);
  }
});

test('a phone without m_redirect_url is warned of', async () => {
  const s = checkout('page');
  const w = world({ ua: PHONE, gateway: s.gateway });
  await paying(w);
  assert.match(w.warnings.join(), /m_redirect_url/);
});

const refused = { imp_uid: null, merchant_uid: 'o1', error_code: 'F1002', error_msg: '이미 결제가 이루어진 거래건입니다.' };

test('a refusal on a phone goes to the callback, else to m_redirect_url, else to our page', async () => {
  const s = checkout('page', { refused: { ...refused, success: false, imp_success: false } });
  const at = () => world({ ua: PHONE, gateway: s.gateway });
  let w = at();
  const got = await paying(w, { m_redirect_url: 'https://shop.example/done' });
  assert.equal(got[0].error_code, 'F1002');
  assert.deepEqual(w.assigned, []);
  const q = 'merchant_uid=o1&imp_success=false&error_code=F1002&error_msg=' + encodeURIComponent(refused.error_msg);
  for (const [given, want] of Object.entries({
    'https://shop.example/done': 'https://shop.example/done?' + q,
    'https://shop.example/done?a=1#top': 'https://shop.example/done?a=1&' + q + '#top',
    'shopapp://result': 'shopapp://result?' + q,
    'javascript:alert(1)': GATEWAY + '/checkout/failed?code=F1002&lang=ko&success=false&error_msg=' + encodeURIComponent(refused.error_msg),
    '': GATEWAY + '/checkout/failed?code=F1002&lang=ko&success=false&error_msg=' + encodeURIComponent(refused.error_msg),
  })) {
    w = at();
    await paying(w, { m_redirect_url: given }, { callback: false });
    assert.deepEqual(w.assigned, [want]);
  }
});

test('what JSON cannot carry is made visible, and a missing order number is filled in', async () => {
  const w = world(checkout('frame'));
  await paying(w, { amount: NaN, merchant_uid: undefined, onDone() {} });
  const { params } = w.calls.find((c) => c.path === '/sdk/checkouts').body;
  assert.deepEqual(params, { amount: 'NaN', merchant_uid: 'nobody_1000000', pg: 'tosspayments' });
});

test('a gateway that cannot be reached is told to the callback', async () => {
  const w = world({ gateway() { throw new Error('down'); } });
  for (const [pg, success] of [['tosspayments', undefined], ['tosspay_v2', false]]) {
    const got = await paying(w, { pg });
    assert.equal(got.length, 1);
    assert.equal(got[0].error_code, 'NARU_UNREACHABLE');
    assert.equal(got[0].imp_uid, null);
    assert.equal(got[0].success, success);
    assert.equal(w.layer(), null);
  }
});

test('parameters that cannot be sent alert before anything is shown', () => {
  const w = world(checkout('frame'));
  w.IMP.init('imp00000000');
  const loop = {};
  loop.self = loop;
  w.IMP.request_pay({ merchant_uid: 'o1', amount: 1, custom_data: loop });
  assert.match(w.alerts[0], /^결제모듈 구동 중에 오류가 발생하였습니다/);
  assert.equal(w.layer(), null);
});

test('called before the page has a body, it waits for one', async () => {
  const s = checkout('frame');
  const w = world({ gateway: s.gateway, body: false });
  await paying(w);
  assert.equal(w.calls.filter((c) => c.path === '/sdk/checkouts').length, 0);
  w.doc.body = w.doc.createElement('body');
  w.doc.emit('DOMContentLoaded');
  await w.rest();
  assert.ok(w.has('imp-frame'));
});

test('hints are given once', async () => {
  const s = checkout('frame', { notes: ['kakaoOpenApp: unknown'] });
  const w = world(s);
  for (let i = 0; i < 2; i++) {
    s.progress = 'open';
    s.callback = { imp_uid: 'imp_1', merchant_uid: 'o1' };
    await paying(w);
    s.progress = 'done';
    await w.tick(3000);
  }
  assert.equal(w.warnings.filter((t) => /kakaoOpenApp/.test(t)).length, 1);
  assert.equal(w.warnings.filter((t) => /success/.test(t)).length, 1);
});

test('English is spoken where English is asked for', async () => {
  const w = world(checkout('popup'));
  await paying(w, { pg: 'tosspay_v2', locale: 'en' });
  assert.match(w.has('imp-status').textContent, /The payment window is open/);
});

test('what other providers have is refused clearly', async () => {
  const w = world(checkout('frame'));
  const got = [];
  const keep = (rsp) => got.push(JSON.parse(JSON.stringify(rsp)));
  w.IMP.init('imp00000000');
  w.IMP.certification({ merchant_uid: 'c1' }, keep);
  w.IMP.loadUI('paypal-spb', {}, keep);
  w.IMP.naver_zzim({}, keep);
  w.IMP.payport(undefined, keep);
  const no = (what, uid = null) => ({ success: false, imp_uid: null, merchant_uid: uid, error_code: 'NARU_UNSUPPORTED', error_msg: what + ': 현재 지원되지 않는 기능입니다.' });
  assert.deepEqual(got, [no('IMP.certification', 'c1'), no('IMP.loadUI(paypal-spb)'), no('IMP.naver_zzim'), no('IMP.payport')]);
  await assert.rejects(w.IMP.loadModule('brandpay'), /현재 지원되지 않는 기능입니다/);
  w.IMP.updateLoadUIRequest('paypal-spb', {});
  w.IMP.communicate({});
  w.IMP.close();
  assert.equal(w.errors.length, 1);
});

test('a certification on a phone without a callback goes back with V1\'s query', () => {
  const w = world({ ua: PHONE, gateway: checkout('page').gateway });
  w.IMP.certification({ merchant_uid: 'c1', m_redirect_url: 'https://shop.example/certified?a=1' });
  assert.deepEqual(w.assigned, ['https://shop.example/certified?a=1&merchant_uid=c1&success=false&error_code=NARU_UNSUPPORTED&error_msg=' + encodeURIComponent('IMP.certification: 현재 지원되지 않는 기능입니다.')]);
});

test('agency asks for the sub-store by its code, in windows and in checkouts', async () => {
  const w = world(checkout('frame'));
  w.IMP.agency(' imp00000000 ', ' ABC ');
  await paying(w, {}, { init: false });
  assert.equal(w.calls[0].path, '/sdk/windows?user_code=imp00000000&tier_code=ABC');
  const { body } = w.calls.find((c) => c.path === '/sdk/checkouts');
  assert.equal(body.user_code, 'imp00000000');
  assert.equal(body.tier_code, 'ABC');
});

test('a forgotten code of a sub-store is not taken for the merchant', async () => {
  const w = world(checkout('frame'));
  w.IMP.agency('imp00000000');
  await paying(w, {}, { init: false });
  assert.equal(w.calls.find((c) => c.path === '/sdk/checkouts').body.tier_code, 'undefined');
});

test('the windows of another store are not taken for this one\'s', async () => {
  const s = checkout('popup');
  const w = world({ gateway: (method, path, body) => (path.includes('tier_code=ABC') ? { channels: {}, providers: {}, default: 'popup', billing_default: 'popup' } : s.gateway(method, path, body)) });
  w.IMP.init('imp00000000');
  await w.rest();
  w.IMP.init('imp00000000'); // harmless: nothing is asked again
  await w.rest();
  assert.equal(w.calls.length, 1);
  await paying(w, { pg: undefined }, { init: false });
  assert.equal(w.sync.popups, 0);
  w.IMP.close();
  await w.rest();
  s.progress = 'open';
  const before = w.popups.length;
  w.IMP.agency('imp00000000', 'ABC');
  await w.rest();
  await paying(w, { pg: undefined }, { init: false });
  assert.equal(w.sync.popups, before + 1);
});

test('a billing key\'s window is shown as its own channel needs it', async () => {
  for (const [params, billing, popups] of [
    [{ customer_uid: 'u1' }, 'popup', 1], [{ customer_uid: 'u1' }, 'frame', 0], [{}, 'popup', 0],
    [{ customer_uid: 'u1', pg: 'tosspayments' }, 'popup', 0], [{ customer_uid: 'u1', pg: 'tosspay_v2.MID' }, 'frame', 1], [{ customer_uid: 'u1', channelKey: 'channel-key-f' }, 'popup', 0],
  ]) {
    const w = world(checkout('popup', { billing }));
    await paying(w, { pg: undefined, amount: undefined, ...params });
    assert.equal(w.sync.popups, popups, JSON.stringify(params) + ' ' + billing);
    const sent = w.calls.find((c) => c.path === '/sdk/checkouts').body.params;
    assert.equal(sent.customer_uid, params.customer_uid);
    assert.ok(!('amount' in sent));
  }
});

test('init and agency during a payment are for the next one', async () => {
  const s = checkout('frame');
  const w = world(s);
  const got = await paying(w);
  w.IMP.init('imp99999999');
  w.IMP.init('imp99999999');
  s.progress = 'done';
  await w.tick(3000);
  assert.deepEqual(got, [{ imp_uid: 'imp_1', merchant_uid: 'o1' }]);
  s.progress = 'open';
  await paying(w, {}, { init: false });
  assert.deepEqual(w.calls.filter((c) => c.path === '/sdk/checkouts').map((c) => c.body.user_code), ['imp00000000', 'imp99999999']);
});

test('the methods are those of iamport.d.ts, and IMP is the only global', () => {
  const types = readFileSync(new URL('../static/iamport.d.ts', import.meta.url), 'utf8');
  const imp = types.slice(types.indexOf('\ninterface Imp {'));
  const named = [...imp.slice(0, imp.indexOf('\n}')).matchAll(/^ {2}(?:readonly )?(\w+)[(:]/gm)].map((m) => m[1]);
  const w = world(checkout('frame'));
  assert.ok(named.length > 10);
  assert.deepEqual(Object.keys(w.IMP).sort(), named.sort());
  const before = new Set(Object.keys(world({ include: false }).win));
  assert.deepEqual(Object.keys(w.win).filter((k) => !before.has(k)), ['IMP']);
});

/** A gateway that takes questions about a checkout as before, and answers some of them with what mute gives. */
function sometimes(s, mute) {
  return (method, path, body) => mute(method, path) || s.gateway(method, path, body);
}
const never = () => new Promise(() => {});

for (const abort of [true, false]) {
  test('a stalled network ends in the callback, ' + (abort ? 'with' : 'without') + ' AbortController', async () => {
    const w = world({ gateway: never });
    if (!abort) w.win.AbortController = undefined;
    const got = await paying(w);
    await w.tick(19000);
    assert.equal(got.length, 0);
    await w.tick(2000);
    assert.deepEqual(got.map((r) => r.error_code), ['NARU_UNREACHABLE']);
    assert.equal(w.layer(), null);
    const { signal } = w.calls.find((c) => c.path === '/sdk/checkouts').init;
    assert.equal(signal && signal.aborted, abort ? true : undefined);
  });
}

test('a phone whose request stalls is told so and may ask again', async () => {
  const s = checkout('page');
  const w = world({ ua: PHONE, gateway: sometimes(s, (_, path) => path === '/sdk/checkouts' && never()) });
  await paying(w, { m_redirect_url: 'shopapp://result' }, { callback: false });
  await w.tick(21000);
  assert.match(w.assigned[0], /^shopapp:\/\/result\?merchant_uid=o1&error_code=NARU_UNREACHABLE&/);
  assert.ok(!w.doc.body.classList.contains('imp-payment-progress'));
  w.gateway = s.gateway;
  await paying(w, {}, { init: false });
  assert.equal(w.assigned[1], GATEWAY + '/checkout/T1');
});

test('closing ends in the callback within a minute though no answer ever comes', async () => {
  const s = checkout('frame');
  const w = world(s);
  const got = await paying(w);
  w.gateway = never;
  w.has('imp-close').emit('click');
  await w.tick(59000);
  assert.equal(got.length, 0);
  await w.tick(1000);
  assert.deepEqual(got.map((r) => [r.error_code, r.imp_uid]), [['NARU_RESULT_PENDING', 'imp_1']]);
  assert.equal(w.layer(), null);
});

const internal = { refused: { imp_uid: null, merchant_uid: '', error_code: 'NARU_INTERNAL', error_msg: 'x' } }; // as a 500 brings it

for (const [style, pg] of [['frame', 'tosspayments'], ['popup', 'tosspay_v2']]) {
  test('a gateway in trouble does not end a payment whose ' + style + ' is open', async () => {
    const s = checkout(style);
    const w = world(s);
    const got = await paying(w, { pg });
    w.gateway = () => internal;
    await w.tick(180000);
    assert.equal(got.length, 0);
    w.gateway = () => null;
    await w.tick(60000);
    w.gateway = s.gateway;
    s.progress = 'done';
    await w.tick(3000);
    assert.deepEqual(got, [{ imp_uid: 'imp_1', merchant_uid: 'o1' }]);
  });
}

test('a close the gateway fails to take may be pressed again', async () => {
  const s = checkout('frame');
  const w = world({ gateway: sometimes(s, (_, path) => path.endsWith('/close') && internal) });
  const got = await paying(w);
  w.has('imp-close').emit('click');
  await w.rest();
  assert.match(w.has('imp-status').textContent, /연결을 확인하고 있습니다/);
  w.gateway = s.gateway;
  w.action('cancel').emit('click');
  await w.rest();
  assert.deepEqual(got.map((r) => r.error_code), ['PAY_PROCESS_CANCELED']);
});

test('after close was pressed "open" gives the window back, but no more time', async () => {
  const s = checkout('frame', { afterClose: 'open' });
  const w = world(s);
  const got = await paying(w);
  w.has('imp-close').emit('click');
  assert.equal(w.has('imp-frame').style.visibility, 'hidden');
  await w.tick(59000);
  assert.equal(w.has('imp-frame').style.visibility, 'visible');
  assert.equal(w.has('imp-status').style.display, 'none');
  assert.equal(got.length, 0);
  await w.tick(1000);
  assert.deepEqual(got.map((r) => r.error_code), ['NARU_RESULT_PENDING']);
});

test('a window that was being checked and is open again has all its time', async () => {
  const s = checkout('frame', { progress: 'working' });
  const w = world(s);
  const got = await paying(w);
  await w.tick(3000);
  assert.equal(w.has('imp-frame').style.visibility, 'hidden');
  assert.equal(w.doc.activeElement, w.layer());
  s.progress = 'open';
  await w.tick(120000);
  assert.equal(w.has('imp-frame').style.visibility, 'visible');
  assert.equal(w.doc.activeElement, w.has('imp-frame'));
  assert.equal(got.length, 0);
});

test('an older answer "open" does not bring the window back while it is being closed', async () => {
  const s = checkout('frame');
  const w = world(s);
  let late;
  w.gateway = sometimes(s, (method, path) => (path.endsWith('/close') ? never() : method === 'GET' && path.startsWith('/sdk/checkouts') && new Promise((r) => { late = r; })));
  await paying(w);
  await w.tick(3000);
  w.has('imp-close').emit('click');
  late({ json: () => Promise.resolve({ progress: 'open' }) });
  await w.rest();
  assert.equal(w.has('imp-frame').style.visibility, 'hidden');
});

test('a shop\'s own modal neither takes the focus back nor hears keys pressed in the layer', async () => {
  const w = world(checkout('frame'));
  const modal = w.doc.body.appendChild(w.doc.createElement('div'));
  const heard = [];
  w.doc.addEventListener('focusin', (e) => { if (!modal.contains(e.target)) modal.focus(); });
  w.doc.addEventListener('keydown', (e) => heard.push(e.key));
  const got = await paying(w);
  assert.equal(w.doc.activeElement, w.has('imp-frame'));
  w.has('imp-close').focus();
  assert.equal(w.doc.activeElement, w.has('imp-close'));
  w.doc.dispatch('keydown', { key: 'Tab' });
  w.doc.dispatch('keydown', { key: 'a', target: modal });
  w.doc.dispatch('keydown', { key: 'Escape', target: modal });
  assert.deepEqual(heard, ['a']);
  await w.rest();
  assert.equal(got.length, 1);
  w.doc.dispatch('keydown', { key: 'Tab', target: modal }); // everything is the shop's again
  modal.focus();
  assert.equal(w.doc.activeElement, modal);
  assert.deepEqual(heard, ['a', 'Tab']);
});

test('focus is not lost with what the layer takes away', async () => {
  const s = checkout('popup');
  const w = world(s);
  await paying(w, { pg: 'tosspay_v2' });
  w.action('show').focus();
  s.progress = 'working';
  await w.tick(1000);
  assert.equal(w.action('show'), null);
  assert.equal(w.doc.activeElement, w.layer());
  w.has('imp-close').focus();
  s.progress = 'open';
  await w.tick(1000);
  assert.equal(w.doc.activeElement, w.has('imp-close')); // what stays keeps it
});

test('the layer says its language and shows where the focus is', async () => {
  for (const [locale, lang] of [['ko', 'ko'], ['en', 'en']]) {
    const w = world(checkout('popup'));
    await paying(w, { pg: 'tosspay_v2', locale });
    assert.equal(w.layer().attrs.lang, lang);
    for (const button of [w.has('imp-close'), w.action('show'), w.action('cancel')]) {
      button.focus();
      assert.match(button.style.outline, /solid/);
      w.layer().focus();
      assert.equal(button.style.outline, undefined);
      assert.equal(button.style['box-shadow'], undefined);
    }
  }
});

test('a second call that breaks leaves the first payment alone', async () => {
  const s = checkout('frame');
  const w = world(s);
  const first = await paying(w);
  const loop = {};
  loop.self = loop;
  w.IMP.request_pay({ merchant_uid: 'o2', custom_data: loop }, () => {});
  assert.deepEqual(w.alerts, []); // refused through its callback
  w.IMP.request_pay({ get merchant_uid() { throw new Error('of the page'); } }, () => {});
  assert.equal(w.alerts.length, 1);
  assert.ok(w.has('imp-frame'));
  s.progress = 'done';
  await w.tick(3000);
  assert.equal(first.length, 1);
});

test('a call that breaks half way takes its popup with it and frees the page', async () => {
  const s = checkout('popup');
  const w = world(s);
  const append = w.doc.body.appendChild;
  w.doc.body.appendChild = () => { throw new Error('no'); };
  await paying(w, { pg: 'tosspay_v2' });
  assert.equal(w.alerts.length, 1);
  assert.ok(w.popups[0].closed);
  assert.equal(w.doc.documentElement.style.overflow, undefined);
  w.doc.body.appendChild = append;
  await paying(w, { pg: 'tosspay_v2' }, { init: false });
  assert.ok(w.layer());
});

test('a failure has the keys of the provider the gateway named', async () => {
  for (const [style, channelKey, keys] of [
    ['frame', 'channel-key-f', 'error_code,error_msg,imp_uid,merchant_uid'],
    ['popup', 'channel-key-p', 'error_code,error_msg,imp_success,imp_uid,merchant_uid,success'],
  ]) {
    const s = checkout(style);
    const w = world(s);
    const got = await paying(w, { pg: undefined, channelKey });
    s.progress = 'working';
    await w.tick(64000);
    assert.deepEqual(got.map((r) => Object.keys(r).sort().join()), [keys]);
  }
});
