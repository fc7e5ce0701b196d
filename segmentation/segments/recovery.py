"""How much of a known truth was found again, beside what could be found at best."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import csr_matrix
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from segmentation.evaluation.agreement import adjusted_rand

MOST_LINES = 50_000
"""Lines (lowest hash of the key) that are scored of a larger base."""
N_FOLDS = 5
FOLD_SEED = 0


def scored_lines(truth: DataFrame, published: DataFrame, segments: DataFrame, baseline: DataFrame) -> DataFrame:
    """What was planted in each published line beside what was found, MOST_LINES of them.

    Grain: subscriber. Columns: truth, segment_id, segment_name, has_archetype, baseline. Of one vertical and day.
    """
    planted = truth.select("subscriber_id", F.col("segment_name").alias("truth"))
    held = published.select("subscriber_id", "segment_id")
    has_archetype = F.col("archetype").isNotNull().alias("has_archetype")
    names = F.broadcast(segments.select("segment_id", "segment_name", has_archetype))
    of_baseline = baseline.select("subscriber_id", F.col("cluster").alias("baseline"))
    both = planted.join(held, on="subscriber_id", how="inner").join(names, on="segment_id", how="inner")
    lowest = both.orderBy(F.xxhash64("subscriber_id"), "subscriber_id").limit(MOST_LINES)
    return lowest.join(of_baseline, on="subscriber_id", how="inner")


def recovery_of(
    lines: pd.DataFrame, values: np.ndarray, ties: csr_matrix | None, known_names: Collection[str]
) -> dict[str, float]:
    """The figures of `recovery` for lines as `scored_lines` gives them; `values` (n, d) are their features."""
    truth = lines["truth"].to_numpy(dtype=str)
    names = lines["segment_name"].to_numpy(dtype=str)
    is_right = named_right(truth, names, lines["has_archetype"].to_numpy(), known_names)
    oracle = oracle_labels(values, truth, ties)
    return recovery(truth, lines["segment_id"].to_numpy(dtype=str), lines["baseline"].to_numpy(), oracle, is_right)


def recovery(
    truth: np.ndarray, found: np.ndarray, baseline: np.ndarray, oracle: np.ndarray, is_named_right: np.ndarray
) -> dict[str, float]:
    """Adjusted Rand index of what was found, of the baseline and of the oracle, and the share of right names."""
    return {
        "ari": adjusted_rand(truth, found),
        "baseline_ari": adjusted_rand(truth, baseline),
        "oracle_ari": adjusted_rand(truth, oracle),
        "name_accuracy": float(np.mean(is_named_right)),
    }


def named_right(
    truth: np.ndarray, names: np.ndarray, has_archetype: np.ndarray, known_names: Collection[str]
) -> np.ndarray:
    """Whether each line's segment bears the right name (n,).

    A planted segment the business has no name for is named right when it was described, not given a known name.
    """
    is_known = np.isin(truth, sorted(known_names))
    return np.where(is_known, names == truth, ~has_archetype.astype(bool))


def oracle_labels(values: np.ndarray, truth: np.ndarray, ties: csr_matrix | None = None) -> np.ndarray:
    """What a classifier taught with the truth says of every line it was not taught with (n,): the best there is.

    `values` (n, d) raw features, nan unknown. `ties` (n, n), where given, add for every line the shares of its tied
    lines in each true segment, counting only lines the classifier was taught with. Folds with a fixed seed.
    """
    said = np.empty(len(truth), dtype=object)
    classes = np.unique(truth).tolist()
    rarest = min(int((truth == name).sum()) for name in classes)
    folds = StratifiedKFold(max(2, min(N_FOLDS, rarest)), shuffle=True, random_state=FOLD_SEED)
    for taught, asked in folds.split(values, truth):
        seen = values if ties is None else np.hstack([values, tie_shares(ties, truth, taught, classes)])
        classifier = HistGradientBoostingClassifier(max_iter=100, early_stopping=False, random_state=FOLD_SEED)
        varies = [column for column in range(seen.shape[1]) if _is_varied(seen[taught, column])]
        # Threads of OpenMP wait for each other at full speed: beside other work seconds become minutes.
        with threadpool_limits(1, user_api="openmp"):
            classifier.fit(seen[np.ix_(taught, varies)], truth[taught])
            said[asked] = classifier.predict(seen[np.ix_(asked, varies)])
    return said


def _is_varied(column: np.ndarray) -> bool:
    """Whether a column knows two values at least; the classifier cannot cut one that does not."""
    known = column[~np.isnan(column)]
    return known.size > 1 and bool(np.ptp(known) > 0)


def tie_shares(ties: csr_matrix, truth: np.ndarray, taught: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Shares of each line's tied lines in every true segment (n, classes); nan for a line tied to no taught line."""
    is_taught = np.zeros(len(truth), dtype=bool)
    is_taught[taught] = True
    members = np.column_stack([(truth == name) & is_taught for name in classes]).astype(float)
    counts = np.asarray(ties @ members)
    totals = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, totals, out=np.full_like(counts, np.nan), where=totals > 0)


def tie_matrix(keys: Sequence[str], pairs: Sequence[tuple[str, str]]) -> csr_matrix:
    """Symmetric 0/1 matrix of the ties between the keys (n, n); a pair with a stranger is left out."""
    place = {key: number for number, key in enumerate(keys)}
    inside = [(place[one], place[other]) for one, other in pairs if one in place and other in place and one != other]
    ends = np.array(inside, dtype=int).reshape(-1, 2)
    both = np.vstack([ends, ends[:, ::-1]])
    matrix = csr_matrix((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(len(place), len(place)))
    matrix.data[:] = 1.0
    return matrix
