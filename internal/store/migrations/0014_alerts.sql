-- Telling the operator: which alarms were told, who closed one and why, and how
-- calls to providers went lately.

-- +goose Up

ALTER TABLE alarms ADD COLUMN told      BIGINT NOT NULL DEFAULT 0; -- when the operator was told
ALTER TABLE alarms ADD COLUMN closed_by TEXT   NOT NULL DEFAULT ''; -- '': the gateway itself, or a release before
ALTER TABLE alarms ADD COLUMN note      TEXT   NOT NULL DEFAULT '';

-- Counts of one minute, of all nodes. Rows of yesterday are deleted.
CREATE TABLE channel_calls (
	merchant TEXT   NOT NULL CONSTRAINT channel_calls_merchant CHECK (merchant <> ''),
	channel  TEXT   NOT NULL CONSTRAINT channel_calls_channel CHECK (channel <> ''),
	at       BIGINT NOT NULL, -- when the minute began
	answered BIGINT NOT NULL CONSTRAINT channel_calls_answered CHECK (answered >= 0), -- also with a refusal
	failed   BIGINT NOT NULL CONSTRAINT channel_calls_failed CHECK (failed >= 0),
	PRIMARY KEY (merchant, channel, at)
);

CREATE INDEX channel_calls_by_time ON channel_calls (at);
