-- Merchants, what they sign in with, and their contracts with providers.
--
-- Rules of all tables: times are microseconds UTC and 0 is "not happened";
-- money is in the smallest unit of its currency; JSON is TEXT; the merchant
-- comes first in every primary and unique key, so that the tables can be
-- distributed by merchant later. Each exception says why.

-- +goose Up
CREATE TABLE merchants (
	id        TEXT   NOT NULL PRIMARY KEY CONSTRAINT merchants_id CHECK (id <> ''),
	-- Exception: a browser names the merchant by this alone (IMP.init).
	user_code TEXT   NOT NULL CONSTRAINT merchants_user_code UNIQUE,
	name      TEXT   NOT NULL,
	settings  TEXT   NOT NULL,
	created   BIGINT NOT NULL
);

-- Exception: the key is what the caller shows; it tells the merchant.
CREATE TABLE api_keys (
	key         TEXT   NOT NULL PRIMARY KEY CONSTRAINT api_keys_key CHECK (key <> ''),
	merchant    TEXT   NOT NULL CONSTRAINT api_keys_merchant REFERENCES merchants (id),
	secret_hash BYTEA  NOT NULL,
	created     BIGINT NOT NULL,
	revoked     BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX api_keys_by_merchant ON api_keys (merchant, created, key);

-- Exception: one token per API key, and found by its own hash.
CREATE TABLE tokens (
	key      TEXT   NOT NULL PRIMARY KEY CONSTRAINT tokens_api_key REFERENCES api_keys (key),
	merchant TEXT   NOT NULL CONSTRAINT tokens_merchant REFERENCES merchants (id),
	hash     BYTEA  NOT NULL CONSTRAINT tokens_hash UNIQUE,
	issued   BIGINT NOT NULL,
	expires  BIGINT NOT NULL
);

CREATE TABLE channels (
	merchant   TEXT    NOT NULL CONSTRAINT channels_merchant REFERENCES merchants (id),
	-- Exception: a provider's notice names the channel and nobody else.
	key        TEXT    NOT NULL CONSTRAINT channels_key UNIQUE CONSTRAINT channels_key_set CHECK (key <> ''),
	provider   TEXT    NOT NULL,
	mid        TEXT    NOT NULL,
	name       TEXT    NOT NULL,
	mode       TEXT    NOT NULL CONSTRAINT channels_mode CHECK (mode IN ('live', 'test', 'sandbox')),
	kind       TEXT    NOT NULL CONSTRAINT channels_kind CHECK (kind IN ('payment', 'billing')),
	api        TEXT    NOT NULL,
	script     TEXT    NOT NULL,
	sealed     BYTEA   NOT NULL,
	revision   BIGINT  NOT NULL,
	is_default BOOLEAN NOT NULL,
	disabled   BOOLEAN NOT NULL,
	created    BIGINT  NOT NULL,
	PRIMARY KEY (merchant, key)
);
