"""What comes after the lines: the amount in words and how to pay at the left, the sum and the signature right."""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from nextgenerp.core.documents.pdf.boxes import Box, Row, Space, Stack, measure, set_paragraphs, set_text
from nextgenerp.core.documents.pdf.content import ZERO, PrintedDocument
from nextgenerp.core.documents.pdf.figures import format_amount, format_percent
from nextgenerp.core.documents.pdf.pages import Item
from nextgenerp.core.documents.pdf.payment import payment_box
from nextgenerp.core.documents.pdf.styles import (
    ACCENT,
    HEADING,
    LABEL,
    MUTED,
    QUIET,
    RULE,
    SMALL,
    STRONG,
    TINT,
    WIDTH,
    Style,
)
from nextgenerp.core.documents.pdf.tax_tables import taxes_of

SUM_WIDTH = 216.0
LEFT_WIDTH = WIDTH - SUM_WIDTH - 26.0
ROW = Style(8.5, 12.5)
ASIDE = Style(8, 12, color=MUTED)
FINE = Style(8, 11.8, color=MUTED)
TOTAL = Style(10.5, 15, bold=True, color=ACCENT)


class Figure(NamedTuple):
    """A row of the sum."""

    label: str
    amount: Decimal
    style: Style = ROW


def summary(document: PrintedDocument) -> Iterator[Item]:
    """One piece that is never divided."""
    left: list[Box] = []
    if document.amount_in_words:
        left += [
            set_text("AMOUNT IN WORDS", LABEL, LEFT_WIDTH),
            set_text(document.amount_in_words, STRONG, LEFT_WIDTH, lines=5),
            Space(9),
        ]
    payment = payment_box(document.bank, document.upi, LEFT_WIDTH)
    if payment:
        left.append(payment)
    right = [_sum(document), *_signature(document)]
    yield Item(Row((0, WIDTH - SUM_WIDTH), (Stack(left), Stack(right)), WIDTH), space=10)


def texts(document: PrintedDocument) -> Iterator[Item]:
    """Notes and terms, over as many pages as they need."""
    for title, text, limit in (
        ("Notes", document.notes, 5100),
        ("Terms and conditions", document.terms, 8100),
    ):
        body = set_paragraphs(text, FINE, WIDTH, limit=limit)
        if body.lines:
            yield Item(body, set_text(title, HEADING, WIDTH), space=12, breakable=True)


def _sum(document: PrintedDocument) -> Stack:
    totals = document.totals
    rows: list[Box] = [_row(figure, rule=RULE) for figure in _figures(document)]
    rows.append(_row(Figure("Total", totals.payable, TOTAL), rupee=True, fill=TINT, rule=ACCENT))
    if totals.received:
        rows.append(_row(Figure("Received", -totals.received), rule=RULE))
        due = totals.payable - totals.received if totals.due is None else totals.due
        rows.append(_row(Figure("Balance due", due, ROW._replace(bold=True)), rupee=True, rule=RULE))
    return Stack(rows)


def _figures(document: PrintedDocument) -> Iterator[Figure]:
    """From the lines' values to what is to be paid; what is 0 is left out."""
    totals = document.totals
    if totals.line_discount:
        yield Figure("Before discounts", totals.sub_total + totals.line_discount)
        yield Figure("Discounts on lines", -totals.line_discount)
    yield Figure("Sub total (incl. tax)" if document.tax_inclusive else "Sub total", totals.sub_total)
    if totals.document_discount:
        percent = totals.discount_percent
        label = "Discount" if percent is None else f"Discount ({format_percent(percent)})"
        yield Figure(label, -totals.document_discount)
    yield from (Figure(charge.label, charge.amount) for charge in totals.charges)
    yield from _tax_figures(document)
    yield from (Figure(charge.label, charge.amount) for charge in totals.other_charges)
    if totals.round_off:
        yield Figure("Round off", totals.round_off)


def _tax_figures(document: PrintedDocument) -> Iterator[Figure]:
    totals = document.totals
    if totals.taxes.total and totals.taxable_value not in {ZERO, totals.sub_total}:
        yield Figure("Taxable value", totals.taxable_value, ASIDE)
    if totals.exempt_value and totals.taxable_value:
        yield Figure("Exempt value", totals.exempt_value, ASIDE)
    for name, amount in taxes_of(document):
        if document.reverse_charge:
            yield Figure(f"{name} (not added)", amount(totals.taxes), ASIDE)
        elif document.tax_inclusive:
            yield Figure(f"{name} (included)", amount(totals.taxes), ASIDE)
        else:
            yield Figure(name, amount(totals.taxes))


def _row(figure: Figure, *, rupee: bool = False, fill: str = "", rule: str = "") -> Row:
    edge, style = 6.0, figure.style
    amount = f"₹ {format_amount(figure.amount)}" if rupee else format_amount(figure.amount)
    amount_width = measure(amount, bold=style.bold) * style.size / 1000 + 1
    label_width = SUM_WIDTH - amount_width - 2 * edge - 6
    return Row(
        (edge, SUM_WIDTH - amount_width - edge),
        (
            set_text(figure.label, style, label_width, lines=2),
            set_text(amount, style, amount_width, right=True),
        ),
        SUM_WIDTH, padding=4 if fill else 1.8, fill=fill, rule=rule,
    )  # fmt: skip


def _signature(document: PrintedDocument) -> Iterator[Box]:
    yield Space(12)
    yield set_text(f"For {document.company.name}", SMALL._replace(bold=True), SUM_WIDTH, right=True, lines=2)
    yield Space(26)
    yield set_text("Authorised signatory", QUIET, SUM_WIDTH, right=True)
