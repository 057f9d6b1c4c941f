-- Billing keys, schedules, cash receipts and sub-stores; what servers ask for
-- without a window; lists that stay quick when there are many payments.
--
-- The new tables have no foreign key to merchants, for the reason told in 0002.

-- +goose Up

-- SQLite cannot alter a CHECK, so attempts steps aside and comes back. Nothing
-- refers to it.
CREATE TABLE attempts_copy AS SELECT * FROM attempts;

DROP TABLE attempts;

CREATE TABLE attempts (
	merchant     TEXT    NOT NULL,
	-- Exception: the id is our idempotency key at providers, so it is unique over all.
	id           TEXT    NOT NULL CONSTRAINT attempts_id UNIQUE CONSTRAINT attempts_id_set CHECK (id <> ''),
	payment      TEXT    NOT NULL,
	kind         TEXT    NOT NULL CONSTRAINT attempts_kind CHECK (kind IN
		('confirm', 'cancel', 'charge', 'keyin', 'issue_account', 'revoke_account')),
	status       TEXT    NOT NULL CONSTRAINT attempts_status CHECK (status IN
		('started', 'unknown', 'succeeded', 'declined', 'not_sent')),
	amount       BIGINT  NOT NULL CONSTRAINT attempts_amount CHECK (amount >= 0),
	detail       TEXT    NOT NULL,
	class        TEXT    NOT NULL DEFAULT '', -- our word for a refusal; the release before does not write it
	code         TEXT    NOT NULL,
	message      TEXT    NOT NULL,
	tries        BIGINT  NOT NULL,
	deadline     BIGINT  NOT NULL,
	started      BIGINT  NOT NULL,
	ended        BIGINT  NOT NULL,
	needs_person BOOLEAN NOT NULL,
	PRIMARY KEY (merchant, id),
	CONSTRAINT attempts_payment FOREIGN KEY (merchant, payment) REFERENCES payments (merchant, id),
	CONSTRAINT attempts_ended CHECK ((ended = 0) = (status IN ('started', 'unknown')))
);

INSERT INTO attempts (merchant, id, payment, kind, status, amount, detail, class, code, message, tries, deadline, started, ended, needs_person)
	SELECT merchant, id, payment, kind, status, amount, detail, '', code, message, tries, deadline, started, ended, needs_person
	FROM attempts_copy;

DROP TABLE attempts_copy;

CREATE INDEX attempts_by_payment ON attempts (merchant, payment, started, id);
CREATE INDEX attempts_stuck      ON attempts (started, id) WHERE needs_person;

-- Sub-stores. A store of its own has neither.
ALTER TABLE merchants ADD COLUMN parent TEXT NOT NULL DEFAULT '';
ALTER TABLE merchants ADD COLUMN tier   TEXT NOT NULL DEFAULT ''
	CONSTRAINT merchants_tier CHECK ((tier = '') = (parent = ''));

-- Exception: the parent is the merchant here, and names its sub-stores.
CREATE UNIQUE INDEX merchants_by_tier ON merchants (parent, tier) WHERE parent <> '';

ALTER TABLE channels ADD COLUMN options TEXT NOT NULL DEFAULT '{}';

