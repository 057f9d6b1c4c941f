-- Webhooks: what they are signed with, and lists of them.

-- +goose Up
CREATE TABLE webhook_secrets (
	merchant TEXT   NOT NULL,
	seq      BIGINT NOT NULL CONSTRAINT webhook_secrets_seq CHECK (seq > 0),
	sealed   BYTEA  NOT NULL, -- by the vault, for this row
	created  BIGINT NOT NULL,
	shown    BIGINT NOT NULL, -- 0 is not yet: it is shown once
	ends     BIGINT NOT NULL, -- from when nothing is signed with it; 0 is not known
	PRIMARY KEY (merchant, seq)
);

CREATE INDEX deliveries_by_time ON deliveries (merchant, created, id);
CREATE INDEX deliveries_given_up ON deliveries (merchant, created, id) WHERE status = 'given_up';
