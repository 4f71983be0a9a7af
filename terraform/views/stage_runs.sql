-- Every operation of every run: the newest row of each key.
SELECT * EXCEPT (row_key)
FROM `${project}.${dataset}.stage_runs_log`
QUALIFY ROW_NUMBER() OVER (PARTITION BY row_key ORDER BY updated_at DESC) = 1
