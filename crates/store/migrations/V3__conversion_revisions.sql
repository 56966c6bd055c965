-- Which revision of the converter made it; those from before it was kept count as the oldest.
ALTER TABLE conversions ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
