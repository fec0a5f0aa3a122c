"""Why a whole file is refused."""

from nextgenerp.core.imports.values import ValueProblem


class FileProblem(ValueProblem):
    """Codes: too_large, unsupported_format, password_protected, empty_file, no_header, duplicate_header,
    too_many_columns, too_many_rows, broken_quotes, and a row's own codes when the header is the broken row.
    """
