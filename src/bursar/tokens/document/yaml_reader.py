"""Bounded YAML: composed from parser events, iteratively, one entry at a time; hostile input costs no more than honest.

PyYAML's own composers recurse (the C one crashes at depth 100,000), expand aliases without end and let the last
of two equal keys win. Here every bound is checked on the event, before anything is built from it.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from .encoding import utf8_of
from .nodes import Mapping, Node, Scalar, Sequence
from .scalars import is_null
from .violations import Unreadable, quoted
from .yaml_words import unreadable

MAX_DEPTH = 32
MAX_NODES = 4_000_000
MAX_ENTRY_NODES = 10_000
MAX_ALIASED_NODES = 100_000
MAX_TEXT = 100_000
_TOO_DEEP = f"is nested deeper than {MAX_DEPTH} levels"


def entries(data: bytes) -> Iterator[Node]:
    """Each entry of the list at the top, or the one thing that is there instead.

    Raises Unreadable, with the line, at the first event that breaks a bound or is not YAML.
    """
    text = utf8_of(data)
    try:
        yield from _Composer().compose(text)
    except yaml.YAMLError as problem:
        if "nesting depth" in str(problem):  # newer libyaml counts too, while it looks ahead
            mark = getattr(problem, "problem_mark", None)
            raise Unreadable(mark.line + 1 if mark else 0, _TOO_DEEP) from None
        raise unreadable(problem, text) from None


class _Open:
    """A collection that is not closed yet, the key that waits for its value, and how many nodes came before it."""

    __slots__ = ("anchor", "before", "key", "node")

    def __init__(self, node: Mapping | Sequence, anchor: str | None, before: int) -> None:
        self.node = node
        self.anchor = anchor
        self.before = before
        self.key: str | None = None


class _Composer:
    def __init__(self) -> None:
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int] | None] = {}  # None while the anchored collection is still open
        self._nodes = 0
        self._entry_start = 0
        self._aliased = 0

    def compose(self, text: bytes) -> Iterator[Node]:
        documents = 0
        listed = False  # a list is at the top: its entries go out one by one, and nothing keeps them
        events: Iterator[Any] = yaml.parse(text, Loader=yaml.CSafeLoader)
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                node: Node = self._scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if not self._stack:
                    listed = kind is yaml.SequenceStartEvent
                self._open(event, kind is yaml.MappingStartEvent)
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                node = self._close()
                if listed and not self._stack:
                    continue
            elif kind is yaml.AliasEvent:
                node = self._alias(event)
            else:
                documents += kind is yaml.DocumentStartEvent
                if documents > 1:
                    raise Unreadable(event.start_mark.line + 1, "begins a second document; one file holds one list")
                continue
            if len(self._stack) == listed:
                self._entry_start = self._nodes
                if listed or not (isinstance(node, Scalar) and is_null(node)):  # nothing at all holds no entry
                    yield node
            else:
                self._put(node, event)

    def _count(self, more: int, event: Any) -> None:
        self._nodes += more
        if self._nodes - self._entry_start > MAX_ENTRY_NODES:
            raise Unreadable(event.start_mark.line + 1, f"makes the entry larger than {MAX_ENTRY_NODES} values")
        if self._nodes > MAX_NODES:
            raise Unreadable(event.start_mark.line + 1, f"makes the file larger than {MAX_NODES} values")

    def _scalar(self, event: Any) -> Scalar:
        self._count(1, event)
        text: str = event.value
        line = event.start_mark.line + 1
        if event.tag is not None:
            raise Unreadable(line, f"carries the tag {quoted(event.tag)}; tags are not read")
        if len(text) > MAX_TEXT:
            raise Unreadable(line, f"holds a text of more than {MAX_TEXT} characters")
        if "\0" in text:
            raise Unreadable(line, "holds a text with a NUL in it")
        node = Scalar(text, event.style is None or event.style == "", line)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, 1)
        return node

    def _open(self, event: Any, mapping: bool) -> None:
        self._count(1, event)
        line = event.start_mark.line + 1
        if event.tag is not None:
            raise Unreadable(line, f"carries the tag {quoted(event.tag)}; tags are not read")
        if len(self._stack) >= MAX_DEPTH:
            raise Unreadable(line, _TOO_DEEP)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(_Open(Mapping(line) if mapping else Sequence(line), event.anchor, self._nodes - 1))

    def _close(self) -> Node:
        closed = self._stack.pop()
        if closed.anchor is not None:
            self._anchors[closed.anchor] = (closed.node, self._nodes - closed.before)
        return closed.node

    def _alias(self, event: Any) -> Node:
        line = event.start_mark.line + 1
        if event.anchor not in self._anchors:
            raise Unreadable(line, f"refers to {quoted('*' + event.anchor)}, which is not defined before it")
        found = self._anchors[event.anchor]
        if found is None:
            raise Unreadable(line, f"refers to {quoted('*' + event.anchor)} from within itself")
        node, size = found
        self._aliased += size
        if self._aliased > MAX_ALIASED_NODES:
            raise Unreadable(line, f"repeats more than {MAX_ALIASED_NODES} values by aliases")
        self._count(size, event)
        return node

    def _put(self, node: Node, event: Any) -> None:
        parent = self._stack[-1]
        if isinstance(parent.node, Sequence):
            parent.node.items.append(node)
        elif parent.key is not None:
            parent.node.items[parent.key] = node
            parent.key = None
        elif not isinstance(node, Scalar):
            raise Unreadable(event.start_mark.line + 1, "uses a list or a mapping as a key")
        elif node.text in parent.node.items:
            raise Unreadable(event.start_mark.line + 1, f"has the key {quoted(node.text)} twice in one mapping")
        else:
            parent.key = node.text
