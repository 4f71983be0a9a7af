-- The learning curve of every model: the newest row of each key.
SELECT * EXCEPT (row_key)
FROM `${project}.${dataset}.training_metrics_log`
QUALIFY ROW_NUMBER() OVER (PARTITION BY row_key ORDER BY updated_at DESC) = 1
