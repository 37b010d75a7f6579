"""How a token is named, wherever people and programs name one."""


def token_reference(name: str, label: str) -> str:
    """`NAME`, or `NAME#LABEL` for a further token of the same configuration."""
    return f"{name}#{label}" if label else name
