// Booked charges that fall due, as the official client sees them. The sandbox's
// clock moves here, so that tokens end: this file has a gateway of its own.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { card, control, day, now, numbers, overLimitWhenCharged } from '../world.mjs';
import { Request, call, newClient, refusal } from '../rest-client/client.mjs';

const { Customers, Payments, Subscribe } = Request;
const order = numbers('rc-clock');

test('booked charges are made when they are due, and the failed one is told as such', async () => {
  const at = now() + 30 * day;
  const [good, bad, deleted] = [order('customer'), order('customer'), order('customer')];
  await call(Customers.postBillingKey({ customer_uid: good, ...card }));
  await call(Customers.postBillingKey({ customer_uid: bad, ...card, card_number: overLimitWhenCharged }));
  await call(Customers.postBillingKey({ customer_uid: deleted, ...card }));
  const uidOf = {};
  for (const customer_uid of [good, bad, deleted]) {
    uidOf[customer_uid] = order('month');
    await call(Subscribe.schedule({ customer_uid, schedules: [{ merchant_uid: uidOf[customer_uid], schedule_at: at, amount: 9_900, name: '구독' }] }));
  }
  await call(Customers.deleteBillingKey({ customer_uid: deleted }));

  await control('POST', 'clock', { advance: '31d' });
  const client = newClient(); // the other one's token has expired on the gateway's clock
  const result = (customer_uid) => call(Subscribe.getScheduled({ merchant_uid: uidOf[customer_uid] }), client);

  const paid = await result(good);
  assert.equal(paid.schedule_status, 'executed');
  assert.equal(paid.payment_status, 'paid');
  assert.equal(paid.fail_reason, null);
  assert.ok(paid.executed_at >= new Date(at * 1000));
  const payment = await call(Payments.getByImpUid({ imp_uid: paid.imp_uid }), client);
  assert.equal(payment.status, 'paid');
  assert.equal(payment.amount, 9_900);
  assert.equal(payment.merchant_uid, uidOf[good]);
  assert.equal(payment.customer_uid, good);
  assert.equal(payment.customer_uid_usage, 'payment.scheduled');

  const failed = await result(bad);
  assert.equal(failed.schedule_status, 'executed');
  assert.equal(failed.payment_status, 'failed');
  assert.match(failed.fail_reason, /한도/);
  const keyless = await result(deleted);
  assert.equal(keyless.schedule_status, 'executed');
  assert.equal(keyless.payment_status, 'failed');
  assert.ok(keyless.fail_reason);

  const refused = await refusal(Subscribe.unschedule({ customer_uid: good, merchant_uid: uidOf[good] }), client);
  assert.deepEqual([refused.http, refused.code, refused.message], [200, 1, '취소할 예약결제 기록이 존재하지 않습니다.']);
});

test('a token that expired is refused, and a new one is another', async () => {
  const client = newClient();
  const { Authorization: first } = await client.getHeaders();
  await control('POST', 'clock', { advance: '31m' });
  client.token.expired_at = now() + day; // as if the merchant's clock were far behind
  assert.deepEqual(await refusal(Payments.getByStatus({ status: 'all' }), client), { http: 401, code: -1, message: 'Unauthorized', response: null });
  assert.notEqual((await newClient().getHeaders()).Authorization, first);
});
