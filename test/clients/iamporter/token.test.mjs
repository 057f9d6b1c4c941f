import assert from 'node:assert/strict';
import { test } from 'node:test';

import { client, missing, newClient, refusal } from './client.mjs';

test('a token is got once and kept until it expires', async () => {
  const { data } = await client.getToken();
  assert.match(data.access_token, /^[0-9a-f]{40}$/);
  assert.equal(typeof data.now, 'number');
  assert.ok(data.expired_at - data.now >= 60 && data.expired_at - data.now <= 1800);
  const own = newClient();
  await own.findAllByStatus('all').catch(() => {});
  assert.equal(own.token, data.access_token);
  assert.equal(own.isExpiredToken(), false);
});

test('a wrong secret is refused', async () => {
  const refused = await refusal(client.getToken('naru_dev_key', 'wrong'));
  assert.deepEqual(refused, { http: 401, code: -1, message: '인증에 실패하였습니다. API키와 secret을 확인하세요.', response: null });
  assert.equal((await refusal(newClient({ secret: 'wrong' }).findByImpUid('imp_000000000000'))).http, 401);
});

test('identity checks are not found, and foreign cards are not offered', async () => {
  assert.deepEqual(await missing(client.getCertification('imp_000000000000')), {
    http: 404, code: -1, message: '인증결과가 존재하지 않습니다.', response: null,
  });
  const foreign = await refusal(client.payForeign({ merchant_uid: 'ip_foreign', amount: 100, card_number: '4000-0000-0000-0001', expiry: '2032-09' }));
  assert.equal(foreign.message, '현재 지원되지 않는 PG사입니다.');
});
