"""How a method did beside the KMeans baseline, in words."""

from segmentation.clustering.report import FitReport

INDICES = {
    "silhouette": ("silhouette", 1),
    "calinski_harabasz": ("Calinski-Harabasz", 1),
    "davies_bouldin": ("Davies-Bouldin", -1),
}
"""Name for people, and 1 where higher is better, -1 where lower is."""
ALIKE = 1e-3
"""Two figures nearer than this, relative to the larger, are equal."""


def beside_baseline(chosen: FitReport, baseline: FitReport) -> str:
    """A note: three indices of both, who is better, and by what the number of segments was chosen."""
    better: dict[str, list[str]] = {chosen.method: [], "the baseline": [], "neither": []}
    figures = []
    for name, (title, sign) in INDICES.items():
        own, other = chosen.indices[name], baseline.indices[name]
        figures.append(f"{title} {own:.3g} against {other:.3g}")
        is_alike = abs(own - other) <= ALIKE * max(abs(own), abs(other))
        winner = "neither" if is_alike else chosen.method if sign * (own - other) > 0 else "the baseline"
        better[winner].append(title)
    winners = "; ".join(f"{who} is better by {', '.join(titles)}" for who, titles in better.items() if titles)
    return (
        f"{chosen.method} against a KMeans baseline of {baseline.n_clusters} segments: {', '.join(figures)}; {winners}."
        f" The method is that of the settings, whatever these say; the number of segments: {chosen.choice.reason}"
    )
