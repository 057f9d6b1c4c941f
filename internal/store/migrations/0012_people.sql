-- The merchant first in the primary key of what is found by a hash or a key of
-- its own, and what erasing a person's data leaves behind.
--
-- Neither database can put another column before a primary key, so four small
-- tables step aside and come back. Nothing refers to them but tokens to api_keys.
-- The release before still finds the unique keys that its statements name.

-- +goose Up
CREATE TABLE tokens_copy AS SELECT * FROM tokens;

DROP TABLE tokens;

CREATE TABLE api_keys_copy AS SELECT * FROM api_keys;

DROP TABLE api_keys;

CREATE TABLE api_keys (
	merchant    TEXT   NOT NULL CONSTRAINT api_keys_merchant REFERENCES merchants (id),
	key         TEXT   NOT NULL CONSTRAINT api_keys_key CHECK (key <> ''),
	secret_hash BYTEA  NOT NULL,
	created     BIGINT NOT NULL,
	revoked     BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (merchant, key)
);

INSERT INTO api_keys (merchant, key, secret_hash, created, revoked)
	SELECT merchant, key, secret_hash, created, revoked FROM api_keys_copy;

DROP TABLE api_keys_copy;

-- Exception: the key is all that the caller of getToken shows; it tells the merchant.
CREATE UNIQUE INDEX api_keys_by_key ON api_keys (key);
CREATE INDEX api_keys_by_merchant ON api_keys (merchant, created, key);

CREATE TABLE tokens (
	merchant TEXT   NOT NULL,
	key      TEXT   NOT NULL,
	hash     BYTEA  NOT NULL,
	issued   BIGINT NOT NULL,
	expires  BIGINT NOT NULL,
	PRIMARY KEY (merchant, key),
	CONSTRAINT tokens_api_key FOREIGN KEY (merchant, key) REFERENCES api_keys (merchant, key)
);

INSERT INTO tokens (merchant, key, hash, issued, expires)
	SELECT merchant, key, hash, issued, expires FROM tokens_copy;

DROP TABLE tokens_copy;

-- Exception: there is one token of an API key, whosever it is.
CREATE UNIQUE INDEX tokens_by_key ON tokens (key);

-- A token is 160 bits of a keyed hash: nothing is gained by having it unique.
CREATE INDEX tokens_by_hash ON tokens (hash);

CREATE TABLE checkouts_copy AS SELECT * FROM checkouts;

DROP TABLE checkouts;

CREATE TABLE checkouts (
	merchant     TEXT   NOT NULL,
	token_hash   BYTEA  NOT NULL,
	payment      TEXT   NOT NULL,
	state        TEXT   NOT NULL CONSTRAINT checkouts_state CHECK (state IN ('new', 'begun', 'returned', 'done')),
	style        TEXT   NOT NULL CONSTRAINT checkouts_style CHECK (style IN ('frame', 'popup', 'page')),
	launch       TEXT   NOT NULL, -- what the window is opened with: JSON of the checkout's own
	redirect_url TEXT   NOT NULL,
	language     TEXT   NOT NULL,
	origin       TEXT   NOT NULL,
	created      BIGINT NOT NULL,
	expires      BIGINT NOT NULL,
	ended        BIGINT NOT NULL,
	code         TEXT   NOT NULL,
	message      TEXT   NOT NULL,
	PRIMARY KEY (merchant, token_hash),
	CONSTRAINT checkouts_payment FOREIGN KEY (merchant, payment) REFERENCES payments (merchant, id)
);

INSERT INTO checkouts (merchant, token_hash, payment, state, style, launch, redirect_url, language, origin,
		created, expires, ended, code, message)
	SELECT merchant, token_hash, payment, state, style, launch, redirect_url, language, origin,
		created, expires, ended, code, message
	FROM checkouts_copy;

DROP TABLE checkouts_copy;

-- The address of a checkout holds a random token of 256 bits, and nothing else.
CREATE INDEX checkouts_by_token   ON checkouts (token_hash);
CREATE INDEX checkouts_by_payment ON checkouts (merchant, payment, created);

CREATE TABLE notices_copy AS SELECT * FROM notices;

DROP TABLE notices;

CREATE TABLE notices (
	merchant TEXT   NOT NULL DEFAULT '', -- the release before does not write it
	channel  TEXT   NOT NULL,
	key      TEXT   NOT NULL,
	kind     TEXT   NOT NULL,
	payment  TEXT   NOT NULL,
	at       BIGINT NOT NULL,
	PRIMARY KEY (merchant, channel, key)
);

INSERT INTO notices (merchant, channel, key, kind, payment, at)
	SELECT COALESCE((SELECT c.merchant FROM channels AS c WHERE c.key = n.channel), ''), n.channel, n.key, n.kind, n.payment, n.at
	FROM notices_copy AS n;

DROP TABLE notices_copy;

-- What was said about a billing key is found when its person is to be forgotten.
CREATE INDEX exchanges_of_none ON exchanges (merchant, attempt) WHERE payment = '';

-- Likewise what merchants were answered about a payment.
CREATE INDEX idempotency_of_payment ON idempotency (merchant, payment) WHERE payment <> '';

-- When a payment's personal fields were erased. What a provider tells of it later
-- is not kept again.
ALTER TABLE payments ADD COLUMN erased BIGINT NOT NULL DEFAULT 0;

-- Who had personal fields erased, and when. Rows are added and never changed;
-- none of them holds what was erased.
CREATE TABLE erasures (
	merchant TEXT   NOT NULL CONSTRAINT erasures_merchant CHECK (merchant <> ''),
	id       TEXT   NOT NULL CONSTRAINT erasures_id CHECK (id <> ''),
	what     TEXT   NOT NULL, -- JSON: whose, an address as its keyed digest
	actor    TEXT   NOT NULL CONSTRAINT erasures_actor CHECK (actor <> ''),
	at       BIGINT NOT NULL CONSTRAINT erasures_at CHECK (at > 0),
	rows     TEXT   NOT NULL, -- JSON: how many rows of which table
	PRIMARY KEY (merchant, id)
);

CREATE INDEX erasures_by_time ON erasures (merchant, at, id);
