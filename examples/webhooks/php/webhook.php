<?php
// 웹훅 받기: 서명을 확인하고, 결제를 조회한 뒤, 200으로 답합니다. PHP 8+, 의존성 없음.
// Receives webhooks: verifies the signature, looks the payment up, answers 200. No dependency.

declare(strict_types=1);

const WEBHOOK_TOLERANCE = 5 * 60; // seconds

/**
 * Throws unless the request was signed with the secret just now.
 *
 * @param string $secret "whsec_…"
 * @param array<string, string> $headers with names in lower case
 * @param string $body exactly the bytes that came
 */
function verify_webhook(string $secret, array $headers, string $body, ?int $now = null): void
{
    $id = $headers['webhook-id'] ?? '';
    $timestamp = $headers['webhook-timestamp'] ?? '';
    if ($id === '' || !preg_match('/\A[0-9]{1,12}\z/', $timestamp)) {
        throw new InvalidArgumentException('webhook headers are missing');
    }
    if (abs(($now ?? time()) - (int) $timestamp) > WEBHOOK_TOLERANCE) {
        throw new InvalidArgumentException('the webhook is too old, or a clock is wrong');
    }
    $key = base64_decode(preg_replace('/\Awhsec_/', '', $secret));
    $want = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    foreach (explode(' ', $headers['webhook-signature'] ?? '') as $one) { // two while a secret is being changed
        if (hash_equals($want, $one)) {
            return;
        }
    }
    throw new InvalidArgumentException('no signature fits');
}

/** @return array<string, mixed> */
function gateway_answer(string $path, array $http): array
{
    $text = @file_get_contents(getenv('GATEWAY') . $path, false, stream_context_create(['http' => $http + ['timeout' => 10]]));
    $body = $text === false ? null : json_decode($text, true);
    if (!is_array($body) || $body['code'] !== 0) {
        throw new RuntimeException('the payment cannot be looked up: ' . ($body['message'] ?? 'no answer'));
    }
    return $body['response'];
}

/** The payment as it is now. What the webhook says of it is not read. */
function look_up(string $impUid): array
{
    $token = gateway_answer('/users/getToken', [
        'method' => 'POST',
        'header' => 'Content-Type: application/x-www-form-urlencoded',
        'content' => http_build_query(['imp_key' => getenv('IMP_KEY'), 'imp_secret' => getenv('IMP_SECRET')]),
    ])['access_token'];
    return gateway_answer('/payments/' . rawurlencode($impUid), ['header' => "Authorization: Bearer $token"]);
}

/** Books the payment of your order. It may be called twice for one payment. */
function book(array $payment): void
{
    // 주문(merchant_uid)의 금액과 amount가 같은지, status가 무엇인지 보고 저장하세요.
    error_log("booked {$payment['merchant_uid']} {$payment['status']} {$payment['amount']}");
}

function receive_webhook(): void
{
    $body = file_get_contents('php://input');
    $headers = [];
    foreach (['id', 'timestamp', 'signature'] as $name) {
        $headers["webhook-$name"] = $_SERVER['HTTP_WEBHOOK_' . strtoupper($name)] ?? '';
    }
    try {
        verify_webhook(getenv('WEBHOOK_SECRET'), $headers, $body);
    } catch (InvalidArgumentException $e) {
        http_response_code(401); // 다시 보내지 않음: not sent again
        echo $e->getMessage();
        return;
    }
    $in = str_starts_with($_SERVER['CONTENT_TYPE'] ?? '', 'application/json') ? json_decode($body, true) : $_POST;
    try {
        book(look_up((string) $in['imp_uid']));
        echo 'ok';
    } catch (RuntimeException $e) {
        http_response_code(503); // 나중에 다시 보냄: sent again later
        echo $e->getMessage();
    }
}

if (PHP_SAPI !== 'cli') {
    receive_webhook();
}
