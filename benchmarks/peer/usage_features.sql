-- Features of use over the last three and six months.
WITH seen AS (
  SELECT line.subscriber_id, line.months, line.recent_months, line.allowance_kb, part.* EXCLUDE (subscriber_id)
  FROM lines AS line
  LEFT JOIN (SELECT *, datediff('month', period, getvariable('as_of')) AS age FROM usage_partials) AS part
    ON part.subscriber_id = line.subscriber_id AND part.age BETWEEN 0 AND 5 AND part.age < line.months
),
sums AS (
  SELECT
    subscriber_id,
    max(months) AS months,
    max(recent_months) AS recent_months,
    max(allowance_kb) AS allowance_kb,
    count(*) FILTER (age < 3) AS n_recent,
    count(*) FILTER (age IS NOT NULL AND data_kb IS NULL) AS n_untold,
    count(*) FILTER (age < 3 AND data_kb IS NULL) AS n_recent_untold,
    sum(data_kb) FILTER (age < 3) AS data_kb,
    sum(voice_seconds) FILTER (age < 3) AS voice_seconds,
    sum(voice_offnet_seconds) FILTER (age < 3) AS voice_offnet_seconds,
    sum(voice_night_seconds) FILTER (age < 3) AS voice_night_seconds,
    sum(n_peers) FILTER (age < 3) AS n_peers,
    sum(n_sms) FILTER (age < 3) AS n_sms,
    sum(n_calls) FILTER (age < 3) AS n_calls,
    sum(roaming_kb) FILTER (age < 3) AS roaming_kb,
    sum(data_night_kb) FILTER (age < 3) AS data_night_kb,
    sum(data_work_kb) FILTER (age < 3) AS data_work_kb,
    sum(data_evening_kb) FILTER (age < 3) AS data_evening_kb,
    sum(data_weekend_kb) FILTER (age < 3) AS data_weekend_kb,
    sum(upload_kb) FILTER (age < 3) AS upload_kb,
    sum(streaming_kb) FILTER (age < 3) AS streaming_kb,
    sum(social_kb) FILTER (age < 3) AS social_kb,
    sum(gaming_kb) FILTER (age < 3) AS gaming_kb,
    sum(n_active_days) FILTER (age < 3) AS n_active_days,
    sum(n_call_days) FILTER (age < 3) AS n_call_days,
    max(n_devices) FILTER (age < 3) AS n_devices,
    sum(data_kb) FILTER (age >= 3) AS earlier_data_kb,
    sum(voice_seconds) FILTER (age >= 3) AS earlier_voice_seconds,
    [
      coalesce(sum(data_kb) FILTER (age = 0), 0)::DOUBLE,
      coalesce(sum(data_kb) FILTER (age = 1), 0)::DOUBLE,
      coalesce(sum(data_kb) FILTER (age = 2), 0)::DOUBLE,
      coalesce(sum(data_kb) FILTER (age = 3), 0)::DOUBLE,
      coalesce(sum(data_kb) FILTER (age = 4), 0)::DOUBLE,
      coalesce(sum(data_kb) FILTER (age = 5), 0)::DOUBLE
    ] AS by_month
  FROM seen
  GROUP BY subscriber_id
),
levels AS (
  SELECT
    *,
    per(or_zero(data_kb, n_recent), recent_months) AS recent_data,
    per(or_zero(voice_seconds, n_recent), recent_months) AS recent_voice,
    by_month[1:months] AS seen_months,
    list_sum(by_month[1:months]) / nullif(months, 0) AS mean
  FROM sums
)
SELECT
  subscriber_id,
  recent_data AS data_kb_per_month,
  recent_voice AS voice_seconds_per_month,
  per(or_zero(n_sms, n_recent), recent_months) AS sms_per_month,
  per(or_zero(n_calls, n_recent), recent_months) AS calls_per_month,
  per(or_zero(roaming_kb, n_recent), recent_months) AS roaming_kb_per_month,
  share(data_night_kb, data_kb) AS data_night_share,
  share(data_work_kb, data_kb) AS data_work_share,
  share(data_evening_kb, data_kb) AS data_evening_share,
  share(data_weekend_kb, data_kb) AS weekend_share,
  share(upload_kb, data_kb) AS upload_share,
  share(streaming_kb, data_kb) AS streaming_data_share,
  share(social_kb, data_kb) AS social_data_share,
  share(gaming_kb, data_kb) AS gaming_data_share,
  per(n_peers, n_call_days) AS peers_per_day,
  share(voice_offnet_seconds, voice_seconds) AS offnet_share,
  ratio(recent_data, per(earlier_data_kb, months - recent_months)) AS data_velocity,
  CASE WHEN n_untold = 0 AND months >= 2 AND mean > 0
    THEN mean / (mean + sqrt(list_sum([(v - mean) * (v - mean) FOR v IN seen_months]) / months)) END
    AS usage_consistency,
  share(coalesce(n_active_days, 0), getvariable('as_of') - window_start(recent_months) + 1) AS active_days_share,
  n_devices::DOUBLE AS devices_max,
  per(voice_seconds, n_calls) AS call_seconds_mean,
  share(voice_night_seconds, voice_seconds) AS voice_night_share,
  ratio(recent_voice, per(earlier_voice_seconds, months - recent_months)) AS voice_velocity,
  ratio(recent_data, allowance_kb) AS pack_used_ratio,
  CASE WHEN n_recent_untold = 0 AND allowance_kb IS NOT NULL
    THEN share(len([v FOR v IN by_month[1:recent_months] IF v >= allowance_kb]), recent_months) END
    AS pack_exhausted_share
FROM levels
