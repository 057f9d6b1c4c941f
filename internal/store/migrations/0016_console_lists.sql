-- What the console reads: lists of payments by mode, what payments are found by, and
-- sums of hours and days. All but the indexes, and the views that people save, is
-- derived from the books, in transactions of its own, and is made again when all of it is
-- emptied in one transaction (naru follow --again).

-- +goose Up

-- Lists hide tests: the mode comes before the status, and the id after its time, in
-- the index that counts as well, rather than in one more. The second is written once
-- for a payment: neither column changes. What they take the place of goes at the end:
-- PostgreSQL keeps readers out from there on.
CREATE INDEX payments_by_mode    ON payments (merchant, mode, status, status_at, id, started_at, paid_at, updated_at);
CREATE INDEX payments_by_request ON payments (merchant, mode, started_at, id);

-- How far a merchant's books were followed.
CREATE TABLE follows (
	merchant TEXT   NOT NULL PRIMARY KEY CONSTRAINT follows_merchant CHECK (merchant <> ''),
	seq      BIGINT NOT NULL, -- grows with each change of what is derived: compare-and-set
	seen     BIGINT NOT NULL  -- changes to a minute before this are followed
);

-- What was derived of a payment, so that it is replaced as a whole.
CREATE TABLE followed_payments (
	merchant TEXT   NOT NULL,
	payment  TEXT   NOT NULL,
	version  BIGINT NOT NULL, -- the payment's
	updated  BIGINT NOT NULL, -- the payment's
	facts    TEXT   NOT NULL, -- JSON: what it is in the sums
	terms    TEXT   NOT NULL, -- its rows of search_terms: lines of field, tab, term
	PRIMARY KEY (merchant, payment)
);

-- Payments that are to be followed once more though they did not change: something
-- that hangs on them did.
CREATE TABLE follow_again (
	merchant TEXT   NOT NULL,
	payment  TEXT   NOT NULL,
	asked    BIGINT NOT NULL, -- how often, so that an asking meanwhile is not lost
	PRIMARY KEY (merchant, payment)
);

-- A term is bytes so that both databases put them in one order.
CREATE TABLE search_terms (
	merchant TEXT   NOT NULL,
	field    TEXT   NOT NULL,
	term     BYTEA  NOT NULL,
	started  BIGINT NOT NULL, -- the payment's: rows of one term are written where they were last
	payment  TEXT   NOT NULL,
	PRIMARY KEY (merchant, field, term, started, payment)
);

-- How many payments an hour or a day has, and their money, by what lists are filtered
-- by. One row holds all of it: a year is read at once.
CREATE TABLE payment_sums (
	merchant TEXT   NOT NULL,
	by_time  TEXT   NOT NULL CONSTRAINT payment_sums_by_time CHECK (by_time IN ('status', 'request')),
	span     TEXT   NOT NULL CONSTRAINT payment_sums_span CHECK (span IN ('day', 'hour')), -- days are Korean
	start    BIGINT NOT NULL,
	lines    TEXT   NOT NULL, -- mode, status, method, provider, channel, charged, currency, payments, gross, cancelled
	PRIMARY KEY (merchant, by_time, span, start)
);

-- Money by when it moved.
CREATE TABLE daily_sales (
	merchant  TEXT   NOT NULL,
	day       BIGINT NOT NULL, -- when the Korean day began
	mode      TEXT   NOT NULL,
	provider  TEXT   NOT NULL,
	method    TEXT   NOT NULL,
	currency  TEXT   NOT NULL,
	kind      TEXT   NOT NULL CONSTRAINT daily_sales_kind CHECK (kind IN ('sale', 'cancel', 'reversal')),
	movements BIGINT NOT NULL,
	amount    BIGINT NOT NULL,
	PRIMARY KEY (merchant, day, mode, provider, method, currency, kind)
);

-- What became of tries to pay.
CREATE TABLE daily_outcomes (
	merchant TEXT    NOT NULL,
	day      BIGINT  NOT NULL,
	mode     TEXT    NOT NULL,
	provider TEXT    NOT NULL,
	method   TEXT    NOT NULL,
	failed   BOOLEAN NOT NULL,
	class    TEXT    NOT NULL,
	code     TEXT    NOT NULL,
	payments BIGINT  NOT NULL,
	PRIMARY KEY (merchant, day, mode, provider, method, failed, class, code)
);

CREATE TABLE saved_views (
	merchant TEXT   NOT NULL CONSTRAINT saved_views_merchant CHECK (merchant <> ''),
	operator TEXT   NOT NULL CONSTRAINT saved_views_operator CHECK (operator <> ''),
	name     TEXT   NOT NULL CONSTRAINT saved_views_name CHECK (name <> ''),
	query    TEXT   NOT NULL,
	created  BIGINT NOT NULL,
	PRIMARY KEY (merchant, operator, name)
);

DROP INDEX payments_by_status;
