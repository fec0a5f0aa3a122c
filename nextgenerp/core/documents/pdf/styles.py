"""How it looks: a few greys and one blue, Noto Sans in a handful of sizes."""

from typing import NamedTuple

PAGE_WIDTH, PAGE_HEIGHT = 595.28, 841.89  # A4 in points
MARGIN = 40.0
WIDTH = PAGE_WIDTH - 2 * MARGIN
TOP = PAGE_HEIGHT - 36.0
BOTTOM = 52.0  # under it is the footer

INK = "0.11 0.15 0.2"
MUTED = "0.38 0.43 0.5"
ACCENT = "0.1 0.27 0.45"
RULE = "0.84 0.87 0.9"
TINT = "0.953 0.965 0.98"
WATERMARK = "0.93 0.938 0.95"
WHITE = "1 1 1"


class Style(NamedTuple):
    """Size and leading in points."""

    size: float
    leading: float
    bold: bool = False
    color: str = INK


TITLE = Style(17, 22, bold=True, color=ACCENT)
NAME = Style(13, 18, bold=True)
STRONG = Style(9, 13, bold=True)
BODY = Style(8.5, 12.5)
SMALL = Style(7.5, 11)
QUIET = Style(7.5, 11, color=MUTED)
LABEL = Style(7, 10.5, bold=True, color=ACCENT)
HEADING = Style(8.5, 13, bold=True, color=ACCENT)
