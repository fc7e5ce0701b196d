-- Lines that get features on the day, the months of the window in which each was seen, and the data its product includes.
WITH included AS (
  SELECT product_id, arg_max_null(CASE WHEN allowance_kb > 0 THEN allowance_kb END, valid_from) AS allowance_kb
  FROM products
  WHERE valid_from <= getvariable('as_of') AND (valid_to IS NULL OR valid_to >= getvariable('as_of'))
  GROUP BY product_id
)
SELECT
  subscriber_id,
  vertical,
  greatest(least(months_seen, 6), 0)::INT AS months,
  least(greatest(least(months_seen, 6), 0), 3)::INT AS recent_months,
  allowance_kb
FROM population
LEFT JOIN included USING (product_id)
WHERE as_of = getvariable('as_of') AND state IN ('new', 'active', 'dormant', 'returned')
