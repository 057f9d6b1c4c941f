"""웹훅 받기: 서명을 확인하고, 결제를 조회한 뒤, 200으로 답합니다. Python 3.9+, 의존성 없음.

Receives webhooks: verifies the signature, looks the payment up, answers 200. No dependency.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE = 5 * 60  # seconds


def verify(secret, headers, body, now=None):
    """Raises ValueError unless the request was signed with the secret just now.

    secret is "whsec_…", headers has get() for names in lower case, body is exactly the bytes that came.
    """
    now = time.time() if now is None else now
    message_id, timestamp = headers.get("webhook-id") or "", headers.get("webhook-timestamp") or ""
    if not message_id or not re.fullmatch("[0-9]{1,12}", timestamp):
        raise ValueError("webhook headers are missing")
    if abs(now - int(timestamp)) > TOLERANCE:
        raise ValueError("the webhook is too old, or a clock is wrong")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    want = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    signatures = (headers.get("webhook-signature") or "").split(" ")  # two while a secret is being changed
    if not any(hmac.compare_digest(one.encode(), want.encode()) for one in signatures):
        raise ValueError("no signature fits")


def answer(request):
    with urllib.request.urlopen(request, timeout=10) as res:
        body = json.load(res)
    if body["code"] != 0:
        raise OSError(body["message"])
    return body["response"]


def look_up(imp_uid):
    """The payment as it is now. What the webhook says of it is not read."""
    gateway = os.environ["GATEWAY"]
    form = urllib.parse.urlencode({"imp_key": os.environ["IMP_KEY"], "imp_secret": os.environ["IMP_SECRET"]}).encode()
    token = answer(urllib.request.Request(gateway + "/users/getToken", data=form))["access_token"]
    path = "/payments/" + urllib.parse.quote(imp_uid, safe="")
    return answer(urllib.request.Request(gateway + path, headers={"Authorization": "Bearer " + token}))


def book(payment):
    """Books the payment of your order. It may be called twice for one payment."""
    # 주문(merchant_uid)의 금액과 amount가 같은지, status가 무엇인지 보고 저장하세요.
    print("booked", payment["merchant_uid"], payment["status"], payment["amount"], flush=True)


class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            verify(os.environ["WEBHOOK_SECRET"], self.headers, body)
        except ValueError as err:
            return self.say(401, str(err))  # 다시 보내지 않음: not sent again
        if (self.headers.get("content-type") or "").startswith("application/json"):
            imp_uid = json.loads(body)["imp_uid"]
        else:
            imp_uid = urllib.parse.parse_qs(body.decode())["imp_uid"][0]
        try:
            book(look_up(imp_uid))
        except OSError as err:
            return self.say(503, str(err))  # 나중에 다시 보냄: sent again later
        return self.say(200, "ok")

    def say(self, status, text):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Webhook)
    print("listening on", server.server_address[1], flush=True)
    server.serve_forever()
