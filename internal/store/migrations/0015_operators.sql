-- The people of the console, what they may do, and what they did.

-- +goose Up

-- Exception: a person may serve several merchants; grants tell which.
CREATE TABLE operators (
	id        TEXT   NOT NULL PRIMARY KEY CONSTRAINT operators_id CHECK (id <> ''),
	email     TEXT   NOT NULL CONSTRAINT operators_email UNIQUE CONSTRAINT operators_email_set CHECK (email <> ''), -- lower case
	name      TEXT   NOT NULL,
	language  TEXT   NOT NULL CONSTRAINT operators_language CHECK (language IN ('', 'ko', 'en')),
	password  TEXT   NOT NULL, -- argon2id with its parameters and salt; '' is none
	totp      BYTEA  NOT NULL, -- sealed; empty is none
	totp_step BIGINT NOT NULL, -- the newest step a code was taken of: each is taken once
	recovery  TEXT   NOT NULL, -- JSON: hashes of the codes that are left
	failures  BIGINT NOT NULL CONSTRAINT operators_failures CHECK (failures >= 0), -- wrong passwords and codes since the last right one
	locked_to BIGINT NOT NULL,
	created   BIGINT NOT NULL,
	signed_in BIGINT NOT NULL,
	disabled  BIGINT NOT NULL
);

-- Merchant '' is every merchant.
CREATE TABLE grants (
	merchant  TEXT    NOT NULL,
	operator  TEXT    NOT NULL CONSTRAINT grants_operator REFERENCES operators (id),
	role      TEXT    NOT NULL CONSTRAINT grants_role CHECK (role IN ('owner', 'manager', 'developer', 'read_only')),
	export    BOOLEAN NOT NULL,
	created   BIGINT  NOT NULL,
	PRIMARY KEY (merchant, operator)
);

CREATE INDEX grants_by_operator ON grants (operator, merchant);

-- Exception: found by the hash of the token in the browser's cookie.
CREATE TABLE operator_sessions (
	token_hash BYTEA  NOT NULL PRIMARY KEY,
	id         TEXT   NOT NULL CONSTRAINT operator_sessions_id UNIQUE, -- what it is called where it is listed
	operator   TEXT   NOT NULL CONSTRAINT operator_sessions_operator REFERENCES operators (id),
	merchant   TEXT   NOT NULL, -- the store it looks at; '' is not chosen
	stage      TEXT   NOT NULL CONSTRAINT operator_sessions_stage CHECK (stage IN ('password', 'in')), -- 'password': a code is still to come
	how        TEXT   NOT NULL, -- what it was begun with: password, code, passkey, link
	address    TEXT   NOT NULL,
	user_agent TEXT   NOT NULL,
	created    BIGINT NOT NULL,
	failures   BIGINT NOT NULL CONSTRAINT operator_sessions_failures CHECK (failures >= 0), -- wrong codes at the stage 'password'
	proved     BIGINT NOT NULL, -- when the person last showed who they are
	seen       BIGINT NOT NULL,
	expires    BIGINT NOT NULL
);

CREATE INDEX operator_sessions_by_operator ON operator_sessions (operator, created);
CREATE INDEX operator_sessions_expired     ON operator_sessions (expires);

CREATE TABLE operator_passkeys (
	operator   TEXT   NOT NULL CONSTRAINT operator_passkeys_operator REFERENCES operators (id),
	id         BYTEA  NOT NULL,
	name       TEXT   NOT NULL,
	credential TEXT   NOT NULL, -- JSON: the public key and its counters
	created    BIGINT NOT NULL,
	used       BIGINT NOT NULL,
	PRIMARY KEY (operator, id)
);

-- Exception: the browser names the passkey alone.
CREATE UNIQUE INDEX operator_passkeys_by_id ON operator_passkeys (id);

-- Exception: found by the hash of the token in the address. The challenge of a
-- passkey is kept as a used one, so that none is answered twice.
CREATE TABLE operator_links (
	token_hash BYTEA   NOT NULL PRIMARY KEY,
	operator   TEXT    NOT NULL CONSTRAINT operator_links_operator REFERENCES operators (id),
	resets     BOOLEAN NOT NULL, -- takes the second factors away when it is used
	created    BIGINT  NOT NULL,
	expires    BIGINT  NOT NULL,
	used       BIGINT  NOT NULL
);

CREATE INDEX operator_links_by_operator ON operator_links (operator, created);
CREATE INDEX operator_links_expired     ON operator_links (expires);

-- Who changed what. Rows are added and never changed, but for the erasure of a
-- buyer's words; none of them holds a secret.
CREATE TABLE audit (
	merchant   TEXT   NOT NULL, -- '' of the whole installation
	id         TEXT   NOT NULL CONSTRAINT audit_id CHECK (id <> ''), -- grows with time
	at         BIGINT NOT NULL CONSTRAINT audit_at CHECK (at > 0),
	actor_kind TEXT   NOT NULL CONSTRAINT audit_actor_kind CHECK (actor_kind IN ('operator', 'command', 'gateway')),
	actor      TEXT   NOT NULL,
	actor_name TEXT   NOT NULL,
	address    TEXT   NOT NULL,
	action     TEXT   NOT NULL CONSTRAINT audit_action CHECK (action <> ''),
	kind       TEXT   NOT NULL, -- of thing: what stands before the point of the action
	target     TEXT   NOT NULL, -- what was changed: its id
	payment    TEXT   NOT NULL, -- '' of none
	before     TEXT   NOT NULL, -- JSON; '' is nothing
	after      TEXT   NOT NULL, -- JSON; '' is nothing
	PRIMARY KEY (merchant, id)
);

CREATE INDEX audit_by_time    ON audit (merchant, at, id);
CREATE INDEX audit_by_actor   ON audit (merchant, actor, at, id);
CREATE INDEX audit_by_kind    ON audit (merchant, kind, at, id);
CREATE INDEX audit_by_target  ON audit (merchant, target, at, id);
CREATE INDEX audit_of_payment ON audit (merchant, payment, at, id) WHERE payment <> '';
