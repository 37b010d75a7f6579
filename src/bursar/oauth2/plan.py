"""One request of a token configuration's document, typed: where, with what, and how the answer is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .urls import EndpointUrl


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """`literals` are sent as they are; `autofill` maps a parameter to the source it is filled from, and wins over a
    literal of the same name; `mapping` says which member of the answer means what, and is silent about the rest."""

    url: EndpointUrl
    literals: Mapping[str, str] = field(default_factory=dict)
    autofill: Mapping[str, str] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)
