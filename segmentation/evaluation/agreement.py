"""How far two labellings of the same rows agree."""

from collections.abc import Sequence

import numpy as np
from sklearn import metrics

Labels = np.ndarray | Sequence[str] | Sequence[int]


def adjusted_rand(truth: Labels, labels: Labels) -> float:
    """Adjusted Rand index: 1 for equal partitions, 0 expected by chance."""
    return float(metrics.adjusted_rand_score(truth, labels))


def agreement(truth: Labels, labels: Labels) -> dict[str, float]:
    """Adjusted Rand, Rand, normalised mutual information, homogeneity, completeness and V-measure by name."""
    homogeneity, completeness, v_measure = metrics.homogeneity_completeness_v_measure(truth, labels)
    return {
        "adjusted_rand": adjusted_rand(truth, labels),
        "rand": float(metrics.rand_score(truth, labels)),
        "normalised_mutual_information": float(metrics.normalized_mutual_info_score(truth, labels)),
        "homogeneity": float(homogeneity),
        "completeness": float(completeness),
        "v_measure": float(v_measure),
    }
