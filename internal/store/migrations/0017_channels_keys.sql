-- What people call their API keys, and the secret before the present one, which
-- works a while longer after a new one was issued.

-- +goose Up
ALTER TABLE api_keys ADD COLUMN name TEXT NOT NULL DEFAULT '';

-- NULL is none: there is no default for bytes that both databases read.
ALTER TABLE api_keys ADD COLUMN former_hash BYTEA;

-- Until when the former secret is taken.
ALTER TABLE api_keys ADD COLUMN former_until BIGINT NOT NULL DEFAULT 0;
