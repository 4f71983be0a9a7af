-- Every version of every model: the newest row of each key. Each writer says what it knows, so the
-- newest known value of each column shows.
SELECT
  * EXCEPT (row_key) REPLACE (
    FIRST_VALUE(sha256 IGNORE NULLS) OVER whole AS sha256,
    FIRST_VALUE(run IGNORE NULLS) OVER whole AS run,
    FIRST_VALUE(created_at IGNORE NULLS) OVER whole AS created_at,
    FIRST_VALUE(rounds IGNORE NULLS) OVER whole AS rounds,
    FIRST_VALUE(features IGNORE NULLS) OVER whole AS features,
    FIRST_VALUE(train_rows IGNORE NULLS) OVER whole AS train_rows,
    FIRST_VALUE(memory_bytes IGNORE NULLS) OVER whole AS memory_bytes)
FROM `${project}.${dataset}.models_log`
QUALIFY ROW_NUMBER() OVER (PARTITION BY row_key ORDER BY updated_at DESC) = 1
WINDOW
  whole AS (
    PARTITION BY row_key ORDER BY updated_at DESC
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
