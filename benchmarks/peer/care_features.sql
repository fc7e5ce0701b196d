-- Features of contacts with care over the last three and six months.
WITH seen AS (
  SELECT
    line.subscriber_id,
    line.recent_months,
    part.* EXCLUDE (subscriber_id),
    [made_on::DATE FOR made_on IN part.resolved_made_on IF made_on::DATE >= window_start(line.months)] AS own
  FROM lines AS line
  LEFT JOIN (SELECT *, datediff('month', period, getvariable('as_of')) AS age FROM care_partials) AS part
    ON part.subscriber_id = line.subscriber_id AND part.age BETWEEN 0 AND 5 AND part.age < line.months
),
sums AS (
  SELECT
    subscriber_id,
    max(recent_months) AS recent_months,
    sum(n_contacts) FILTER (age < 3) AS recent_contacts,
    sum(n_complaints) FILTER (age < 3) AS recent_complaints,
    sum(n_contacts) AS n_contacts,
    sum(n_resolved) AS n_resolved,
    sum(resolution_days) AS resolution_days,
    sum(n_answers) AS n_answers,
    sum(satisfaction) AS satisfaction,
    sum(n_repeats) AS n_repeats,
    sum(n_by_channel) AS n_by_channel,
    sum(n_by_phone) AS n_by_phone,
    sum(n_by_chat) AS n_by_chat,
    sum(n_in_shop) AS n_in_shop,
    sum(n_by_email) AS n_by_email,
    sum(made_days) - coalesce(sum(list_sum([day - DATE '1970-01-01' FOR day IN own])), 0) AS open_made_days,
    sum(n_contacts) - sum(len(own)) AS n_open
  FROM seen
  GROUP BY subscriber_id
)
SELECT
  subscriber_id,
  per(coalesce(recent_contacts, 0), recent_months) AS contacts_per_month,
  per(CASE WHEN coalesce(recent_contacts, 0) = 0 THEN 0 ELSE recent_complaints END, recent_months)
    AS complaints_per_month,
  share(n_open, n_contacts) AS unresolved_share,
  per(resolution_days, n_resolved) AS resolution_days_mean,
  per(satisfaction, n_answers) AS satisfaction_mean,
  share(n_repeats, n_contacts) AS repeat_contact_share,
  CASE WHEN n_open > 0 THEN per((getvariable('as_of') - DATE '1970-01-01') * n_open - open_made_days, n_open) END
    AS open_contact_days_mean,
  share(n_by_phone, n_by_channel) AS phone_contact_share,
  share(n_by_chat, n_by_channel) AS chat_contact_share,
  share(n_in_shop, n_by_channel) AS shop_contact_share,
  share(n_by_email, n_by_channel) AS email_contact_share
FROM sums
