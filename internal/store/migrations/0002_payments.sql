-- Orders, payments, and what is known of the money.
--
-- Payments and orders have no foreign key to merchants: PostgreSQL would lock
-- the one row of a busy merchant for each of them. Merchants are never
-- deleted, and a payment is only made for a merchant that was just read.

-- +goose Up
CREATE TABLE orders (
	merchant     TEXT   NOT NULL,
	merchant_uid TEXT   NOT NULL CONSTRAINT orders_merchant_uid CHECK (merchant_uid <> ''),
	prepared     BIGINT CONSTRAINT orders_prepared CHECK (prepared >= 0), -- NULL: known from payments only
	currency     TEXT   NOT NULL, -- '': not checked
	held_by      TEXT   NOT NULL, -- the payment that reserves the number, '' is nobody
	created      BIGINT NOT NULL,
	updated      BIGINT NOT NULL,
	PRIMARY KEY (merchant, merchant_uid)
);

CREATE TABLE payments (
	merchant       TEXT    NOT NULL CONSTRAINT payments_merchant CHECK (merchant <> ''),
	-- Exception: returns, notices and imp_uid name the payment alone.
	id             TEXT    NOT NULL CONSTRAINT payments_id UNIQUE CONSTRAINT payments_id_set CHECK (id <> ''),
	merchant_uid   TEXT    NOT NULL CONSTRAINT payments_merchant_uid CHECK (merchant_uid <> ''),
	ordinal        BIGINT  NOT NULL, -- the how-manieth payment of its order: the highest is the newest
	channel        TEXT    NOT NULL,
	provider       TEXT    NOT NULL,
	mid            TEXT    NOT NULL,
	mode           TEXT    NOT NULL CONSTRAINT payments_mode CHECK (mode IN ('live', 'test', 'sandbox')),
	source         TEXT    NOT NULL CONSTRAINT payments_source CHECK (source IN ('window', 'api', 'schedule')),
	mobile         BOOLEAN NOT NULL,
	status         TEXT    NOT NULL CONSTRAINT payments_status CHECK (status IN
		('created', 'confirming', 'awaiting_deposit', 'paid', 'partially_cancelled', 'cancelled', 'failed')),
	version        BIGINT  NOT NULL,
	method         TEXT    NOT NULL,
	name           TEXT    NOT NULL,
	amount         BIGINT  NOT NULL CONSTRAINT payments_amount CHECK (amount >= 0),
	currency       TEXT    NOT NULL,
	tax_free       BIGINT  NOT NULL CONSTRAINT payments_tax_free CHECK (tax_free >= 0 AND tax_free <= amount),
	vat            BIGINT  CONSTRAINT payments_vat CHECK (vat >= 0), -- NULL: the provider computes it
	cancelled      BIGINT  NOT NULL, -- sum of the cancel movements, never incremented
	buyer          TEXT    NOT NULL,
	custom         TEXT    NOT NULL,
	escrow         BOOLEAN NOT NULL,
	user_agent     TEXT    NOT NULL,
	customer_uid   TEXT    NOT NULL,
	customer_usage TEXT    NOT NULL CONSTRAINT payments_customer_usage CHECK (customer_usage IN
		('', 'issue', 'payment', 'payment.scheduled')),
	ref_order      TEXT    NOT NULL,
	ref_key        TEXT    NOT NULL,
	ref_data       BYTEA   NOT NULL,
	details        TEXT    NOT NULL,
	notify         TEXT    NOT NULL,
	fail_code      TEXT    NOT NULL,
	fail_reason    TEXT    NOT NULL,
	cancel_reason  TEXT    NOT NULL,
	started_at     BIGINT  NOT NULL,
	paid_at        BIGINT  NOT NULL,
	failed_at      BIGINT  NOT NULL,
	cancelled_at   BIGINT  NOT NULL,
	updated_at     BIGINT  NOT NULL,
	status_at      BIGINT  NOT NULL, -- when the present status began: what lists are filtered by
	PRIMARY KEY (merchant, id),
	CONSTRAINT payments_cancelled CHECK (cancelled >= 0 AND cancelled <= amount),
	CONSTRAINT payments_paid_at CHECK (status NOT IN ('paid', 'partially_cancelled') OR paid_at > 0)
);

-- At most one payment of an order is ever paid. A cancelled one uses the
-- number up as well.
CREATE UNIQUE INDEX payments_paid_once ON payments (merchant, merchant_uid)
	WHERE status IN ('paid', 'partially_cancelled', 'cancelled');

CREATE INDEX payments_by_order   ON payments (merchant, merchant_uid, ordinal);
CREATE INDEX payments_by_status  ON payments (merchant, status_at, status);
CREATE INDEX payments_by_started ON payments (merchant, started_at, id);
CREATE INDEX payments_by_paid    ON payments (merchant, paid_at, id);
CREATE INDEX payments_by_updated ON payments (merchant, updated_at, id);

CREATE TABLE payment_steps (
	merchant    TEXT   NOT NULL,
	payment     TEXT   NOT NULL,
	seq         BIGINT NOT NULL,
	from_status TEXT   NOT NULL,
	event       TEXT   NOT NULL,
	to_status   TEXT   NOT NULL,
	why         TEXT   NOT NULL,
	at          BIGINT NOT NULL,
	PRIMARY KEY (merchant, payment, seq),
	CONSTRAINT payment_steps_payment FOREIGN KEY (merchant, payment) REFERENCES payments (merchant, id)
);

CREATE TABLE movements (
	merchant    TEXT   NOT NULL,
	payment     TEXT   NOT NULL,
	key         TEXT   NOT NULL CONSTRAINT movements_key CHECK (key <> ''),
	kind        TEXT   NOT NULL CONSTRAINT movements_kind CHECK (kind IN
		('approval', 'deposit', 'deposit_reversal', 'cancel')),
	amount      BIGINT NOT NULL CONSTRAINT movements_amount CHECK (amount >= 0),
	tax_free    BIGINT NOT NULL CONSTRAINT movements_tax_free CHECK (tax_free >= 0 AND tax_free <= amount),
	at          BIGINT NOT NULL,
	attempt     TEXT   NOT NULL,
	reason      TEXT   NOT NULL,
	receipt_url TEXT   NOT NULL,
	cancel_id   TEXT   NOT NULL,
	ordinal     BIGINT NOT NULL, -- the how-manieth of its payment: providers tell times in whole seconds
	PRIMARY KEY (merchant, payment, key),
	CONSTRAINT movements_payment FOREIGN KEY (merchant, payment) REFERENCES payments (merchant, id)
);

CREATE TABLE attempts (
	merchant     TEXT    NOT NULL,
	-- Exception: the id is our idempotency key at providers, so it is unique over all.
	id           TEXT    NOT NULL CONSTRAINT attempts_id UNIQUE CONSTRAINT attempts_id_set CHECK (id <> ''),
	payment      TEXT    NOT NULL,
	kind         TEXT    NOT NULL CONSTRAINT attempts_kind CHECK (kind IN ('confirm', 'cancel')),
	status       TEXT    NOT NULL CONSTRAINT attempts_status CHECK (status IN
		('started', 'unknown', 'succeeded', 'declined', 'not_sent')),
	amount       BIGINT  NOT NULL CONSTRAINT attempts_amount CHECK (amount >= 0),
	detail       TEXT    NOT NULL,
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

CREATE INDEX attempts_by_payment ON attempts (merchant, payment, started, id);
CREATE INDEX attempts_stuck      ON attempts (started, id) WHERE needs_person;
