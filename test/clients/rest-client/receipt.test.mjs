import assert from 'node:assert/strict';
import { test } from 'node:test';

import { card, day, deposit, now, numbers } from '../world.mjs';
import { Request, call, refusal } from './client.mjs';

const { External, Payments, Receipts, Subscribe, Vbanks } = Request;
const order = numbers('rc-receipt');

async function deposited(amount) {
  const { imp_uid } = await call(Vbanks.post({
    merchant_uid: order('order'), amount, vbank_code: '004', vbank_due: now() + day, vbank_holder: '나루상점', name: '텀블러', buyer_name: '김나루',
  }));
  await deposit(imp_uid, () => call(Payments.getByImpUid({ imp_uid })));
  return imp_uid;
}

test('a deposit gets a cash receipt, once, which is read and cancelled', async () => {
  const imp_uid = await deposited(11_000);
  assert.equal((await refusal(Receipts.getReceipt({ imp_uid }))).http, 404);
  const issued = await call(Receipts.postReceipt({ imp_uid, identifier: '010-1234-5678', identifier_type: 'phone', type: 'person', buyer_name: '김나루' }));
  assert.equal(issued.imp_uid, imp_uid);
  assert.equal(issued.amount, 11_000);
  assert.equal(issued.vat, 1_000);
  assert.equal(issued.type, 'person');
  assert.ok(issued.receipt_tid && issued.apply_num && issued.receipt_url);
  assert.ok(issued.applied_at instanceof Date);
  assert.equal(issued.cancelled_at, 0);
  assert.deepEqual({ ...(await call(Receipts.getReceipt({ imp_uid }))) }, { ...issued });
  const again = await refusal(Receipts.postReceipt({ imp_uid, identifier: '01012345678' }));
  assert.equal(again.http, 400);
  assert.notEqual(again.code, 0);
  const cancelled = await call(Receipts.deleteReceipt({ imp_uid }));
  assert.equal(cancelled.receipt_tid, issued.receipt_tid);
  assert.ok(cancelled.cancelled_at instanceof Date);
});

test('only what was paid in cash gets one', async () => {
  const { imp_uid } = await call(Subscribe.onetime({ merchant_uid: order('card'), amount: 11_000, ...card, name: '카드' }));
  assert.equal((await refusal(Receipts.postReceipt({ imp_uid, identifier: '01012345678' }))).http, 400);
  const waiting = await call(Vbanks.post({ merchant_uid: order('waits'), amount: 11_000, vbank_code: '004', vbank_due: now() + day, vbank_holder: '나루상점', name: '텀블러', buyer_name: '김나루' }));
  assert.equal((await refusal(Receipts.postReceipt({ imp_uid: waiting.imp_uid, identifier: '01012345678' }))).http, 400);
  assert.equal((await refusal(Receipts.postReceipt({ imp_uid: 'imp_000000000000', identifier: '01012345678' }))).http, 400);
  assert.equal((await refusal(Receipts.deleteReceipt({ imp_uid }))).http, 400);
});

test('money taken elsewhere gets one under its order number', async () => {
  const merchant_uid = order('elsewhere');
  assert.equal((await refusal(External.getReceipt({ merchant_uid }))).http, 404);
  const data = { merchant_uid, name: '현장 판매', amount: 22_000, identifier: '1234567890', type: 'company', tax_free: 11_000 };
  const issued = await call(External.postReceipt(data));
  assert.equal(issued.merchant_uid, merchant_uid);
  assert.equal(issued.amount, 22_000);
  assert.equal(issued.vat, 1_000, 'of the half that is taxed');
  assert.equal(issued.type, 'company');
  assert.deepEqual({ ...(await call(External.getReceipt({ merchant_uid }))) }, { ...issued });
  assert.equal((await refusal(External.postReceipt(data))).http, 400);
  assert.ok((await call(External.deleteReceipt({ merchant_uid }))).cancelled_at instanceof Date);
});
