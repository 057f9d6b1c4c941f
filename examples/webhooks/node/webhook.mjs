// @ts-check
// 웹훅 받기: 서명을 확인하고, 결제를 조회한 뒤, 200으로 답합니다. Node 18+, 의존성 없음.
// Receives webhooks: verifies the signature, looks the payment up, answers 200. No dependency.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const TOLERANCE = 5 * 60; // seconds

/**
 * Throws unless the request was signed with the secret just now.
 * @param {string} secret "whsec_…"
 * @param {Record<string, string | string[] | undefined>} headers with names in lower case
 * @param {Buffer} body exactly the bytes that came
 * @param {number} [now] seconds since 1970
 */
export function verify(secret, headers, body, now = Date.now() / 1000) {
  const id = String(headers["webhook-id"] ?? "");
  const timestamp = String(headers["webhook-timestamp"] ?? "");
  if (id === "" || !/^[0-9]{1,12}$/.test(timestamp)) throw new Error("webhook headers are missing");
  if (Math.abs(now - Number(timestamp)) > TOLERANCE) throw new Error("the webhook is too old, or a clock is wrong");
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const want = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  const signatures = String(headers["webhook-signature"] ?? "").split(" "); // two while a secret is being changed
  const ok = signatures.some((one) => {
    if (!one.startsWith("v1,")) return false;
    const got = Buffer.from(one.slice(3), "base64");
    return got.length === want.length && timingSafeEqual(got, want);
  });
  if (!ok) throw new Error("no signature fits");
}

const { GATEWAY = "", IMP_KEY = "", IMP_SECRET = "", WEBHOOK_SECRET = "", PORT = "3000" } = process.env;

/** The payment as it is now. What the webhook says of it is not read. @param {string} impUid */
async function lookUp(impUid) {
  const form = new URLSearchParams({ imp_key: IMP_KEY, imp_secret: IMP_SECRET });
  const token = await answer(await fetch(`${GATEWAY}/users/getToken`, { method: "POST", body: form }));
  const headers = { Authorization: `Bearer ${token.access_token}` };
  return answer(await fetch(`${GATEWAY}/payments/${encodeURIComponent(impUid)}`, { headers }));
}

/** @param {Response} res */
async function answer(res) {
  const body = await res.json();
  if (body.code !== 0) throw new Error(body.message);
  return body.response;
}

/** Books the payment of your order. It may be called twice for one payment. @param {any} payment */
async function book(payment) {
  // 주문(payment.merchant_uid)의 금액과 payment.amount가 같은지, payment.status가 무엇인지 보고 저장하세요.
  console.log("booked", payment.merchant_uid, payment.status, payment.amount);
}

async function receive(req, res) {
  const parts = [];
  for await (const part of req) parts.push(part);
  const body = Buffer.concat(parts);
  try {
    verify(WEBHOOK_SECRET, req.headers, body);
  } catch (err) {
    return res.writeHead(401).end(String(err)); // 다시 보내지 않음: not sent again
  }
  const json = String(req.headers["content-type"]).startsWith("application/json");
  const impUid = json ? JSON.parse(body.toString()).imp_uid : new URLSearchParams(body.toString()).get("imp_uid");
  try {
    await book(await lookUp(impUid));
    res.writeHead(200).end("ok");
  } catch (err) {
    res.writeHead(503).end(String(err)); // 나중에 다시 보냄: sent again later
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const server = createServer(receive).listen(Number(PORT), "127.0.0.1", () => console.log("listening on", server.address().port));
}
