"""Reads the PDFs the tests make, as a reader's program would."""

import pypdfium2

from nextgenerp.core.documents.pdf import render


def pages_of(document):
    """The text of each page of a document."""
    return pages_in(render(document))


def pages_in(content):
    pdf = pypdfium2.PdfDocument(content)
    try:
        return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in pdf]
    finally:
        pdf.close()


def picture_of(content, page=0, scale=2):
    """A page as an image."""
    pdf = pypdfium2.PdfDocument(content)
    try:
        return pdf[page].render(scale=scale).to_pil().convert("RGB")
    finally:
        pdf.close()
