-- Rows that could not be read, at most 1,000 a batch: the newest row of each key.
SELECT * EXCEPT (row_key)
FROM `${project}.${dataset}.rejected_rows_log`
QUALIFY ROW_NUMBER() OVER (PARTITION BY row_key ORDER BY updated_at DESC) = 1
