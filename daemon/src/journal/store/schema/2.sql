-- The order of lists, and what is counted for them: neither reads the documents.
CREATE INDEX job_listed ON job (context, created_ms / 1000 DESC, json_extract(doc, '$.milestones[0].rev') DESC);
CREATE INDEX job_counted ON job (context, active, coalesce(ended_ms, created_ms, 0), own);
