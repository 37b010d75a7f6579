"""Writes docs/reference/openapi.json: the API as it is described to programs. Run it as `make openapi`."""

import json
import os
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "openapi.json"


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bursar.settings")
    django.setup()
    from bursar.api.app import api

    PAGE.write_text(json.dumps(api.get_openapi_schema(), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
