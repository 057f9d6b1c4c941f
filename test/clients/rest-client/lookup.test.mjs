import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { card, day, eventually, now, numbers, overLimit } from '../world.mjs';
import { Request, call, newClient, refusal } from './client.mjs';

const { Payments, Subscribe } = Request;
const order = numbers('rc-lookup');

const missing = { http: 404, code: -1, message: '존재하지 않는 결제정보입니다.', response: null };

// An order that was declined once and then paid, and one that was paid.
const [retried, plain] = [order('retried'), order('plain')];
let failed, paid, other;

before(async () => {
  const charge = (merchant_uid, more) => Subscribe.onetime({ merchant_uid, amount: 21_000, ...card, name: '조회', ...more });
  await refusal(charge(retried, { card_number: overLimit }));
  paid = await call(charge(retried));
  other = await call(charge(plain));
  failed = await call(Payments.getByMerchantUid({ merchant_uid: retried, status: 'failed' }));
});

test('by imp_uid: what the charge answered', async () => {
  assert.deepEqual({ ...(await call(Payments.getByImpUid({ imp_uid: paid.imp_uid }))) }, { ...paid });
  assert.deepEqual(await refusal(Payments.getByImpUid({ imp_uid: 'imp_000000000000' })), missing);
});

test('by several imp_uid: the list, and what was not found', async () => {
  const both = [paid.imp_uid, other.imp_uid];
  assert.deepEqual((await call(Payments.getByImpUids({ imp_uid: both }))).map(({ imp_uid }) => imp_uid).sort(), both.sort());
  const { status, data } = await Payments.getByImpUids({ imp_uid: [...both, 'imp_000000000000'] }).request(newClient());
  assert.equal(status, 207);
  assert.equal(data.response.length, 2);
  assert.deepEqual(data.failed, ['imp_000000000000']);
  assert.equal((await refusal(Payments.getByImpUids({ imp_uid: ['imp_000000000000'] }))).http, 404);
});

test('find: one payment of an order, by status and by sorting', async () => {
  const find = (status, sorting) => call(Payments.getByMerchantUid({ merchant_uid: retried, status, sorting }));
  assert.equal((await find('paid')).imp_uid, paid.imp_uid);
  assert.equal((await find('failed')).imp_uid, failed.imp_uid);
  assert.notEqual(failed.imp_uid, paid.imp_uid);
  assert.equal((await find('', '-started')).imp_uid, paid.imp_uid);
  assert.equal((await find('', 'started')).imp_uid, failed.imp_uid);
  assert.deepEqual(await refusal(Payments.getByMerchantUid({ merchant_uid: order('unknown'), status: 'paid' })), missing);
  assert.deepEqual(await refusal(Payments.getByMerchantUid({ merchant_uid: retried, status: 'cancelled' })), missing);
});

test('find without a status, as this client calls it, is refused in the words of V1', async () => {
  assert.deepEqual(await refusal(Payments.getByMerchantUid({ merchant_uid: retried })), {
    http: 400, code: -1, message: '지원되지 않는 상태값입니다.', response: null,
  });
});

test('findAll: every try of an order, in pages', async () => {
  const all = Payments.getByMerchantUids({ merchant_uid: retried, status: '', sorting: 'started', page: 1 });
  const { total, previous, next, list } = await call(all);
  assert.deepEqual({ total, previous, next }, { total: 2, previous: 0, next: 0 });
  assert.deepEqual(list.map(({ imp_uid, status }) => [imp_uid, status]), [[failed.imp_uid, 'failed'], [paid.imp_uid, 'paid']]);
  assert.equal(all.isLast, true);
  assert.equal((await refusal(Payments.getByMerchantUids({ merchant_uid: order('unknown'), status: '', page: 1 }))).http, 404);
  assert.notEqual((await refusal(Payments.getByMerchantUids({ merchant_uid: retried, status: '', page: 2 }))).http, 200);
});

test('status: those of a time, and all is the sum of the four', async () => {
  const span = { from: now() - day, to: now() + 60, page: 1, limit: 1000 };
  const { list } = await call(Payments.getByStatus({ status: 'paid', ...span }));
  for (const one of [paid, other]) assert.ok(list.some(({ imp_uid }) => imp_uid === one.imp_uid), one.imp_uid);
  assert.ok(list.every(({ status }) => status === 'paid'));
  const totals = async () => {
    const [all, ...each] = await Promise.all(['all', 'ready', 'paid', 'failed', 'cancelled'].map((status) => totalOf({ ...span, status })));
    return { all, sum: each.reduce((a, b) => a + b) };
  };
  // Other tests charge between the reads, so it is read until they were at rest.
  await eventually(totals, ({ all, sum }) => all > 0 && all === sum, 'all to be the sum');
  const refused = await refusal(Payments.getByStatus({ status: 'lost', ...span }));
  assert.deepEqual(refused, { http: 400, code: -1, message: '지원되지 않는 상태값입니다.', response: null });
});

// A page past the end is refused, also the first one of none.
async function totalOf(params) {
  try {
    return (await call(Payments.getByStatus(params))).total;
  } catch (error) {
    if (error.response?.status !== 400) throw error;
    return 0;
  }
}
