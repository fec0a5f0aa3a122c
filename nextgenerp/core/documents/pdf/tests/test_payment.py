"""The payment code asks for the balance, and the page shows the very code."""

from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
import segno

from nextgenerp.core.documents.pdf import render
from nextgenerp.core.documents.pdf.content import UpiPayment
from nextgenerp.core.documents.pdf.payment import ENCODED, squares_of, upi_link
from nextgenerp.core.documents.pdf.tests.reading import pages_of, picture_of
from nextgenerp.core.documents.pdf.tests.samples import simple


def payment(**changes):
    given = {
        "upi_id": "demo@demobank",
        "payee": "Acme & Sons",
        "amount": Decimal("1250.50"),
        "note": "INV/26-27/0001",
    }
    return UpiPayment(**given | changes)


def test_the_link_says_whom_how_much_and_what_for():
    link = upi_link(payment())
    assert link == "upi://pay?pa=demo@demobank&pn=Acme%20%26%20Sons&am=1250.50&cu=INR&tn=INV%2F26-27%2F0001"
    assert parse_qs(urlsplit(link).query)["pn"] == ["Acme & Sons"]


@pytest.mark.parametrize(
    "changes",
    [{"amount": Decimal(0)}, {"amount": Decimal("-1.00")}, {"upi_id": ""}, {"upi_id": "nobody"},
     {"upi_id": "a@b&am=1"}, {"upi_id": "नाम@bank"}, {"upi_id": "demo@demobank\n"}],
)  # fmt: skip
def test_no_code_where_it_could_not_be_paid(changes):
    assert upi_link(payment(**changes)) == ""
    [page] = pages_of(simple(1, upi=payment(**changes)))
    assert "SCAN TO PAY" not in page


@pytest.mark.parametrize("name", ["x" * 5000, "सह्याद्रि " * 500, "😀" * 500, "\ud800" * 500])
def test_names_are_cut_to_what_a_code_holds(name):
    query = parse_qs(urlsplit(upi_link(payment(payee=name, note=name))).query)
    assert query["am"] == ["1250.50"]
    assert len(upi_link(payment(payee=name, note=name))) < 2 * ENCODED + 80
    assert "\ufffd" not in query["pn"][0]
    assert pages_of(simple(1, upi=payment(payee=name, note=name)))


def test_the_squares_are_the_codes():
    link = upi_link(payment())
    squares, modules = squares_of(link)
    matrix = [[0] * modules for _ in range(modules)]
    for rectangle in squares.split(" re"):
        if rectangle:
            column, row, length, height = map(int, rectangle.split())
            assert height == 1
            for x in range(column, column + length):
                matrix[modules - 1 - row][x] = 1
    assert matrix == matrix_of(link)


def test_the_page_shows_the_code_of_the_balance():
    """Pure black is nowhere else on the page: where it begins and ends is the code, and its squares are read there."""
    document = simple(1)
    picture = picture_of(render(document), scale=8)
    black = picture.convert("L").point(lambda level: 255 * (level < 8))
    left, top, right, bottom = black.getbbox()
    link = upi_link(document.upi)
    assert "am=1475.00" in link
    matrix = matrix_of(link)
    side = (right - left) / len(matrix)
    assert abs((bottom - top) / len(matrix) - side) < 0.05
    places = [(number + 0.5) * side for number in range(len(matrix))]
    seen = [[int(black.getpixel((int(left + x), int(top + y))) > 0) for x in places] for y in places]
    assert seen == matrix
    quiet = 4 * side  # nothing is printed closer than four squares
    around = picture.crop((int(left - quiet), top, left - 2, bottom)).convert("L")
    assert around.getextrema() == (255, 255)


def matrix_of(link):
    return [list(row) for row in segno.make(link, error="m", micro=False, mask=3).matrix]
