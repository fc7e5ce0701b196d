"""Typed settings from the YAML files of conf/: read once, checked whole, frozen."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from segmentation.errors import SettingsError
from segmentation.periods import month_end, months_between

LEAST_KEY_BYTES = 16
_NO_SECRET = (
    "missing; write secret: {environment: SEGMENTATION_SECRET} or {file: PATH}, with a random key of at least "
    f"{LEAST_KEY_BYTES} bytes there; generated or public data may do with a demo_key"
)
Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | date | None


def _is_a_month(month: str) -> str:
    month_end(month)
    return month


Share = Annotated[float, Field(ge=0, le=1)]
"""A part of a whole."""
Month = Annotated[str, AfterValidator(_is_a_month)]
"""A month like 2026-10."""


class Settings(BaseModel):
    """A part of the settings: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class VerticalName(StrEnum):
    """The three kinds of service: prepaid, mobile plan, fixed broadband."""

    PAYG = "payg"
    PLAN = "plan"
    HOME = "home"


class SuccessMetric(Settings):
    """What tells whether the segmentation works: a column of a table, and which way it should go."""

    table: str
    """Table of the metric."""
    column: str
    """Column of the metric."""
    direction: Literal["up", "down"]
    """Which way it should go."""


class Objective(Settings):
    """Why a vertical is segmented; heads the report."""

    goal: Literal["retention", "growth", "service"]
    """What the segments are for."""
    statement: str
    """The objective in one sentence."""
    owner: str
    """Who answers for it."""
    success: Annotated[list[SuccessMetric], Field(min_length=2, max_length=3)]
    """Two or three metrics of success."""


Weight = Annotated[float, Field(ge=0)]


class Limits(Settings):
    """What the business can work with."""

    min_segments: int = Field(default=3, ge=2, le=50)
    """Fewest segments that `auto` may choose."""
    max_segments: int = Field(default=8, ge=2, le=50)
    """Most segments that `auto` may choose."""
    min_share: float = Field(default=0.02, ge=0, lt=1)
    """Smallest share of a segment; a smaller one makes a candidate count less."""
    max_share: float = Field(default=0.8, gt=0, le=1)
    """Largest share; beyond it the report warns."""
    small_base_rows: int = Field(default=1000, ge=0)
    """A base of fewer rows is small."""
    small_base_max_segments: int = Field(default=4, ge=2)
    """A base of fewer rows gets at most so many segments, unless the number is given by hand."""

    @model_validator(mode="after")
    def _ordered(self) -> "Limits":
        if self.min_segments > self.max_segments:
            raise ValueError(f"min_segments {self.min_segments} is over max_segments {self.max_segments}")
        if self.min_share > self.max_share:
            raise ValueError(f"min_share {self.min_share} is over max_share {self.max_share}")
        return self


class PreparationSettings(Settings):
    """How features become numbers that can be compared."""

    sample_rows: int = Field(default=50_000, ge=100)
    """Rows (lowest hash of the key) from which quantiles and correlations are learnt."""
    winsorise: float = Field(default=0.005, ge=0, lt=0.5)
    """Share at either end that is pulled in to the quantile."""
    max_correlation: float = Field(default=0.95, gt=0, le=1)
    """Of two features correlated more than this the later one is left out."""
    max_inflation: float = Field(default=50, gt=1)
    """A feature that all others together tell better than this (variance inflation; 10 is strict) is left out."""
    max_instability: float = Field(default=0.5, gt=0)
    """A feature that has shifted more than this since the day before (population stability index) is left out."""
    max_leak: float = Field(default=0.9, gt=0, le=1)
    """A feature that is correlated more than this with a churn or a move that came later was made from it, and is left
    out."""
    max_missing: float = Field(default=0.6, gt=0, le=1)
    """A feature missing for a larger share is left out."""
    max_equal_share: float = Field(default=0.995, gt=0, le=1)
    """A feature that has one and the same value in a larger share of the lines that have any is left out; 1 keeps all
    that vary."""
    scaling: Literal["none", "standard", "robust"] = "standard"
    """How features become comparable: by mean and spread, or by median and quartiles."""
    family_weights: dict[str, Weight] = Field(default_factory=dict)
    """Weight of a feature family in distances; 1 when not named, 0 leaves it out."""


