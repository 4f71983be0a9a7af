-- How strongly two features of a batch go together: the newest row of each key.
SELECT * EXCEPT (row_key)
FROM `${project}.${dataset}.associations_log`
QUALIFY ROW_NUMBER() OVER (PARTITION BY row_key ORDER BY updated_at DESC) = 1
