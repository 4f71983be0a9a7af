-- Summaries of every feature of every batch: the newest row of each key.
SELECT * EXCEPT (row_key)
FROM `${project}.${dataset}.statistics_log`
QUALIFY ROW_NUMBER() OVER (PARTITION BY row_key ORDER BY updated_at DESC) = 1
