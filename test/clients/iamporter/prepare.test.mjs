import assert from 'node:assert/strict';
import { test } from 'node:test';

import { numbers } from '../world.mjs';
import { answer, client, missing, refusal } from './client.mjs';

const order = numbers('ip-prepare');

test('an amount is registered, also as a text, and read back as a number', async () => {
  const merchant_uid = order('register');
  const want = { merchant_uid, amount: 128_900, currency: null };
  assert.deepEqual(await answer(client.createPreparedPayment({ merchant_uid, amount: '128900' })), want);
  assert.deepEqual(await answer(client.getPreparedPayment(merchant_uid)), want);
  assert.deepEqual(await refusal(client.createPreparedPayment({ merchant_uid, amount: 1 })), {
    http: 200, code: 1, message: '결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).', response: null,
  });
});

test('an order nobody registered is not found', async () => {
  assert.deepEqual(await missing(client.getPreparedPayment(order('unknown'))), {
    http: 404, code: -1, message: '사전등록된 결제정보가 존재하지 않습니다.', response: null,
  });
});
