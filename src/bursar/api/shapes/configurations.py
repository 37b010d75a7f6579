"""Token configurations."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Field, Schema

from .common import Incoming, Name, Page, SecretText, Texts, Trouble, Validity


class ConfigurationSummary(Schema):
    """A configuration in a list."""

    id: str
    name: str
    flow: str
    validity: str
    template: str | None
    client_id: str | None
    secret_stored: bool
    held: list[str]
    changed_at: datetime
    changed_by: str


class ConfigurationPage(Page):
    items: list[ConfigurationSummary]


class Configuration(ConfigurationSummary):
    """A configuration whole, without its secret: `config` is the document as it is exported."""

    scope: str | None
    secret_fingerprint: str | None
    pinned_issuer: str | None
    used_by: list[str]
    tokens: list[dict[str, str]]
    config: dict[str, Any]
    created_at: datetime
    created_by: str


class NewConfiguration(Incoming):
    """From a template, with `set` as `bursar config add --set` has it: PATH to VALUE."""

    template: str
    name: Name
    set: Texts = {}
    client_secret: SecretText | None = None


class ConfigurationChange(Incoming):
    """`set` as `bursar config set` has it; an empty value empties. A changed destination holds what is stored."""

    set: Texts = {}
    client_secret: SecretText | None = None


class Duplicate(Incoming):
    name: Name
    with_secret: bool = False


class NewLabel(Incoming):
    label: Annotated[str, Field(min_length=1, max_length=250)]


class ValidityOfMany(Incoming):
    """Ids of configurations, and what all of them become."""

    validity: Validity
    configurations: Annotated[list[Annotated[str, Field(max_length=100)]], Field(min_length=1, max_length=1000)]


class NotChanged(Trouble):
    """A configuration that stays as it was, and why."""

    id: str


class ChangedMany(Schema):
    """Ids, in the order in which they were sent; `changed` of those that weren't so already."""

    changed: list[str]
    unchanged: list[str]
    failed: list[NotChanged]
