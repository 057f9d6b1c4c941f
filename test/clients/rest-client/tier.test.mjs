// A sub-store, which clients_test.go registers with a billing channel of its own.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { card, numbers } from '../world.mjs';
import { Request, call, refusal } from './client.mjs';

const { Payments, Subscribe } = Request;
const order = numbers('rc-tier');

const missing = { http: 404, code: -1, message: '존재하지 않는 결제정보입니다.', response: null };

/** A request for the sub-store. The client takes the header as an argument of look-ups alone; its requests have it as a property. */
function of(tier, request) {
  request.headers = { Tier: tier };
  return request;
}

test('a sub-store and its parent do not see each other\'s payments, and may use the same order number', async () => {
  const merchant_uid = order('same');
  const data = { merchant_uid, amount: 14_000, ...card, name: '화분' };
  const parents = await call(Subscribe.onetime(data));
  const tiers = await call(of('ABC', Subscribe.onetime({ ...data, amount: 15_000 })));
  assert.notEqual(tiers.imp_uid, parents.imp_uid);

  const { imp_uid } = tiers;
  assert.equal((await call(Payments.getByImpUid({ imp_uid }, { Tier: 'ABC' }))).amount, 15_000);
  assert.deepEqual(await refusal(Payments.getByImpUid({ imp_uid })), missing);
  assert.deepEqual(await refusal(Payments.getByImpUid({ imp_uid: parents.imp_uid }, { Tier: 'ABC' })), missing);
  assert.equal((await refusal(Payments.cancel({ imp_uid }))).message, '취소할 결제건이 존재하지 않습니다.');
  assert.equal((await call(of('ABC', Payments.cancel({ merchant_uid })))).cancel_amount, 15_000);
  assert.equal((await call(Payments.getByImpUid({ imp_uid: parents.imp_uid }))).status, 'paid');
});

test('a sub-store that is not there is not found', async () => {
  const refused = await refusal(Payments.getByImpUid({ imp_uid: 'imp_000000000000' }, { Tier: 'ZZZ' }));
  assert.deepEqual([refused.http, refused.code, refused.response], [404, -1, null]);
  const malformed = await refusal(Payments.getByImpUid({ imp_uid: 'imp_000000000000' }, { Tier: 'ab' }));
  assert.deepEqual([malformed.http, malformed.response], [400, null]);
});
