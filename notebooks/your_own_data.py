# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # From a raw file to named segments
# What `segmentation init`, `check` and `run` do with data of your own, one step at a time, on a real set: a year of invoices of a
# British wholesaler read as a prepaid base (an invoice is a recharge). Set `SEGMENTATION_DATA` to the folder that holds
# `online_retail/online_retail.csv.gz`; the README says where it comes from. Nothing is defined here: every verb comes from the
# package. Everything goes to `warehouse/your_own_data`, or to the folder that `SEGMENTATION_PLACE` names.

# %%
import os
from pathlib import Path

import pandas as pd
import rich

from jobs import assign_segments, build_features, check, closing, fit_segments, ingest, quarantine
from segmentation import runs, session
from segmentation.settings import load
from segmentation.tables import care

if not Path("conf").is_dir():
    os.chdir("..")  # opened from its own folder
data = Path(os.environ["SEGMENTATION_DATA"])
place = Path(os.environ.get("SEGMENTATION_PLACE", "warehouse/your_own_data"))
own = [f"{name}={place / name}" for name in ("warehouse", "vault", "report", "logs")]
settings = load(Path("conf/real/online_retail.yaml"), [*own, "mlflow.is_on=false"], data=data)

# %% [markdown]
# ## The file as it came

# %%
pd.read_csv(data / "online_retail/online_retail.csv.gz", nrows=5)

# %% [markdown]
# ## How its columns become a clean table
# One YAML file for each table that the file can fill. `segmentation init DIR` writes such files for every table, with what each column
# means; these were filled in by hand. A key of a person is stored as a token only.

# %%
print(Path("conf/real/sources/online_retail_recharges.yaml").read_text(encoding="utf-8"))

# %% [markdown]
# ## Try it before anything is written
# A thousand rows of every feed: what they become, why rows are refused, and which features there will be. The same as
# `segmentation check --conf-file conf/real/online_retail.yaml`.

# %%
spark = session.current_or_new(settings.spark)
two_months = tuple(settings.periods.as_of_days[:2])
at = runs.new_run(spark, settings, as_of_days=two_months)
rich.print(*check.run(at).shown)

# %% [markdown]
# ## Take it in
# read = duplicates + quarantined + accepted. A file that was taken in before is left as it is.

# %%
ingest.run(at)
feeds = at.tables_at.read(care.FEEDS).select(
    "source", "n_read", "n_duplicates", "n_quarantined", "n_accepted", "n_written"
)
feeds.toPandas()

# %% [markdown]
# ## What was refused, and why

# %%
rich.print(*quarantine.run(at, "list").shown)

# %% [markdown]
# ## Features, segments, names
# The first month is fitted, the second scored with the same model. There is neither use nor care nor contract in this set: those
# families are missing, which stands on every row and on the page.

# %%
build_features.run(at)
fit_segments.run(at)
assign_segments.run(at)
rich.print(*closing.where_everything_is(at).shown)
