"""The configuration document: read and written by hand and by other systems, parsed once into typed values.

encoding, yaml_reader, nodes   bytes → bounded YAML          scalars, schema, tree   → the plain tree that is stored
parse, parameters              → typed values, all rules     model                   the typed values
paths, assignments             PATH=VALUE                    stored, export          from a row; back to YAML
trial                          the same, with every broken rule by its path
single                         one configuration as text that a person edits
"""

from .assignments import assigned, from_template, from_tree
from .export import write_documents
from .model import Options, TokenConfigurationDocument, Validity
from .parse import document_of_tree, read_documents
from .single import read_text, text_of, without_secret
from .stored import document_of
from .trial import try_assigned, try_template
from .violations import DocumentInvalid, Problem

__all__ = [
    "DocumentInvalid",
    "Options",
    "Problem",
    "TokenConfigurationDocument",
    "Validity",
    "assigned",
    "document_of",
    "document_of_tree",
    "from_template",
    "from_tree",
    "read_documents",
    "read_text",
    "text_of",
    "try_assigned",
    "try_template",
    "without_secret",
    "write_documents",
]
