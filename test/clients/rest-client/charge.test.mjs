import assert from 'node:assert/strict';
import { test } from 'node:test';

import { atProvider, billingMID, card, numbers, overLimit } from '../world.mjs';
import { Request, call, refusal } from './client.mjs';

const { Customers, Payments, Subscribe } = Request;
const order = numbers('rc-charge');

const used = '이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)';

test('onetime: a card number is charged once', async () => {
  const merchant_uid = order('onetime');
  const paid = await call(Subscribe.onetime({
    merchant_uid, amount: 58_000, ...card, name: '여름 원피스', card_quota: 3, custom_data: '{"cart":17}',
    buyer_name: '김나루', buyer_email: 'naru@example.com', buyer_tel: '010-1234-5678', buyer_addr: '서울 마포구', buyer_postcode: '04001',
  }));
  assert.match(paid.imp_uid, /^imps_\d{12}$/);
  assert.equal(paid.merchant_uid, merchant_uid);
  assert.equal(paid.status, 'paid');
  assert.equal(paid.amount, 58_000);
  assert.equal(paid.cancel_amount, 0);
  assert.equal(paid.currency, 'KRW');
  assert.equal(paid.pay_method, 'card');
  assert.equal(paid.channel, 'api');
  assert.equal(paid.pg_provider, 'tosspayments');
  assert.equal(paid.pg_id, billingMID);
  assert.ok(paid.pg_tid && paid.apply_num && paid.card_code && paid.card_name);
  assert.equal(paid.card_quota, 3);
  assert.match(paid.card_number, /^531044\S*\*/);
  assert.equal(paid.name, '여름 원피스');
  assert.equal(paid.buyer_name, '김나루');
  assert.equal(paid.buyer_postcode, '04001');
  assert.equal(paid.custom_data, '{"cart":17}');
  assert.ok(paid.paid_at instanceof Date && paid.started_at instanceof Date);
  assert.equal(paid.failed_at, 0);
  assert.equal(paid.cancelled_at, 0);
  assert.equal(paid.vbank_date, 0);
  assert.equal(paid.fail_reason, null);
  assert.equal(paid.vbank_num, null);
  assert.equal(paid.user_agent, null);
  assert.equal(paid.customer_uid, null);
  assert.equal(paid.customer_uid_usage, null);
  assert.deepEqual(paid.cancel_history, []);
  assert.equal((await atProvider(paid.imp_uid)).status, 'DONE');
});

test('onetime: an order number is charged once, and not again after a cancel', async () => {
  const merchant_uid = order('duplicate');
  const data = { merchant_uid, amount: 4_000, ...card, name: '양말' };
  const paid = await call(Subscribe.onetime(data));
  assert.deepEqual(await refusal(Subscribe.onetime(data)), { http: 200, code: 1, message: used, response: null });
  await call(Payments.cancel({ imp_uid: paid.imp_uid }));
  assert.deepEqual(await refusal(Subscribe.onetime(data)), { http: 200, code: 1, message: used, response: null });
});

test('onetime: of several at once for an order one moves money', async () => {
  const merchant_uid = order('race');
  const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => call(Subscribe.onetime({ merchant_uid, amount: 6_000, ...card, name: '모자' }))));
  const paid = outcomes.filter(({ status }) => status === 'fulfilled').map(({ value }) => value);
  assert.deepEqual(paid.map(({ status }) => status), ['paid']);
  for (const { reason } of outcomes.filter(({ status }) => status === 'rejected')) {
    assert.deepEqual(reason.response.data, { code: 1, message: used, response: null });
  }
  const { total } = await call(Payments.getByMerchantUids({ merchant_uid, status: 'paid', page: 1 }));
  assert.equal(total, 1);
});

test('onetime: a declined card is told with the reason, and the order can be paid with another', async () => {
  const merchant_uid = order('declined');
  const data = { merchant_uid, amount: 4_000, ...card, name: '양말' };
  const refused = await refusal(Subscribe.onetime({ ...data, card_number: overLimit }));
  assert.equal(refused.http, 200);
  assert.equal(refused.code, -1);
  assert.equal(refused.response, null);
  assert.match(refused.message, /^결제에 실패하였습니다\. \[REJECT_CARD_PAYMENT\] .*한도/);
  const failed = await call(Payments.getByMerchantUid({ merchant_uid, status: 'failed' }));
  assert.equal(failed.status, 'failed');
  assert.match(failed.fail_reason, /한도/);
  assert.ok(failed.failed_at instanceof Date);
  assert.equal(failed.paid_at, 0);
  assert.equal((await call(Subscribe.onetime(data))).status, 'paid');
});

test('onetime: a number that is no card number is refused before anybody is asked', async () => {
  const refused = await refusal(Subscribe.onetime({ merchant_uid: order('malformed'), amount: 4_000, ...card, card_number: '5310-44', name: '양말' }));
  assert.deepEqual(refused, { http: 200, code: -1, message: '유효하지않은 카드번호를 입력하셨습니다.', response: null });
});

test('onetime with customer_uid keeps a billing key, which again charges', async () => {
  const customer_uid = order('customer');
  const first = await call(Subscribe.onetime({ merchant_uid: order('first'), amount: 9_900, ...card, customer_uid, name: '첫 달' }));
  assert.equal(first.status, 'paid');
  assert.equal(first.customer_uid, customer_uid);
  const merchant_uid = order('second');
  const second = await call(Subscribe.again({ customer_uid, merchant_uid, amount: 9_900, name: '둘째 달' }));
  assert.equal(second.status, 'paid');
  assert.equal(second.amount, 9_900);
  assert.equal(second.customer_uid, customer_uid);
  assert.equal(second.customer_uid_usage, 'payment');
  assert.match(second.imp_uid, /^imps_\d{12}$/);
  const { total, list } = await call(Customers.getPayments({ customer_uid, page: 1 }));
  assert.equal(total, 2);
  assert.deepEqual(list.map(({ imp_uid }) => imp_uid).sort(), [first.imp_uid, second.imp_uid].sort());
  assert.deepEqual(await refusal(Subscribe.again({ customer_uid, merchant_uid, amount: 9_900, name: '둘째 달' })), {
    http: 200, code: 1, message: used, response: null,
  });
});

test('onetime with customer_uid keeps no key of a card that is declined', async () => {
  const customer_uid = order('customer');
  const refused = await refusal(Subscribe.onetime({ merchant_uid: order('first'), amount: 9_900, ...card, card_number: overLimit, customer_uid, name: '첫 달' }));
  assert.equal(refused.http, 200);
  assert.equal(refused.code, -1);
  assert.equal((await refusal(Customers.getBillingKey({ customer_uid }))).http, 404);
});

test('again: nobody is charged under an unknown customer_uid', async () => {
  assert.deepEqual(await refusal(Subscribe.again({ customer_uid: order('nobody'), merchant_uid: order('again'), amount: 100, name: '구독' })), {
    http: 200, code: 1, message: '등록되지 않은 구매자입니다.', response: null,
  });
});
