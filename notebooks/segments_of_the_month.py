# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # The segments of the month
# The story of one month, told on the tables that `make run` left in `warehouse/local`. Nothing is defined here: every verb comes
# from the package, and every number can be asked for again with `segmentation sql`. For tables of your own set
# `SEGMENTATION_CONF` to your conf file.

# %%
import os
from pathlib import Path

import plotly.express as px

from jobs import sql
from segmentation import session
from segmentation.settings import load
from segmentation.tables import Store, built

if not Path("conf").is_dir():
    os.chdir("..")  # opened from its own folder
settings = load(Path(os.environ.get("SEGMENTATION_CONF", "conf/local.yaml")))
spark = session.current_or_new(settings.spark)
tables_at = Store(spark, settings.warehouse)
sql.as_views(tables_at)

# %% [markdown]
# ## Who is in which segment
# `segments_now` is the last month of every vertical, in its last correction.

# %%
sizes = spark.sql("""
    select vertical, segment_name, colour, count(*) as n_lines, round(avg(monthly_value) / 100, 2) as value_per_line,
           round(avg(margin), 2) as margin
    from segments_now group by vertical, segment_name, colour order by vertical, n_lines desc
""").toPandas()
sizes.drop(columns="colour")

# %%
colours = dict(zip(sizes["segment_name"], sizes["colour"], strict=True))
px.bar(
    sizes,
    x="n_lines",
    y="segment_name",
    color="segment_name",
    facet_row="vertical",
    color_discrete_map=colours,
    height=900,
).update_yaxes(matches=None, title="").update_layout(showlegend=False)

# %% [markdown]
# ## What sets them apart
# The standardised difference: the segment's mean less that of all others, in spreads. Only what is at least half a spread.

# %%
spark.sql("""
    select p.vertical, s.segment_name, p.feature, round(p.standardised_difference, 2) as spreads
    from segment_profiles p join segments s using (vertical, segment_id)
    where p.as_of = (select max(as_of) from segment_profiles) and abs(p.standardised_difference) >= 0.5
    order by p.vertical, s.segment_name, abs(p.standardised_difference) desc
""").toPandas()

# %% [markdown]
# ## From month to month
# Who stayed and who moved between the last two months.

# %%
spark.sql("""
    with months as (select distinct as_of from segment_assignments order by as_of desc limit 2),
         newest as (select *, max(correction) over (partition by vertical, as_of) as last_correction from segment_assignments),
         seen as (select * from newest where correction = last_correction and as_of in (select as_of from months))
    select b.segment_name as before, a.segment_name as after, count(*) as n_lines
    from seen x
    join seen y on x.vertical = y.vertical and x.subscriber_id = y.subscriber_id and x.as_of < y.as_of
    join segments b on b.segment_id = x.segment_id and b.vertical = x.vertical
    join segments a on a.segment_id = y.segment_id and a.vertical = y.vertical
    where a.segment_id <> b.segment_id
    group by 1, 2 order by n_lines desc limit 15
""").toPandas()

# %% [markdown]
# ## What became of the facts we expected
# Planted by the generator, measured on the segments found.

# %%
facts = tables_at.read(built.FACT_CHECKS, max(settings.periods.as_of_days))
facts.select("fact", "expected", "seen", "verdict").toPandas()

# %% [markdown]
# ## How good the feeds were
# read = duplicates + quarantined + accepted, for every delivery.

# %%
spark.sql(
    "select source, n_read, n_duplicates, n_quarantined, n_accepted, n_written from feeds order by source"
).toPandas()
