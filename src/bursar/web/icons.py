"""Icons of the sprite."""

from html import escape

from django.utils.safestring import SafeString

from .assets import address


def icon_html(name: str, label: str = "", classes: str = "") -> SafeString:
    """The `<svg>` of an icon; with a label where it stands alone, else passed over by screen readers."""
    read = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    look = f"icon {escape(classes)}" if classes else "icon"
    return SafeString(
        f'<svg class="{look}" width="20" height="20" {read}><use href="{address("icons.svg")}#{escape(name)}"/></svg>'
    )
