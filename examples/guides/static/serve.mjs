// 안내 글 페이지를 여는 작은 상점 서버입니다. 웹훅(notice_url)과 승인 전 확인(confirm_url)도 받습니다.
// A small shop server for the pages of this folder; it hears webhooks and is asked before approval.
//
//   node static/serve.mjs
//
//   GATEWAY  base address of the gateway, default http://127.0.0.1:8787; put into the pages' script tags
//   PORT     default 8790; 0 is any free one
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const written = "http://127.0.0.1:8787"; // the gateway's address in the pages
const gateway = (process.env.GATEWAY || written).replace(/\/+$/, "");
const folder = fileURLToPath(new URL("..", import.meta.url));
const types = { ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8" };
const heard = []; // what the gateway told, oldest first

async function page(path) {
  const type = types[extname(path)];
  const safe = normalize(path);
  if (!type || safe !== path) return null;
  const file = await readFile(folder + safe.slice(1)).catch(() => null);
  if (!file) return null;
  return { type, body: type.startsWith("text/html") ? file.toString().replaceAll(written, gateway) : file };
}

async function read(req) {
  let body = "";
  for await (const part of req) {
    body += part;
    if (body.length > 65536) throw new Error("the body is too long");
  }
  return body;
}

/** Stores, then answers 200: a webhook needs no more, and for confirm_url it means "go on". */
async function hear(path, req, res) {
  try {
    heard.push({ path, body: JSON.parse(await read(req)) });
    if (heard.length > 1000) heard.shift();
    console.log(path, JSON.stringify(heard.at(-1).body));
    res.writeHead(200).end();
  } catch (err) {
    res.writeHead(400, { "Content-Type": "application/json" }).end(JSON.stringify({ reason: String(err.message) }));
  }
}

const server = createServer(async (req, res) => {
  const { pathname } = new URL(req.url, "http://localhost");
  const found = req.method === "GET" ? await page(pathname === "/" ? "/static/index.html" : pathname) : null;
  if (found) res.writeHead(200, { "Content-Type": found.type, "Cache-Control": "no-store" }).end(found.body);
  else if (req.method === "POST" && (pathname === "/notice" || pathname === "/confirm")) await hear(pathname, req, res);
  else if (req.method === "GET" && pathname === "/heard") res.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(heard));
  else res.writeHead(404).end();
});
server.listen(Number(process.env.PORT || 8790), "localhost", () => console.log(`http://localhost:${server.address().port}/`));
