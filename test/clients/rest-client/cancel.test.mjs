import assert from 'node:assert/strict';
import { test } from 'node:test';

import { atProvider, card, numbers } from '../world.mjs';
import { Request, call, refusal } from './client.mjs';

const { Payments, Subscribe } = Request;
const order = numbers('rc-cancel');

const paidOrder = (what, amount) => call(Subscribe.onetime({ merchant_uid: order(what), amount, ...card, name: '취소' }));

test('in full, by imp_uid', async () => {
  const paid = await paidOrder('full', 33_000);
  const cancelled = await call(Payments.cancel({ imp_uid: paid.imp_uid, reason: '고객 변심', checksum: 33_000 }));
  assert.equal(cancelled.imp_uid, paid.imp_uid);
  assert.equal(cancelled.status, 'cancelled');
  assert.equal(cancelled.amount, 33_000);
  assert.equal(cancelled.cancel_amount, 33_000);
  assert.equal(cancelled.cancel_reason, '고객 변심');
  assert.ok(cancelled.cancelled_at instanceof Date);
  assert.deepEqual(cancelled.paid_at, paid.paid_at);
  assert.equal(cancelled.cancel_history.length, 1);
  const [entry] = cancelled.cancel_history;
  assert.equal(entry.amount, 33_000);
  assert.equal(entry.reason, '고객 변심');
  assert.equal(entry.cancelled_at, cancelled.cancelled_at / 1000);
  assert.ok(entry.cancellation_id && entry.pg_tid);
  assert.equal((await atProvider(paid.imp_uid)).status, 'CANCELED');
  assert.deepEqual(await refusal(Payments.cancel({ imp_uid: paid.imp_uid })), {
    http: 200, code: 1, message: '이미 전액취소된 주문입니다.', response: null,
  });
});

test('in parts, by merchant_uid, until nothing is left', async () => {
  const paid = await paidOrder('parts', 30_000);
  const { merchant_uid } = paid;
  const first = await call(Payments.cancel({ merchant_uid, amount: 5_000, reason: '한 점 품절' }));
  assert.equal(first.status, 'cancelled');
  assert.equal(first.amount, 30_000);
  assert.equal(first.cancel_amount, 5_000);
  const second = await call(Payments.cancel({ merchant_uid, amount: 10_000, checksum: 25_000 }));
  assert.equal(second.cancel_amount, 15_000);
  assert.equal(second.cancel_history.length, 2);
  assert.deepEqual(second.cancel_history.map(({ amount }) => amount).sort(), [10_000, 5_000]);
  const tooMuch = await refusal(Payments.cancel({ merchant_uid, amount: 15_001 }));
  assert.deepEqual([tooMuch.http, tooMuch.code, tooMuch.response], [200, 1, null]);
  const rest = await call(Payments.cancel({ merchant_uid, amount: 0 }));
  assert.equal(rest.cancel_amount, 30_000);
  assert.equal((await atProvider(paid.imp_uid)).balanceAmount, 0);
  assert.equal((await refusal(Payments.cancel({ merchant_uid }))).message, '이미 전액취소된 주문입니다.');
});

test('a checksum that differs cancels nothing', async () => {
  const paid = await paidOrder('checksum', 8_000);
  const refused = await refusal(Payments.cancel({ imp_uid: paid.imp_uid, checksum: 7_999 }));
  assert.deepEqual([refused.http, refused.code, refused.response], [200, 1, null]);
  assert.equal((await call(Payments.getByImpUid({ imp_uid: paid.imp_uid }))).status, 'paid');
});

test('unknown ids are HTTP 200 with code 1, and an unknown imp_uid wins over a known order', async () => {
  const paid = await paidOrder('ids', 8_000);
  const want = { http: 200, code: 1, message: '취소할 결제건이 존재하지 않습니다.', response: null };
  assert.deepEqual(await refusal(Payments.cancel({ imp_uid: 'imp_000000000000' })), want);
  assert.deepEqual(await refusal(Payments.cancel({ merchant_uid: order('unknown') })), want);
  assert.deepEqual(await refusal(Payments.cancel({ imp_uid: 'imp_000000000000', merchant_uid: paid.merchant_uid })), want);
  const none = await refusal(Payments.cancel({ reason: '어느 것?' }));
  assert.deepEqual([none.http, none.code], [200, 1]);
  assert.match(none.message, /imp_uid.*지정해주셔야합니다\.$/);
});
