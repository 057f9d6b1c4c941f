-- Work to be done later, and what providers told us already.

-- +goose Up

-- Exception: the runner takes what is due of all merchants; (kind, key) is the
-- name of the work. A row is deleted when its work is done.
CREATE TABLE jobs (
	kind       TEXT    NOT NULL CONSTRAINT jobs_kind CHECK (kind <> ''),
	key        TEXT    NOT NULL,
	arg        TEXT    NOT NULL,
	run_at     BIGINT  NOT NULL, -- when it was asked to run
	due_at     BIGINT  NOT NULL, -- when it may be taken: run_at, or when its lease is out
	lease_to   BIGINT  NOT NULL, -- 0: not leased; else the end of the lease before it was renewed: its name
	again      BOOLEAN NOT NULL, -- asked for while leased: runs once more
	tries      BIGINT  NOT NULL, -- runs begun
	last_error TEXT    NOT NULL,
	created    BIGINT  NOT NULL,
	PRIMARY KEY (kind, key)
);

CREATE INDEX jobs_due ON jobs (due_at, kind, key);

-- Exception: a provider's notice names the channel; the merchant follows from it.
CREATE TABLE notices (
	channel TEXT   NOT NULL,
	key     TEXT   NOT NULL,
	kind    TEXT   NOT NULL,
	payment TEXT   NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (channel, key)
);
