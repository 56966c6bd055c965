-- One text for SQLite and PostgreSQL. Columns called sealed, state, body, cursor, outcome, report,
-- profile and wrapped_key hold ciphertext made by the engine; times are unix milliseconds.

CREATE TABLE keys (
    id TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE apps (
    client_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    previous_secret_hash BYTEA,
    previous_until BIGINT,
    session_secret_policy TEXT NOT NULL,
    strict_type BIGINT NOT NULL,
    origins TEXT NOT NULL,
    callbacks TEXT NOT NULL,
    admin_api BIGINT NOT NULL,
    disabled_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE humans (
    human_id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL,
    user_key BYTEA NOT NULL,
    user_id TEXT NOT NULL,
    revision BIGINT NOT NULL DEFAULT 0,
    first_connected_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    wrapped_key BYTEA NOT NULL,
    profile BYTEA NOT NULL,
    UNIQUE (client_id, user_key)
);
CREATE INDEX humans_by_age ON humans (client_id, created_at, human_id);

CREATE TABLE tokens (
    human_id TEXT NOT NULL,
    hash BYTEA NOT NULL,
    kind TEXT NOT NULL,
    client_id TEXT NOT NULL,
    secretless BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (human_id, hash)
);
CREATE INDEX tokens_by_end ON tokens (expires_at);

CREATE TABLE connect_sessions (
    human_id TEXT NOT NULL,
    id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    version BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    ended_at BIGINT,
    state BYTEA NOT NULL,
    PRIMARY KEY (human_id, id)
);
CREATE INDEX connect_sessions_by_age ON connect_sessions (updated_at);
CREATE UNIQUE INDEX connect_sessions_open ON connect_sessions (human_id, owner) WHERE ended_at IS NULL;

CREATE TABLE authorizations (
    human_id TEXT NOT NULL,
    id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    source_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    body BYTEA NOT NULL,
    outcome BYTEA,
    PRIMARY KEY (human_id, id)
);
CREATE INDEX authorizations_by_end ON authorizations (expires_at);

CREATE TABLE connections (
    human_id TEXT NOT NULL,
    id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    source_hash BYTEA NOT NULL,
    account_hash BYTEA NOT NULL,
    status TEXT NOT NULL,
    status_at BIGINT NOT NULL,
    connected_since BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_synced_at BIGINT,
    oldest_at BIGINT,
    newest_at BIGINT,
    body BYTEA NOT NULL,
    grant_sealed BYTEA,
    report BYTEA,
    PRIMARY KEY (human_id, id),
    UNIQUE (human_id, account_hash)
);

CREATE TABLE pulls (
    human_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    sync_id TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    cursor BYTEA NOT NULL,
    PRIMARY KEY (human_id, connection_id)
);

CREATE TABLE resources (
    human_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    resource_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    hash BYTEA NOT NULL,
    received_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    gone_at BIGINT,
    dated_at BIGINT NOT NULL,
    document_key TEXT,
    body BYTEA NOT NULL,
    PRIMARY KEY (human_id, connection_id, resource_key)
);

CREATE TABLE records (
    human_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    source_hash BYTEA NOT NULL,
    sort_at BIGINT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    content_hash BYTEA NOT NULL,
    hidden_at BIGINT,
    document_key TEXT,
    fact_hash BYTEA,
    same_as BYTEA NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (human_id, kind, id)
);
CREATE INDEX records_newest ON records (human_id, kind, sort_at, id) WHERE hidden_at IS NULL;
CREATE INDEX records_created ON records (human_id, kind, created_at, id DESC) WHERE hidden_at IS NULL;
CREATE INDEX records_by_connection ON records (human_id, connection_id, kind, id);
CREATE INDEX records_by_fact ON records (human_id, kind, fact_hash, connection_id)
    WHERE hidden_at IS NULL AND fact_hash IS NOT NULL;
CREATE INDEX records_linked ON records (human_id) WHERE hidden_at IS NULL AND length(same_as) > 0;

-- due_at is when a job may be claimed; while it is leased, that is the end of the lease.
CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    human_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    again_at BIGINT,
    attempts BIGINT NOT NULL,
    lease TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (kind, human_id, subject)
);
CREATE INDEX jobs_due ON jobs (due_at, id);
CREATE INDEX jobs_by_human ON jobs (human_id);

CREATE TABLE brands (
    source_id TEXT NOT NULL PRIMARY KEY,
    bundle TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX brands_by_bundle ON brands (bundle);

CREATE TABLE bundles (
    url TEXT NOT NULL PRIMARY KEY,
    etag TEXT,
    imported_at BIGINT NOT NULL,
    brands BIGINT NOT NULL
);

CREATE TABLE registrations (
    endpoint TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL,
    auth TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    scopes TEXT,
    created_at BIGINT NOT NULL
);
