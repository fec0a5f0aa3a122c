"""What people type, as values: called by the import engine for cells and by serializer fields for strings."""

from nextgenerp.core.imports.values.dates import DateOrder, parse_date, parse_datetime
from nextgenerp.core.imports.values.numbers import parse_decimal, parse_integer, parse_money
from nextgenerp.core.imports.values.phones import parse_phone
from nextgenerp.core.imports.values.problem import ValueProblem
from nextgenerp.core.imports.values.texts import (
    choice_lookup,
    email_key,
    parse_boolean,
    parse_choice,
    parse_email,
    parse_list,
    parse_text,
)

__all__ = [
    "DateOrder",
    "ValueProblem",
    "choice_lookup",
    "email_key",
    "parse_boolean",
    "parse_choice",
    "parse_date",
    "parse_datetime",
    "parse_decimal",
    "parse_email",
    "parse_integer",
    "parse_list",
    "parse_money",
    "parse_phone",
    "parse_text",
]
