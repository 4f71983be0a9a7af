-- Rows that came after their window had closed, of pipelines whose spec sends them here.
SELECT * EXCEPT (late)
FROM `${project}.${dataset}.window_rows`
WHERE late
