"""Every sentence of the core, from its sources: `python -m tests.sentences` writes `bursar/sentences/catalogue.py`.

A sentence is a text of several words that ends with a full stop, wherever it stands in the core; a rule is what is
told after the path of a value. F-strings become sentences with named gaps. The command line, the pages and the log have
words of their own and are left out.
"""

import ast
import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "src" / "bursar"
CATALOGUE = SOURCES / "sentences" / "catalogue.py"
LEFT_OUT = {"cli", "web", "server", "testing", "sentences", "scheduler", "migrations"}
LEFT_OUT_FILES = {"app.py", "look.py", "initialise.py", "settings.py", "home.py", "storage.py"}
RULES = {"add", "BrokenRule", "Unreadable", "no", "Violation"}
MOST_VARIANTS = 12
Part = str | ast.expr


def sources() -> Iterator[Path]:
    for path in sorted(SOURCES.rglob("*.py")):
        inside = path.relative_to(SOURCES)
        if not set(inside.parts) & LEFT_OUT and str(inside) not in LEFT_OUT_FILES:
            yield path


def sentences() -> list[str]:
    """Every msgid, sorted."""
    found: set[str] = set()
    for path in sources():
        found |= set(sentences_of(path.read_text(), formats=path.parent.name == "providers"))
    return sorted(found)


def sentences_of(source: str, *, formats: bool = False) -> Iterator[str]:
    """The msgids of one source; with `formats` a `{gap}` in a plain text counts too (`str.format`)."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node, rule in _texts(tree, docstrings):
        for parts in itertools.islice(_variants(node), MOST_VARIANTS):
            msgid = _msgid(parts, formats)
            if _is_sentence(msgid) or (rule and _is_rule(msgid)):
                yield msgid


def _texts(tree: ast.AST, docstrings: set[int]) -> Iterator[tuple[ast.expr, bool]]:
    """The outermost expressions that make a text, and whether they state a rule."""
    stack: list[tuple[ast.AST, bool]] = [(tree, False)]
    while stack:
        node, rule = stack.pop()
        if isinstance(node, ast.expr) and id(node) not in docstrings and _makes_text(node):
            yield node, rule
            continue
        if isinstance(node, ast.FunctionDef):
            rule = node.name.endswith("_rule") or node.name.startswith("broken")
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            rule = rule or name in RULES
        stack.extend((child, rule) for child in ast.iter_child_nodes(node))


def _makes_text(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(op=ast.Add()):
            return _makes_text(node.left) or _makes_text(node.right)
        case ast.IfExp():
            return _makes_text(node.body) and _makes_text(node.orelse)
    return False


def _variants(node: ast.expr) -> Iterator[list[Part]]:
    """What the expression may come to: text and gaps."""
    match node:
        case ast.Constant(value=str(text)):
            yield [text]
        case ast.JoinedStr():
            parts: list[Part] = []
            for value in node.values:
                parts.append(value.value if isinstance(value, ast.Constant) else getattr(value, "value", value))
            yield parts
        case ast.BinOp(op=ast.Add()):
            for left, right in itertools.product(_variants(node.left), _variants(node.right)):
                yield [*left, *right]
        case ast.IfExp() if _makes_text(node):
            yield from _variants(node.body)
            yield from _variants(node.orelse)
        case _:
            yield [node]


def _msgid(parts: list[Part], formats: bool) -> str:
    names: dict[str, str] = {}
    made: list[str] = []
    for part in parts:
        if not isinstance(part, str):
            made.append(f"%({_gap(ast.unparse(part), names)})s")
            continue
        pieces = re.split(r"\{(\w+)\}", part) if formats else [part]
        for number, piece in enumerate(pieces):
            made.append(f"%({_gap(piece, names)})s" if number % 2 else piece.replace("%", "%%"))
    text = "".join(made)
    return (text if names else text.replace("%%", "%")).strip()


def _gap(expression: str, names: dict[str, str]) -> str:
    """A name for the gap: the last word of the expression; the same one for the same expression, no other twice."""
    if expression not in names:
        words = re.findall(r"[a-z_]+", re.sub(r"\[.*?\]|'.*?'", "", expression)) or ["value"]
        name = words[-1].removeprefix("c_").strip("_") or "value"
        name = "provider" if expression == "p" else name
        taken = set(names.values())
        names[expression] = next(n for n in (name, *(f"{name}{k}" for k in range(2, 99))) if n not in taken)
    return names[expression]


def _is_sentence(msgid: str) -> bool:
    bare = re.sub(r"%\(\w+\)s", " ", msgid)
    words = re.findall(r"[A-Za-z]{2,}", bare)
    enough = len(words) >= 2 or (len(words) == 1 and msgid.count("%(") >= 2)  # as in `%(host)s answers %(status)s.`
    return msgid.endswith((".", ".`", ".)")) and "\n" not in msgid and enough and " " in msgid.strip()


def _is_rule(msgid: str) -> bool:
    words = re.findall(r"[A-Za-z]{2,}", re.sub(r"%\(\w+\)s", " ", msgid))
    return "\n" not in msgid and len(words) >= 2 and msgid[:1].islower()


def catalogue() -> str:
    """The module's text."""
    lines = [f"    gettext_noop({_quoted(msgid)})," for msgid in sentences()]
    head = (
        '"""Every sentence of the core. Made by `python -m tests.sentences` from the sources: not edited by hand."""\n'
        "\nfrom .mark import gettext_noop\n\nSENTENCES: tuple[str, ...] = (\n"
    )
    return head + "\n".join(lines) + "\n)\n"


def _quoted(text: str) -> str:
    body = text.replace("\\", "\\\\")
    return f"'{body}'" if '"' in body and "'" not in body else '"' + body.replace('"', '\\"') + '"'


if __name__ == "__main__":
    CATALOGUE.write_text(catalogue(), encoding="utf-8")
    sys.stdout.write(f"{len(sentences())} sentences\n")
