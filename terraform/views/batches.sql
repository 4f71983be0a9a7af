-- State of every batch: the newest row of each key. Not every writer knows the row counts, so the
-- newest known ones show. RECEIVED is where a batch begins: an event delivered again later must not
-- hide what became of it.
SELECT
  * EXCEPT (row_key) REPLACE (
    FIRST_VALUE(`rows` IGNORE NULLS) OVER whole AS `rows`,
    FIRST_VALUE(rejected_rows IGNORE NULLS) OVER whole AS rejected_rows,
    FIRST_VALUE(train_rows IGNORE NULLS) OVER whole AS train_rows,
    FIRST_VALUE(eval_rows IGNORE NULLS) OVER whole AS eval_rows)
FROM `${project}.${dataset}.batches_log`
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY row_key ORDER BY IF(state = 'RECEIVED', 1, 0), updated_at DESC) = 1
WINDOW
  whole AS (
    PARTITION BY row_key ORDER BY updated_at DESC
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
