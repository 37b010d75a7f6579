"""Where tokens are used: the same shape from a token and from a key."""

from datetime import datetime

from ninja import Schema


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
