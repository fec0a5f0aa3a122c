"""How to pay: the bank account, and a QR code that payment apps read."""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

import segno

from nextgenerp.core.documents.pdf.boxes import Box, Row, Space, Stack, measure, set_text
from nextgenerp.core.documents.pdf.content import BankDetails, UpiPayment
from nextgenerp.core.documents.pdf.figures import format_amount
from nextgenerp.core.documents.pdf.pen import Pen
from nextgenerp.core.documents.pdf.styles import LABEL, QUIET, SMALL

_UPI_ID = re.compile(r"[A-Za-z0-9._-]{2,256}@[A-Za-z0-9.]{2,64}")
QR_SIDE = 76.0
ENCODED = 90  # characters a name or a note may take in the code


class QrCode(NamedTuple):
    """Dark squares as the PDF's own rectangles, of the grid's ``modules`` in a row."""

    squares: str
    modules: int
    side: float

    @property
    def height(self) -> float:
        return self.side

    def draw(self, pen: Pen, x: float, top: float) -> None:
        pen.squares(x, top - self.side, self.side / self.modules, self.squares)

    def split(self, height: float) -> None:
        return None


def upi_link(payment: UpiPayment) -> str:
    """The link a payment app opens, ``upi://pay?…``; empty when there is nothing to pay or nobody to pay it to."""
    if payment.amount <= 0 or not _UPI_ID.fullmatch(payment.upi_id):
        return ""
    link = f"upi://pay?pa={payment.upi_id}&pn={_quote(payment.payee)}&am={payment.amount:.2f}&cu=INR"
    return f"{link}&tn={_quote(payment.note)}" if payment.note else link


def payment_box(bank: BankDetails | None, upi: UpiPayment | None, width: float) -> Box | None:
    """The account at the left and the code at the right; None without both."""
    link = upi_link(upi) if upi else ""
    boxes: list[Box] = []
    if bank:
        boxes.append(_bank(bank, width - (QR_SIDE + 16 if link else 0)))
    if link and upi:
        boxes.append(_code(link, upi))
    starts = [0.0, width - QR_SIDE] if len(boxes) == 2 else [0.0]
    return Row(starts, boxes, width) if boxes else None


def _quote(text: str) -> str:
    """Percent-encode as much of a text as there is room for."""
    encoded = ""
    for character in " ".join(text.split()):
        part = quote(character, safe="", errors="replace")
        if len(encoded) + len(part) > ENCODED:
            break
        encoded += part
    return encoded


def _bank(bank: BankDetails, width: float) -> Stack:
    facts = {
        "Account name": bank.account_name,
        "Account no.": bank.account_number,
        "IFSC": bank.ifsc,
        "Bank": ", ".join(filter(None, (bank.bank_name, bank.branch))),
    }
    label = 62.0
    rows = [
        Row(
            (0, label), (set_text(name, QUIET, label - 4), set_text(value, SMALL, width - label, lines=3)), width
        )
        for name, value in facts.items()
        if value
    ]  # fmt: skip
    return Stack([set_text("BANK DETAILS", LABEL, width), *rows])


def _code(link: str, upi: UpiPayment) -> Stack:
    squares, modules = squares_of(link)
    amount = f"₹ {format_amount(upi.amount)}"
    return Stack([
        set_text("SCAN TO PAY", LABEL, QR_SIDE),
        Space(2),
        QrCode(squares, modules, QR_SIDE),
        Space(2),
        set_text(amount, SMALL._replace(size=min(SMALL.size, QR_SIDE * 1000 / measure(amount) - 0.1)), QR_SIDE),
        set_text(upi.upi_id, QUIET._replace(size=6.5, leading=9), QR_SIDE, lines=2),
    ])  # fmt: skip


@lru_cache(maxsize=64)
def squares_of(text: str) -> tuple[str, int]:
    """The dark squares of a text's QR code, of side 1 and from its lower left corner, and how many are in a row."""
    # A given mask is as readable as the one that trying all eight would choose, and four times as fast.
    matrix = segno.make(text, error="m", micro=False, mask=3).matrix
    last = len(matrix) - 1
    squares = " ".join(
        f"{start} {last - row} {length} 1 re"
        for row, cells in enumerate(matrix)
        for start, length in _runs(cells)
    )
    return squares, len(matrix)


def _runs(cells: bytearray) -> list[tuple[int, int]]:
    """Where dark squares of a row begin, and how many there are side by side."""
    return [(found.start(), len(found[0])) for found in re.finditer(rb"\x01+", bytes(cells))]
