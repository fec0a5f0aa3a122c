"""Documents on paper: ``content`` says what is printed, ``render`` makes the PDF of it."""

from nextgenerp.core.documents.pdf.content import PrintedDocument
from nextgenerp.core.documents.pdf.rendering import render

__all__ = ["PrintedDocument", "render"]
