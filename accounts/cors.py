"""Which answers a front end of another origin may have with its cookies: the exchange after Google, nothing else."""

from typing import Any

from corsheaders.middleware import CorsMiddleware as BaseMiddleware

WITH_COOKIES = "/auth/google/exchange"


class CorsMiddleware(BaseMiddleware):
    """The console has cookies too, which scripts of other origins must never act with: so no switch for all."""

    def add_response_headers(self, request: Any, response: Any) -> Any:
        response = super().add_response_headers(request, response)
        if request.path == WITH_COOKIES and "Access-Control-Allow-Origin" in response:
            response["Access-Control-Allow-Credentials"] = "true"
        return response
