import assert from 'node:assert/strict';
import { test } from 'node:test';

import { day, deposit, now, numbers } from '../world.mjs';
import { answer, client, refusal } from './client.mjs';

const order = numbers('ip-account');

test('an account is issued, is paid by the deposit, and is given back', async () => {
  const merchant_uid = order('order');
  const vbank_due = now() + 2 * day;
  const issued = await answer(client.createVbank({ merchant_uid, amount: '128900', vbank_code: '020', vbank_due, vbank_holder: 'PLAT', buyer_name: '김나루' }));
  assert.equal(issued.status, 'ready');
  assert.equal(issued.amount, 128_900);
  assert.equal(issued.vbank_date, vbank_due);
  assert.equal(issued.vbank_name, '우리은행');
  assert.equal(issued.vbank_holder, null);
  assert.equal(issued.paid_at, 0);
  const paid = await deposit(issued.imp_uid, () => answer(client.findByImpUid(issued.imp_uid)));
  assert.ok(paid.paid_at >= issued.vbank_issued_at);
  const back = await answer(client.cancel({
    imp_uid: issued.imp_uid, reason: '제품 상태 불량', refund_holder: '김나루', refund_bank: '020', refund_account: '056-076923-01-017',
  }));
  assert.equal(back.status, 'cancelled');
  assert.equal(back.cancel_amount, 128_900);
});

test('this provider needs the name of the buyer', async () => {
  const refused = await refusal(client.createVbank({ merchant_uid: order('nameless'), amount: 1_000, vbank_code: '020', vbank_due: now() + day, vbank_holder: 'PLAT' }));
  assert.notEqual(refused.code, 0);
  assert.match(refused.message, /buyer_name/);
});
