-- What checks of the books found wrong, and what providers settle.

-- +goose Up

-- One row for each fault, however often it is found: the id follows from what is
-- wrong. Closed when a later check no longer finds it.
CREATE TABLE findings (
	merchant TEXT   NOT NULL, -- '': of a merchant that is not there
	id       TEXT   NOT NULL CONSTRAINT findings_id CHECK (id <> ''),
	kind     TEXT   NOT NULL CONSTRAINT findings_kind CHECK (kind <> ''),
	payment  TEXT   NOT NULL, -- '' of none
	channel  TEXT   NOT NULL, -- of a reconciliation; '' of a check of the books alone
	day      TEXT   NOT NULL, -- yyyy-mm-dd in Korea, of a reconciliation; '' likewise
	body     TEXT   NOT NULL, -- JSON
	at       BIGINT NOT NULL, -- since when it is open
	closed   BIGINT NOT NULL,
	PRIMARY KEY (merchant, id),
	CONSTRAINT findings_day CHECK ((day = '') = (channel = ''))
);

CREATE INDEX findings_open ON findings (merchant, channel, day, id) WHERE closed = 0;
-- Exception: counted over all merchants.
CREATE INDEX findings_by_kind ON findings (kind) WHERE closed = 0;

-- Amounts are from the merchant's side: a payment is above zero, a cancel below,
-- and a fee that is given back below zero as well.
CREATE TABLE settlements (
	merchant TEXT   NOT NULL CONSTRAINT settlements_merchant CHECK (merchant <> ''),
	channel  TEXT   NOT NULL CONSTRAINT settlements_channel CHECK (channel <> ''),
	key      TEXT   NOT NULL CONSTRAINT settlements_key CHECK (key <> ''), -- the provider's name of the movement
	payment  TEXT   NOT NULL, -- '' of none that is known
	movement TEXT   NOT NULL, -- its key on the books; '' of none that is known
	kind     TEXT   NOT NULL CONSTRAINT settlements_kind CHECK (kind IN ('', 'approval', 'deposit', 'cancel')),
	order_id TEXT   NOT NULL, -- our order id at the provider, or somebody else's
	gross    BIGINT NOT NULL,
	fee      BIGINT NOT NULL, -- without its VAT
	vat      BIGINT NOT NULL, -- of the fee
	net      BIGINT NOT NULL,
	sold_on  TEXT   NOT NULL, -- yyyy-mm-dd
	paid_on  TEXT   NOT NULL, -- yyyy-mm-dd; '' is not planned
	updated  BIGINT NOT NULL,
	PRIMARY KEY (merchant, channel, key),
	CONSTRAINT settlements_adds_up CHECK (gross - fee - vat = net)
);

CREATE INDEX settlements_by_sold    ON settlements (merchant, sold_on, channel, key);
CREATE INDEX settlements_by_paid    ON settlements (merchant, paid_on, channel, key);
CREATE INDEX settlements_by_payment ON settlements (merchant, payment) WHERE payment <> '';

-- A day's movements.
CREATE INDEX movements_by_at ON movements (merchant, at);
