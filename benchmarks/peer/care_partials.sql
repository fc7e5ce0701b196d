-- Contacts of a line with care in a month; a solution counts in the month in which it was found.
WITH contacts AS (
  SELECT * REPLACE (CASE WHEN resolved_on <= getvariable('as_of') THEN resolved_on END AS resolved_on)
  FROM care_contacts
  WHERE day <= getvariable('as_of')
),
events AS (
  SELECT
    subscriber_id,
    day,
    1 AS n_contacts,
    is_complaint::INT AS n_complaints,
    (satisfaction IS NOT NULL)::INT AS n_answers,
    satisfaction,
    (day - lag(day) OVER (PARTITION BY subscriber_id ORDER BY day, contact_id) <= 7)::INT AS n_repeats,
    (channel IS NOT NULL)::INT AS n_by_channel,
    (channel = 'phone')::INT AS n_by_phone,
    (channel = 'chat')::INT AS n_by_chat,
    (channel = 'shop')::INT AS n_in_shop,
    (channel = 'e-mail')::INT AS n_by_email,
    day - DATE '1970-01-01' AS made_days,
    0 AS n_resolved,
    NULL AS resolution_days,
    NULL AS made_on
  FROM contacts
  UNION ALL BY NAME
  SELECT
    subscriber_id,
    resolved_on AS day,
    1 AS n_resolved,
    resolved_on - day AS resolution_days,
    day::VARCHAR AS made_on
  FROM contacts
  WHERE resolved_on IS NOT NULL
)
SELECT
  subscriber_id,
  last_day(day) AS period,
  coalesce(sum(n_contacts), 0)::BIGINT AS n_contacts,
  sum(n_complaints)::BIGINT AS n_complaints,
  coalesce(sum(n_resolved), 0)::BIGINT AS n_resolved,
  coalesce(sum(resolution_days), 0)::BIGINT AS resolution_days,
  coalesce(sum(n_answers), 0)::BIGINT AS n_answers,
  coalesce(sum(satisfaction), 0)::BIGINT AS satisfaction,
  coalesce(sum(n_repeats), 0)::BIGINT AS n_repeats,
  coalesce(sum(n_by_channel), 0)::BIGINT AS n_by_channel,
  coalesce(sum(n_by_phone), 0)::BIGINT AS n_by_phone,
  coalesce(sum(n_by_chat), 0)::BIGINT AS n_by_chat,
  coalesce(sum(n_in_shop), 0)::BIGINT AS n_in_shop,
  coalesce(sum(n_by_email), 0)::BIGINT AS n_by_email,
  coalesce(sum(made_days), 0)::BIGINT AS made_days,
  coalesce(list_sort(list(made_on) FILTER (made_on IS NOT NULL)), []) AS resolved_made_on
FROM events
WHERE day BETWEEN getvariable('first_day') AND getvariable('as_of')
GROUP BY ALL
