"""The core's sentences in the language of a page, although they were made, and perhaps stored, in English.

The core says what went wrong in English, as the command line shows it and as the database keeps it. `catalogue` lists
every sentence of the core with named gaps, and is made from the sources. A text is matched back to its sentence and
what stood in the gaps, and said again in the active language; what fits no sentence stays as it is.
See docs/decisions/0005.
"""

from .matching import Matched, match, match_one
from .saying import said

__all__ = ["Matched", "match", "match_one", "said"]
