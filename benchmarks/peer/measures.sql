-- Shares and ratios as the features define them.
CREATE OR REPLACE MACRO share(part, whole) AS
  CASE WHEN whole > 0 AND part IS NOT NULL THEN greatest(least(part::DOUBLE / whole, 1.0), 0.0) END;
CREATE OR REPLACE MACRO ratio(value, usual) AS
  CASE WHEN usual > 0 AND value IS NOT NULL THEN greatest(least(value::DOUBLE / usual, 10.0), 0.0) END;
CREATE OR REPLACE MACRO per(total, n) AS total::DOUBLE / nullif(n, 0);
CREATE OR REPLACE MACRO or_zero(total, n_rows) AS CASE WHEN n_rows = 0 THEN 0 ELSE total END;
-- First day of the window of a line that was seen in so many months.
CREATE OR REPLACE MACRO window_start(months) AS
  CASE WHEN months > 0 THEN (date_trunc('month', getvariable('as_of')) - to_months(months - 1))::DATE END;
