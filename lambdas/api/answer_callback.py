"""POST /callbacks/{callbackId}: another system answers, signed as Standard Webhooks say."""

from pydantic import Field

from api.answers import AnswerSettings, answered, check_size, find
from api.http import Refusal, Request, Response, as_json, endpoint
from core.callback_rows import CallbackRow, is_expired
from core.callbacks import Callbacks
from core.clock import now
from core.parameters import secret
from core.questions import Decision, Webhook
from core.record import Table
from core.settings import load
from core.webhooks import holds


class WebhookSettings(AnswerSettings):
    """What this route reads. `webhooks_secret`: name or ARN of the secret that answers are signed with."""

    webhooks_secret: str = Field(min_length=1)


@endpoint
def handler(request: Request) -> Response:
    """Commit the answer. The same webhook again changes nothing and is told the same."""
    settings = load(WebhookSettings)
    check_size(request)
    if not holds(request.headers, request.body, secret(settings.webhooks_secret)):
        raise Refusal(401, "NotSigned", "The webhook's signature, id or time does not hold.")
    payload = request.json()
    callbacks = Callbacks(settings.callbacks_table)
    row = find(callbacks, request.path["callbackId"], Webhook.kind)
    if row is None:
        raise Refusal(404, "UnknownCallback", "There is no callback of this id.")
    if "decision" not in row:
        if is_expired(row) or not Table(settings.sessions_table).is_open(row["sessionId"]):
            raise Refusal(410, "CallbackClosed", "Nobody waits for this answer any more.")
        decision = Decision(action=row["accepts"][0], by="webhook", at=now(), payload=payload)
        _, there = callbacks.decide(row["callbackId"], decision, webhook_id=request.headers["webhook-id"])
        row = there or row
    return as_json(200, answered(_same(row, request.headers["webhook-id"])))


def _same(row: CallbackRow, webhook_id: str) -> CallbackRow:
    """The row if this webhook is what decided it. Raises Refusal."""
    if "decision" not in row:
        raise Refusal(410, "CallbackClosed", "Nobody waits for this answer any more.")
    if row["decision"].get("webhookId") != webhook_id:
        raise Refusal(409, "AlreadyAnswered", "Another answer came first.")
    return row
