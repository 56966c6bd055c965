-- The directory's sources, each as it was read last; body is gzipped JSON. Brands are made of all of them together.
CREATE TABLE lists (
    name TEXT NOT NULL PRIMARY KEY,
    format TEXT NOT NULL,
    etag TEXT,
    imported_at BIGINT NOT NULL,
    checked_at BIGINT NOT NULL,
    listings BIGINT NOT NULL,
    body BYTEA NOT NULL
);

-- Why the listings behind a brand are of one organization.
CREATE TABLE brand_evidence (
    source_id TEXT NOT NULL PRIMARY KEY,
    body BYTEA NOT NULL
);

-- Brands that were found to be another one.
CREATE TABLE former_brands (
    source_id TEXT NOT NULL PRIMARY KEY,
    became TEXT NOT NULL
);
