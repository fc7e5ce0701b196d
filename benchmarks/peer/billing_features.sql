-- Features of bills of plan and home lines over the last three and six months.
WITH seen AS (
  SELECT line.subscriber_id, part.* EXCLUDE (subscriber_id), (part.bill_amount // nullif(part.n_bills, 0)) AS of_month
  FROM (FROM lines WHERE vertical IN ('plan', 'home')) AS line
  LEFT JOIN (SELECT *, datediff('month', period, getvariable('as_of')) AS age FROM billing_partials) AS part
    ON part.subscriber_id = line.subscriber_id AND part.age BETWEEN 0 AND 5 AND part.age < line.months
),
sums AS (
  SELECT
    subscriber_id,
    sum(n_bills) FILTER (age < 3) AS n_bills,
    sum(bill_amount) FILTER (age < 3) AS bill_amount,
    sum(overage_amount) FILTER (age < 3) AS overage_amount,
    sum(discount_amount) FILTER (age < 3) AS discount_amount,
    sum(n_bills) FILTER (age >= 3) AS earlier_n_bills,
    sum(bill_amount) FILTER (age >= 3) AS earlier_bill_amount,
    max(of_month) FILTER (age < 3) AS highest_bill,
    avg(of_month) AS mean_bill,
    count(of_month) AS n_billed
  FROM seen
  GROUP BY subscriber_id
)
SELECT
  subscriber_id,
  per(bill_amount, n_bills) AS bill_amount_per_month,
  share(overage_amount, bill_amount) AS overage_share,
  share(discount_amount, bill_amount + discount_amount) AS discount_share,
  ratio(per(bill_amount, n_bills), per(earlier_bill_amount, earlier_n_bills)) AS bill_velocity,
  CASE WHEN n_billed > 1 THEN ratio(highest_bill, mean_bill) END AS bill_shock
FROM sums
