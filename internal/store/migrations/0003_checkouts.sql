-- Our hosted page around a provider's window: one session per opening.

-- +goose Up

-- Exception: found by the hash of the token in its address.
CREATE TABLE checkouts (
	token_hash   BYTEA  NOT NULL PRIMARY KEY,
	merchant     TEXT   NOT NULL,
	payment      TEXT   NOT NULL,
	state        TEXT   NOT NULL CONSTRAINT checkouts_state CHECK (state IN ('new', 'begun', 'returned', 'done')),
	style        TEXT   NOT NULL CONSTRAINT checkouts_style CHECK (style IN ('frame', 'popup', 'page')),
	launch       TEXT   NOT NULL, -- what the window is opened with: JSON of the checkout's own
	redirect_url TEXT   NOT NULL,
	language     TEXT   NOT NULL,
	origin       TEXT   NOT NULL,
	created      BIGINT NOT NULL,
	expires      BIGINT NOT NULL,
	ended        BIGINT NOT NULL,
	code         TEXT   NOT NULL,
	message      TEXT   NOT NULL,
	CONSTRAINT checkouts_payment FOREIGN KEY (merchant, payment) REFERENCES payments (merchant, id)
);

CREATE INDEX checkouts_by_payment ON checkouts (merchant, payment, created);
