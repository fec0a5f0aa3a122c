"""How a number is written: tokens, periods, and the rules a format must keep. No database."""

import re
from dataclasses import dataclass
from datetime import date

from nextgenerp.core.documents.models import DocumentType, NumberingSeries
from nextgenerp.core.exceptions import Invalid

Policy = NumberingSeries.ResetPolicy
SEQUENCE = "{SEQ}"
TOKENS = ("{PREFIX}", "{FY}", "{FYYY}", "{YY}", "{YYYY}", "{MM}", SEQUENCE)
# A number is the same in no two periods when its tokens tell the periods apart: any of these sets does.
TELLING = {
    Policy.FINANCIAL_YEAR: ("{FY}", "{FYYY}", "{YY}{MM}", "{YYYY}{MM}"),
    Policy.CALENDAR_YEAR: ("{YY}", "{YYYY}", "{FY}{MM}", "{FYYY}{MM}"),
    Policy.MONTHLY: ("{YY}{MM}", "{YYYY}{MM}", "{FY}{MM}", "{FYYY}{MM}"),
    Policy.NEVER: ("",),
}
INVOICE_LENGTH = 16  # CGST Rule 46
LONGEST = 50  # of other documents; a revision's suffix has room beside it
SUPPOSED_DIGITS = 6  # every format must have room for a million documents a period
_TOKEN = re.compile(r"\{[^{}]*\}")
_INVOICE = re.compile(r"[A-Za-z0-9/-]*")


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the sequence in the numbers of one period and day."""

    head: str
    tail: str
    padding: int

    def number(self, sequence: int) -> str:
        return f"{self.head}{sequence:0{self.padding}}{self.tail}"


def financial_year(day: date) -> int:
    """The calendar year in which the financial year of a day begins, on the first of April."""
    return day.year if day.month >= 4 else day.year - 1


def period_of(policy: str, day: date) -> str:
    """The period a day belongs to: ``2026-27``, ``2026``, ``2026-11``, or empty when numbers never begin again."""
    if policy == Policy.FINANCIAL_YEAR:
        year = financial_year(day)
        return f"{year:04}-{(year + 1) % 100:02}"
    if policy == Policy.CALENDAR_YEAR:
        return f"{day.year:04}"
    return f"{day.year:04}-{day.month:02}" if policy == Policy.MONTHLY else ""


def frame_of(series: NumberingSeries, day: date) -> Frame:
    """What stands around the sequence of a number of this series for a document of this day."""
    year = financial_year(day)
    values = {
        "{PREFIX}": series.prefix,
        "{FY}": f"{year % 100:02}-{(year + 1) % 100:02}",
        "{FYYY}": f"{year:04}-{(year + 1) % 100:02}",
        "{YY}": f"{day.year % 100:02}",
        "{YYYY}": f"{day.year:04}",
        "{MM}": f"{day.month:02}",
        SEQUENCE: SEQUENCE,
    }
    head, _, tail = (
        _TOKEN.sub(lambda token: values[token.group()], part) for part in series.format.partition(SEQUENCE)
    )
    return Frame(head, tail, series.padding)


def longest(document_type: str) -> int:
    """How many characters a number of a document may have."""
    return INVOICE_LENGTH if document_type == DocumentType.INVOICE else LONGEST


def check_format(series: NumberingSeries) -> None:
    """Hold a series to the rules. Raises Invalid naming ``prefix``, ``format`` or ``padding``."""
    tokens = _TOKEN.findall(series.format)
    unknown = sorted(set(tokens) - set(TOKENS))
    literals = _TOKEN.sub("", series.format)
    if unknown or set("{}") & set(literals):
        raise Invalid.field("format", "unknown_token", f"There is: {' '.join(TOKENS)}.")
    if set("{}") & set(series.prefix):
        raise Invalid.field("prefix", "invalid", "A prefix has no braces.")
    if tokens.count(SEQUENCE) != 1:
        raise Invalid.field("format", "sequence_once", "{SEQ} belongs into the format exactly once.")
    if not any(set(_TOKEN.findall(one)) <= set(tokens) for one in TELLING[Policy(series.reset_policy)]):
        ways = " or ".join(filter(None, TELLING[Policy(series.reset_policy)]))
        raise Invalid.field(
            "format", "period_token", f"Numbers that begin again need {ways}, or they would come twice."
        )
    check_characters(series, literals)


def check_characters(series: NumberingSeries, literals: str) -> None:
    """Hold what a number is written with to the rules. Raises Invalid naming ``prefix`` or ``format``."""
    if series.document_type == DocumentType.INVOICE:
        for name, text in (("prefix", series.prefix), ("format", literals)):
            if not _INVOICE.fullmatch(text):
                raise Invalid.field(
                    name, "invalid_characters", "Invoice numbers have letters, digits, / and - (Rule 46)."
                )
    frame = frame_of(series, date(2026, 4, 1))
    length = len(frame.head + frame.tail) + max(series.padding, SUPPOSED_DIGITS)
    if length > longest(series.document_type):
        raise Invalid.field(
            "format", "too_long",
            f"With {max(series.padding, SUPPOSED_DIGITS)} digits a number has {length} characters; "
            f"{longest(series.document_type)} are allowed.",
        )  # fmt: skip
