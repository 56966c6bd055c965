-- What became of every entry of a document that was converted, sealed; revision is that of the converter.
CREATE TABLE conversions (
    human_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    document_key TEXT NOT NULL,
    converted_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (human_id, connection_id, document_key)
);