CREATE TABLE billing_keys (
	merchant     TEXT   NOT NULL CONSTRAINT billing_keys_merchant CHECK (merchant <> ''),
	-- Exception: the id is our idempotency key at providers, so it is unique over all.
	id           TEXT   NOT NULL CONSTRAINT billing_keys_id UNIQUE CONSTRAINT billing_keys_id_set CHECK (id <> ''),
	customer_uid TEXT   NOT NULL CONSTRAINT billing_keys_customer_uid CHECK (customer_uid <> ''),
	customer_id  TEXT   NOT NULL,
	channel      TEXT   NOT NULL,
	provider     TEXT   NOT NULL,
	mid          TEXT   NOT NULL,
	mode         TEXT   NOT NULL CONSTRAINT billing_keys_mode CHECK (mode IN ('live', 'test', 'sandbox')),
	status       TEXT   NOT NULL CONSTRAINT billing_keys_status CHECK (status IN
		('issuing', 'held', 'active', 'replaced', 'deleted', 'refused')),
	sealed       BYTEA  NOT NULL, -- the key itself
	mac          BYTEA  NOT NULL,
	method       TEXT   NOT NULL,
	card         TEXT   NOT NULL,
	bank         TEXT   NOT NULL,
	buyer        TEXT   NOT NULL,
	code         TEXT   NOT NULL,
	message      TEXT   NOT NULL,
	tries        BIGINT NOT NULL CONSTRAINT billing_keys_tries CHECK (tries >= 0),
	created      BIGINT NOT NULL,
	updated      BIGINT NOT NULL,
	ended        BIGINT NOT NULL,
	PRIMARY KEY (merchant, id),
	CONSTRAINT billing_keys_sealed CHECK (status NOT IN ('held', 'active') OR LENGTH(sealed) > 0),
	CONSTRAINT billing_keys_ended CHECK ((ended = 0) = (status IN ('issuing', 'held', 'active')))
);

-- A customer_uid means one key.
CREATE UNIQUE INDEX billing_keys_active ON billing_keys (merchant, customer_uid) WHERE status = 'active';

CREATE INDEX billing_keys_by_uid ON billing_keys (merchant, customer_uid, created, id);

-- A provider's notice names the channel, and the key or the customer.
CREATE INDEX billing_keys_by_mac      ON billing_keys (channel, mac, created, id) WHERE LENGTH(mac) > 0;
CREATE INDEX billing_keys_by_customer ON billing_keys (channel, customer_id, created, id) WHERE status IN ('held', 'active');

CREATE TABLE schedules (
	merchant     TEXT   NOT NULL CONSTRAINT schedules_merchant CHECK (merchant <> ''),
	merchant_uid TEXT   NOT NULL CONSTRAINT schedules_merchant_uid CHECK (merchant_uid <> ''),
	customer_uid TEXT   NOT NULL CONSTRAINT schedules_customer_uid CHECK (customer_uid <> ''),
	customer_id  TEXT   NOT NULL,
	status       TEXT   NOT NULL CONSTRAINT schedules_status CHECK (status IN
		('scheduled', 'running', 'executed', 'revoked')),
	version      BIGINT NOT NULL,
	at           BIGINT NOT NULL CONSTRAINT schedules_at CHECK (at > 0),
	name         TEXT   NOT NULL,
	amount       BIGINT NOT NULL CONSTRAINT schedules_amount CHECK (amount >= 0),
	currency     TEXT   NOT NULL,
	tax_free     BIGINT NOT NULL CONSTRAINT schedules_tax_free CHECK (tax_free >= 0 AND tax_free <= amount),
	vat          BIGINT CONSTRAINT schedules_vat CHECK (vat >= 0), -- NULL: the provider computes it
	buyer        TEXT   NOT NULL,
	custom       TEXT   NOT NULL,
	notice_urls  TEXT   NOT NULL,
	options      TEXT   NOT NULL,
	payment      TEXT   NOT NULL, -- the newest charge, '' before the first
	executed_at  BIGINT NOT NULL,
	revoked_at   BIGINT NOT NULL,
	created      BIGINT NOT NULL,
	updated      BIGINT NOT NULL,
	PRIMARY KEY (merchant, merchant_uid),
	CONSTRAINT schedules_executed_at CHECK ((executed_at = 0) = (status <> 'executed')),
	CONSTRAINT schedules_revoked_at CHECK ((revoked_at = 0) = (status <> 'revoked'))
);

-- The status is at the end for lists to be counted by the index alone.
CREATE INDEX schedules_by_at       ON schedules (merchant, at, merchant_uid, status);
CREATE INDEX schedules_by_customer ON schedules (merchant, customer_uid, at, merchant_uid, status);

