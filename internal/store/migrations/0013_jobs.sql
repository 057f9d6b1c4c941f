-- +goose Up

-- A job belongs to a merchant ('' is the books' own), so that it lies where the
-- change lies that it was enqueued with. Its lane is what it shares with others of
-- its kind that must not all run at once: the host of a webhook.
CREATE TABLE jobs_before AS SELECT * FROM jobs;

DROP TABLE jobs;

CREATE TABLE jobs (
	merchant   TEXT    NOT NULL DEFAULT '',
	kind       TEXT    NOT NULL CONSTRAINT jobs_kind CHECK (kind <> ''),
	key        TEXT    NOT NULL,
	lane       TEXT    NOT NULL DEFAULT '',
	arg        TEXT    NOT NULL,
	run_at     BIGINT  NOT NULL, -- when it was asked to run
	due_at     BIGINT  NOT NULL, -- when it may be taken: run_at, or when its lease is out
	lease_to   BIGINT  NOT NULL, -- 0: not leased; else the end of the lease before it was renewed: its name
	again      BOOLEAN NOT NULL, -- asked for while leased: runs once more
	tries      BIGINT  NOT NULL, -- runs begun
	last_error TEXT    NOT NULL,
	created    BIGINT  NOT NULL,
	PRIMARY KEY (merchant, kind, key)
);

-- Whose a job is stands in its argument, up to here.
INSERT INTO jobs (merchant, kind, key, arg, run_at, due_at, lease_to, again, tries, last_error, created)
	SELECT COALESCE((SELECT m.id FROM merchants AS m WHERE b.arg LIKE '%"merchant":"' || m.id || '"%' ORDER BY LENGTH(m.id) DESC LIMIT 1), ''),
		b.kind, b.key, b.arg, b.run_at, b.due_at, b.lease_to, b.again, b.tries, b.last_error, b.created
	FROM jobs_before AS b;

DROP TABLE jobs_before;

CREATE INDEX jobs_due     ON jobs (due_at, kind, merchant, key);
-- A backlog of one kind, or lane, is not read for the sake of another.
CREATE INDEX jobs_by_kind ON jobs (kind, lane, due_at, merchant, key);
-- Leased jobs are few; with them and those that are due, what is late can be
-- counted without reading what is booked for later.
CREATE INDEX jobs_leased  ON jobs (due_at) WHERE lease_to > 0;
