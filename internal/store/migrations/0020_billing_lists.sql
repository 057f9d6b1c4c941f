-- Lists of billing keys and schedules for people: by state, by day with sums, and
-- by the beginning of what a person types; the daily recovery run.
--
-- The release before does not write the new columns. A row that it wrote has listed
-- 0, or was judged for another charge than its newest, or kept what it is found by
-- when it was erased: the gateway mends those (schedules_unlisted,
-- billing_keys_unlisted).

-- +goose Up

-- What became of an executed schedule's charge, and of which charge that is.
ALTER TABLE schedules ADD COLUMN outcome TEXT NOT NULL DEFAULT ''
	CONSTRAINT schedules_outcome CHECK (outcome IN ('', 'succeeded', 'failed'));
ALTER TABLE schedules ADD COLUMN judged TEXT NOT NULL DEFAULT '';

-- What schedules and keys are found by, normalised; bytes, so that a prefix is a
-- range in each database's order.
ALTER TABLE schedules ADD COLUMN find_uid      BYTEA  NOT NULL DEFAULT '';
ALTER TABLE schedules ADD COLUMN find_customer BYTEA  NOT NULL DEFAULT ''; -- customer_uid
ALTER TABLE schedules ADD COLUMN find_member   BYTEA  NOT NULL DEFAULT ''; -- customer_id
ALTER TABLE schedules ADD COLUMN find_name     BYTEA  NOT NULL DEFAULT ''; -- of the order
ALTER TABLE schedules ADD COLUMN find_buyer    BYTEA  NOT NULL DEFAULT '';
ALTER TABLE schedules ADD COLUMN find_tel      BYTEA  NOT NULL DEFAULT '';
ALTER TABLE schedules ADD COLUMN listed        BIGINT NOT NULL DEFAULT 0;

ALTER TABLE billing_keys ADD COLUMN find_customer BYTEA  NOT NULL DEFAULT ''; -- customer_uid
ALTER TABLE billing_keys ADD COLUMN find_member   BYTEA  NOT NULL DEFAULT ''; -- customer_id
ALTER TABLE billing_keys ADD COLUMN find_buyer    BYTEA  NOT NULL DEFAULT '';
ALTER TABLE billing_keys ADD COLUMN find_tel      BYTEA  NOT NULL DEFAULT '';
ALTER TABLE billing_keys ADD COLUMN find_card     BYTEA  NOT NULL DEFAULT ''; -- the last four characters of the masked number
ALTER TABLE billing_keys ADD COLUMN listed        BIGINT NOT NULL DEFAULT 0;

UPDATE schedules SET judged = payment, outcome = CASE WHEN EXISTS (SELECT 1 FROM payments AS p
		WHERE p.merchant = schedules.merchant AND p.id = schedules.payment AND p.status = 'failed') THEN 'failed' ELSE 'succeeded' END
	WHERE status = 'executed' AND payment <> '';

-- Lists of one state, counts, and the sums of the calendar's days, by itself.
CREATE INDEX schedules_by_state ON schedules (merchant, status, outcome, at, merchant_uid, amount);

-- What a recovery run looks for.
CREATE INDEX schedules_failed ON schedules (merchant, executed_at, merchant_uid) WHERE status = 'executed' AND outcome = 'failed';

CREATE INDEX schedules_find_uid      ON schedules (merchant, find_uid, at, merchant_uid)      WHERE LENGTH(find_uid) > 0;
CREATE INDEX schedules_find_customer ON schedules (merchant, find_customer, at, merchant_uid) WHERE LENGTH(find_customer) > 0;
CREATE INDEX schedules_find_member   ON schedules (merchant, find_member, at, merchant_uid)   WHERE LENGTH(find_member) > 0;
CREATE INDEX schedules_find_name     ON schedules (merchant, find_name, at, merchant_uid)     WHERE LENGTH(find_name) > 0;
CREATE INDEX schedules_find_buyer    ON schedules (merchant, find_buyer, at, merchant_uid)    WHERE LENGTH(find_buyer) > 0;
CREATE INDEX schedules_find_tel      ON schedules (merchant, find_tel, at, merchant_uid)      WHERE LENGTH(find_tel) > 0;

CREATE INDEX schedules_unlisted ON schedules (merchant, merchant_uid)
	WHERE (listed = 0 OR (status = 'executed' AND judged <> payment) OR (buyer = '{}' AND LENGTH(find_buyer) + LENGTH(find_tel) > 0));

CREATE INDEX billing_keys_by_created ON billing_keys (merchant, created, id);
CREATE INDEX billing_keys_by_state   ON billing_keys (merchant, status, created, id);
CREATE INDEX billing_keys_by_channel ON billing_keys (merchant, channel, status, created, id);

CREATE INDEX billing_keys_find_customer ON billing_keys (merchant, find_customer, created, id) WHERE LENGTH(find_customer) > 0;
CREATE INDEX billing_keys_find_member   ON billing_keys (merchant, find_member, created, id)   WHERE LENGTH(find_member) > 0;
CREATE INDEX billing_keys_find_buyer    ON billing_keys (merchant, find_buyer, created, id)    WHERE LENGTH(find_buyer) > 0;
CREATE INDEX billing_keys_find_tel      ON billing_keys (merchant, find_tel, created, id)      WHERE LENGTH(find_tel) > 0;
CREATE INDEX billing_keys_find_card     ON billing_keys (merchant, find_card, created, id)     WHERE LENGTH(find_card) > 0;

CREATE INDEX billing_keys_unlisted ON billing_keys (merchant, id)
	WHERE (listed = 0 OR (buyer = '{}' AND LENGTH(find_buyer) + LENGTH(find_tel) > 0));

-- The daily recovery run: a day is a Korean one, 2006-01-02.
CREATE TABLE recovery_runs (
	merchant TEXT   NOT NULL CONSTRAINT recovery_runs_merchant CHECK (merchant <> ''),
	day      TEXT   NOT NULL CONSTRAINT recovery_runs_day CHECK (day <> ''),
	started  BIGINT NOT NULL,
	ended    BIGINT NOT NULL, -- 0 while it goes on
	PRIMARY KEY (merchant, day)
);

-- What a run did with a schedule. The key is why none is charged twice in a day.
CREATE TABLE recovery_tries (
	merchant     TEXT   NOT NULL CONSTRAINT recovery_tries_merchant CHECK (merchant <> ''),
	day          TEXT   NOT NULL,
	merchant_uid TEXT   NOT NULL,
	outcome      TEXT   NOT NULL CONSTRAINT recovery_tries_outcome CHECK (outcome IN ('running', 'succeeded', 'failed', 'skipped')),
	reason       TEXT   NOT NULL, -- why it was skipped
	payment      TEXT   NOT NULL, -- '' of none
	amount       BIGINT NOT NULL,
	at           BIGINT NOT NULL,
	PRIMARY KEY (merchant, day, merchant_uid)
);

CREATE INDEX recovery_tries_by_outcome  ON recovery_tries (merchant, day, outcome, merchant_uid, amount);
CREATE INDEX recovery_tries_of_payment  ON recovery_tries (merchant, payment) WHERE payment <> '';
CREATE INDEX recovery_tries_of_schedule ON recovery_tries (merchant, merchant_uid, day);
