-- What waits for a person, merchant by merchant, and the processes that serve.

-- +goose Up
CREATE INDEX alarms_open_of   ON alarms (merchant, at, id) WHERE closed = 0;
CREATE INDEX alarms_closed_of ON alarms (merchant, closed, id) WHERE closed > 0;

-- Exception: a process of the installation. Each writes its row when it starts and
-- once a minute, and takes it away when it stops.
CREATE TABLE nodes (
	id      TEXT   NOT NULL PRIMARY KEY CONSTRAINT nodes_id CHECK (id <> ''), -- made at each start
	name    TEXT   NOT NULL, -- of its machine
	version TEXT   NOT NULL,
	address TEXT   NOT NULL, -- what it listens on
	started BIGINT NOT NULL,
	seen    BIGINT NOT NULL,
	ahead   BIGINT NOT NULL, -- microseconds that the database's clock is ahead of its own
	state   TEXT   NOT NULL  -- JSON
);

CREATE INDEX nodes_by_seen ON nodes (seen, id);
