"""GST's identifiers: the states by code and name, and GSTINs."""

import re

from stdnum import luhn
from stdnum.exceptions import ValidationError
from stdnum.in_ import pan

from nextgenerp.core.imports.values.problem import ValueProblem

STATES = {
    "01": "Jammu and Kashmir", "02": "Himachal Pradesh", "03": "Punjab", "04": "Chandigarh", "05": "Uttarakhand",
    "06": "Haryana", "07": "Delhi", "08": "Rajasthan", "09": "Uttar Pradesh", "10": "Bihar", "11": "Sikkim",
    "12": "Arunachal Pradesh", "13": "Nagaland", "14": "Manipur", "15": "Mizoram", "16": "Tripura",
    "17": "Meghalaya", "18": "Assam", "19": "West Bengal", "20": "Jharkhand", "21": "Odisha", "22": "Chhattisgarh",
    "23": "Madhya Pradesh", "24": "Gujarat", "26": "Dadra and Nagar Haveli and Daman and Diu", "27": "Maharashtra",
    "29": "Karnataka", "30": "Goa", "31": "Lakshadweep", "32": "Kerala", "33": "Tamil Nadu", "34": "Puducherry",
    "35": "Andaman and Nicobar Islands", "36": "Telangana", "37": "Andhra Pradesh", "38": "Ladakh",
    "97": "Other Territory",
}  # fmt: skip
# Codes of before a merger or a partition, still in older GSTINs.
FORMER = {"25": "26", "28": "37"}
_GSTIN = re.compile(r"[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]")
_BY_NAME = {name.casefold(): code for code, name in STATES.items()}
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def parse_state(text: str) -> str:
    """Return the GST code of a state given by its code or its name. Raises ValueProblem."""
    text = " ".join(text.split())
    code = FORMER.get(text.zfill(2), text.zfill(2))
    found = code if code in STATES else _BY_NAME.get(text.casefold())
    if found is None:
        raise ValueProblem("invalid_state", "Give the name of an Indian state or its GST code, such as 27.")
    return found


def parse_gstin(text: str) -> str:
    """Return a GSTIN in its usual form; state, PAN and check digit are held to the rules. Raises ValueProblem."""
    gstin = re.sub(r"[\s-]", "", text).upper()
    try:
        if not _GSTIN.fullmatch(gstin) or FORMER.get(gstin[:2], gstin[:2]) not in STATES:
            raise ValidationError
        pan.validate(gstin[2:12])
        luhn.validate(gstin, _ALPHABET)
    except ValidationError:
        raise ValueProblem("invalid_gstin", "This is not a valid GSTIN.") from None
    return gstin


def parse_pan(text: str) -> str:
    """Return a PAN in its usual form. Raises ValueProblem."""
    number = pan.compact(text)
    try:
        return pan.validate(number)
    except ValidationError:
        raise ValueProblem("invalid_pan", "This is not a valid PAN.") from None


def pan_of(gstin: str) -> str:
    """The PAN a GSTIN holds."""
    return gstin[2:12]


def state_of(gstin: str) -> str:
    """The GST code of the state a GSTIN belongs to."""
    return FORMER.get(gstin[:2], gstin[:2])
