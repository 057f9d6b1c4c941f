-- Messages to merchants, exchanges with providers, and what needs a person.
-- They may be about no payment (''), so they have no foreign key to one.

-- +goose Up
CREATE TABLE deliveries (
	merchant     TEXT   NOT NULL,
	id           TEXT   NOT NULL CONSTRAINT deliveries_id CHECK (id <> ''),
	payment      TEXT   NOT NULL,
	event        TEXT   NOT NULL,
	url          TEXT   NOT NULL,
	content_type TEXT   NOT NULL,
	body         BYTEA  NOT NULL,
	status       TEXT   NOT NULL CONSTRAINT deliveries_status CHECK (status IN
		('waiting', 'delivered', 'given_up', 'superseded')),
	seq          BIGINT NOT NULL,
	tries        BIGINT NOT NULL,
	created      BIGINT NOT NULL,
	next_at      BIGINT NOT NULL,
	done         BIGINT NOT NULL,
	PRIMARY KEY (merchant, id)
);

CREATE INDEX deliveries_by_payment ON deliveries (merchant, payment, url, seq);

CREATE TABLE delivery_tries (
	merchant TEXT    NOT NULL,
	delivery TEXT    NOT NULL,
	seq      BIGINT  NOT NULL,
	at       BIGINT  NOT NULL,
	took     BIGINT  NOT NULL, -- microseconds
	status   BIGINT  NOT NULL, -- of HTTP, 0 is no answer
	error    TEXT    NOT NULL,
	answer   TEXT    NOT NULL,
	manual   BOOLEAN NOT NULL,
	PRIMARY KEY (merchant, delivery, seq),
	CONSTRAINT delivery_tries_delivery FOREIGN KEY (merchant, delivery) REFERENCES deliveries (merchant, id)
);

CREATE TABLE exchanges (
	merchant TEXT   NOT NULL,
	id       TEXT   NOT NULL,
	payment  TEXT   NOT NULL,
	attempt  TEXT   NOT NULL,
	at       BIGINT NOT NULL,
	took     BIGINT NOT NULL, -- microseconds
	method   TEXT   NOT NULL,
	path     TEXT   NOT NULL,
	status   BIGINT NOT NULL, -- of HTTP, 0 is no answer
	request  BYTEA  NOT NULL, -- scrubbed
	answer   BYTEA  NOT NULL, -- scrubbed
	error    TEXT   NOT NULL,
	PRIMARY KEY (merchant, id)
);

CREATE INDEX exchanges_by_payment ON exchanges (merchant, payment, at, id);

CREATE TABLE alarms (
	merchant TEXT   NOT NULL,
	id       TEXT   NOT NULL CONSTRAINT alarms_id CHECK (id <> ''),
	payment  TEXT   NOT NULL,
	kind     TEXT   NOT NULL,
	body     TEXT   NOT NULL,
	at       BIGINT NOT NULL,
	closed   BIGINT NOT NULL,
	PRIMARY KEY (merchant, id)
);

CREATE INDEX alarms_open ON alarms (at, merchant, id) WHERE closed = 0;
