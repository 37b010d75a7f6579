"""A strip of the picture of what is coming as HTML, put together in one go: it has a hundred marks of six parts."""

from html import escape

from .horizon import Bar, Mark, Strip, Tick


def strip_html(strip: Strip) -> str:
    """The `<svg>`. Texts go through `escape`; places are numbers that `horizon` wrote."""
    parts = [*map(_bar, strip.bars), '<line class="line" x1="0" y1="78" x2="100%" y2="78"/>']
    parts += [*map(_tick, strip.ticks), *map(_mark, strip.marks)]
    label = f"{escape(strip.title)}: {escape(strip.sentence)}"
    return f'<svg class="strip" width="100%" height="104" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _bar(bar: Bar) -> str:
    return (
        f'<svg x="{bar.x}%" y="0" width="4.17%" height="78"><title>{escape(bar.title)}</title>'
        f'<rect class="bar" x="6%" y="{bar.top}" width="88%" height="{bar.height}"/>'
        f'<rect class="cap" x="6%" y="{bar.top}" width="88%" height="2"/></svg>'
    )


def _tick(tick: Tick) -> str:
    return (
        f'<line class="line" x1="{tick.x}%" y1="78" x2="{tick.x}%" y2="83"/>'
        f'<text class="tick-word" x="{tick.x}%" y="99" text-anchor="{tick.anchor}">{escape(tick.word)}</text>'
    )


def _mark(mark: Mark) -> str:
    shape = '<circle class="kept" r="4.5"/>'
    if mark.kind != "kept":
        shape = f'<path class="{mark.kind}" d="M0 -7l7 7l-7 7l-7 -7z"/>'
    drawn = f"<title>{escape(mark.title)}</title>{shape}"
    return f'{_label(mark)}<svg class="mark" x="{mark.x}%" y="78" width="1" height="1">{drawn}</svg>'


def _label(mark: Mark) -> str:
    if not mark.name:
        return ""
    side = 'dx="-7" text-anchor="end"' if mark.is_left else 'dx="7"'
    return (
        f'<g class="label"><line class="stem" x1="{mark.x}%" y1="4" x2="{mark.x}%" y2="72"/>'
        f'<text class="name" x="{mark.x}%" y="14" {side}>{escape(mark.name)}</text>'
        f'<text class="what" x="{mark.x}%" y="30" {side}>{escape(mark.what)}</text></g>'
    )
