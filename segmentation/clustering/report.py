"""What a fit says of itself. JSON-able, loads without Spark."""

from dataclasses import asdict, dataclass, field

from segmentation.clustering.choice import Candidate, Choice


@dataclass(frozen=True)
class FitReport:
    """Rows fitted on, indices of the result, and how the number of clusters was found."""

    method: str
    n_rows: int
    n_clusters: int
    indices: dict[str, float]
    candidates: tuple[Candidate, ...]
    choice: Choice
    notes: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict) -> "FitReport":
        return cls(
            method=content["method"],
            n_rows=content["n_rows"],
            n_clusters=content["n_clusters"],
            indices=dict(content["indices"]),
            candidates=tuple(Candidate(**candidate) for candidate in content["candidates"]),
            choice=Choice(
                content["choice"]["n_clusters"], content["choice"]["reason"], tuple(content["choice"]["warnings"])
            ),
            notes=tuple(content["notes"]),
        )
