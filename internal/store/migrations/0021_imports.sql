-- What merchants bring along from elsewhere.

-- +goose Up

-- One run of an import. It holds counts and refused rows, and nothing else of what
-- was in the file.
CREATE TABLE imports (
	merchant TEXT   NOT NULL CONSTRAINT imports_merchant CHECK (merchant <> ''),
	id       TEXT   NOT NULL CONSTRAINT imports_id CHECK (id <> ''),
	kind     TEXT   NOT NULL CONSTRAINT imports_kind CHECK (kind IN ('payments', 'billing_keys')),
	status   TEXT   NOT NULL CONSTRAINT imports_status CHECK (status IN ('waiting', 'running', 'done', 'failed', 'discarded')),
	actor    TEXT   NOT NULL, -- the name of who began it
	mapping  TEXT   NOT NULL, -- JSON; '' is not chosen yet
	report   TEXT   NOT NULL, -- JSON: counts, sums and refused rows; '' is none yet
	dry      BOOLEAN NOT NULL, -- the report is of a dry run
	bytes    BIGINT NOT NULL, -- of the file
	parts    BIGINT NOT NULL, -- how many import_parts there were
	created  BIGINT NOT NULL,
	updated  BIGINT NOT NULL,
	ended    BIGINT NOT NULL,
	PRIMARY KEY (merchant, id)
);

CREATE INDEX imports_by_time ON imports (merchant, created, id);

-- The file of an import that waits or runs, sealed, in pieces. It is deleted with
-- the end of the import, and when nobody went on with it within the hour.
CREATE TABLE import_parts (
	merchant TEXT   NOT NULL,
	import   TEXT   NOT NULL,
	seq      BIGINT NOT NULL,
	sealed   BYTEA  NOT NULL,
	PRIMARY KEY (merchant, import, seq),
	CONSTRAINT import_parts_import FOREIGN KEY (merchant, import) REFERENCES imports (merchant, id)
);

-- Payments by their provider's own key: notices and lists name those by it that were
-- made elsewhere, and none is taken over twice.
CREATE INDEX payments_by_provider_key ON payments (merchant, ref_key) WHERE ref_key <> '';
