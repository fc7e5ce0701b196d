"""The error tree. Every error says what is wrong, where, what was found, what was expected and what to do."""

import traceback


class SegmentationError(Exception):
    """Something the user can mend. The command line prints it without a stack trace.

    No part of it may hold a value of a personal column: name the column and the count instead.
    """

    def __init__(self, what: str, *, where: str = "", found: str = "", expected: str = "", remedy: str = "") -> None:
        self.what, self.where, self.found, self.expected, self.remedy = what, where, found, expected, remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        details = (("found", self.found), ("expected", self.expected), ("remedy", self.remedy))
        return "\n".join([head, *(f"  {name}: {text}" for name, text in details if text)])


class SettingsError(SegmentationError):
    """A settings file, `--set` or `--month` that cannot be used. All problems of all files come in one error."""


class PlatformError(SegmentationError):
    """Java, Spark, Delta or GraphFrames is missing or of the wrong version."""


class SourceError(SegmentationError):
    """A feed that cannot be read or mapped. Nothing was written."""


class ContractError(SegmentationError):
    """A frame that breaks the declared schema or grain of its table. Nothing was written."""


class LockedError(SegmentationError):
    """Another run holds the warehouse."""


class DataError(SegmentationError):
    """The tables hold too little, or nothing, for what was asked."""


class ModelError(SegmentationError):
    """A model that is missing, cannot be fitted or cannot be loaded."""


def told_to_a_log(broken: BaseException) -> str:
    """What a log may hold of an error: our own say all; of others the place, for their message may quote a cell."""
    if isinstance(broken, SegmentationError):
        return f"{type(broken).__name__}: {broken}"
    return f"{type(broken).__name__}\n{''.join(traceback.format_tb(broken.__traceback__))}"