CREATE TABLE receipts (
	merchant     TEXT   NOT NULL CONSTRAINT receipts_merchant CHECK (merchant <> ''),
	-- Exception: the id is our idempotency key at providers, so it is unique over all.
	id           TEXT   NOT NULL CONSTRAINT receipts_id UNIQUE CONSTRAINT receipts_id_set CHECK (id <> ''),
	payment      TEXT   NOT NULL, -- '' for money taken elsewhere
	merchant_uid TEXT   NOT NULL CONSTRAINT receipts_merchant_uid CHECK (merchant_uid <> ''),
	channel      TEXT   NOT NULL,
	provider     TEXT   NOT NULL,
	mid          TEXT   NOT NULL,
	mode         TEXT   NOT NULL CONSTRAINT receipts_mode CHECK (mode IN ('live', 'test', 'sandbox')),
	status       TEXT   NOT NULL CONSTRAINT receipts_status CHECK (status IN
		('issuing', 'issued', 'refused', 'cancelling', 'cancelled')),
	name         TEXT   NOT NULL,
	amount       BIGINT NOT NULL CONSTRAINT receipts_amount CHECK (amount >= 0),
	currency     TEXT   NOT NULL,
	tax_free     BIGINT NOT NULL CONSTRAINT receipts_tax_free CHECK (tax_free >= 0 AND tax_free <= amount),
	vat          BIGINT CONSTRAINT receipts_vat CHECK (vat >= 0), -- NULL: the provider computes it
	type         TEXT   NOT NULL CONSTRAINT receipts_type CHECK (type IN ('person', 'company')),
	identifier   BYTEA  NOT NULL, -- sealed
	buyer        TEXT   NOT NULL,
	key          TEXT   NOT NULL,
	cancel_key   TEXT   NOT NULL,
	approval_no  TEXT   NOT NULL,
	url          TEXT   NOT NULL,
	code         TEXT   NOT NULL,
	message      TEXT   NOT NULL,
	tries        BIGINT NOT NULL CONSTRAINT receipts_tries CHECK (tries >= 0),
	created      BIGINT NOT NULL,
	updated      BIGINT NOT NULL,
	issued_at    BIGINT NOT NULL,
	cancelled_at BIGINT NOT NULL,
	PRIMARY KEY (merchant, id),
	CONSTRAINT receipts_identifier CHECK (status = 'issuing' OR LENGTH(identifier) = 0),
	CONSTRAINT receipts_issued_at CHECK ((issued_at = 0) = (status IN ('issuing', 'refused'))),
	CONSTRAINT receipts_cancelled_at CHECK ((cancelled_at = 0) = (status <> 'cancelled'))
);

-- At most one receipt in force of a payment, and of money taken elsewhere.
CREATE UNIQUE INDEX receipts_of_payment_once ON receipts (merchant, payment)
	WHERE payment <> '' AND status IN ('issuing', 'issued', 'cancelling');
CREATE UNIQUE INDEX receipts_of_order_once ON receipts (merchant, merchant_uid)
	WHERE payment = '' AND status IN ('issuing', 'issued', 'cancelling');

CREATE INDEX receipts_by_payment ON receipts (merchant, payment, created, id) WHERE payment <> '';
CREATE INDEX receipts_by_order   ON receipts (merchant, merchant_uid, created, id) WHERE payment = '';

-- Lists of payments are by status, within a time of status_at, in one of three
-- orders. The first index tells by itself how many there are and how far they
-- reach in each order, the next three which are on a page.
DROP INDEX payments_by_status;
DROP INDEX payments_by_started;
DROP INDEX payments_by_paid;
DROP INDEX payments_by_updated;

CREATE INDEX payments_by_status   ON payments (merchant, status, status_at, started_at, paid_at, updated_at);
CREATE INDEX payments_by_started  ON payments (merchant, status, started_at, id, status_at);
CREATE INDEX payments_by_paid     ON payments (merchant, status, paid_at, id, status_at);
CREATE INDEX payments_by_updated  ON payments (merchant, status, updated_at, id, status_at);
CREATE INDEX payments_by_customer ON payments (merchant, customer_uid, started_at, id) WHERE customer_uid <> '';

-- Leased jobs are few; with them and those that are due, what is late can be
-- counted without reading what is booked for later.
CREATE INDEX jobs_leased ON jobs (due_at) WHERE lease_to > 0;

-- A backlog of one kind is not read for the sake of another.
CREATE INDEX jobs_by_kind ON jobs (kind, due_at, key);
