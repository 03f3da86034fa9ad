"""The stack of a workflow: its Lambdas and its state machine, all by convention."""

import json
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, cast

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from pydantic.alias_generators import to_snake

from infra.convention import COMPENSATION, START, Step, Workflow
from infra.data import EVENT_TIMEOUT, DataStack
from infra.errors import ConfigurationError
from infra.grants import (
    allow,
    allow_deliveries,
    allow_files,
    allow_model,
    allow_on_executions,
    allow_parameter,
    allow_secret,
    allow_table,
)
from infra.lambdas import LambdaPackage, acknowledge
from infra.machine import state_machine
from infra.queues import consume_queue
from infra.stage import Stage
from infra.stateful import StatefulStack
from infra.streams import consume
from infra.tables import table
from infra.visits import check_batches, check_items

_COMPENSATION_TIMEOUT = cdk.Duration.seconds(30)
_OPEN = ("queued", "processing", "waiting")
_BADLY_ENDED = ("failed", "cancelled")


class WorkflowStack(cdk.Stack):
    """A workflow's base stack. Every step may do what its part in a session's life needs:

    - all: update the session record; the first step also creates it;
    - a step that asks: keep its question, and read what it was answered with before a retry; unless it asks a system,
      queue a notification; unless only signals answer it, give out its address, signed for people;
    - a step that ends the session: read and write its result;
    - the two of `delivery`: send the result, signed; and put it on the dead-letter queue;
    - a step that continues the session: read its record, and start its next execution;
    - a step of a Map's items: read the session record; read and write stored outputs;
    - a step between: read and write its stored output (the first one's is computed again).

    A subclass in infra/workflows/ names the steps that end the session, and those of these kinds: asks_systems, steps
    that another system answers by webhook; awaits_signals, those that only signals answer; continues, those that go on
    in a next execution; delivery, the step that sends the result to the caller's URL and the one that parks it. Where
    it is `queued`, what the API starts waits in the workflow's queue. In `configure` it adds what else its steps may
    touch, and their settings.
    """

    ends_session: ClassVar[tuple[str, ...]]
    asks_systems: ClassVar[tuple[str, ...]] = ()
    awaits_signals: ClassVar[tuple[str, ...]] = ()
    continues: ClassVar[tuple[str, ...]] = ()
    delivery: ClassVar[tuple[str, str] | None] = None
    queued: ClassVar[bool] = False

    def __init__(
        self, scope: Construct, *, workflow: Workflow, stage: Stage, stateful: StatefulStack, root: Path
    ) -> None:
        super().__init__(
            scope,
            f"{workflow.name}-{stage.name}",
            description=f"Workflow {workflow.name} of stage {stage.name}",
            synthesizer=stage.synthesizer(),
        )
        self._app = scope
        self.workflow = workflow
        self.settings = stage
        self._stateful = stateful
        self._package = LambdaPackage(self, workflow.package, root=root, stage=stage)
        acknowledge(
            self._package,
            "Serverless-LambdaDLQ",
            "Step Functions invokes them synchronously and retries by itself; what a stream's events fail with goes to "
            "the on-failure destination; only asynchronous calls reach a DLQ.",
        )
        self._functions = {
            step.name: self._function(step.module, step.slug, cdk.Duration.seconds(step.timeout_seconds))
            for step in workflow.steps
        }
        kinds = (self.ends_session, self.asks_systems, self.awaits_signals, self.continues, self.delivery or ())
        for name in chain.from_iterable(kinds):
            self.step(name)
        check_items(
            workflow.definition,
            f"statemachines/{workflow.name}.asl.json",
            continues=self.continues,
            ends_session=self.ends_session,
        )
        check_batches(workflow.definition, f"statemachines/{workflow.name}.asl.json")
        for step in workflow.steps:
            self._grant_session(step, self._functions[step.name])
        self._beside: dict[str, lambda_.Function] = {}
        if workflow.compensates:
            self._beside[COMPENSATION] = self._compensating_function()
        if workflow.starts:
            self._beside[START] = self._starting_function()
            consume_queue(self.starter, self._data.event_queue, batch_size=10)
        self.configure()
        machine = state_machine(self, workflow, stage, self._functions)
        cdk.CfnOutput(self, "StateMachineArn", value=machine.state_machine_arn)

    def configure(self) -> None:
        """What steps of this workflow touch beyond the session, and their settings: nothing, unless overridden."""

    def step(self, name: str) -> lambda_.Function:
        """The function of the step that the ASL calls `${name}`. Raises ConfigurationError when it calls none so."""
        if name not in self._functions:
            raise ConfigurationError(
                f"infra/workflows/{self.workflow.package}.py names the step {name}, which "
                f"statemachines/{self.workflow.name}.asl.json does not call; its steps: {', '.join(self._functions)}"
            )
        return self._functions[name]

    def seconds_of(self, name: str) -> int:
        """The timeout of a step's Lambda: the longest that a delivery can live."""
        [seconds] = [step.timeout_seconds for step in self.workflow.steps if step.name == name]
        return seconds

    @property
    def compensation(self) -> lambda_.Function:
        """The function that undoes what a failed or cancelled session left. Raises ConfigurationError if none does."""
        return self._beside_steps(COMPENSATION)

    @property
    def starter(self) -> lambda_.Function:
        """The function that starts sessions for events. Raises ConfigurationError if none does."""
        return self._beside_steps(START)

    def setting(self, name: str) -> str:
        """A setting that cdk.json gives this workflow, as an environment variable has it: text, or JSON."""
        value: Any = self.settings.workflow(self.workflow.name, name)
        return value if isinstance(value, str) else json.dumps(value)

    def give(self, step: str, *names: str) -> None:
        """Gives a step settings of this workflow in cdk.json: `approvalLimits` as the variable APPROVAL_LIMITS."""
        for name in names:
            self.step(step).add_environment(to_snake(name).upper(), self.setting(name))

    def address(self, name: str) -> str:
        """A setting that is an outside service's URL: https, or on this machine. Raises ConfigurationError."""
        url = self.setting(name)
        if not url.startswith(("https://", "http://localhost:")):
            raise ConfigurationError(
                f'cdk.json: "{name}" of workflow "{self.workflow.name}", stage "{self.settings.name}", is {url}; give '
                "the service's address, beginning with https://"
            )
        return url

    def table(self, name: str, *, key: str, sort_key: str | None = None) -> dynamodb.Table:
        """A table of this workflow, `<name>-<stage>`, in a stack that outlives this one; its keys are strings."""
        return table(self._data, name, self.settings, key=key, sort_key=sort_key)

    def looks_up_sessions(self, function: lambda_.Function) -> None:
        """Lets a function read the records of sessions, other than its own too."""
        allow(function, ["dynamodb:GetItem"], self._stateful.sessions.table_arn)

    def notifies(self, function: lambda_.Function) -> None:
        """Lets a function tell people something."""
        function.add_environment("NOTIFICATIONS_QUEUE_URL", self._stateful.notifications.queue_url)
        allow(function, ["sqs:SendMessage"], self._stateful.notifications.queue_arn)

    def publishes(self, function: lambda_.Function) -> None:
        """Lets a function tell other systems something."""
        function.add_environment("EVENT_BUS", self._stateful.bus.event_bus_name)
        allow(function, ["events:PutEvents"], self._stateful.bus.event_bus_arn)

    def closes(self, function: lambda_.Function) -> None:
        """Lets a function close a question that nobody has answered."""
        allow_table(function, "CALLBACKS_TABLE", self._stateful.callbacks, "GetItem", "PutItem", "UpdateItem")

    def receives(self, *, source: str, detail_type: str) -> None:
        """Has sessions started for these events of the platform, by way of the queue."""
        pattern = events.EventPattern(source=[source], detail_type=[detail_type])
        self._data.queue_events(pattern, self._stateful.bus)

    def receives_files(self, *, prefix: str) -> None:
        """Has sessions started for files that land under a prefix of the stage's bucket, by way of the queue."""
        detail = {"bucket": {"name": [self.settings.files_bucket]}, "object": {"key": [{"prefix": prefix}]}}
        pattern = events.EventPattern(source=["aws.s3"], detail_type=["Object Created"], detail=detail)
        self._data.queue_events(pattern, None)

    def files(self, function: lambda_.Function, *, read: tuple[str, ...] = (), write: tuple[str, ...] = ()) -> None:
        """Lets a function read and write files of the stage's bucket, by prefix: `work/`."""
        allow_files(function, self.settings, read=read, write=write)

    def reads_items(self, function: lambda_.Function) -> None:
        """Lets a function read what the items of a Map came to."""
        allow_table(function, "STEPS_TABLE", self._stateful.steps, "Query")

    def asks_model(self, function: lambda_.Function) -> None:
        """Lets a function ask the stage's language model. Raises ConfigurationError when the stage has none."""
        allow_model(function, self.settings)

    def memory(self, name: str, megabytes: int) -> None:
        """Gives a step's Lambda at least this memory."""
        function = cast(lambda_.CfnFunction, self.step(name).node.default_child)
        function.memory_size = max(megabytes, self.settings.memory_mb)

    @property
    def start_queue(self) -> sqs.Queue | None:
        """The queue that what the API starts waits in; None where it waits in none. Raises ConfigurationError where
        nothing takes from it.
        """
        return self._data.event_queue if self.queued and self.starter else None

    @cached_property
    def _data(self) -> DataStack:
        return DataStack(self._app, self.workflow.name, self.settings)

    def _beside_steps(self, module: str) -> lambda_.Function:
        if module not in self._beside:
            raise ConfigurationError(
                f"infra/workflows/{self.workflow.package}.py configures lambdas/{self.workflow.package}/{module}.py, "
                "which defines no `handler`: add it"
            )
        return self._beside[module]

    def _function(self, module: str, slug: str, timeout: cdk.Duration) -> lambda_.Function:
        return self._package.function(
            module,
            name=f"{self.workflow.name}-{slug}",
            service=self.workflow.name,
            timeout=timeout,
            environment={"SESSIONS_TABLE": self._stateful.sessions.table_name},
        )

    def _grant_session(self, step: Step, function: lambda_.Function) -> None:
        first = step.name == self.workflow.first_step
        creating = ["dynamodb:PutItem"] if first else []
        allow(function, ["dynamodb:UpdateItem", *creating], self._stateful.sessions.table_arn)
        if step.asks:
            self._grant_asking(step, function)
        elif step.name in self.continues:
            self._grant_continuing(function)
        elif self.delivery and step.name in self.delivery:
            self._grant_delivery(function, parks=step.name == self.delivery[1])
        elif step.name in self.ends_session:
            allow_table(function, "RESULTS_TABLE", self._stateful.results, "GetItem", "PutItem")
        elif step.mapped:
            self.looks_up_sessions(function)
            allow_table(function, "STEPS_TABLE", self._stateful.steps, "BatchGetItem", "PutItem")
        elif not first:
            allow_table(function, "STEPS_TABLE", self._stateful.steps, "GetItem", "PutItem")

    def _grant_asking(self, step: Step, function: lambda_.Function) -> None:
        allow_table(function, "CALLBACKS_TABLE", self._stateful.callbacks, "PutItem", "UpdateItem")
        allow_table(function, "STEPS_TABLE", self._stateful.steps, "GetItem")
        if step.name not in self.awaits_signals:
            allow_parameter(function, "API_URL_PARAMETER", self.settings.api_url_parameter)
        if step.name not in (*self.asks_systems, *self.awaits_signals):
            allow_secret(function, "APPROVALS_SECRET", f"approvals-{self.settings.name}")
        if step.name not in self.asks_systems:
            self.notifies(function)

    def _grant_continuing(self, function: lambda_.Function) -> None:
        self.looks_up_sessions(function)
        self._grant_start(function)

    def _grant_start(self, function: lambda_.Function) -> None:
        """Starting an execution, and asking what one of its name was started with."""
        name = self.workflow.name
        allow(function, ["states:StartExecution"], self.settings.machine_arn(self, name))
        allow_on_executions(function, ["states:DescribeExecution"], [name], self.settings)

    def _grant_delivery(self, function: lambda_.Function, *, parks: bool) -> None:
        self.looks_up_sessions(function)
        if parks:
            function.add_environment("DEAD_DELIVERIES_QUEUE_URL", self._stateful.dead_deliveries.queue_url)
            allow(function, ["sqs:SendMessage"], self._stateful.dead_deliveries.queue_arn)
        else:
            allow_deliveries(function, self.settings)

    def _compensating_function(self) -> lambda_.Function:
        """Invoked as a session of this workflow ends badly, whoever wrote it down: a machine that was stopped or timed
        out cannot catch.

        The filter asks for the change of status, so that what the function itself writes does not invoke it.
        """
        function = self._function(COMPENSATION, COMPENSATION, _COMPENSATION_TIMEOUT)
        sessions = self._stateful.sessions
        allow(function, ["dynamodb:UpdateItem"], sessions.table_arn)
        consume(
            function,
            sessions,
            pattern={
                "OldImage": {"status": {"S": list(_OPEN)}},
                "NewImage": {"workflow": {"S": [self.workflow.name]}, "status": {"S": list(_BADLY_ENDED)}},
            },
            dead_letters=self._stateful.dead_letters,
        )
        return function

    def _starting_function(self) -> lambda_.Function:
        """Invoked with events that wait in a queue; it starts a session for each, or finds it."""
        function = self._function(START, START, EVENT_TIMEOUT)
        function.add_environment("STATE_MACHINE_ARN", self.settings.machine_arn(self, self.workflow.name))
        function.add_environment("EVENTS_DEAD_QUEUE_URL", self._data.dead_events.queue_url)
        allow(function, ["sqs:SendMessage"], self._data.dead_events.queue_arn)
        sessions = self._stateful.sessions.table_arn
        allow(function, ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], sessions)
        self._grant_start(function)
        return function
