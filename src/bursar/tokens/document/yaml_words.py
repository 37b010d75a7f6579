"""What libyaml complains of, in sentences that say what to change: they are told again in the language of a page.

The words on the left are libyaml's (scanner.c, parser.c of 0.2); what isn't among them is told in its own words.
"""

import yaml

from .violations import Unreadable, quoted

_KINDS = {
    "mapping values are not allowed in this context": "colon",
    "did not find expected key": "key",
    "could not find expected ':'": "bare",
    "did not find expected ',' or ']'": "list",
    "did not find expected ',' or '}'": "mapping",
    "found unexpected end of stream": "quotes",
    "found character that cannot start any token": "sign",
    "did not find expected '-' indicator": "dash",
    "block sequence entries are not allowed in this context": "inline",
    "did not find expected node content": "value",
    "did not find expected alphabetic or numeric character": "name",
    "did not find expected comment or line break": "block",
    "did not find expected <document start>": "document",
    "found a tab character where an indentation space is expected": "tab",
    "found a tab character that violates indentation": "tab",
    "found unknown escape character": "escape",
    "did not find expected hexdecimal number": "escape",
    "found invalid Unicode character escape code": "escape",
    "control characters are not allowed": "control",
}
# Where these are noticed, the text goes on or is over; what is to change is where it began.
_BEGUN = frozenset(("bare", "list", "mapping", "quotes"))


def unreadable(problem: yaml.YAMLError, text: bytes) -> Unreadable:
    """The complaint about `text` as the rule that it breaks, with the line to look at."""
    if isinstance(problem, yaml.reader.ReaderError):
        return Unreadable(text[: problem.position].count(b"\n") + 1, broken_text(str(problem.reason or ""), 0, ""))
    if not isinstance(problem, yaml.MarkedYAMLError):
        return Unreadable(0, broken_text(str(problem).splitlines()[0], 0, ""))
    words = problem.problem or problem.context or ""
    mark = problem.problem_mark or problem.context_mark
    if _KINDS.get(words) in _BEGUN and problem.context_mark is not None:
        mark = problem.context_mark
    if mark is None:
        return Unreadable(0, broken_text(words, 0, ""))
    return Unreadable(mark.line + 1, broken_text(words, mark.column + 1, _sign(text, mark.line, mark.column)))


def broken_text(words: str, column: int, sign: str) -> str:
    """The rule that `words` of libyaml are about; `sign` is what stands in that column."""
    kind = _KINDS.get(words, "")
    match {("sign", "\t"): "tab", ("value", ""): "end"}.get((kind, sign), kind):
        case "tab":
            return f"is not YAML: a tab indents it at column {column}; indent with blanks"
        case "escape":
            return f"is not YAML: no escape is like that at column {column}; put single quotes around the text"
        case "control":
            return "is not YAML: it holds a control character"
        case "colon":
            return (
                f"is not YAML: no colon can stand at column {column}; indent the line like its neighbours, or"
                " put quotes around a text with a colon"
            )
        case "key":
            return f"is not YAML: a key must begin at column {column}; look at the indentation, and at quotes before it"
        case "bare":
            return f"is not YAML: the key at column {column} has no colon with a blank after it"
        case "list":
            return f"is not YAML: the [ at column {column} has no ], or a comma is missing after it"
        case "mapping":
            return f"is not YAML: the {{ at column {column} has no }}, or a comma is missing after it"
        case "quotes":
            return f"is not YAML: the quotes that begin at column {column} don't end"
        case "sign":
            return f"is not YAML: no text begins with {quoted(sign)} at column {column}; put quotes around it"
        case "dash":
            return (
                f"is not YAML: the list goes on at column {column} without a dash; indent the line like its neighbours"
            )
        case "inline":
            return f"is not YAML: no list begins at column {column}; put the dash on a line of its own"
        case "end":
            return "is not YAML: the text ends where a value must begin; something is open that began with [ or {"
        case "value":
            return f"is not YAML: a value must begin at column {column}, and a sign stands there that begins none"
        case "name":
            return f"is not YAML: a name must follow * or & at column {column}; put quotes around a text that begins so"
        case "block":
            return f"is not YAML: the text after | or > begins on the next line, not at column {column}"
        case "document":
            return "is not YAML: something stands before or after what could be read; begin with the first key"
    return f"is not YAML: {words}"


def _sign(text: bytes, line: int, column: int) -> str:
    lines = text.split(b"\n", line + 1)
    found = lines[line].decode("utf-8", "replace") if line < len(lines) else ""
    return found[column : column + 1]
