// The part of the page that needs no page: form to call, form to link, code.
import assert from "node:assert/strict";
import { test } from "node:test";
import { build, defaults, fromLink, newForm, resolve, settle, toLink } from "../static/call.js";
import { EXAMPLES } from "../static/examples.js";
import { methodsOf } from "../static/methods.js";
import { PARAMS, fits } from "../static/params.js";
import { page, plain, printed, snippet } from "../static/print.js";
import { notes, standing } from "../static/words.js";

const channels = [
  { key: "ck-1", name: "a", provider: "tosspayments", kind: "payment" }, { key: "ck-2", name: "b", provider: "tosspay_v2", kind: "payment" },
  { key: "ck-3", name: "c", provider: "tosspayments", kind: "billing" }, { key: "ck-4", name: "d", provider: "tosspay_v2", kind: "billing" },
  { key: "ck-5", name: "e", provider: "tosspayments", kind: "payment" },
];
const context = { now: Date.UTC(2026, 7, 6, 15, 30), self: "http://play.test/playground", tab: "T", lang: "ko", order: "order-1", customer: "card-1" };
const call = (form) => build(form, channels, context);
const all = EXAMPLES.flatMap((g) => g.examples);
const formOf = (e) => settle({ ...newForm("ko"), provider: e.provider || "tosspayments", kind: e.kind || "payment", method: e.method || "card", extra: e.extra || "", values: { ...defaults("ko"), ...e.values } });

test("an untouched form is a card payment of a shop that can be copied", () => {
  assert.deepEqual(call(newForm("ko")), { problems: [], params: {
    channelKey: "ck-1", pay_method: "card", merchant_uid: "order-1", name: "나루 머그컵", amount: 1000, buyer_name: "김나루", buyer_tel: "010-1234-5678",
    buyer_email: "naru@example.com", notice_url: "http://play.test/playground/hooks/T", m_redirect_url: "http://play.test/playground/return/T" } });
});

test("values have the types V1 wants, nested as V1 nests them", () => {
  const f = newForm("ko");
  Object.assign(f.values, { amount: "60000", "display.card_quota": "2,3,6", "card.direct.code": "367", "card.direct.quota": "3", appCard: "false", useCardPoint: "true",
    "bypass.tosspayments.useInternationalCardOnly": "true", custom_data: '{"cart":17}', tax_free: "abc" });
  const { params, problems } = call(f);
  assert.deepEqual(problems, []);
  assert.deepEqual([params.amount, params.display, params.card, params.appCard, params.useCardPoint, params.bypass, params.custom_data],
    [60000, { card_quota: [2, 3, 6] }, { direct: { code: "367", quota: 3 } }, false, true, { tosspayments: { useInternationalCardOnly: true } }, { cart: 17 }]);
  assert.equal(params.tax_free, "abc", "what is no number is sent as it is, to see it refused");
});

test("the older way names the provider, and a channel can be chosen", () => {
  const f = { ...newForm("ko"), style: "pg" };
  assert.deepEqual([call(f).params.pg, call(f).params.channelKey], ["tosspayments", undefined]);
  f.values.pg = "tosspayments.im_shop";
  assert.equal(call(f).params.pg, "tosspayments.im_shop");
  assert.equal(call({ ...newForm("ko"), channel: "ck-5" }).params.channelKey, "ck-5");
  assert.equal(build(newForm("ko"), [], context).problems[0].path, "channelKey");
});

test("times are Korean, and follow the gateway's clock", () => {
  assert.equal(resolve("vbank_due", "@+3d", context), "2026-08-10", "00:30 on the 7th in Korea, and three days");
  assert.equal(resolve("bypass.tosspay_v2.expiredTime", "@+30m", context), "2026-08-07 01:00:00");
  assert.equal(resolve("vbank_due", "2026-12-31", context), "2026-12-31");
});

test("the confirm process and the webhook answer as chosen", () => {
  assert.equal(resolve("confirm_url", "@refuse:재고 & 없음", context), "http://play.test/playground/confirm/T?answer=refuse&reason=%EC%9E%AC%EA%B3%A0+%26+%EC%97%86%EC%9D%8C");
  assert.equal(resolve("confirm_url", "@silent", context), "http://play.test/playground/confirm/T?answer=silent");
  assert.equal(resolve("notice_url", "@500", context), "http://play.test/playground/hooks/T?answer=500");
  assert.equal(resolve("m_redirect_url", "@", { ...context, lang: "en" }), "http://play.test/playground/return/T?lang=en");
});

test("extra parameters win and go deep; what is no object is a problem", () => {
  const f = newForm("ko");
  Object.assign(f.values, { "card.direct.code": "367" });
  f.extra = '{"amount": "1000", "card": {"direct": {"quota": 0}}, "list": [1]}';
  const { params } = call(f);
  assert.deepEqual([params.amount, params.card, params.list], ["1000", { direct: { code: "367", quota: 0 } }, [1]]);
  for (const bad of ["{", "[]", "3", "null"]) {
    f.extra = bad;
    assert.deepEqual(call(f).problems.map((p) => p.path), ["extra"], bad);
  }
  f.extra = "";
  f.values.custom_data = "{";
  assert.deepEqual(call(f).problems.map((p) => p.path), ["custom_data"]);
});

test("values that mean nothing for another choice go, and come back", () => {
  const f = newForm("ko"), stash = {};
  Object.assign(f.values, { "card.direct.code": "367" });
  settle(Object.assign(f, { provider: "tosspay_v2" }), stash);
  assert.equal(f.method, "tosspay");
  assert.equal(f.values["card.direct.code"], undefined);
  settle(Object.assign(f, { provider: "tosspayments", method: "card" }), stash);
  assert.equal(f.values["card.direct.code"], "367");
});

