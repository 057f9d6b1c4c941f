-- Facts about the whole installation: they belong to no merchant.

-- +goose Up
CREATE TABLE keysets (
	name    TEXT   NOT NULL PRIMARY KEY CONSTRAINT keysets_name CHECK (name = 'vault'),
	sealed  BYTEA  NOT NULL,
	updated BIGINT NOT NULL
);

CREATE TABLE meta (
	key     TEXT   NOT NULL PRIMARY KEY,
	value   TEXT   NOT NULL,
	updated BIGINT NOT NULL
);
