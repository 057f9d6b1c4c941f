// What the tests of every client share: where the gateway is, cards, order
// numbers, and what happens outside of the merchant's calls.
import assert from 'node:assert/strict';

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start these tests with "go test ./test/clients/..."`);
  return value;
}

export const gateway = setting('GATEWAY');
export const sandbox = setting('SANDBOX');
export const apiKey = 'naru_dev_key';
export const apiSecret = 'naru_dev_secret';

/** The channel for billing keys and the one for windows and accounts, of every `naru dev`. */
export const billingMID = 'tnarubill';
export const paymentMID = 'tnaru';

/** A card the sandbox approves. */
export const card = { card_number: '5310-4400-1122-3347', expiry: '2032-09', birth: '880704', pwd_2digit: '31' };

/** Numbers the sandbox declines; GET /control/tosspayments/cards lists them all. */
export const overLimit = '9410-0099-0000-0101';
export const noSuchCard = '9410-0099-0000-0108';
export const overLimitWhenCharged = '9410-0099-0000-0201';

/** Makes order numbers and names that no other test file has. */
export function numbers(file) {
  let n = 0;
  return (what) => `${file}_${what}_${(n += 1)}`;
}

export const now = () => Math.floor(Date.now() / 1000);
export const day = 24 * 60 * 60;

/** Calls the sandbox's control port and gives the JSON of its answer. */
export async function control(method, path, body) {
  const answer = await fetch(`${sandbox}/control/${path}`, { method, body: body && JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} /control/${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** A payment as the provider has it. The provider knows it by its imp_uid. */
export async function atProvider(impUid) {
  const { payments } = await control('GET', `tosspayments/payments?orderId=${impUid}`);
  assert.equal(payments.length, 1, `the provider has ${payments.length} payments of ${impUid}`);
  return payments[0];
}

/** The buyer pays into a virtual account; done when the gateway knows. */
export async function deposit(impUid, read) {
  const { paymentKey } = await atProvider(impUid);
  await control('POST', `tosspayments/payments/${paymentKey}/deposit`);
  return eventually(read, (payment) => payment.status === 'paid', `${impUid} to be paid`);
}

/** Reads until what was read is as wanted. */
export async function eventually(read, wanted, what) {
  const end = Date.now() + 10_000;
  for (;;) {
    const got = await read();
    if (wanted(got)) return got;
    if (Date.now() > end) assert.fail(`waited 10 s for ${what}; it is ${JSON.stringify(got)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
