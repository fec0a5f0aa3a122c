"""Makes the PDF of a printed document."""

from collections.abc import Iterator
from io import BytesIO
from threading import Lock
from typing import Any

from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFInfo, PDFString
from reportlab.pdfgen.canvas import Canvas

from nextgenerp.core.documents.pdf.content import PrintedDocument
from nextgenerp.core.documents.pdf.letterhead import letterhead
from nextgenerp.core.documents.pdf.line_table import line_table
from nextgenerp.core.documents.pdf.pages import Item, draw_pages
from nextgenerp.core.documents.pdf.pen import Pen
from nextgenerp.core.documents.pdf.styles import PAGE_HEIGHT, PAGE_WIDTH
from nextgenerp.core.documents.pdf.summary import summary, texts
from nextgenerp.core.documents.pdf.tax_tables import tax_tables
from nextgenerp.core.documents.pdf.writing import clean

_one_at_a_time = Lock()  # the fonts are shared, and reading one is not for two threads


def render(document: PrintedDocument) -> bytes:
    """Return the PDF of a document, the same bytes for the same document.

    Takes milliseconds for a page, holds no lock of the database and reads nothing but its argument. No text or logo
    makes it fail: what cannot be printed is shown by a placeholder, what is too long ends in an ellipsis.
    """
    with _one_at_a_time:
        canvas = Canvas(BytesIO(), pagesize=(PAGE_WIDTH, PAGE_HEIGHT), pageCompression=1, invariant=1)
        canvas._doc.info = _Info(f"{document.title} {document.number}", document.company.name)
        draw_pages(_items(document), document, Pen(canvas))
        return canvas.getpdfdata()


class _Info(PDFInfo):
    """What a reader shows about the file; no dates, as the same document is the same bytes."""

    def __init__(self, title: str, author: str) -> None:
        super().__init__()
        self.title, self.author = (" ".join(clean(text, 200).split()) for text in (title, author))

    def format(self, document: Any) -> bytes:
        facts = {
            "Title": self.title,
            "Author": self.author,
            "Creator": "NextGenERP",
            "Producer": "NextGenERP",
        }
        return PDFDictionary({name: PDFString(text) for name, text in facts.items()}).format(document)


def _items(document: PrintedDocument) -> Iterator[Item]:
    yield from letterhead(document)
    yield from line_table(document)
    yield from summary(document)
    yield from tax_tables(document)
    yield from texts(document)
