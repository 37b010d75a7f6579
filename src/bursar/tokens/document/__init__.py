"""The configuration document: read and written by hand and by other systems, parsed once into typed values.

    encoding, yaml_reader, nodes   bytes → bounded YAML          scalars, schema, tree   → the plain tree that is stored
    parse, parameters              → typed values, all rules     model                   the typed values
    paths                          assignments by dotted path    export                  back to YAML
"""

from .model import Options, TokenConfigurationDocument, Validity
from .parse import document_of_tree, read_documents

__all__ = ["Options", "TokenConfigurationDocument", "Validity", "document_of_tree", "read_documents"]
