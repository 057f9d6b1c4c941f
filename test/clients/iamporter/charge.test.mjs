import assert from 'node:assert/strict';
import { test } from 'node:test';

import { card, noSuchCard, numbers, overLimit } from '../world.mjs';
import { answer, client, missing, refusal } from './client.mjs';

const order = numbers('ip-charge');

const used = { http: 200, code: 1, message: '이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)', response: null };

test('payOnetime: paid, with every key that is not set null, 0 or empty', async () => {
  const merchant_uid = order('onetime');
  const paid = await answer(client.payOnetime({ merchant_uid, amount: 5_000, ...card }));
  assert.match(paid.imp_uid, /^imps_\d{12}$/);
  assert.equal(paid.status, 'paid');
  assert.equal(paid.amount, 5_000);
  const unset = Object.fromEntries([
    'emb_pg_provider', 'bank_code', 'bank_name', 'vbank_code', 'vbank_name', 'vbank_num', 'vbank_holder', 'vbank_date', 'vbank_issued_at', 'name',
    'cancel_amount', 'buyer_name', 'buyer_email', 'buyer_tel', 'buyer_addr', 'buyer_postcode', 'custom_data', 'user_agent', 'failed_at',
    'cancelled_at', 'fail_reason', 'cancel_reason', 'cancel_history', 'cancel_receipt_urls', 'deposit_history', 'cash_receipt_issued', 'customer_uid',
    'customer_uid_usage', 'promotion', 'card_quota', 'sandbox', 'escrow',
  ].map((key) => [key, paid[key]]));
  assert.deepEqual(unset, {
    emb_pg_provider: null, bank_code: null, bank_name: null, vbank_code: null, vbank_name: null, vbank_num: null, vbank_holder: null,
    vbank_date: 0, vbank_issued_at: 0, name: null, cancel_amount: 0, buyer_name: null, buyer_email: null, buyer_tel: null, buyer_addr: null,
    buyer_postcode: null, custom_data: null, user_agent: null, failed_at: 0, cancelled_at: 0, fail_reason: null, cancel_reason: null,
    cancel_history: [], cancel_receipt_urls: [], deposit_history: [], cash_receipt_issued: false, customer_uid: null,
    customer_uid_usage: null, promotion: null, card_quota: 0, sandbox: false, escrow: false,
  });
  assert.deepEqual(await refusal(client.payOnetime({ merchant_uid, amount: 5_000, ...card })), used);
});

test('payOnetime: declined, and of a wrong number', async () => {
  for (const [card_number, says] of [
    [overLimit, /^결제에 실패하였습니다\. \[REJECT_CARD_PAYMENT\] .*한도/],
    [noSuchCard, /^카드정보 인증에 실패하였습니다\. \[INVALID_CARD_NUMBER\] ./],
  ]) {
    const declined = await refusal(client.payOnetime({ merchant_uid: order('declined'), amount: 5_000, ...card, card_number }));
    assert.deepEqual([declined.http, declined.code, declined.response], [200, -1, null]);
    assert.match(declined.message, says);
  }
  assert.deepEqual(await refusal(client.payOnetime({ merchant_uid: order('malformed'), amount: 5_000, ...card, card_number: '1234' })), {
    http: 200, code: -1, message: '유효하지않은 카드번호를 입력하셨습니다.', response: null,
  });
});

test('a subscription: issued, read, charged, deleted', async () => {
  const customer_uid = order('customer');
  const issued = await answer(client.createSubscription({ customer_uid, ...card, customer_name: '김나루' }));
  assert.equal(issued.customer_uid, customer_uid);
  assert.equal(issued.pg_provider, 'tosspayments');
  assert.equal(issued.sandbox, false);
  assert.equal(issued.customer_name, '김나루');
  assert.equal(issued.customer_tel, null);
  assert.equal(typeof issued.inserted, 'number');
  assert.ok(issued.customer_id, 'made up where the merchant names none');
  assert.deepEqual(await answer(client.getSubscription(customer_uid)), issued);

  const merchant_uid = order('month');
  const paid = await answer(client.paySubscription({ customer_uid, merchant_uid, amount: 50_000 }));
  assert.equal(paid.status, 'paid');
  assert.equal(paid.customer_uid_usage, 'payment');
  assert.equal(paid.name, null);
  assert.deepEqual(await refusal(client.paySubscription({ customer_uid, merchant_uid, amount: 50_000 })), used);

  assert.equal((await answer(client.deleteSubscription(customer_uid))).customer_uid, customer_uid);
  const gone = { http: 404, code: 1, message: `요청하신 customer_uid(${customer_uid})로 등록된 정보를 찾을 수 없습니다.`, response: null };
  assert.deepEqual(await missing(client.getSubscription(customer_uid)), gone);
  assert.deepEqual(await missing(client.deleteSubscription(customer_uid)), gone);
  assert.deepEqual(await refusal(client.paySubscription({ customer_uid, merchant_uid: order('month'), amount: 50_000 })), {
    http: 200, code: 1, message: '등록되지 않은 구매자입니다.', response: null,
  });
});

test('a subscription of a card that is declined is refused', async () => {
  const refused = await refusal(client.createSubscription({ customer_uid: order('customer'), ...card, card_number: overLimit }));
  assert.deepEqual([refused.http, refused.code, refused.response], [200, -1, null]);
  assert.match(refused.message, /^카드정보 인증 및 빌키 발급에 실패하였습니다\./);
});
