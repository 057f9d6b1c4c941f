// iamporter, a client of the community. Another host is an option of its
// constructor: host. It has no methods for schedules, cash receipts and for
// taking an account back.
import assert from 'node:assert/strict';
import library from 'iamporter';

import { apiKey, apiSecret, gateway } from '../world.mjs';

const { Iamporter, IamporterError } = library;

export const newClient = (options = {}) => new Iamporter({ apiKey, secret: apiSecret, host: gateway, ...options });

export const client = newClient();

/** Waits for a call and gives V1's `response`. */
export async function answer(calling) {
  const { status, message, data, raw } = await calling;
  assert.equal(status, 200);
  assert.equal(message, null);
  assert.equal(raw.code, 0);
  return data;
}

/** Waits for a call that is to be refused and gives the envelope with the HTTP status. */
export async function refusal(calling) {
  try {
    await calling;
  } catch (error) {
    if (!(error instanceof IamporterError)) throw error;
    assert.ok(error.raw, `no answer: ${error.message}`);
    return { http: error.status, ...error.raw };
  }
  return assert.fail('it was not refused');
}

/** Waits for a look-up of what is not there: this client gives the 404 as if it were found. */
export async function missing(calling) {
  const { status, raw } = await calling;
  return { http: status, ...raw };
}
