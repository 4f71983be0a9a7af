-- Every feature of each batch beside what it was before: the newest row of each key.
SELECT * EXCEPT (row_key)
FROM `${project}.${dataset}.comparisons_log`
QUALIFY ROW_NUMBER() OVER (PARTITION BY row_key ORDER BY updated_at DESC) = 1
