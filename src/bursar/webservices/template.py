"""Templates of bodies: Jinja in a sandbox that a template can neither leave nor keep busy without end (SEC-52).

Whatever data a template writes is escaped for the content type, so that no value can add a field or an element: as a
JSON value (a text with its quotes), percent-encoded for a form, with entities for XML.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from ..errors import InvalidInput

MOST_STEPS = 50_000
LARGEST = 4 << 20  # characters
_FILTERS = (
    *("abs", "default", "d", "dictsort", "first", "float", "int", "items", "last", "length", "count", "list", "lower"),
    *("map", "max", "min", "reject", "rejectattr", "reverse", "round", "select", "selectattr", "sort", "string"),
    *("striptags", "sum", "title", "trim", "truncate", "unique", "upper"),
)
_TEXT_METHODS = frozenset(
    ("lower", "upper", "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "startswith", "endswith", "title")
)
_MAPPING_METHODS = frozenset(("get", "items", "keys", "values"))


class _Spent(Exception):
    """The template took more steps, or made a longer text, than a body needs."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """Attributes of nothing but plain values, a handful of their methods, and arithmetic that can't explode."""

    intercepted_binops = frozenset(("*", "**", "%"))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if type(obj) in (str, Markup):
            return attr in _TEXT_METHODS
        if type(obj) is dict:
            return attr in _MAPPING_METHODS
        return type(obj).__module__ == "jinja2.runtime" and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Any:  # noqa: ARG002
        """Jinja lets `format` through before it asks what is safe; a width in it makes a text of any length."""
        return None

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        numbers = all(isinstance(each, int | float) and abs(each) < 1e15 for each in (left, right))
        if operator == "**" or not numbers:
            raise SecurityError(f"{operator} is for small numbers")
        return super().call_binop(context, operator, left, right)


class _Counted(NodeTransformer):
    """Every turn of a loop and every call of a macro costs a step; what texts are joined from is measured first."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.body.insert(0, _step(node.lineno))
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:
        self.generic_visit(node)
        node.body.insert(0, _step(node.lineno))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return nodes.Call(nodes.Name("_joined", "load"), node.nodes, [], None, None, lineno=node.lineno)


def _step(line: int) -> nodes.Node:
    call = nodes.Call(nodes.Name("_step", "load"), [], [], None, None, lineno=line)
    return nodes.Output([call], lineno=line)


class Template:
    """Compiled once; `render` may be called often."""

    def __init__(self, text: str, content_type: str) -> None:
        """Raises InvalidInput with the line where the template can't be read."""
        sandbox = _Sandbox(undefined=StrictUndefined, finalize=_finalizer(content_type), extensions=[])
        sandbox.filters = {name: sandbox.filters[name] for name in _FILTERS} | {
            "tojson": _json,
            "join": _join,
        }
        sandbox.globals.clear()
        try:
            tree = _Counted().visit(sandbox.parse(text))
            if list(tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport))):
                raise InvalidInput("The template can't take in other files.", code="template_invalid")
            code = sandbox.compile(tree, name="template")
            self._template = sandbox.template_class.from_code(sandbox, code, {})
        except TemplateSyntaxError as problem:
            said = (problem.message or "can't be read").rstrip(".")
            raise InvalidInput(f"The template, line {problem.lineno}: {said}.", code="template_invalid") from None
        except (TemplateError, RecursionError, SyntaxError, ValueError) as problem:
            raise InvalidInput(f"The template can't be read: {problem}.", code="template_invalid") from None

    def render(self, data: Any) -> str:
        """The body. Raises InvalidInput that says what the template wanted and did not find."""
        steps = 0

        def step() -> Markup:
            nonlocal steps
            steps += 1
            if steps > MOST_STEPS:
                raise _Spent(f"takes more than {MOST_STEPS} steps")
            return Markup()

        variables = {"data": data, **(data if isinstance(data, Mapping) else {})}
        parts: list[str] = []
        size = 0
        try:
            for part in self._template.generate({**variables, "_step": step, "_joined": _joined}):
                size += len(part)
                if size > LARGEST:
                    raise _Spent(f"makes more than {LARGEST} characters")
                parts.append(part)
        except (TemplateError, _Spent, ArithmeticError, TypeError, ValueError, LookupError, RecursionError) as problem:
            said = str(problem)[:300].rstrip(".") or type(problem).__name__
            raise InvalidInput(f"The template can't be filled: {said}.", code="template_failed") from None
        return "".join(parts)


def _finalizer(content_type: str) -> Callable[[Any], Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, Markup):
            return value
        if isinstance(value, StrictUndefined):
            return str(value)  # which raises, and names it
        match content_type:
            case "JSON":
                return Markup(_dumps(value))  # noqa: S704 - JSON, and no page
            case "XML":
                return escape("" if value is None else value)
            case _:
                return Markup(quote_plus("" if value is None else str(value)))  # noqa: S704 - a form, and no page

    return plain


def _json(value: Any) -> Markup:
    return Markup(_dumps(value))  # noqa: S704 - JSON, and no page


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _join(values: Any, between: str = "") -> str:
    return _joined(*[part for each in values for part in (between, each)][1:])


def _joined(*parts: Any) -> str:
    size, texts = 0, []
    for part in parts:
        text = str(part)
        size += len(text)
        if size > LARGEST:
            raise _Spent(f"makes more than {LARGEST} characters")
        texts.append(text)
    return "".join(texts)
