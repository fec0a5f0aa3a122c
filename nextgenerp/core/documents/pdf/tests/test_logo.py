"""Logos: what is a picture is printed small, what is not is left out."""

import struct
import zlib
from dataclasses import replace
from io import BytesIO

import pypdfium2
import pytest
from PIL import Image

from nextgenerp.core.documents.pdf import render
from nextgenerp.core.documents.pdf.logo import set_logo
from nextgenerp.core.documents.pdf.tests.samples import COMPANY, logo, simple


def picture(kind="PNG", mode="RGB", size=(300, 200), color="red", **options):
    content = BytesIO()
    Image.new(mode, size, color).save(content, kind, **options)
    return content.getvalue()


def images_in(content):
    pdf = pypdfium2.PdfDocument(content)
    try:
        return [found.get_size() if hasattr(found, "get_size") else found.get_px_size()
                for found in pdf[0].get_objects([pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])]  # fmt: skip
    finally:
        pdf.close()


def printed(content):
    return images_in(render(simple(1, company=replace(COMPANY, logo=content))))


@pytest.mark.parametrize(
    "content",
    [picture(), picture("JPEG"), picture("WEBP"), picture("JPEG", "CMYK", color=0), picture("PNG", "L", color=9),
     picture("PNG", "P", color=1), picture("PNG", "1", color=1), picture("PNG", "RGBA", color=(1, 2, 3, 4)),
     picture("PNG", "I;16", color=900), picture("PNG", size=(1, 1)), picture("PNG", size=(3000, 1)), logo()],
)  # fmt: skip
def test_pictures_of_every_kind_are_printed(content):
    [(width, height)] = printed(content)
    assert width <= 440
    assert height <= 216


def test_a_large_picture_is_made_small_and_keeps_its_shape():
    box = set_logo(picture(size=(3000, 1500)), 110, 54)
    assert (round(box.width), round(box.height)) == (108, 54)
    assert (box.pixels.width, box.pixels.height) == (432, 216)


def bomb():
    """A PNG of 100 bytes that says it is 30,000 by 30,000."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", b"\x89PNG\r\n\x1a\n", picture()[:80], picture("JPEG")[:200], picture("GIF"), picture("BMP"),
     picture("TIFF"), picture("PDF"),
     b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe-3.0 EPSF-3.0\n", bomb(),
     picture("PNG", "1", size=(5000, 5000), color=1)],
)  # fmt: skip
def test_what_is_no_picture_or_too_large_is_left_out(content):
    assert printed(content) == []


def test_a_logo_is_decoded_once(monkeypatch):
    content = picture(color="blue")
    first = set_logo(content, 110, 54)
    monkeypatch.setattr(Image, "open", None)
    assert set_logo(bytes(bytearray(content)), 110, 54) == first


def test_a_clear_picture_is_printed_on_white():
    box = set_logo(picture("PNG", "RGBA", size=(4, 4), color=(0, 0, 0, 0)), 110, 54)
    assert set(zlib.decompress(box.pixels.content)) == {255}