class _OfSegments(Settings):
    """A method that is told how many segments to find."""

    @field_validator("segments", mode="before", check_fields=False)
    @classmethod
    def _is_number(cls, segments: object) -> object:
        is_number = isinstance(segments, int) and not isinstance(segments, bool) and segments >= 2
        if segments != "auto" and not is_number:
            raise ValueError("write auto, or a whole number from 2 up")
        return segments


class KMeansMethod(_OfSegments):
    """Spark ML KMeans."""

    name: Literal["kmeans"]
    """Name of the method."""
    segments: int | Literal["auto"] = "auto"
    """How many, or `auto` within the limits."""
    n_starts: int = Field(default=3, ge=1, le=50)
    """Starts, of which the best counts."""
    max_rounds: int = Field(default=30, ge=1)
    """Rounds of a start at most."""


class WardMethod(_OfSegments):
    """Spark ML KMeans micro-clusters, then weighted Ward on them."""

    name: Literal["ward"]
    """Name of the method."""
    segments: int | Literal["auto"] = "auto"
    """How many, or `auto` within the limits."""
    n_micro: int = Field(default=256, ge=2, le=8192)
    """Micro-clusters that Ward merges."""
    max_rounds: int = Field(default=10, ge=1)
    """Rounds for the micro-clusters at most."""


class MixtureMethod(_OfSegments):
    """Spark ML GaussianMixture, the number of components by BIC."""

    name: Literal["mixture"]
    """Name of the method."""
    segments: int | Literal["auto"] = "auto"
    """How many, or `auto` within the limits."""
    n_starts: int = Field(default=2, ge=1, le=20)
    """Starts, of which the best counts."""
    max_rounds: int = Field(default=60, ge=1)
    """Rounds of a start at most."""
    tolerance_per_row: float = Field(default=1e-5, gt=0)
    """Stop when the mean log-likelihood of a row rises by less."""


class CommunitiesMethod(_OfSegments):
    """Ties and usage similarity, GraphFrames label propagation, communities grouped to segments."""

    name: Literal["communities"]
    """Name of the method."""
    segments: int | Literal["auto"] = "auto"
    """How many, or `auto` within the limits."""
    engine: Literal["graphframes"] = "graphframes"
    """What propagates the labels."""
    max_rounds: int = Field(default=8, ge=1, le=50)
    """Rounds of propagation at most."""
    n_neighbours: int = Field(default=8, ge=0, le=50)
    """Most similar homes that a home is tied to."""
    n_cells: int = Field(default=32, ge=1, le=4096)
    """Cells (micro-clusters) within which the most similar homes are looked for."""
    tie_weights: dict[str, Weight] = Field(default_factory=dict)
    """Weight of a kind of tie; 1 when not named."""
    max_degree: int = Field(default=50, ge=2)
    """A line with more ties of one kind than this is a hub; its ties of that kind are cut."""


Method = Annotated[KMeansMethod | WardMethod | MixtureMethod | CommunitiesMethod, Field(discriminator="name")]


class VerticalSettings(Settings):
    """Everything that makes one vertical different from another: conf/payg.yaml, plan.yaml, home.yaml."""

    vertical: VerticalName
    """payg, plan or home."""
    objective: Objective
    """Why it is segmented."""
    method: Method
    """How it is clustered."""
    features: list[str] = Field(default_factory=list)
    """Features to fit on; empty means all features of the catalogue with role `cluster`."""
    exclude: list[str] = Field(default_factory=list)
    """Features not to fit on, whatever the catalogue says."""
    use_salary: bool = True
    """Whether salary is fitted on."""
    limits: Limits = Limits()
    """What the business can work with."""
    preparation: PreparationSettings = PreparationSettings()
    """How features become numbers."""
    max_archetype_distance: float = Field(default=0.2, gt=0, le=1)
    """A segment farther from every archetype than this (mean difference in ranks) gets a descriptive name."""
    outlier_share: float = Field(default=0.005, ge=0, lt=0.5)
    """Share of the fitted lines, farthest from their segment, that counts as outliers."""
    least_quality: float = Field(default=0.5, ge=0, le=1)
    """Lines whose record is of less quality (table record_quality) are scored, but not fitted on."""
    seed: int
    """The same seed gives the same result."""


