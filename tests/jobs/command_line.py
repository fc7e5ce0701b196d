"""The command line in this process."""

from jobs import cli


def ends_with(argv: list[str]) -> int:
    """The exit code of `segmentation` with these arguments."""
    try:
        cli.main(argv)
    except SystemExit as end:
        return int(end.code or 0)
    return 0
