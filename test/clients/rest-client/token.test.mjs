import assert from 'node:assert/strict';
import { test } from 'node:test';

import { apiKey, apiSecret } from '../world.mjs';
import { Request, call, newClient, refusal } from './client.mjs';

const { Authenticate, Banks, Cards } = Request;

test('a token lives for half an hour and is the same when it is asked for again', async () => {
  const token = () => call(Authenticate.getToken({ imp_key: apiKey, imp_secret: apiSecret }));
  const first = await token();
  assert.match(first.access_token, /^[0-9a-f]{40}$/);
  const lives = (first.expired_at - first.now) / 1000;
  assert.ok(lives >= 60 && lives <= 1800, `lives ${lives} s`);
  assert.ok(Math.abs(first.now - Date.now()) < 60_000, 'now is unix seconds');
  const again = await token();
  assert.equal(again.access_token, first.access_token);
  assert.deepEqual(again.expired_at, first.expired_at);
});

test('a wrong secret is told in the words merchants know', async () => {
  assert.deepEqual(await refusal(Authenticate.getToken({ imp_key: apiKey, imp_secret: 'wrong' })), {
    http: 401, code: -1, message: '인증에 실패하였습니다. API키와 secret을 확인하세요.', response: null,
  });
});

test('a client with a wrong secret gets nothing else either', async () => {
  const refused = await refusal(Banks.getBanks(), newClient({ apiSecret: 'wrong' }));
  assert.equal(refused.http, 401);
  assert.equal(refused.code, -1);
});

test('a token nobody issued is Unauthorized', async () => {
  const client = newClient();
  client.token = { access_token: '0'.repeat(40), expired_at: Date.now() / 1000 + 600 };
  assert.deepEqual(await refusal(Banks.getBanks(), client), { http: 401, code: -1, message: 'Unauthorized', response: null });
});

test('banks and cards have their standard codes', async () => {
  const banks = await call(Banks.getBanks());
  assert.equal(banks.find(({ code }) => code === '088')?.name, '신한은행');
  assert.equal((await call(Banks.getBank({ code: '004' }))).name, '국민은행');
  assert.equal((await call(Cards.getCard({ code: '366' }))).name, '신한카드');
  const refused = await refusal(Cards.getCard({ code: '999' }));
  assert.equal(refused.http, 404);
  assert.equal(refused.code, -1);
});