class PeriodSettings(Settings):
    """Months to run: the first is fitted, the others scored. `history_from` is the first month of the feeds."""

    history_from: Month
    """First month of the feeds, like 2025-11."""
    first: Month
    """First month to segment: the one that is fitted."""
    last: Month
    """Last month to segment."""
    partial_last_day: date | None = None
    """Last day with data when the last month is not complete."""

    @model_validator(mode="after")
    def _ordered(self) -> "PeriodSettings":
        if not self.history_from <= self.first <= self.last:
            raise ValueError(
                f"history_from {self.history_from}, first {self.first} and last {self.last} are not in order"
            )
        if self.partial_last_day is not None and f"{self.partial_last_day:%Y-%m}" != self.last:
            raise ValueError(f"partial_last_day {self.partial_last_day} is not in the last month, {self.last}")
        return self

    @property
    def as_of_days(self) -> list[date]:
        days = months_between(month_end(self.first), month_end(self.last))
        return [*days[:-1], self.partial_last_day or days[-1]]


class SecretSettings(Settings):
    """Where the secret of the pseudonyms comes from: exactly one of the three."""

    environment: str | None = None
    """Environment variable that holds the secret."""
    file: Path | None = None
    """File that holds the secret."""
    demo_key: str | None = None
    """A key in plain sight: for generated or public data only."""
    is_public_data: bool = False
    """Whether anybody may see the data anyway: then a demo_key does no harm."""

    @model_validator(mode="after")
    def _one(self) -> "SecretSettings":
        if sum(value is not None for value in (self.environment, self.file, self.demo_key)) != 1:
            raise ValueError("give exactly one of environment, file, demo_key")
        if self.demo_key is not None and len(self.demo_key.encode()) < LEAST_KEY_BYTES:
            raise ValueError(f"demo_key is shorter than {LEAST_KEY_BYTES} bytes; write a longer text")
        return self

    def key(self) -> bytes:
        """The secret itself. Raises SettingsError when the reference leads nowhere; never shows the key."""
        if self.demo_key is not None:
            return self.demo_key.encode()
        if self.file is not None:
            found = self.file.read_bytes().strip() if self.file.is_file() else b""
            where = f"file {self.file}"
        else:
            found, where = (
                os.environ.get(self.environment or "", "").encode(),
                f"environment variable {self.environment}",
            )
        if len(found) < LEAST_KEY_BYTES:
            raise SettingsError(
                f"the secret for pseudonyms is missing or shorter than {LEAST_KEY_BYTES} bytes",
                where=where,
                remedy="put a random key there, from python3 -c 'import secrets; print(secrets.token_hex(32))'",
            )
        return found


class MlflowSettings(Settings):
    """Where fits and scorings are logged."""

    tracking_uri: str = "sqlite:///mlflow.db"
    """MLflow server, or a local SQLite file."""
    artifacts: str = "mlruns"
    """Where MLflow keeps files of a local experiment."""
    experiment: str = "segmentation"
    """MLflow experiment."""
    is_on: bool = True
    """Whether MLflow is told of fits and scorings."""


class PriceChange(Settings):
    """From a month on, fees and bills of a vertical are multiplied."""

    month: Month
    """First month of the new price."""
    vertical: VerticalName
    """Whose price; prepaid lines have no fee."""
    factor: float = Field(gt=0)
    """New price over the price before."""


class Outage(Settings):
    """Broadband of a region fails for some days."""

    region: str
    """Region, as subscribers have it."""
    first_day: date
    """First day of the outage."""
    n_days: int = Field(ge=1, le=31)
    """Days that it lasts."""
    use_left: Share = 0.1
    """Share of the data of such a day that is used all the same."""
    contacts: Share = 0.15
    """Chance that a line turns to care in it."""


