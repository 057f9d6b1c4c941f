-- What merchants did under an Idempotency-Key of theirs.

-- +goose Up

-- No foreign key to merchants, for the reason told in 0002.
CREATE TABLE idempotency (
	merchant     TEXT   NOT NULL CONSTRAINT idempotency_merchant CHECK (merchant <> ''),
	key          TEXT   NOT NULL CONSTRAINT idempotency_key CHECK (LENGTH(key) BETWEEN 1 AND 255),
	method       TEXT   NOT NULL,
	route        TEXT   NOT NULL, -- its pattern
	fingerprint  BYTEA  NOT NULL, -- a keyed hash of the request; nothing of a card goes into it
	state        TEXT   NOT NULL CONSTRAINT idempotency_state CHECK (state IN ('running', 'done', 'unknown')),
	run          BIGINT NOT NULL CONSTRAINT idempotency_run CHECK (run > 0), -- times the work was taken up: an older run may change nothing
	lease_to     BIGINT NOT NULL, -- until when the run is believed to live
	began        TEXT   NOT NULL, -- what it began: '' nothing yet
	began_id     TEXT   NOT NULL, -- of an attempt, a billing key or a receipt
	payment      TEXT   NOT NULL,
	merchant_uid TEXT   NOT NULL,
	detail       TEXT   NOT NULL, -- JSON
	status       BIGINT NOT NULL, -- of HTTP; 0: not answered yet
	answer       BYTEA  NOT NULL, -- sealed
	created      BIGINT NOT NULL,
	ended        BIGINT NOT NULL,
	expires      BIGINT NOT NULL,
	PRIMARY KEY (merchant, key),
	CONSTRAINT idempotency_answered CHECK (state <> 'done' OR (status > 0 AND ended > 0))
);

-- Exception: what is over is removed of all merchants.
CREATE INDEX idempotency_expired ON idempotency (expires, merchant, key);
