"""GET /approvals/{callbackId}: the page that asks. It changes nothing: mail scanners open links, and run scripts."""

from api.approvals import opened
from api.http import Request, Response
from api.page import decided_page, page_endpoint, question_page


@page_endpoint
def handler(request: Request) -> Response:
    """Show the question, or what was decided."""
    row, approver = opened(request)
    return decided_page(row) if "decision" in row else question_page(row, approver)
