"""The company's logo, made small once and kept: decoding a picture costs more than the rest of the document."""

import hashlib
import zlib
from collections import OrderedDict
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageOps
from reportlab.pdfbase.pdfdoc import PDFImageXObject

from nextgenerp.core.documents.pdf.pen import Pen

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_PIXELS = 16_000_000  # what a picture may unpack to; a few bytes can claim billions
PIXELS_PER_POINT = 4
KEPT = 16


class Pixels(NamedTuple):
    """A picture as a PDF holds it: rows of red, green and blue, compressed."""

    name: str
    width: int
    height: int
    content: bytes


class Picture(NamedTuple):
    """A picture at the size it is printed in, in points."""

    pixels: Pixels
    width: float
    height: float

    def draw(self, pen: Pen, x: float, top: float) -> None:
        pen.image(_image_of(self.pixels), x, top - self.height, self.width, self.height)

    def split(self, height: float) -> None:
        return None


_kept: OrderedDict[bytes, Pixels | None] = OrderedDict()


def set_logo(content: bytes | None, width: float, height: float) -> Picture | None:
    """Return a logo fitted into a width and height; None when the bytes are no picture of a reasonable size."""
    box = int(width * PIXELS_PER_POINT), int(height * PIXELS_PER_POINT)
    pixels = _pixels_of(content, box) if content else None
    if pixels is None:
        return None
    scale = min(width / pixels.width, height / pixels.height)
    return Picture(pixels, pixels.width * scale, pixels.height * scale)


def _image_of(pixels: Pixels) -> PDFImageXObject:
    """An image object, which belongs to one document."""
    image = PDFImageXObject(pixels.name)
    image.width, image.height = pixels.width, pixels.height
    image.bitsPerComponent, image.colorSpace = 8, "DeviceRGB"
    image._filters, image.streamContent = ("FlateDecode",), pixels.content
    return image


def _pixels_of(content: bytes, box: tuple[int, int]) -> Pixels | None:
    key = hashlib.sha256(content).digest()
    if key in _kept:
        _kept.move_to_end(key)
        return _kept[key]
    try:
        pixels = _decode(content, key.hex()[:16], box)
    except Exception:  # decoders fail in many ways, and none of them may cost the document
        pixels = None
    _kept[key] = pixels
    if len(_kept) > KEPT:
        _kept.popitem(last=False)
    return pixels


def _decode(content: bytes, name: str, box: tuple[int, int]) -> Pixels | None:
    with Image.open(BytesIO(content), formats=FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            return None
        picture.draft("RGB", box)  # a JPEG is decoded at about the size it is needed in
        turned = ImageOps.exif_transpose(picture)
    turned.thumbnail(box, Image.Resampling.LANCZOS)
    clear = turned.convert("RGBA")
    flat = Image.new("RGB", clear.size, "white")
    flat.paste(clear, mask=clear.getchannel("A"))
    return Pixels(name, *flat.size, zlib.compress(flat.tobytes()))
