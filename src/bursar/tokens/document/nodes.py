"""What YAML is made of here: scalars keep the text as written, and everything knows its line."""


class Scalar:
    """A single value. `plain` is true where it stood without quotes, so that it may mean a number or nothing."""

    __slots__ = ("line", "plain", "text")

    def __init__(self, text: str, plain: bool, line: int) -> None:
        self.text = text
        self.plain = plain
        self.line = line


class Mapping:
    """Keys, as text, and what they lead to, in the order of the file."""

    __slots__ = ("items", "line")

    def __init__(self, line: int) -> None:
        self.items: dict[str, Node] = {}
        self.line = line


class Sequence:
    """A list."""

    __slots__ = ("items", "line")

    def __init__(self, line: int) -> None:
        self.items: list[Node] = []
        self.line = line


Node = Scalar | Mapping | Sequence
