"""A stored row back as typed values."""

import json
from functools import lru_cache
from typing import TYPE_CHECKING

from .model import TokenConfigurationDocument, Validity
from .parse import document_of_tree

if TYPE_CHECKING:
    from ..models import Configuration


def document_of(configuration: "Configuration") -> TokenConfigurationDocument:
    """The document of a row, typed from its stored text; the secret is not opened and not in it."""
    return _document(configuration.name, configuration.validity, configuration.document)


@lru_cache(maxsize=2048)
def _document(name: str, validity: str, source: str) -> TokenConfigurationDocument:
    return document_of_tree(name, Validity(validity), json.loads(source))
