"""The contract: every Delta table declared once, and the only verbs that read and write them."""

from segmentation.tables import built, care, clean
from segmentation.tables.contract import Column, PersonalData, Table, TimeKind
from segmentation.tables.lock import held
from segmentation.tables.store import Store

__all__ = ["Column", "PersonalData", "Store", "Table", "TimeKind", "built", "care", "clean", "held"]
