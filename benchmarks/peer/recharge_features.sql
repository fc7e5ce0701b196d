-- Features of recharges of prepaid lines over the last three and six months.
WITH seen AS (
  SELECT line.subscriber_id, line.months, line.recent_months, part.* EXCLUDE (subscriber_id)
  FROM (FROM lines WHERE vertical = 'payg') AS line
  LEFT JOIN (SELECT *, datediff('month', period, getvariable('as_of')) AS age FROM recharge_partials) AS part
    ON part.subscriber_id = line.subscriber_id AND part.age BETWEEN 0 AND 5 AND part.age < line.months
),
in_turn AS (
  SELECT
    *,
    CASE WHEN n_recharge_days > 0 THEN first_day - lag(last_day) OVER turn END AS gap,
    CASE WHEN n_recharge_days > 0 THEN lag(last_expires_on) OVER turn - first_day END AS days_left
  FROM seen
  WINDOW turn AS (PARTITION BY subscriber_id, n_recharge_days > 0 ORDER BY age DESC)
),
sums AS (
  SELECT
    subscriber_id,
    max(months) AS months,
    max(recent_months) AS recent_months,
    sum(n_recharges) FILTER (age < 3) AS recent_recharges,
    sum(recharge_amount) FILTER (age < 3) AS recent_amount,
    sum(recharge_amount) FILTER (age >= 3) AS earlier_amount,
    sum(n_recharges) AS whole_recharges,
    sum(recharge_amount) AS whole_amount,
    max(last_day) AS last_day,
    sum(n_recharge_days) - 1 AS n_gaps,
    max(last_day) - min(first_day) AS gap_days,
    sum(gap_squares) + coalesce(sum(gap * gap), 0) AS gap_squares,
    coalesce(flatten(list(amounts) FILTER (amounts IS NOT NULL)), []) AS amounts,
    sum(n_lent) FILTER (age < 3) AS recent_lent,
    count(n_recharges) FILTER (age < 3) AS n_recent,
    sum(n_expiring) + count(days_left) AS n_expiring,
    sum(n_before_expiry) + count(*) FILTER (days_left BETWEEN 0 AND 2) AS n_before_expiry
  FROM in_turn
  GROUP BY subscriber_id
),
usual AS (
  SELECT
    *,
    getvariable('as_of') - coalesce(last_day, window_start(months)) AS recency,
    CASE WHEN n_gaps > 0 THEN per(gap_days, n_gaps) END AS mean_gap,
    list_max([
      {'n': len([other FOR other IN amounts IF other = one]), 'amount': one} FOR one IN list_distinct(amounts)
    ]) AS usual
  FROM sums
),
base AS (
  SELECT sum(recharge_amount)::DOUBLE / nullif(sum(n_recharges), 0) AS base_mean
  FROM recharge_partials
  WHERE datediff('month', period, getvariable('as_of')) BETWEEN 0 AND 5
),
banded AS (
  SELECT
    *,
    CASE WHEN base_mean > 0 THEN len(amounts) END AS n_amounts,
    len([amount FOR amount IN amounts IF amount < base_mean * 0.5]) AS n_small,
    len([amount FOR amount IN amounts IF amount >= base_mean * 2]) AS n_large
  FROM usual, base
)
SELECT
  subscriber_id,
  recency::DOUBLE AS recharge_recency_days,
  per(coalesce(recent_recharges, 0), recent_months) AS recharges_per_month,
  per(coalesce(recent_amount, 0), recent_months) AS recharge_amount_per_month,
  coalesce(per(recent_amount, recent_recharges), per(whole_amount, whole_recharges)) AS recharge_amount_mean,
  CASE WHEN n_gaps >= 2
    THEN gap_days::DOUBLE / nullif(gap_days + sqrt((n_gaps * gap_squares - gap_days * gap_days)::DOUBLE), 0) END
    AS recharge_regularity,
  ratio(per(coalesce(recent_amount, 0), recent_months), per(earlier_amount, months - recent_months))
    AS recharge_velocity,
  mean_gap AS recharge_gap_days_mean,
  ratio(recency, mean_gap) AS recharge_overdue_ratio,
  usual.amount::DOUBLE AS usual_recharge_amount,
  share(usual.n, len(amounts)) AS usual_amount_share,
  nullif(len(list_distinct(amounts)), 0)::DOUBLE AS recharge_denominations,
  share(n_small, n_amounts) AS small_recharge_share,
  share(n_amounts - n_small - n_large, n_amounts) AS middle_recharge_share,
  share(n_large, n_amounts) AS large_recharge_share,
  share(n_before_expiry, n_expiring) AS expiry_recharge_share,
  per(CASE WHEN n_recent = 0 THEN 0 ELSE recent_lent END, recent_months) AS credit_lent_per_month
FROM banded
