-- What happened to a payment that no other table tells: the buyer's way through the
-- window, and the question at the merchant's confirm_url. And what a payment's page
-- finds by the payment, and the list of cash receipts.

-- +goose Up

-- Rows are added and never changed, but for what erasing takes out of them.
CREATE TABLE payment_events (
	merchant TEXT   NOT NULL,
	payment  TEXT   NOT NULL,
	id       TEXT   NOT NULL CONSTRAINT payment_events_id CHECK (id <> ''), -- grows with time
	kind     TEXT   NOT NULL CONSTRAINT payment_events_kind CHECK (kind IN
		('window_opened', 'returned', 'left', 'confirm_asked')),
	at       BIGINT NOT NULL CONSTRAINT payment_events_at CHECK (at > 0),
	took     BIGINT NOT NULL, -- microseconds; 0 is a moment
	detail   TEXT   NOT NULL, -- JSON
	PRIMARY KEY (merchant, payment, id),
	CONSTRAINT payment_events_payment FOREIGN KEY (merchant, payment) REFERENCES payments (merchant, id)
);

CREATE INDEX notices_of_payment ON notices (merchant, payment, at) WHERE payment <> '';
CREATE INDEX alarms_of_payment  ON alarms (merchant, payment, at, id) WHERE payment <> '';

-- The status is within, so that those of one are found without reading the others.
CREATE INDEX receipts_by_time   ON receipts (merchant, created, id);
CREATE INDEX receipts_by_status ON receipts (merchant, status, created, id);
