"""The head of the first page: who writes, what it is, to whom, and its dates and references."""

from collections.abc import Iterator, Sequence

from nextgenerp.core.documents.pdf.boxes import Box, Row, Space, Stack, Text, measure, set_text
from nextgenerp.core.documents.pdf.content import Company, Fact, Party, PrintedDocument
from nextgenerp.core.documents.pdf.logo import set_logo
from nextgenerp.core.documents.pdf.pages import Item
from nextgenerp.core.documents.pdf.styles import (
    ACCENT,
    LABEL,
    NAME,
    QUIET,
    SMALL,
    STRONG,
    TINT,
    TITLE,
    WIDTH,
    Style,
)

LOGO = (110.0, 54.0)  # points at most
MAX_TITLE_WIDTH = 205.0
GAP = 18.0
ADDRESS_LINES = 6
REVERSE_CHARGE = "Tax on this supply is payable by the recipient under reverse charge."
MAX_FACTS = 16
FACT_LABEL = QUIET
FACT_VALUE = SMALL


def letterhead(document: PrintedDocument) -> Iterator[Item]:
    """The company and the title, the parties and the facts, and what the law wants said."""
    logo = set_logo(document.company.logo, *LOGO)
    indent = logo.width + 12 if logo else 0
    title_width = _title_width(document)
    company = _company(document.company, WIDTH - title_width - GAP - indent)
    starts, boxes = [indent, WIDTH - title_width], [company, _title(document, title_width)]
    yield Item(Row([0, *starts], [logo, *boxes], WIDTH) if logo else Row(starts, boxes, WIDTH))
    yield Item(Row((), (), WIDTH, padding=4.5, rule=ACCENT))
    yield Item(_parties(document), space=9)
    said = (*document.declarations[:5], *([REVERSE_CHARGE] if document.reverse_charge else ()))
    for index, text in enumerate(said):
        declaration = set_text(text, SMALL, WIDTH - 16, lines=3, limit=500)
        yield Item(Row((8,), (declaration,), WIDTH, padding=3.5, fill=TINT), space=3 if index else 9)


def _company(company: Company, width: float) -> Stack:
    contact = _contact((company.phone, company.email, company.website), QUIET, width)
    return Stack([
        set_text(company.name, NAME, width, lines=3),
        *_address(company.address, QUIET, width),
        *contact,
        *_present([_gstin(company)], SMALL._replace(bold=True), width),
    ])  # fmt: skip


def _title_width(document: PrintedDocument) -> float:
    """As much as title and number need, so that the company's name has the rest."""
    texts = ((document.title, TITLE), (document.number, STRONG), (document.copy, QUIET))
    needed = max(measure(text, bold=style.bold) * style.size / 1000 for text, style in texts)
    return min(needed + 1, MAX_TITLE_WIDTH)


def _title(document: PrintedDocument, width: float) -> Stack:
    return Stack([
        set_text(document.title, TITLE, width, right=True),
        set_text(document.number, STRONG, width, right=True),
        set_text(document.copy, QUIET, width, right=True),
    ])  # fmt: skip


def _parties(document: PrintedDocument) -> Row:
    """Bill to, ship to, and the facts at the right."""
    facts_width = 176.0
    left = WIDTH - facts_width - 2 * GAP
    width = (left - GAP) / 2 if document.ship_to else left
    boxes: list[Box] = [_party("Bill to", document.customer, width)]
    if document.ship_to:
        boxes.append(_party("Ship to", document.ship_to, width))
    facts = [Fact(label="Date", value=document.date), *document.facts[:MAX_FACTS]]
    if document.reverse_charge:
        facts.append(Fact(label="Reverse charge", value="Yes"))
    starts = [0, width + GAP][: len(boxes)]
    return Row([*starts, WIDTH - facts_width], [*boxes, _facts(facts, facts_width)], WIDTH)


def _party(label: str, party: Party, width: float) -> Stack:
    contact = _contact((party.phone, party.email), SMALL, width)
    return Stack([
        set_text(label.upper(), LABEL, width),
        set_text(party.name, STRONG, width, lines=3),
        *_address(party.address, SMALL, width),
        *contact,
        *_present([_gstin(party)], SMALL._replace(bold=True), width),
    ])  # fmt: skip


def _address(address: tuple[str, ...], style: Style, width: float) -> list[Text]:
    return _present(address[:ADDRESS_LINES], style, width, lines=2)


def _present(texts: tuple[str, ...] | list[str], style: Style, width: float, lines: int = 1) -> list[Text]:
    return [set_text(text, style, width, lines=lines) for text in texts if text]


def _contact(parts: tuple[str, ...], style: Style, width: float) -> list[Text]:
    """Telephone, e-mail and website on one line if they fit there, else on one each."""
    joined = "  ·  ".join(filter(None, parts))
    if measure(joined) * style.size / 1000 <= width:
        return _present([joined], style, width)
    return _present(parts, style, width, lines=2)


def _gstin(party: Party) -> str:
    return f"GSTIN  {party.gstin}" if party.gstin else ""


def _facts(facts: Sequence[Fact], width: float) -> Stack:
    label_width = 76.0
    value_width = width - label_width - 6
    rows: list[Box] = [
        Row(
            (0, label_width + 6),
            (
                set_text(fact.label, FACT_LABEL, label_width, lines=2),
                set_text(fact.value, FACT_VALUE, value_width, right=True, lines=3),
            ),
            width,
            padding=0.75,
        )
        for fact in facts
    ]
    return Stack([Space(1), *rows])