class EffectSettings(Settings):
    """What befalls the people of the generated operator, and at what rate."""

    moved_share: Share = 0.04
    """Mobile lines whose address and payer change once within the history."""
    raised_share: Share = 0.08
    """Lines whose salary rises by one group within the history."""
    new_device_share: Share = 0.30
    """Lines that get another device within the history."""
    duplicate_share: Share = 0.03
    """Lines whose person the operator knows under a second customer number."""
    misspelt_share: Share = 0.70
    """Of them, those whose name, street or birth date is another there, each by itself."""
    typo_share: Share = 0.02
    """Lines whose name, street or birth date was taken down wrongly, each by itself."""
    objection_share: Share = 0.005
    """Customers who object to the analysis of their data."""
    partner_data_share: Share = 0.97
    """Customers who agree to the use of what partners know of them: lifestyle and salary."""
    marketing_share: Share = 0.70
    """Customers who agree to be approached."""
    withdrawn_share: Share = 0.05
    """Of them, those who take it back within the history."""
    ported_in_share: Share = 0.15
    """New lines that bring a number from another operator."""
    churn_causes: dict[Literal["price", "service", "competitor", "need"], Share] = Field(
        default={"price": 0.35, "service": 0.30, "competitor": 0.20, "need": 0.15}
    )
    """Why lines leave, as parts of a whole. Those that leave for a competitor take the number along."""
    late_share: Share = 0.03
    """Rows that arrive a few days late."""
    returned_share: Share = 0.35
    """Lines that leave and come back; in the place of the others a new line comes."""
    blended_share: Share = 0.25
    """Lines that behave in part like a neighbouring segment."""
    bill_shock_factor: float = Field(default=4.0, gt=0)
    """Fees over the allowance in the months before a line leaves for its price, over those of other months."""
    lent_share: Share = 0.02
    """Recharges with credit that the operator lends."""
    reversed_share: Share = 0.003
    """Recharges that are taken back."""
    contacts_a_month: float = Field(default=0.35, gt=0, le=10)
    """Contacts with care of a usual line in a month."""
    about_leaving_share: Share = 0.7
    """Contacts before a line leaves for its price or the service that are about it."""
    unsolved_share: Share = 0.06
    """Contacts that are never solved."""
    rated_share: Share = 0.55
    """Contacts that the customer rates."""
    offline_share: Share = 0.25
    """Lines that never come to the app or the site."""
    no_lifestyle_share: Share = 0.04
    """Months of lines of which partners tell nothing of lifestyle."""
    no_salary_share: Share = 0.08
    """Lines whose salary nobody knows."""
    season_factor: float = Field(default=1.0, ge=0, le=4)
    """Ups and downs of use within the year, over those that are built in."""
    port_request_share: Share = 0.85
    """Plan and home lines about to leave for a competitor that ask for their number in a month."""
    port_request_else_share: Share = 0.20
    """The same of lines about to leave for another cause."""
    campaign_share: Share = 0.30
    """Lines with consent that a month's campaign picks."""
    control_share: Share = 0.20
    """Picked lines that are held back by chance, to see what the offer does."""
    response_share: Share = 0.05
    """Lines that take up what a campaign offers without being asked."""
    declined_share: Share = 0.30
    """Lines asked that do not take it up and say so."""
    treatment_effects: dict[str, Annotated[float, Field(ge=-1, le=1)]] = Field(default_factory=dict)
    """What the offer adds to that share, by segment; not named: as built in (synthetic/campaigns.py)."""
    holidays: list[Annotated[str, Field(pattern=r"^\d{2}-\d{2}$")]] = Field(
        default=["01-01", "05-01", "12-24", "12-25", "12-26", "12-31"]
    )
    """Public holidays that fall on the same day each year, as MM-DD."""
    holiday_factor: float = Field(default=1.3, gt=0)
    """Calls and messages on public holidays, over those of other days."""
    answered_share: Share = 0.03
    """Lines that answer the survey of a month."""
    price_changes: list[PriceChange] = Field(default_factory=list)
    """Rises and cuts of prices."""
    outages: list[Outage] = Field(default_factory=list)
    """Days without broadband."""
    drifts: dict[str, dict[str, float]] = Field(default_factory=dict)
    """How segments change as a whole: spreads a month by attribute, from `drifts_from` on."""
    drifts_from: Month = "2026-01"
    """Month in which segments begin to drift."""
    appears: dict[str, Month] = Field(default_factory=dict)
    """Mobile segments that exist from a month on; before it their lines belong to the segment next to them."""
    vanishes: dict[str, Month] = Field(default_factory=dict)
    """Mobile segments that exist up to a month; from it on their lines belong to the segment next to them."""

    @model_validator(mode="after")
    def _has_causes(self) -> "EffectSettings":
        if not sum(self.churn_causes.values()) > 0:
            raise ValueError("churn_causes: one cause at least needs a part above 0")
        return self


