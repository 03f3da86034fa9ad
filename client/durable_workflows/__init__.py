"""A client for durable workflows: starts them, follows their sessions, answers what they ask."""

from durable_workflows.client import AsyncWorkflowClient, WorkflowClient
from durable_workflows.errors import (
    Conflict,
    Ended,
    InvalidInput,
    NotAllowed,
    NotConfigured,
    NotEnded,
    Refused,
    Unavailable,
    Unknown,
    WorkflowError,
)
from durable_workflows.models import (
    Answered,
    Batch,
    Page,
    Problem,
    Session,
    SessionStatus,
    Started,
)
from durable_workflows.settings import WorkflowSettings

__all__ = [
    "Answered",
    "AsyncWorkflowClient",
    "Batch",
    "Conflict",
    "Ended",
    "InvalidInput",
    "NotAllowed",
    "NotConfigured",
    "NotEnded",
    "Page",
    "Problem",
    "Refused",
    "Session",
    "SessionStatus",
    "Started",
    "Unavailable",
    "Unknown",
    "WorkflowClient",
    "WorkflowError",
    "WorkflowSettings",
]
