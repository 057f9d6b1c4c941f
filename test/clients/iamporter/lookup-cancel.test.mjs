import assert from 'node:assert/strict';
import { test } from 'node:test';

import { card, numbers } from '../world.mjs';
import { answer, client, missing, refusal } from './client.mjs';

const order = numbers('ip-lookup');

const noPayment = { http: 404, code: -1, message: '존재하지 않는 결제정보입니다.', response: null };
const nothing = { http: 200, code: 1, message: '취소할 결제건이 존재하지 않습니다.', response: null };

const paidOrder = (what, amount) => answer(client.payOnetime({ merchant_uid: order(what), amount, ...card }));

test('a payment is found by both its ids and among those of its order and of its status', async () => {
  const paid = await paidOrder('find', 6_100);
  assert.deepEqual(await answer(client.findByImpUid(paid.imp_uid)), paid);
  assert.deepEqual(await answer(client.findByMerchantUid(paid.merchant_uid)), paid);
  for (const extra of [undefined, { status: 'paid' }]) {
    assert.deepEqual(await answer(client.findAllByMerchantUid(paid.merchant_uid, extra)), { total: 1, previous: 0, next: 0, list: [paid] });
  }
  const { total, list } = await answer(client.findAllByStatus('paid', { limit: 1000, from: paid.paid_at, to: paid.paid_at }));
  assert.equal(total, list.length);
  assert.ok(list.some(({ imp_uid }) => imp_uid === paid.imp_uid));
});

test('what is not there is an envelope that says so', async () => {
  assert.deepEqual(await missing(client.findByImpUid('imp_000000000000')), noPayment);
  assert.deepEqual(await missing(client.findByMerchantUid(order('unknown'))), noPayment);
  assert.equal((await missing(client.findAllByMerchantUid(order('unknown')))).http, 404);
  assert.deepEqual(await refusal(client.findAllByStatus('lost')), { http: 400, code: -1, message: '지원되지 않는 상태값입니다.', response: null });
});

test('cancelled in parts and then whole, by either id', async () => {
  const paid = await paidOrder('cancel', 10_000);
  const part = await answer(client.cancelByMerchantUid(paid.merchant_uid, { amount: 2_500, reason: '예약 변경' }));
  assert.equal(part.status, 'cancelled');
  assert.equal(part.amount, 10_000);
  assert.equal(part.cancel_amount, 2_500);
  assert.equal(part.cancel_reason, '예약 변경');
  const whole = await answer(client.cancelByImpUid(paid.imp_uid));
  assert.equal(whole.cancel_amount, 10_000);
  assert.equal(whole.cancel_history.length, 2);
  assert.equal(whole.cancel_history.reduce((sum, { amount }) => sum + amount, 0), 10_000);
  assert.deepEqual(await refusal(client.cancelByImpUid(paid.imp_uid)), { http: 200, code: 1, message: '이미 전액취소된 주문입니다.', response: null });
  assert.deepEqual(await refusal(client.cancelByMerchantUid(paid.merchant_uid)), { http: 200, code: 1, message: '이미 전액취소된 주문입니다.', response: null });
});

test('nothing to cancel', async () => {
  assert.deepEqual(await refusal(client.cancelByImpUid('imp_000000000000')), nothing);
  assert.deepEqual(await refusal(client.cancelByMerchantUid(order('unknown'))), nothing);
});
