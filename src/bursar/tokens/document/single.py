"""One configuration as text to be edited: written without its secret, read back with the line of every broken rule."""

import re
from typing import Any

import yaml

from ...oauth2.vocabulary import Flow
from .export import dumped, entry
from .model import TokenConfigurationDocument
from .parse import read_documents
from .trial import Tried
from .violations import DocumentInvalid, Problem, quoted

_AUTH_FLOW = {Flow.AUTHORIZATION_CODE: "AuthorizationCode", Flow.CLIENT_CREDENTIALS: "ClientCredentials"}
_SECRET_LINE = re.compile(r"""(?P<key>["']?ClientSecret["']?\s*:)(?P<value>[^\n]*)""")
_NOTHING = frozenset(("", "null", "Null", "NULL", "~", '""', "''"))


def text_of(document: TokenConfigurationDocument) -> str:
    """The YAML of one configuration, name first; the secret is never in it."""
    found = entry(document, None)
    return dumped({key: found[key] for key in ("Name", "ValidID", "Config")})


def read_text(text: str, before: TokenConfigurationDocument) -> Tried:
    """The document that `text` says instead of `before`, or what is wrong with it, each with its line.

    Flow and template stay as they are, and a secret is never taken from a text that a page shows again.
    """
    try:
        documents = read_documents(text.encode("utf-8", "replace"), "")
    except DocumentInvalid as refused:
        return tuple(_placed(refused.problems, text))
    if len(documents) != 1:
        rule = f"holds {len(documents)} configurations, and this page is about one"
        return (Problem("", rule, 1),)
    document = documents[0]
    problems = []
    if document.client_secret is not None:
        problems.append(Problem("Config.ClientSecret", "is never entered here: replace the secret on its own page"))
    if document.flow is not before.flow:
        problems.append(Problem("Config.AuthFlow", f"stays {_AUTH_FLOW[before.flow]} for good"))
    if document.template_name != before.template_name:
        stays = f"stays {quoted(before.template_name)} for good" if before.template_name else "stays empty for good"
        problems.append(Problem("Config.TemplateName", stays))
    return tuple(_placed(problems, text)) if problems else document


def without_secret(text: str) -> str:
    """The text without what stands behind `ClientSecret:`, whatever else is wrong with it (SEC-41)."""
    kept: list[str] = []
    deeper = -1  # the indentation of a ClientSecret whose value goes on in the following lines
    for line in text.splitlines(keepends=True):
        indentation = len(line) - len(line.lstrip(" \t"))
        if deeper >= 0 and (not line.strip() or indentation > deeper):
            continue
        deeper = -1
        found = _SECRET_LINE.search(line)
        if found is None or found["value"].strip() in _NOTHING:
            # Even an empty value may go on below, as a block or as a text of its own.
            deeper = indentation if found is not None and not found["value"].strip() else -1
            kept.append(line)
            continue
        deeper = indentation
        kept.append(line[: found.end("key")] + line[len(line.rstrip("\r\n")) :])
    return "".join(kept)


def _placed(problems: tuple[Problem, ...] | list[Problem], text: str) -> list[Problem]:
    """The problems with the line at which each stands; a text that was read is shallow enough to be composed."""
    if all(problem.line or not problem.path for problem in problems):
        return list(problems)
    try:
        root = yaml.compose(text.encode("utf-8", "replace"), Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return list(problems)
    if isinstance(root, yaml.SequenceNode):
        root = root.value[0] if root.value else root
    return [Problem(each.path, each.rule, each.line or _line(root, each.path)) for each in problems]


def _line(node: Any, path: str) -> int:
    """The line of the key at `path`, or of the last key on the way to it that is there."""
    line = int(node.start_mark.line) + 1
    while path and isinstance(node, yaml.MappingNode):
        best: tuple[Any, Any, str] | None = None
        for key, value in node.value:
            for name in (str(key.value), quoted(str(key.value))):
                fits = path == name or path.startswith(f"{name}.")
                if fits and (best is None or len(name) > len(best[2])):
                    best = (key, value, name)
        if best is None:
            break
        line = int(best[0].start_mark.line) + 1
        node, path = best[1], path[len(best[2]) + 1 :]
    return line
