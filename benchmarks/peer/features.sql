-- All features of the lines of the day.
SELECT *
FROM lines
LEFT JOIN usage_features USING (subscriber_id)
LEFT JOIN recharge_features USING (subscriber_id)
LEFT JOIN billing_features USING (subscriber_id)
LEFT JOIN care_features USING (subscriber_id)
