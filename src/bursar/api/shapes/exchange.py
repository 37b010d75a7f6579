"""What an import did, or would do."""

from ninja import Schema


class DifferenceOut(Schema):
    """A place and both its values; null where there is none, `[redacted]` where it is a secret."""

    path: str
    before: str | None
    after: str | None


class Brought(Schema):
    """What became of each entry, in the order of the file; `differences` of those that have some."""

    added: list[str]
    overwritten: list[str]
    unchanged: list[str]
    skipped: list[str]
    held: list[str]
    differences: dict[str, list[DifferenceOut]]
