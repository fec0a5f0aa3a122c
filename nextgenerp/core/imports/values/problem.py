"""Why a text is not a value; raised by every parser of this package, caught by the engine and the API."""


class ValueProblem(Exception):
    """A stable code, and a sentence for people."""

    def __init__(self, code: str, detail: str):
        self.code = code
        self.detail = detail
        super().__init__(detail)
