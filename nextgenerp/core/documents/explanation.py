"""How a document's figures came about: every place where something was rounded, in words and figures.

``POST /sales/calculate`` answers these steps beside the totals.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from nextgenerp.core.documents.worksheet import WHOLE, DocumentInput, Worksheet, fill_worksheet, scaled

LABELS = {"cgst": "CGST", "sgst": "SGST", "igst": "IGST", "cess": "Cess"}


@dataclass(frozen=True, slots=True)
class Step:
    """A rounding: its name, the camelCase path of the figure it made (of a ``charge_share``, of what it went into), the
    sum in words, and the figure in rupees.
    """

    name: str
    field: str
    text: str
    value: Decimal


def explain(document: DocumentInput) -> list[Step]:
    """The steps of computing a document, in their order. Raises Invalid as ``compute`` does."""
    sheet = fill_worksheet(document)
    return [
        *line_steps(document, sheet),
        *discount_steps(document, sheet),
        *charge_steps(sheet),
        *tax_steps(document, sheet),
        *total_steps(document, sheet),
    ]


def step(name: str, field: str, paise: int, text: str) -> Step:
    return Step(name, field, text, Decimal(paise).scaleb(-2))


def money(paise: int) -> str:
    """Paise as rupees: ``-1234.50``."""
    return f"{'-' * (paise < 0)}{abs(paise) // 100}.{abs(paise) % 100:02}"


def short(number: Decimal) -> str:
    """A number without the noughts at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def fraction(paise: int, denominator: int) -> str:
    """``paise / denominator`` paise in rupees to eight decimals, with … where it goes on."""
    sign = "-" * (paise < 0)
    units, rest = divmod(abs(paise) * 10**6, denominator)
    whole, decimals = divmod(units, 10**8)
    text = f"{decimals:08}".rstrip("0").ljust(2, "0") if not rest else f"{decimals:08}…"
    return f"{sign}{whole}.{text}"


def percent(thousandths: int, halves: int = 2) -> str:
    """A rate in percent; ``halves`` 1 for half of it."""
    return f"{short(Decimal(thousandths * halves).scaleb(-3) / 2)} %"


def sum_of(numerator: int, denominator: int, paise: int) -> str:
    """The end of a sum: its exact result, and what became of it where that was rounded."""
    if numerator == paise * denominator:
        return f"= {money(paise)}"
    return f"= {fraction(numerator, denominator)}, to the paisa {money(paise)}"


def line_steps(document: DocumentInput, sheet: Worksheet) -> Iterator[Step]:
    """Quantity times price of each line, and its own discount."""
    for index, (line, gross, discount) in enumerate(
        zip(document.lines, sheet.gross, sheet.discounts, strict=True)
    ):
        product = scaled(line.quantity, 3, "") * scaled(line.unit_price, 4, "")
        text = f"{short(line.quantity)} × {short(line.unit_price)} {sum_of(product, 10**5, gross)}"
        yield step("gross", f"lines.{index}.gross", gross, text)
        if line.discount_value:
            text = discount_text(line.discount_type, line.discount_value, gross, discount)
            yield step("line_discount", f"lines.{index}.discountAmount", discount, text)


def discount_text(kind: str, value: Decimal, base: int, discount: int, of: str = "") -> str:
    """How a discount was reckoned."""
    if kind == "amount":
        return f"A discount of {money(discount)} on {of}{money(base)}"
    return f"{short(value)} % of {of}{money(base)} {sum_of(base * scaled(value, 3, ''), WHOLE, discount)}"


def discount_steps(document: DocumentInput, sheet: Worksheet) -> Iterator[Step]:
    """The document's discount and what each line bears of it."""
    if not document.discount_value:
        return
    discount = sheet.discount
    text = discount_text(
        document.discount_type, document.discount_value, sheet.sub_total, discount, "the subtotal of "
    )
    yield step("document_discount", "totals.documentDiscount", discount, text)
    yield from shares("share", "documentDiscount", "document discount", discount, sheet.nets, sheet.shares)


