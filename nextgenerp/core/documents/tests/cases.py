"""The worked cases of GST, from their file into the engine's inputs."""

import json
import re
from decimal import Decimal
from pathlib import Path

from nextgenerp.core.documents.totals import Charge, DocumentInput, LineInput

CASES = json.loads(Path(__file__).with_name("gst-cases.json").read_text())


def snake(name):
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def read(fields, made, numbers):
    """Make a dataclass of an object of JSON."""
    return made(**{
        snake(name): Decimal(value) if name in numbers else value for name, value in fields.items()
    })  # fmt: skip


def document_of(case):
    case = {name: value for name, value in case.items() if name not in ("name", "source", "expected")}
    numbers = ("quantity", "unitPrice", "discountValue", "gstRate", "cessRate", "amount")
    case["lines"] = [read(line, LineInput, numbers) for line in case["lines"]]
    case["charges"] = [read(charge, Charge, numbers) for charge in case.get("charges", [])]
    return read(case, DocumentInput, numbers)
