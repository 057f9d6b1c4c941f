import assert from 'node:assert/strict';
import { test } from 'node:test';

import { card, day, now, numbers, overLimit } from '../world.mjs';
import { Request, call, refusal } from './client.mjs';

const { Customers, Subscribe } = Request;
const order = numbers('rc-schedule');

const nothing = { http: 200, code: 1, message: '취소할 예약결제 기록이 존재하지 않습니다.', response: null };
const at = now() + 30 * day;

async function customer() {
  const customer_uid = order('customer');
  await call(Customers.postBillingKey({ customer_uid, ...card, customer_name: '김나루', customer_tel: '010-1234-5678' }));
  return customer_uid;
}

test('charges are booked, read, listed by customer and revoked', async () => {
  const customer_uid = await customer();
  const numbersOf = [order('month'), order('month'), order('month')];
  const booked = await call(Subscribe.schedule({
    customer_uid,
    schedules: numbersOf.map((merchant_uid, i) => ({ merchant_uid, schedule_at: at + i * day, amount: 9_900 + i, name: `${i + 1}회차`, buyer_name: i ? undefined : '이나루', custom_data: '{"plan":"a"}' })),
  }));
  assert.deepEqual(booked.map(({ merchant_uid }) => merchant_uid), numbersOf);
  const [first, second] = booked;
  assert.deepEqual(first.schedule_at, new Date(at * 1000));
  assert.equal(first.executed_at, 0);
  assert.equal(first.revoked_at, 0);
  assert.equal(first.schedule_status, 'scheduled');
  assert.equal(first.payment_status, null);
  assert.equal(first.imp_uid, null);
  assert.equal(first.fail_reason, null);
  assert.equal(first.amount, 9_900);
  assert.equal(first.name, '1회차');
  assert.equal(first.custom_data, '{"plan":"a"}');
  assert.equal(first.buyer_name, '이나루');
  assert.equal(second.buyer_name, '김나루', 'what a booking leaves out is the key\'s');
  assert.deepEqual({ ...(await call(Subscribe.getScheduled({ merchant_uid: numbersOf[0] }))) }, { ...first });

  const span = { customer_uid, from: at - day, to: at + 10 * day, page: 1 };
  for (const list of [Subscribe.getScheduleds(span), Customers.getScheduleds({ ...span, 'schedule-status': 'scheduled' })]) {
    const page = await call(list);
    assert.deepEqual([page.total, page.previous, page.next], [3, 0, 0]);
    assert.deepEqual(page.list.map(({ merchant_uid }) => merchant_uid), [...numbersOf].reverse(), 'newest first');
  }

  const [revoked, ...others] = await call(Subscribe.unschedule({ customer_uid, merchant_uid: numbersOf[1] }));
  assert.equal(others.length, 0);
  assert.equal(revoked.merchant_uid, numbersOf[1]);
  assert.equal(revoked.schedule_status, 'revoked');
  assert.ok(revoked.revoked_at instanceof Date);
  assert.equal(revoked.imp_uid, null);
  assert.deepEqual(await refusal(Subscribe.unschedule({ customer_uid, merchant_uid: numbersOf[1] })), nothing);
  const rest = await call(Subscribe.unschedule({ customer_uid }));
  assert.deepEqual(rest.map(({ merchant_uid }) => merchant_uid).sort(), [numbersOf[0], numbersOf[2]].sort());
  assert.equal((await call(Subscribe.getScheduleds({ ...span, 'schedule-status': 'revoked' }))).total, 3);
});

test('unschedule takes a list, and answers in its order', async () => {
  const customer_uid = await customer();
  const [a, b] = [order('list'), order('list')];
  await call(Subscribe.schedule({ customer_uid, schedules: [a, b].map((merchant_uid) => ({ merchant_uid, schedule_at: at, amount: 1_000 })) }));
  const revoked = await call(Subscribe.unschedule({ customer_uid, merchant_uid: [b, a] }));
  assert.deepEqual(revoked.map(({ merchant_uid }) => merchant_uid), [b, a]);
});

test('a card that comes with the booking gets a key first', async () => {
  const customer_uid = order('customer');
  const [booked] = await call(Subscribe.schedule({ customer_uid, ...card, schedules: [{ merchant_uid: order('card'), schedule_at: at, amount: 5_500, name: '구독' }] }));
  assert.equal(booked.schedule_status, 'scheduled');
  assert.equal((await call(Customers.getBillingKey({ customer_uid }))).customer_uid, customer_uid);
});

test('a checking amount that is declined books nothing', async () => {
  const merchant_uid = order('checking');
  const refused = await refusal(Subscribe.schedule({
    customer_uid: order('customer'), ...card, card_number: overLimit, checking_amount: 100, schedules: [{ merchant_uid, schedule_at: at, amount: 5_500, name: '구독' }],
  }));
  assert.deepEqual([refused.http, refused.code, refused.response], [200, 1, null]);
  assert.match(refused.message, /^카드정보 확인에 실패하였습니다\..*한도/);
  assert.equal((await refusal(Subscribe.getScheduled({ merchant_uid }))).http, 404);
});

test('what cannot be booked is refused, and nothing of it is booked', async () => {
  const item = (more) => ({ merchant_uid: order('refused'), schedule_at: at, amount: 5_500, name: '구독', ...more });
  assert.deepEqual(await refusal(Subscribe.schedule({ customer_uid: order('nobody'), schedules: [item()] })), {
    http: 200, code: 1, message: '등록된 고객정보가 없습니다.', response: null,
  });
  const customer_uid = await customer();
  const twice = item();
  const refused = await refusal(Subscribe.schedule({ customer_uid, schedules: [twice, { ...twice, amount: 1 }] }));
  assert.deepEqual([refused.http, refused.code, refused.response], [200, 1, null]);
  const first = item();
  const late = await refusal(Subscribe.schedule({ customer_uid, schedules: [first, item({ schedule_at: now() - 60 })] }));
  assert.notEqual(late.code, 0);
  for (const { merchant_uid } of [twice, first]) assert.equal((await refusal(Subscribe.getScheduled({ merchant_uid }))).http, 404);
  assert.deepEqual(await refusal(Subscribe.unschedule({ customer_uid })), nothing);
});

test('the list of a customer nobody knows is empty', async () => {
  const span = { customer_uid: order('nobody'), from: at - day, to: at + day, page: 1 };
  for (const list of [Subscribe.getScheduleds(span), Customers.getScheduleds(span)]) {
    const { total, previous, next, list: rows } = await call(list);
    assert.deepEqual([total, previous, next, rows], [0, 0, 0, []]);
  }
});
