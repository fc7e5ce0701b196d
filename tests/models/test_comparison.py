"""How a method did beside the baseline."""

from segmentation.clustering.choice import Choice
from segmentation.clustering.report import FitReport
from segmentation.models.comparison import beside_baseline


def _report(method: str, silhouette: float, calinski_harabasz: float, davies_bouldin: float) -> FitReport:
    indices = {
        "silhouette": silhouette,
        "calinski_harabasz": calinski_harabasz,
        "davies_bouldin": davies_bouldin,
    }
    return FitReport(method, 500, 5, indices, (), Choice(5, "best BIC of 3 to 8"))


def test_who_is_better_by_what_is_told_and_by_what_the_number_was_chosen():
    told = beside_baseline(_report("mixture", 0.3, 812.0, 1.1), _report("kmeans", 0.35, 812.1, 1.2))

    assert "silhouette 0.3 against 0.35" in told
    assert "mixture is better by Davies-Bouldin" in told
    assert "the baseline is better by silhouette" in told
    assert "neither is better by Calinski-Harabasz" in told
    assert told.endswith("the number of segments: best BIC of 3 to 8")
