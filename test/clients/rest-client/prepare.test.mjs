import assert from 'node:assert/strict';
import { test } from 'node:test';

import { numbers } from '../world.mjs';
import { Request, call, refusal } from './client.mjs';

const { Prepare } = Request;
const order = numbers('rc-prepare');

test('a registered amount is read back as a number', async () => {
  const merchant_uid = order('register');
  const registered = await call(Prepare.postAmount({ merchant_uid, amount: 45_600 }));
  assert.deepEqual({ ...registered }, { merchant_uid, amount: 45_600 });
  const read = await call(Prepare.getAmount({ merchant_uid }));
  assert.deepEqual({ ...read }, { merchant_uid, amount: 45_600 });
});

test('an order registered before is refused, and its amount stays', async () => {
  const merchant_uid = order('duplicate');
  await call(Prepare.postAmount({ merchant_uid, amount: 7_000 }));
  assert.deepEqual(await refusal(Prepare.postAmount({ merchant_uid, amount: 9_000 })), {
    http: 200, code: 1, message: '결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).', response: null,
  });
  assert.equal((await call(Prepare.getAmount({ merchant_uid }))).amount, 7_000);
});

test('an order nobody registered is not found', async () => {
  assert.deepEqual(await refusal(Prepare.getAmount({ merchant_uid: order('unknown') })), {
    http: 404, code: -1, message: '사전등록된 결제정보가 존재하지 않습니다.', response: null,
  });
});
