"""Has decisions delivered as the stream of table `callbacks` would."""

from operations import deliver_decision


def deliver(callback_id: str) -> None:
    """Invokes deliver_decision for a row of `callbacks`; it must not ask to be tried again."""
    record = {"eventID": "1", "dynamodb": {"Keys": {"callbackId": {"S": callback_id}}, "SequenceNumber": "1"}}
    assert deliver_decision.handler({"Records": [record]}, None) == {"batchItemFailures": []}
