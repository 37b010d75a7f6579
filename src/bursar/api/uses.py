"""Where tokens are used, as the API shows it: the same shape from a token and from a key."""

from datetime import datetime

from ninja import Schema

from ..handout.usage import TokenUse


class UseOut(Schema):
    """Who was handed which token: first, last, how often, and from where the last time. At most a second behind."""

    reference: str
    token_id: str
    kind: str
    consumer: str
    name: str
    address: str
    first_at: datetime
    last_at: datetime
    count: int


def shown(uses: list[TokenUse]) -> list[dict[str, object]]:
    """The uses as UseOut has them."""
    return [{name: getattr(each, name) for name in UseOut.model_fields} for each in uses]
