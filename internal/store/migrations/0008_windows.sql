-- Billing keys issued in a provider's window.

-- +goose Up

ALTER TABLE billing_keys ADD COLUMN payment TEXT   NOT NULL DEFAULT ''; -- of the window; '' by card
ALTER TABLE billing_keys ADD COLUMN agreed  BIGINT NOT NULL DEFAULT 0;
-- Sealed: what the key is asked for by until the answer is known. No default: SQLite
-- and PostgreSQL write an empty blob differently.
ALTER TABLE billing_keys ADD COLUMN proof   BYTEA;

CREATE INDEX billing_keys_by_payment ON billing_keys (merchant, payment, created, id) WHERE payment <> '';

-- A notice may be about a key that is still being issued.
DROP INDEX billing_keys_by_customer;
CREATE INDEX billing_keys_by_customer ON billing_keys (channel, customer_id, created, id)
	WHERE status IN ('issuing', 'held', 'active');
