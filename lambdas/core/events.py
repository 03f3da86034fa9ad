"""Telling other systems what happened: events on the stage's bus, where their rules pick them up."""

from typing import Any

from pydantic import BaseModel, Field

from core import aws
from core.errors import AwsUnavailable
from core.settings import Settings, load

SOURCE = "durable-workflows"


class EventSettings(Settings):
    """What a step that tells other systems reads: the bus's name."""

    event_bus: str = Field(min_length=1)


def publish(kind: str, detail: BaseModel) -> None:
    """Puts an event of this detail type on the bus. Raises AwsUnavailable when the bus did not take it.

    It may arrive more than once, so the detail must tell a repetition:
    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
    """
    entry: Any = {
        "EventBusName": load(EventSettings).event_bus,
        "Source": SOURCE,
        "DetailType": kind,
        "Detail": detail.model_dump_json(by_alias=True),
    }
    answer = aws.events().put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise AwsUnavailable(f"PutEvents: {answer['Entries'][0].get('ErrorCode')}")
