"""Cells a spreadsheet would run as formulas: made harmless by every export, given back by every import."""

import re

RISKY_STARTS = frozenset("'=+-@\t\r＝＋－＠")
_RISKY = re.compile("'*[=+\\-@\t\r＝＋－＠]")
_HARMLESS = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?|\+[1-9][0-9]{1,14}")


def neutralise(text: str) -> str:
    """Put one apostrophe in front of a cell that a spreadsheet might evaluate.

    Plain numbers and strict E.164 phone numbers stay as they are. A cell that already begins with apostrophes
    and such a sign gets one more, so that no two cells become the same.
    """
    return f"'{text}" if text[:1] in RISKY_STARTS and _is_risky(text) else text


def restore(text: str) -> str:
    """Take off the one apostrophe that ``neutralise`` put there, and no other."""
    return text[1:] if text[:1] == "'" and _is_risky(text[1:]) else text


def _is_risky(text: str) -> bool:
    return _RISKY.match(text) is not None and _HARMLESS.fullmatch(text) is None
