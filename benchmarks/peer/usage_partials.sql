-- Use of a line in a month.
SELECT
  subscriber_id,
  last_day(day) AS period,
  sum(voice_seconds)::BIGINT AS voice_seconds,
  sum(voice_offnet_seconds)::BIGINT AS voice_offnet_seconds,
  sum(voice_night_seconds)::BIGINT AS voice_night_seconds,
  sum(n_calls)::BIGINT AS n_calls,
  sum(n_peers)::BIGINT AS n_peers,
  sum(n_sms)::BIGINT AS n_sms,
  sum(data_kb)::BIGINT AS data_kb,
  sum(data_night_kb)::BIGINT AS data_night_kb,
  sum(data_work_kb)::BIGINT AS data_work_kb,
  sum(data_evening_kb)::BIGINT AS data_evening_kb,
  sum(upload_kb)::BIGINT AS upload_kb,
  sum(streaming_kb)::BIGINT AS streaming_kb,
  sum(social_kb)::BIGINT AS social_kb,
  sum(gaming_kb)::BIGINT AS gaming_kb,
  sum(roaming_kb)::BIGINT AS roaming_kb,
  sum(charged_amount)::BIGINT AS charged_amount,
  coalesce(sum(data_kb) FILTER (isodow(day) >= 6), 0)::BIGINT AS data_weekend_kb,
  count(*) AS n_active_days,
  count(*) FILTER (n_calls > 0) AS n_call_days,
  max(n_devices) AS n_devices,
  min(day) AS first_day,
  max(day) AS last_day,
  bit_or(1::BIGINT << (last_day(day) - day)) AS days_heard
FROM usage_daily
WHERE day BETWEEN getvariable('first_day') AND getvariable('as_of')
  AND greatest(
    voice_seconds, voice_offnet_seconds, voice_night_seconds, n_calls, n_peers, n_sms, data_kb, data_night_kb,
    data_work_kb, data_evening_kb, upload_kb, streaming_kb, social_kb, gaming_kb, roaming_kb, charged_amount
  ) > 0
GROUP BY ALL