test("a link carries every example, and nothing else", () => {
  assert.equal(toLink(newForm("ko"), "ko"), "p=tosspayments&m=card");
  for (const e of all) {
    for (const style of ["channelKey", "pg"]) {
      const f = { ...formOf(e), style, phone: style === "pg" };
      assert.deepEqual(call(fromLink(toLink(f, "ko"), "ko")), call(f), e.id);
      assert.equal(toLink(fromLink(toLink(f, "ko"), "ko"), "ko"), toLink(f, "ko"), e.id);
    }
  }
  const f = newForm("ko");
  delete f.values.buyer_email;
  assert.equal(call(fromLink(toLink(f, "ko"), "ko")).params.buyer_email, undefined, "what was taken away stays away");
  assert.equal(fromLink("p=nobody&k=x&m=%3Cscript%3E&x=%7B", "ko").method, "card", "a link may carry anything");
});

test("every example can be called, is one of its own, and is of a method that is sold", () => {
  const links = new Set();
  for (const e of all) {
    const f = formOf(e);
    assert.deepEqual(call(f).problems, [], e.id);
    assert.ok(methodsOf(f.provider, f.kind).some((m) => m.value === f.method), e.id);
    for (const path of Object.keys(e.values || {})) {
      const p = PARAMS.find((x) => x.path === path);
      assert.ok(p && fits(p, f), `${e.id}: ${path} means something there`);
    }
    links.add(toLink(f, "ko"));
  }
  assert.equal(links.size, all.length);
  const sold = all.map((e) => formOf(e)).map((f) => f.provider + f.kind + f.method);
  for (const provider of ["tosspayments", "tosspay_v2"]) for (const kind of ["payment", "billing"]) for (const m of methodsOf(provider, kind)) assert.ok(sold.includes(provider + kind + m.value), m.value);
});

test("the form has every parameter of V1's page for the two providers", () => {
  const want = `merchant_uid name amount currency language locale tax_free vat_amount vat buyer_name buyer_email buyer_tel buyer_addr buyer_postcode custom_data notice_url
    confirm_url m_redirect_url app_scheme escrow products escrowProducts digital vbank_due biz_num customer_uid customer_id display.card_quota display.only_installment card.direct.code
    card.direct.quota card.detail card.useInstallment useFreeInterestFromMall appCard useCardPoint popup promotion_id channelGroupId pg bypass.isCulturalExpense bypass.cashReceiptType
    bypass.tosspayments.useInternationalCardOnly bypass.tosspayments.discountCode bypass.expiredTime bypass.tosspay_v2.expiredTime bypass.cashReceiptTradeOption
    bypass.tosspay_v2.cashReceiptTradeOption bypass.tosspay_v2.cashReceipt bypass.tosspay_v2.encryptedUserCi`.split(/\s+/).sort();
  assert.deepEqual(PARAMS.map((p) => p.path).sort(), want);
});

test("the code says what is called, and can be run", () => {
  const params = { channelKey: "ck-1", name: '"</script>', card: { direct: { code: "367" } }, list: [] , "a-b": null };
  for (const style of ["channelKey", "pg"]) {
    let got, told;
    const IMP = { init: (code) => { told = code; }, request_pay: (p, then) => { got = p; then({ error_code: "X", error_msg: "no" }); } };
    let alerted = "";
    new Function("IMP", "alert", plain(snippet(params, "imp00000000", style, false)))(IMP, (text) => { alerted = text; });
    assert.deepEqual([got, told, alerted], [params, "imp00000000", "no"]);
  }
  const whole = plain(page(snippet(params, "imp00000000", "channelKey", false), "http://pay.test", false));
  assert.equal(whole.split("</script>").length, 3, "a name cannot end the script");
  const inner = whole.slice(whole.lastIndexOf("<script>") + 8, whole.lastIndexOf("</script>"));
  let got;
  const button = {};
  new Function("IMP", "document", inner)({ init() {}, request_pay: (p) => { got = p; } }, { getElementById: () => button });
  button.onclick();
  assert.deepEqual(got, params);
});

test("answers are printed as JSON, with words behind", () => {
  const value = { status: "paid", paid_at: 1785974462, card_quota: 0, pay_method: "point", more: { list: [1, "a"] }, none: {} };
  assert.deepEqual(JSON.parse(plain(printed(value))), value);
  const said = plain(printed(value, { notes: notes(false) }));
  for (const words of ["// 결제됨", "// 2026-08-06 09:01:02", "// 일시불", "// 포인트·머니"]) assert.ok(said.includes(words), words);
});

test("how a run stands", () => {
  const run = { n: 1, kind: "window", events: [] };
  const text = (payment, r = run, open = false) => standing(r, payment, open).text[0];
  assert.equal(text({ status: "ready", vbank_num: "1" }), "입금 대기");
  assert.equal(text({ status: "ready" }, run, true), "결제창 열림");
  assert.equal(text({ status: "cancelled", amount: 10, cancel_amount: 4 }), "부분 취소");
  assert.equal(text({ status: "cancelled", amount: 10, cancel_amount: 10 }), "전액 취소");
  assert.equal(text({ status: "paid", customer_uid_usage: "issue" }), "빌링키 발급 완료");
  assert.equal(text(null, { ...run, events: [{ kind: "callback", data: { imp_uid: null, error_code: "F1002" } }] }), "창이 열리기 전에 거절");
  assert.equal(text(null, run), "결과를 기다리는 중");
});
