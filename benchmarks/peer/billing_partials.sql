-- Bills of a line in a month. No payments are delivered.
SELECT
  subscriber_id,
  last_day(period) AS period,
  count(*) AS n_bills,
  sum(bill_amount)::BIGINT AS bill_amount,
  sum(overage_amount)::BIGINT AS overage_amount,
  sum(discount_amount)::BIGINT AS discount_amount
FROM invoices
WHERE period BETWEEN getvariable('first_day') AND getvariable('as_of')
GROUP BY ALL
