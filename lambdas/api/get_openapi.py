"""GET /openapi.json: what this API takes and answers, as OpenAPI 3.1."""

from pathlib import Path

from api.http import Request, Response, endpoint

_DOCUMENT = Path(__file__).with_name("openapi.json").read_text(encoding="utf-8")


@endpoint
def handler(request: Request) -> Response:
    """Answer with the document that is checked in."""
    return Response(200, _DOCUMENT, {"Content-Type": "application/json"})
