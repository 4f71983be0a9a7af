-- The rows of each batch that are least likely under the data before, at most 20: the newest row
-- of each key.
SELECT * EXCEPT (row_key)
FROM `${project}.${dataset}.surprising_rows_log`
QUALIFY ROW_NUMBER() OVER (PARTITION BY row_key ORDER BY updated_at DESC) = 1
