import assert from 'node:assert/strict';
import { test } from 'node:test';

import { card, numbers, overLimit, overLimitWhenCharged } from '../world.mjs';
import { Request, call, refusal } from './client.mjs';

const { Customers, Payments, Subscribe } = Request;
const order = numbers('rc-key');

const unknown = (customer_uid) => `요청하신 customer_uid(${customer_uid})로 등록된 정보를 찾을 수 없습니다.`;

test('a key is issued, read, charged and deleted', async () => {
  const customer_uid = order('customer');
  const issued = await call(Customers.postBillingKey({
    customer_uid, ...card, customer_name: '김나루', customer_tel: '010-1234-5678', customer_email: 'naru@example.com',
    customer_addr: '서울 마포구', customer_postcode: '04001',
  }));
  assert.equal(issued.customer_uid, customer_uid);
  assert.ok(issued.card_code && issued.card_name);
  assert.match(issued.card_number, /^531044\S*\*/);
  assert.equal(issued.customer_name, '김나루');
  assert.equal(issued.customer_postcode, '04001');
  assert.ok(issued.inserted instanceof Date && issued.updated instanceof Date);

  const read = await call(Customers.getBillingKey({ customer_uid }));
  assert.deepEqual({ ...read }, { ...issued });
  assert.equal((await call(Subscribe.again({ customer_uid, merchant_uid: order('charge'), amount: 3_300, name: '구독' }))).status, 'paid');

  const deleted = await call(Customers.deleteBillingKey({ customer_uid }));
  assert.equal(deleted.customer_uid, customer_uid);
  assert.deepEqual(await refusal(Customers.getBillingKey({ customer_uid })), { http: 404, code: 1, message: unknown(customer_uid), response: null });
  assert.equal((await refusal(Subscribe.again({ customer_uid, merchant_uid: order('gone'), amount: 3_300, name: '구독' }))).message, '등록되지 않은 구매자입니다.');
});

test('without buyer information there is null, not an empty text', async () => {
  const customer_uid = order('customer');
  const issued = await call(Customers.postBillingKey({ customer_uid, ...card }));
  for (const key of ['customer_name', 'customer_tel', 'customer_email', 'customer_addr', 'customer_postcode']) assert.equal(issued[key], null, key);
});

test('several keys are read at once', async () => {
  const customer_uid = [order('customer'), order('customer')];
  for (const uid of customer_uid) await call(Customers.postBillingKey({ customer_uid: uid, ...card }));
  const read = await call(Customers.getBillingKeys({ customer_uid }));
  assert.deepEqual(read.map((key) => key.customer_uid).sort(), [...customer_uid].sort());
});

test('a card that is declined gets no key', async () => {
  const customer_uid = order('customer');
  const refused = await refusal(Customers.postBillingKey({ customer_uid, ...card, card_number: overLimit }));
  assert.equal(refused.http, 200);
  assert.equal(refused.code, -1);
  assert.equal(refused.response, null);
  assert.match(refused.message, /^카드정보 인증 및 빌키 발급에 실패하였습니다\..*한도/);
  assert.equal((await refusal(Customers.getBillingKey({ customer_uid }))).http, 404);
});

test('a key of which each charge is declined fails to charge and stays', async () => {
  const customer_uid = order('customer');
  await call(Customers.postBillingKey({ customer_uid, ...card, card_number: overLimitWhenCharged }));
  const merchant_uid = order('charge');
  const refused = await refusal(Subscribe.again({ customer_uid, merchant_uid, amount: 5_000, name: '구독' }));
  assert.equal(refused.http, 200);
  assert.equal(refused.code, -1);
  assert.match(refused.message, /한도/);
  const failed = await call(Payments.getByMerchantUid({ merchant_uid, status: 'failed' }));
  assert.equal(failed.customer_uid, customer_uid);
  assert.equal((await call(Customers.getBillingKey({ customer_uid }))).customer_uid, customer_uid);
});

test('a customer_uid that was never used is not found', async () => {
  const customer_uid = order('nobody');
  const want = { http: 404, code: 1, message: unknown(customer_uid), response: null };
  assert.deepEqual(await refusal(Customers.getBillingKey({ customer_uid })), want);
  assert.deepEqual(await refusal(Customers.deleteBillingKey({ customer_uid })), want);
  assert.notEqual((await refusal(Customers.getBillingKeys({ customer_uid: [customer_uid] }))).code, 0);
  const { total, list } = await call(Customers.getPayments({ customer_uid, page: 1 }));
  assert.equal(total, 0);
  assert.deepEqual(list, []);
});
