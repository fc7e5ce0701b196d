-- Recharges of a line in a month.
WITH recharged AS (
  SELECT
    subscriber_id,
    day,
    recharge_amount,
    expires_on,
    is_emergency_credit,
    coalesce(is_emergency_credit, false) AS is_lent,
    recharge_amount > 0 AND NOT coalesce(is_emergency_credit, false) AS is_paid
  FROM recharges
  WHERE day BETWEEN getvariable('first_day') AND getvariable('as_of')
),
days AS (
  SELECT
    subscriber_id,
    last_day(day) AS period,
    day,
    count(*) FILTER (is_paid) AS n_recharges,
    sum(CASE WHEN is_lent THEN 0 ELSE recharge_amount END)::BIGINT AS recharge_amount,
    list(recharge_amount) FILTER (is_paid) AS amounts,
    sum(is_emergency_credit::INT) AS n_lent,
    max(expires_on) FILTER (is_paid) AS expires_on
  FROM recharged
  GROUP BY ALL
),
in_turn AS (
  SELECT
    *,
    n_recharges > 0 AS is_recharge_day,
    CASE WHEN n_recharges > 0 THEN day - lag(day) OVER turn END AS gap,
    CASE WHEN n_recharges > 0 THEN lag(expires_on) OVER turn - day END AS days_left
  FROM days
  WINDOW turn AS (PARTITION BY subscriber_id, period, n_recharges > 0 ORDER BY day)
)
SELECT
  subscriber_id,
  period,
  sum(n_recharges)::BIGINT AS n_recharges,
  sum(recharge_amount)::BIGINT AS recharge_amount,
  count(*) FILTER (is_recharge_day) AS n_recharge_days,
  min(day) FILTER (is_recharge_day) AS first_day,
  max(day) FILTER (is_recharge_day) AS last_day,
  coalesce(sum(gap * gap), 0)::BIGINT AS gap_squares,
  coalesce(list_sort(flatten(list(amounts) FILTER (amounts IS NOT NULL))), []) AS amounts,
  sum(n_lent)::BIGINT AS n_lent,
  count(days_left) AS n_expiring,
  count(*) FILTER (days_left BETWEEN 0 AND 2) AS n_before_expiry,
  arg_max_null(expires_on, day) FILTER (is_recharge_day) AS last_expires_on
FROM in_turn
GROUP BY ALL
