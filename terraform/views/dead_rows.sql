-- Messages of sluice-rows that were refused, and why: the newest row of each key.
SELECT * EXCEPT (row_key)
FROM `${project}.${dataset}.dead_rows_log`
QUALIFY ROW_NUMBER() OVER (PARTITION BY row_key ORDER BY updated_at DESC) = 1
