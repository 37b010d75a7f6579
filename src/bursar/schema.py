"""How the tables of a database compare with the ones this program knows, told by the names of their migrations."""

import pkgutil
from collections.abc import Collection
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps

Migration = tuple[str, str]


@cache
def known() -> frozenset[Migration]:
    """Every migration this program ships, as (app, name). Django must be set up."""
    found = set()
    for config in apps.get_app_configs():
        package = f"{config.name}.migrations"
        if find_spec(package) is not None:
            paths = import_module(package).__path__
            found |= {(config.label, m.name) for m in pkgutil.iter_modules(paths) if not m.name.startswith("_")}
    return frozenset(found)


def missing(applied: Collection[Migration]) -> set[Migration]:
    """What the database lacks: it is older than the program."""
    return set(known() - set(applied))


def unknown(applied: Collection[Migration]) -> set[Migration]:
    """What only a newer program can have done to the database; apps that this program does not use do not count."""
    labels = {label for label, _ in known()}
    return {migration for migration in applied if migration[0] in labels} - known()
