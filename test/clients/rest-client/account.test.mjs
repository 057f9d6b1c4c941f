import assert from 'node:assert/strict';
import { test } from 'node:test';

import { card, day, deposit, now, numbers, paymentMID } from '../world.mjs';
import { Request, call, refusal } from './client.mjs';

const { Payments, Subscribe, Vbanks } = Request;
const order = numbers('rc-account');

const read = (imp_uid) => () => call(Payments.getByImpUid({ imp_uid }));
const due = now() + 3 * day;

/** What every account of these tests is asked for with. */
const data = (more) => ({
  merchant_uid: order('order'), amount: 27_000, vbank_code: '088', vbank_due: due, vbank_holder: '나루상점', name: '텀블러', buyer_name: '김나루', ...more,
});

test('an account is issued, waits, and is paid by the deposit', async () => {
  const issued = await call(Vbanks.post(data({ buyer_tel: '01012345678', custom_data: '{"cart":3}' })));
  assert.match(issued.imp_uid, /^imps_\d{12}$/);
  assert.equal(issued.status, 'ready');
  assert.equal(issued.pay_method, 'vbank');
  assert.equal(issued.channel, 'api');
  assert.equal(issued.pg_id, paymentMID);
  assert.equal(issued.amount, 27_000);
  assert.equal(issued.vbank_code, '088');
  assert.equal(issued.vbank_name, '신한은행');
  assert.match(issued.vbank_num, /^X?[\d-]{8,}$/);
  assert.equal(issued.vbank_holder, null, 'this provider takes the shop\'s own name');
  assert.deepEqual(issued.vbank_date, new Date(due * 1000));
  assert.ok(issued.vbank_issued_at instanceof Date);
  assert.equal(issued.paid_at, 0);
  assert.equal(issued.card_number, null);
  assert.equal(issued.custom_data, '{"cart":3}');

  const paid = await deposit(issued.imp_uid, read(issued.imp_uid));
  assert.equal(paid.amount, 27_000);
  assert.equal(paid.vbank_num, issued.vbank_num);
  assert.ok(paid.paid_at instanceof Date);
  assert.equal((await refusal(Vbanks.post(data({ merchant_uid: issued.merchant_uid })))).code, 1, 'an order that is paid gets no account');
  assert.equal((await refusal(Vbanks.delete({ imp_uid: issued.imp_uid }))).http, 400);
});

test('a deposit is given back to the account the merchant names', async () => {
  const { imp_uid } = await call(Vbanks.post(data()));
  await deposit(imp_uid, read(imp_uid));
  const without = await refusal(Payments.cancel({ imp_uid, reason: '환불' }));
  assert.equal(without.http, 200);
  assert.notEqual(without.code, 0);
  const back = await call(Payments.cancel({ imp_uid, amount: 7_000, reason: '환불', refund_holder: '김나루', refund_bank: '004', refund_account: '12345678901234' }));
  assert.equal(back.status, 'cancelled');
  assert.equal(back.cancel_amount, 7_000);
  assert.equal(back.amount, 27_000);
});

test('an account that waits is taken back, and cannot be cancelled as a payment', async () => {
  const { imp_uid } = await call(Vbanks.post(data()));
  assert.equal((await refusal(Payments.cancel({ imp_uid }))).message, '취소할 결제건이 존재하지 않습니다.');
  const revoked = await call(Vbanks.delete({ imp_uid }));
  assert.equal(revoked.imp_uid, imp_uid);
  assert.equal(revoked.status, 'failed');
  assert.ok(revoked.fail_reason);
  assert.equal((await refusal(Vbanks.delete({ imp_uid }))).http, 400);
});

test('several accounts of one order wait side by side', async () => {
  const first = await call(Vbanks.post(data()));
  const second = await call(Vbanks.post(data({ merchant_uid: first.merchant_uid })));
  assert.notEqual(first.imp_uid, second.imp_uid);
  const { total } = await call(Payments.getByMerchantUids({ merchant_uid: first.merchant_uid, status: 'ready', page: 1 }));
  assert.equal(total, 2);
});

test('what is not offered, or not there, is refused', async () => {
  const amended = await refusal(Vbanks.put({ imp_uid: 'imp_000000000000', amount: 1_000 }));
  assert.deepEqual([amended.http, amended.message], [400, '현재 지원되지 않는 PG사입니다.']);
  assert.equal((await refusal(Vbanks.delete({ imp_uid: 'imp_000000000000' }))).http, 404);
  const { imp_uid } = await call(Subscribe.onetime({ merchant_uid: order('card'), amount: 1_000, ...card, name: '카드' }));
  assert.equal((await refusal(Vbanks.delete({ imp_uid }))).http, 400);
  assert.notEqual((await refusal(Vbanks.post(data({ vbank_due: now() - day })))).code, 0);
  assert.notEqual((await refusal(Vbanks.post(data({ vbank_code: '999' })))).code, 0);
});
