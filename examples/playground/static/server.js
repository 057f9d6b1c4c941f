// @ts-check
// What the page asks of its own server.

/**
 * @typedef {{at: string, kind: "callback" | "return" | "webhook" | "confirm" | "call", status?: number, data: any}} Event
 * @typedef {{n: number, at: string, kind: "window" | "again" | "other", imp_uid?: string, merchant_uid: string, customer_uid?: string, about?: About, events: Event[]}} Run
 * @typedef {{provider: string, kind: string, method: string, params: Record<string, any>, link: string, phone: boolean}} About what the page remembers of a run
 * @typedef {{method: string, path: string, body?: any, status: number, answer: any}} Exchange
 */

export class Server {
  /** @param {string} base @param {string} tab */
  constructor(base, tab) {
    this.base = base;
    this.tab = tab;
    this.seen = -1;
    this.first = true; // nothing was heard before
  }

  /** @param {string} path @param {RequestInit} [init] */
  async ask(path, init) {
    const answer = await fetch(this.base + path, init);
    const body = answer.status === 204 ? null : await answer.json();
    if (!answer.ok) throw new Error((body && body.message) || "HTTP " + answer.status);
    return body;
  }

  /** @param {string} path @param {unknown} body @param {string} [method] */
  send(path, body, method = "POST") {
    // keepalive: on phones the page leaves at once.
    return this.ask(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), keepalive: true });
  }

  /** All runs of this tab; null when nothing changed since. @returns {Promise<Run[] | null>} */
  async runs() {
    const news = await this.ask(`/api/${this.tab}/runs?seen=${this.seen}`);
    this.first = this.seen < 0;
    if (!news) return null;
    this.seen = news.seq;
    return news.runs;
  }

  /** @param {{merchant_uid: string, customer_uid: string, about: About}} run @returns {Promise<{n: number}>} */
  begin(run) { return this.send(`/api/${this.tab}/runs`, run); }

  /** @param {number} n @param {unknown} rsp what the callback was given */
  callback(n, rsp) { return this.send(`/api/${this.tab}/runs/${n}/callback`, rsp); }

  /** @param {number} n @param {"payment" | "window" | "key"} what @returns {Promise<Exchange>} */
  look(n, what) { return this.ask(`/api/${this.tab}/runs/${n}/${what}`); }

  /** @param {number} n @param {"cancel" | "deposit"} what @param {unknown} body @returns {Promise<Exchange>} */
  act(n, what, body) { return this.send(`/api/${this.tab}/runs/${n}/${what}`, body); }

  /** @param {number} n @param {unknown} body @returns {Promise<{n: number, exchange: Exchange}>} */
  again(n, body) { return this.send(`/api/${this.tab}/runs/${n}/again`, body); }

  /** @param {number} n @returns {Promise<Exchange>} */
  deleteKey(n) { return this.ask(`/api/${this.tab}/runs/${n}/key`, { method: "DELETE" }); }

  clock() { return this.ask("/sandbox/clock"); }

  /** @param {string} by such as "1d" */
  advance(by) { return this.send("/sandbox/clock", { advance: by }); }

  /** What the next buyers of a provider are to do. @param {string} provider @returns {Promise<{orders: {action: string, code?: string}[]}>} */
  orders(provider) { return this.ask("/sandbox/next-buyer/" + provider); }

  /** @param {string} provider @param {{action: string, code?: string}} what */
  order(provider, what) { return this.send("/sandbox/next-buyer/" + provider, what, "PUT"); }

  /** @param {string} provider */
  noOrders(provider) { return this.ask("/sandbox/next-buyer/" + provider, { method: "DELETE" }); }
}
