"""What each route's Lambda touches, and nothing beside it.

None has a right on a task of a machine: answers go through table `callbacks`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Access:
    """tables: DynamoDB's actions by table, or by `table/index`. secret: the one it reads. machines, executions: Step
    Functions' actions on the stage's state machines, and on their executions. reads, writes: the stage's files, by
    prefix. queues: whether it puts starts into workflows' queues. watches: whether it tells where sessions are watched.
    """

    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secret: str | None = None
    machines: tuple[str, ...] = ()
    executions: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    queues: bool = False
    watches: bool = False


ACCESS: Mapping[str, Access] = {
    "start_workflow": Access(
        {"sessions": ("GetItem", "PutItem", "UpdateItem", "DeleteItem"), "results": ("GetItem",)},
        machines=("StartExecution",),
        executions=("DescribeExecution",),
        writes=("texts/",),
        queues=True,
    ),
    "create_upload": Access(writes=("uploads/",)),
    "get_session": Access({"sessions": ("GetItem",), "results": ("GetItem",)}),
    "get_storyboard": Access({"sessions": ("GetItem",), "results": ("GetItem",)}, reads=("storyboards/",)),
    "list_sessions": Access(
        {
            "sessions": ("BatchGetItem",),
            "sessions/by-workflow": ("Query",),
            "sessions/by-owner": ("Query",),
        }
    ),
    "batch_sessions": Access({"sessions": ("BatchGetItem",)}),
    "watch_sessions": Access(secret="progress", watches=True),  # noqa: S106 - its name
    "cancel_session": Access({"sessions": ("GetItem", "UpdateItem")}, executions=("StopExecution",)),
    "retry_session": Access(
        {"sessions": ("GetItem", "UpdateItem")},
        machines=("StartExecution",),
        executions=("DescribeExecution",),
    ),
    "send_signal": Access({"sessions": ("GetItem",), "callbacks": ("GetItem", "UpdateItem")}),
    "answer_callback": Access(
        {"sessions": ("GetItem",), "callbacks": ("GetItem", "UpdateItem")},
        secret="webhooks",  # noqa: S106 - its name
    ),
    "show_approval": Access({"sessions": ("GetItem",), "callbacks": ("GetItem",)}, secret="approvals"),  # noqa: S106
    "decide_approval": Access(
        {"sessions": ("GetItem",), "callbacks": ("GetItem", "UpdateItem")},
        secret="approvals",  # noqa: S106
    ),
    "get_openapi": Access(),
}