def charge_steps(sheet: Worksheet) -> Iterator[Step]:
    """The taxable charges and what each line bears of them."""
    if sheet.charges:
        text = f"Taxable charges of {money(sheet.charges)} are spread over the lines and taxed with them"
        yield step("charges", "totals.charges", sheet.charges, text)
        bases = [value - share for value, share in zip(sheet.values, sheet.charge_shares, strict=True)]
        yield from shares(
            "charge_share", "taxableValue", "charges", sheet.charges, bases, sheet.charge_shares
        )


def shares(
    name: str, field: str, what: str, amount: int, bases: list[int], parts: list[int]
) -> Iterator[Step]:
    """Each line's share: the rounded share of the lines up to it, less that of the lines before it."""
    total, running, given = sum(bases), 0, 0
    for index, (base, part) in enumerate(zip(bases, parts, strict=True)):
        running, given = running + base, given + part
        upto = f"{money(amount)} × {money(running)} / {money(total)}"
        text = (
            f"The {what} up to this line, {upto} {sum_of(amount * running, total or 1, given)}, "
            f"less {money(given - part)} before it = {money(part)}"
        )
        yield step(name, f"lines.{index}.{field}", part, text)


def tax_steps(document: DocumentInput, sheet: Worksheet) -> Iterator[Step]:
    """Each line's taxes by component, with what rounding carried to them, and the value left by inclusive prices."""
    carries = dict.fromkeys(sheet.taxes, 0)
    for index, value in enumerate(sheet.values):
        for name in sheet.taxes:
            raw, tax = sheet.raws[name][index], sheet.taxes[name][index]
            if raw:
                text = tax_text(document, sheet, name, index, carries[name])
                yield step("tax", f"lines.{index}.{name}", tax, text)
            if document.tax_rounding != "line":
                carries[name] += raw - tax * sheet.denominator
        if document.tax_mode == "inclusive" and any(sheet.rates[index]):
            taxes, taxable = value - sheet.taxable[index], sheet.taxable[index]
            text = f"{money(value)} with tax less {money(taxes)} of tax = {money(taxable)}"
            yield step("taxable_value", f"lines.{index}.taxableValue", taxable, text)


def tax_text(document: DocumentInput, sheet: Worksheet, name: str, index: int, carry: int) -> str:
    """How one tax of one line was reckoned and rounded."""
    gst, cess = sheet.rates[index]
    rate, halves = (cess, 2) if name == "cess" else (gst, 2 if name == "igst" else 1)
    value, raw, tax = sheet.values[index], sheet.raws[name][index], sheet.taxes[name][index]
    text = f"{LABELS[name]} {percent(rate, halves)} of {money(value)}"
    if document.tax_mode == "inclusive":
        text = f"{text} / {percent(WHOLE + gst + cess)}"
    if carry:
        text = (
            f"{text} = {fraction(raw, sheet.denominator)}, with {fraction(carry, sheet.denominator)} carried"
        )
    text = f"{text} {sum_of(raw + carry, sheet.denominator, tax)}"
    if not tax and 2 * (raw + carry) >= sheet.denominator:
        text = f"{text}: too little to hold its taxes"
    return text


def total_steps(document: DocumentInput, sheet: Worksheet) -> Iterator[Step]:
    """The grand total and its rounding to the rupee."""
    text = f"Lines {money(sum(sheet.taxable))}"
    if document.reverse_charge:
        text += f", the tax of {money(sheet.tax_total)} is paid by the recipient"
    else:
        text += f" + tax {money(sheet.tax_total)}"
    if sheet.other_charges:
        text += f" + other charges {money(sheet.other_charges)}"
    yield step("grand_total", "totals.grandTotal", sheet.grand_total, f"{text} = {money(sheet.grand_total)}")
    if document.round_off:
        payable = sheet.grand_total + sheet.round_off
        text = f"{money(sheet.grand_total)}, to the rupee {money(payable)}"
        yield step("round_off", "totals.roundOff", sheet.round_off, text)
