// iamport-rest-client-nodejs, the official client. Another host is an option of
// its constructor: baseUrl.
import assert from 'node:assert/strict';
import rest from 'iamport-rest-client-nodejs';

import { apiKey, apiSecret, gateway } from '../world.mjs';

export const { Request, Enum } = rest;

export const newClient = (options = {}) => new rest.Iamport({ apiKey, apiSecret, baseUrl: gateway, ...options });

const client = newClient();

/** Sends a request of the client and gives the `response` of V1's envelope. */
export async function call(request, from = client) {
  const { status, data } = await request.request(from);
  assert.equal(status, 200);
  assert.equal(data.code, 0);
  assert.equal(data.message, null);
  return data.response;
}

/**
 * Sends a request that is to be refused and gives the refusal: the envelope
 * with the HTTP status. The client rejects a non-zero code with the envelope
 * alone, and another HTTP status as an error of its HTTP library.
 */
export async function refusal(request, from = client) {
  try {
    await request.request(from);
  } catch (error) {
    if (!error.response) throw error;
    return { http: error.response.status ?? 200, ...error.response.data };
  }
  return assert.fail(`${request.method} ${request.url} was not refused`);
}
