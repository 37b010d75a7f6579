"""JMESPath over data that came from outside."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from ..errors import InvalidInput


def search(expression: str, data: Any, where: str) -> Any:
    """What the expression finds, None where nothing is there. Raises InvalidInput that names `where`."""
    try:
        return _compiled(expression).search(data)
    except (JMESPathError, TypeError, ValueError, ArithmeticError, RecursionError) as problem:
        said = str(problem).splitlines()[0][:200].rstrip(".") if str(problem) else type(problem).__name__
        raise InvalidInput(f"{where} can't be worked out: {said}.", code="mapping_failed") from None


def search_each(expressions: Mapping[str, str], data: Any, where: str) -> dict[str, Any]:
    """Each name with what its expression finds; names whose expression finds nothing are left out."""
    found = {name: search(each, data, f"{where}.{name}") for name, each in expressions.items()}
    return {name: value for name, value in found.items() if value is not None}


@lru_cache(maxsize=256)
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)
