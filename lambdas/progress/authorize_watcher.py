"""Says who may connect: whoever brings a ticket that was signed here and is not too old.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
"""

from itsdangerous import BadData

from core.observability import logger
from core.rows import Json
from progress.tickets import sessions_of_ticket


def handler(event: Json, _context: object) -> Json:
    """Answers with a policy that lets the client connect, or does not."""
    try:
        sessions_of_ticket(event)
        effect = "Allow"
    except BadData as error:
        logger.info("refused", extra={"reason": type(error).__name__})
        effect = "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {"principalId": "watcher", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