class ServiceCosts(Settings):
    """What serving a line costs, taken off its value. 0: not given."""

    per_contact: int = Field(default=0, ge=0)
    """Cost of a contact with customer care, in minor units of the currency."""
    per_gb: float = Field(default=0, ge=0)
    """Cost of a gigabyte (1,000,000 KB) of data, in minor units of the currency."""

    @property
    def are_given(self) -> bool:
        return self.per_contact > 0 or self.per_gb > 0


class SyntheticSettings(Settings):
    """The generated operator."""

    n_lines: int = Field(default=20_000, ge=200, le=100_000_000)
    """Lines of service to generate."""
    seed: int
    """The same seed gives the same result."""
    amount_factor: float = Field(default=1.0, gt=0)
    """Multiplies every amount of money: another currency."""
    segment_shares: dict[str, dict[str, float]] = Field(default_factory=dict)
    """Shares by vertical and segment; not named: as built in. 0 leaves a segment out."""
    unknown_segments: list[str] = Field(default_factory=list)
    """Segments outside the known ones to plant; see synthetic/segments.py for what there is."""
    dirt_share: float = Field(default=0.01, ge=0, le=0.5)
    """Broken rows added to every feed, as a share of its rows."""
    effects: EffectSettings = EffectSettings()
    """What befalls its people."""


class RunSettings(Settings):
    """One conf file: where things lie, which months, which verticals."""

    operator: str
    """Name of the operator; heads the report."""
    warehouse: str
    """Where the tables lie: a folder, or `catalog.schema`."""
    vault: str
    """Where the identity vault lies: a folder or `catalog.schema` of its own."""
    landing: Path
    """Folder of the raw feeds."""
    report: Path
    """Folder of the report, or its HTML file."""
    logs: Path = Path("logs")
    """Folder of the logs."""
    models: Path | None = None
    """Where model folders are kept; beside the tables of a folder warehouse when not named."""
    timezone: str = "UTC"
    """Time zone of the operator; says what is day and night."""
    currency: str = "EUR"
    """Currency of all amounts, for people."""
    minor_units: int = Field(default=100, ge=1)
    """Minor units in one unit of the currency."""
    service_costs: ServiceCosts = ServiceCosts()
    """What serving a line costs."""
    periods: PeriodSettings
    """The months."""
    secret: SecretSettings
    spark: Path
    """Spark properties for a session started here; see conf/spark/."""
    sources: list[Path]
    """Sources to take in; see conf/sources/."""
    archetypes: Path
    """The segments that the business knows; see conf/archetypes.yaml."""
    verticals: dict[VerticalName, VerticalSettings]
    mlflow: MlflowSettings = MlflowSettings()
    synthetic: SyntheticSettings | None = None

    @field_validator("timezone")
    @classmethod
    def _exists(cls, timezone: str) -> str:
        if timezone not in available_timezones():
            raise ValueError("there is no such time zone; write one like UTC or Europe/Warsaw")
        return timezone

    @model_validator(mode="after")
    def _fits_together(self) -> "RunSettings":
        if problems := list(self._problems()):
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> Iterator[str]:
        if self.is_in_catalog and self.models is None:
            yield f"models: name a folder for models, since the warehouse {self.warehouse} is a schema of a catalog"
        if not self.is_in_catalog and _is_within(self.vault, self.warehouse):
            yield f"vault: it needs a place of its own, not one that goes with the warehouse, {self.warehouse}"
        elif self.vault == self.warehouse:
            yield f"vault: it needs a schema of its own, not that of the warehouse, {self.warehouse}"
        if self.secret.demo_key is not None and self.synthetic is None and not self.secret.is_public_data:
            yield (
                "secret: a demo_key is for generated or public data. Write environment: or file: instead, and "
                "demo_key: null where it is inherited; where the data is public, is_public_data: true"
            )
        for name, vertical in self.verticals.items():
            if name != vertical.vertical:
                yield f"verticals.{name}: these are the settings of {vertical.vertical}"

    @property
    def is_in_catalog(self) -> bool:
        """Whether the warehouse is `catalog.schema`, not a folder."""
        return "/" not in self.warehouse and "\\" not in self.warehouse and self.warehouse.count(".") == 1

    @property
    def models_folder(self) -> Path:
        return self.models or Path(self.warehouse) / "_models"

    @property
    def lock_folder(self) -> Path:
        """Folder of the file that says which run holds the warehouse."""
        return self.models_folder.parent if self.is_in_catalog else Path(self.warehouse)

    def hash(self) -> str:
        """Hash of what decides the result of a day: all but places, the secret and which months are asked for."""
        not_deciding = {
            "periods",
            "warehouse",
            "vault",
            "landing",
            "report",
            "logs",
            "models",
            "secret",
            "spark",
            "sources",
            "archetypes",
            "mlflow",
            "synthetic",
        }
        return stable_hash(self.model_dump(mode="json", exclude=not_deciding))


