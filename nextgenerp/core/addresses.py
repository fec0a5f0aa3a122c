"""Postal addresses as records keep them: a plain object of seven texts, held to the rules of an Indian one."""

import re
from collections.abc import Mapping

from nextgenerp.core.gst import STATES, parse_state
from nextgenerp.core.imports.values.problem import ValueProblem

# The parts and their longest texts, by the names the API speaks; stored as they are.
PARTS = {
    "line1": 200, "line2": 200, "city": 100, "state": 100, "stateCode": 2, "pincode": 12, "country": 60,
}  # fmt: skip
INDIA = "India"
_INDIAN_NAMES = {"", "in", "ind", "india", "bharat", "भारत"}
_PIN = re.compile(r"[1-9][0-9]{5}")

Address = dict[str, str]


def no_address() -> Address:
    """An address of which nothing is known."""
    return dict.fromkeys(PARTS, "")


class AddressProblem(ValueProblem):
    """What is wrong with an address: the part at fault, a code, a sentence."""

    def __init__(self, part: str, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.part = part


def complete_address(parts: Mapping[str, str]) -> Address:
    """Return an address with all its parts: the country is India unless given, a state brings its GST code and a
    code its state's name. Raises AddressProblem for an Indian PIN or state that is none.

    ``parts`` are trimmed texts within their maxima. Nothing given is no address: all parts are empty.
    """
    address = {name: parts.get(name, "") for name in PARTS}
    if not any(address.values()):
        return address
    if not is_indian(address):
        if address["stateCode"]:
            raise AddressProblem(
                "stateCode", "invalid_state", "Only an address in India has a GST state code."
            )
        return address
    address["country"] = INDIA
    pin = address["pincode"].replace(" ", "")
    if pin and not _PIN.fullmatch(pin):
        raise AddressProblem(
            "pincode", "invalid_pincode", "A PIN code has six digits and does not begin with 0."
        )
    return address | {"pincode": pin} | complete_state(address["state"], address["stateCode"])


def is_indian(address: Mapping[str, str]) -> bool:
    """Whether an address is in India, as one without a country is."""
    return address.get("country", "").casefold() in _INDIAN_NAMES


def complete_state(state: str, code: str) -> Address:
    """The name and the GST code of a state given by either. Raises AddressProblem where they disagree."""
    named, coded = (known_state(part, text) for part, text in (("state", state), ("stateCode", code)))
    if named and coded and named != coded:
        detail = f"{code} is the GST code of {STATES[coded]}, not of {STATES[named]}."
        raise AddressProblem("stateCode", "invalid_state", detail)
    found = named or coded
    return {"state": STATES[found], "stateCode": found} if found else {"state": "", "stateCode": ""}


def known_state(part: str, text: str) -> str:
    """The GST code of a state; empty for an empty text. Raises AddressProblem."""
    try:
        return parse_state(text) if text else ""
    except ValueProblem as problem:
        raise AddressProblem(part, problem.code, problem.detail) from None