def _is_within(one: str, other: str) -> bool:
    """Whether one of two places lies in the other, or both are one."""
    first, second = Path(os.path.normpath(one)), Path(os.path.normpath(other))
    return first.is_relative_to(second) or second.is_relative_to(first)


def stable_hash(value: object) -> str:
    """16 hex digits that depend on the content alone, not on the order of keys or the process."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load(conf_file: Path, overrides: Sequence[str] = (), *, data: Path | None = None) -> RunSettings:
    """The settings of a conf file with `path.to.key=value` overrides put on top.

    Paths of other conf files are relative to the file that names them; data paths to the working directory, or, where
    they begin with {data}, to the data folder.

    Raises: SettingsError listing all problems of all files together.
    """
    return validated(read_tree(conf_file, overrides, data=data), conf_file)


def read_tree(conf_file: Path, overrides: Sequence[str] = (), *, data: Path | None = None) -> dict:
    """What the files and overrides say together, not checked yet.

    Raises: SettingsError when a file or an override cannot be read.
    """
    tree = _read_tree(conf_file)
    for override in overrides:
        _put(tree, override)
    return {key: _fill(value, data, conf_file) for key, value in tree.items()}


def validated(tree: dict, conf_file: Path) -> RunSettings:
    """The settings that a tree says. Raises SettingsError listing all problems together."""
    try:
        return RunSettings.model_validate(tree)
    except ValidationError as broken:
        raise _all_problems(conf_file, broken) from None


def _read_tree(conf_file: Path, below: tuple[Path, ...] = ()) -> dict:
    """One conf file with the files it names read in, its relative paths made relative to the working directory."""
    if conf_file.resolve() in below:
        raise SettingsError(
            "conf files extend one another in a circle", where=str(conf_file), remedy="take one `extends` away"
        )
    here = conf_file.parent
    tree = read_yaml(conf_file)
    base = _named_base(tree, conf_file)
    for name in ("spark", "archetypes"):
        if name in tree:
            tree[name] = _beside(here, tree[name])
    if isinstance(tree.get("sources"), list):
        tree["sources"] = [_beside(here, source) for source in tree["sources"]]
    verticals = tree.get("verticals")
    if isinstance(verticals, dict):
        tree["verticals"] = {name: _read_vertical(vertical, conf_file) for name, vertical in verticals.items()}
    return tree if base is None else _merged(_read_tree(here / base, (*below, conf_file.resolve())), tree)


def _read_vertical(vertical: Json, conf_file: Path) -> Json:
    here = conf_file.parent
    if isinstance(vertical, str):
        return read_yaml(here / vertical)
    if isinstance(vertical, dict):
        own = dict(vertical)
        base = _named_base(own, conf_file)
        return own if base is None else _merged(read_yaml(here / base), own)
    return vertical


def _named_base(tree: dict, conf_file: Path) -> str | None:
    """Take the file that a tree extends out of it."""
    base = tree.pop("extends", None)
    if base is not None and not isinstance(base, str):
        raise SettingsError(
            "`extends` names one file", where=str(conf_file), found=type(base).__name__, expected="a path beside it"
        )
    return base


def _beside(here: Path, path: Json) -> Json:
    """A path of a conf file made relative to the working directory; what is none is refused with all the rest."""
    return str(here / path) if isinstance(path, str) else path


def read_yaml(path: Path) -> dict:
    """The mapping in a YAML file. Raises SettingsError when there is none."""
    if not path.is_file():
        raise SettingsError("there is no such settings file", where=str(path), remedy="see conf/ for those that exist")
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as broken:
        raise SettingsError("not valid YAML", where=str(path), found=str(broken).replace("\n", " ")) from None
    except UnicodeDecodeError as broken:
        raise SettingsError(
            "not written in UTF-8", where=str(path), found=f"byte {broken.start}", remedy="save the file as UTF-8"
        ) from None
    if not isinstance(found, dict):
        raise SettingsError("a settings file holds keys and values", where=str(path), found=type(found).__name__)
    return found


def _merged(below: dict, above: dict) -> dict:
    both = dict(below)
    for key, value in above.items():
        both[key] = _merged(both[key], value) if isinstance(value, dict) and isinstance(both.get(key), dict) else value
    return both


def _put(tree: dict, override: str) -> None:
    path, sign, text = override.partition("=")
    if not sign or not path:
        raise SettingsError(
            "cannot read --set", found=override, expected="path.to.key=value, for example verticals.payg.seed=7"
        )
    *parents, last = path.split(".")
    node = tree
    for parent in parents:
        node = node.setdefault(parent, {})
        if not isinstance(node, dict):
            raise SettingsError("--set leads through a key that holds a value", where=path, found=parent)
    try:
        node[last] = yaml.safe_load(text)
    except yaml.YAMLError:
        raise SettingsError(
            "cannot read --set",
            where=path,
            found=text,
            expected="a value as YAML writes it",
            remedy="put brackets and quotes in pairs, or the whole value in quotes",
        ) from None


def _fill(node: Json, data: Path | None, conf_file: Path) -> Json:
    if isinstance(node, dict):
        return {key: _fill(value, data, conf_file) for key, value in node.items()}
    if isinstance(node, list):
        return [_fill(value, data, conf_file) for value in node]
    if isinstance(node, str) and "{data}" in node:
        if data is None:
            raise SettingsError(
                "this conf file reads a data folder that was not named",
                where=str(conf_file),
                remedy="add --data DIR, or set SEGMENTATION_DATA; the README says which data sets go there",
            )
        return node.replace("{data}", str(data))
    return node


def _all_problems(conf_file: Path, broken: ValidationError) -> SettingsError:
    lines = []
    for problem in broken.errors():
        path = ".".join(str(part) for part in problem["loc"])
        is_secret = path.startswith("secret")
        shown = "" if is_secret or isinstance(problem["input"], dict | list) else f" (found {problem['input']!r})"
        is_absent = path == "secret" and problem["type"] in ("missing", "model_type")
        said = _NO_SECRET if is_absent else problem["msg"].removeprefix("Value error, ")
        lines.append(f"{path}: {said}{shown}" if path else f"{said}{shown}")
    return SettingsError(
        f"{len(lines)} problems in the settings",
        where=str(conf_file),
        found="\n    ".join(["", *lines]),
        remedy="mend them all at once; `segmentation settings --explain` explains every key",
    )
