"""The life of a step. Decorate a plain function from request and session to output, and it is a Lambda handler.

    @step(phase="price_lookup", done="price_completed", progress=(60, 80))
    def handler(request: PriceRequest, session: Session) -> Pricing: ...

The names follow from the module: `ai_chef.fetch_prices` is step FetchPrices of workflow ai-chef. The event is
`{"execution": {"id", "name", "startTime"}, "input": …, "item"?: …}`; `input` is validated with the request's model.
A delivery may come twice, at once or much later: a step that has succeeded returns its stored output, and of two
that race the first to store its output gives the output of both.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import BaseModel
from pydantic.alias_generators import to_pascal

from core import observability
from core.aws import named_errors
from core.clock import now
from core.errors import WorkflowError
from core.executions import Execution, input_hash, session_id_of, split
from core.models import OWNER_LENGTH, Batch, Model, validated
from core.observability import logger
from core.outputs import Results, StepOutputs
from core.record import Entry, Record, Status, StepError, StepStatus, Table, described, new_record
from core.rows import Json
from core.sessions import Hold, begin
from core.settings import LastStepSettings, Settings, StepSettings, load

RequestT = TypeVar("RequestT", bound=BaseModel)
OutputT = TypeVar("OutputT", bound=BaseModel)


@dataclass(frozen=True)
class Session:
    """What a step's body may know of the session it works for.

    began: when the session's record was made (ISO 8601, UTC). version: the record's, as a step that is not the first
    claimed it. carried: what a first step's execution continues the session with; None where it does not.
    """

    session_id: str
    step_key: str
    began: str = ""
    version: int = 0
    carried: Any = None


@dataclass(frozen=True)
class End(Generic[OutputT]):
    """How a step ends its session: with its result and the business outcome in a word."""

    result: OutputT
    outcome: str
    status: Status = Status.COMPLETED


class Event(Model):
    """What a state machine sends to each of its Lambdas. `item` tells visits of the same state apart, `items` those of
    a Map, where a visit deals with several; `taskToken` is there where the state waits for an answer.
    """

    execution: Execution
    input: Any
    item: str | int | None = None
    items: Batch | None = None
    task_token: str | None = None


def first_step(*, phase: str) -> Callable[[Callable[[RequestT, Session], OutputT]], "FirstStep"]:
    """The step that validates the workflow's input and makes the session's record.

    Its body must be pure: it is run again on every delivery, and nothing of it is stored but the record.
    Its Lambda answers `{"sessionId", "duplicate", "input"}`, where `input` is what the body returned; an execution
    whose session another one has begun with the same input is told `duplicate`, and should end.
    """
    return lambda body: FirstStep(body, phase)


def step(
    *, phase: str, done: str, progress: tuple[int, int]
) -> Callable[[Callable[[RequestT, Session], OutputT]], "MiddleStep"]:
    """A step between the first and the last: phase and progress (percent) as it starts, and as it is done."""
    return lambda body: MiddleStep(body, phase, done, progress)


def last_step(*, phase: str, progress: int) -> Callable[[Callable[[RequestT, Session], End[OutputT]]], "LastStep"]:
    """A step that ends the session: it stores the result, and only then the record's terminal status.

    Its Lambda answers `{"sessionId", "status", "outcome", "result"}`.
    """
    return lambda body: LastStep(body, phase, progress)


class Step(ABC):
    """What the kinds share: names, the event, logs, metrics, and AWS's errors in our words."""

    settings: type[Settings]

    def __init__(self, body: Callable[..., Any], phase: str) -> None:
        package, _, module = body.__module__.rpartition(".")
        self.workflow = package.replace("_", "-")
        self.name = to_pascal(module)
        self.__doc__ = body.__doc__
        self._body, self._phase = body, phase
        self._request: type[BaseModel] = next(iter(get_type_hints(body).values()))

    def __call__(self, event: Json, _context: object) -> Json:
        """The Lambda handler."""
        delivery = Event.model_validate(event)
        session_id = session_id_of(delivery.input, delivery.execution.name)
        step_key = self.name if delivery.item is None else f"{self.name}#{delivery.item}"
        settings = load(self.settings)
        started = time.perf_counter()
        with logger.append_context_keys(session_id=session_id, step=step_key):
            try:
                with named_errors():
                    output = self._run(delivery, Session(session_id, step_key))
            except Exception as error:
                logger.warning("step failed", extra={"error": described(error)})
                raise
            else:
                logger.info("step done")
                return output
            finally:
                observability.step_duration(
                    (time.perf_counter() - started) * 1000,
                    service=self.workflow,
                    stage=settings.stage,
                    step=self.name,
                )

    @abstractmethod
    def _run(self, delivery: Event, session: Session) -> Json: ...

    def _work(self, raw: Any, session: Session) -> Any:
        return self._body(validated(self._request, raw), session)


class FirstStep(Step):
    settings = Settings

    def _run(self, delivery: Event, session: Session) -> Json:
        settings = load(self.settings)
        fresh = new_record(
            session.session_id,
            self.workflow,
            delivery.execution.id,
            input_hash(delivery.input),
            self._phase,
            _owner(delivery.input),
        )

        @cache  # run once, unless the session turns out to have begun before
        def tried(began: str) -> tuple[Json, Exception | None]:
            try:
                return self._accepted(delivery.input, replace(session, began=began)), None
            except Exception as error:  # noqa: BLE001  # raised below, once the record tells it
                return {}, error

        def entry(there: Record) -> Entry:
            return _entry(tried(there["createdAt"])[1])

        created, record = begin(Table(settings.sessions_table), fresh, session.step_key, entry)
        if created:
            observability.count("SessionsStarted", service=self.workflow, stage=settings.stage)
        if record["executionArn"] != delivery.execution.id:
            return {
                "sessionId": session.session_id,
                "duplicate": True,
                "executionArn": record["executionArn"],
            }
        output, failure = tried(record["createdAt"])
        if failure is not None:
            raise failure
        return {"sessionId": session.session_id, "duplicate": False, "input": output}

    def _accepted(self, raw: Any, session: Session) -> Json:
        """What the body makes of the input, in a session that began when this one says."""
        given, carried = split(raw)
        request = validated(self._request, given, sent_at=session.began)
        return as_json(self._body(request, replace(session, carried=carried)))


class ClaimingStep(Step):
    """A step that has an entry in the record, which it claims first and which tells its errors."""

    _start: int

    def _run(self, delivery: Event, session: Session) -> Json:
        hold = Hold(
            Table(load(self.settings).sessions_table),
            session.session_id,
            delivery.execution.id,
            session.step_key,
        )
        hold.claim(self._phase, self._start)
        try:
            with named_errors():
                return self._once(hold, delivery, replace(session, began=hold.session_began, version=hold.version))
        except Exception as error:
            write_down(error, hold.fail)
            raise

    @abstractmethod
    def _once(self, hold: Hold, delivery: Event, session: Session) -> Json: ...


class StoringStep(ClaimingStep):
    """A step whose output is stored, so that its work is done once."""

    def _once(self, hold: Hold, delivery: Event, session: Session) -> Json:
        output = None if hold.first else self._stored(hold, session)
        if output is None:
            output = self._keep(hold, session, self._work(delivery.input, session))
        if not hold.succeeded:
            self._finish(hold, output)
        return output

    @abstractmethod
    def _stored(self, hold: Hold, session: Session) -> Json | None: ...

    @abstractmethod
    def _keep(self, hold: Hold, session: Session, output: Any) -> Json: ...

    @abstractmethod
    def _finish(self, hold: Hold, output: Json) -> None: ...


class MiddleStep(StoringStep):
    settings = StepSettings

    def __init__(
        self, body: Callable[[Any, Session], BaseModel], phase: str, done: str, progress: tuple[int, int]
    ) -> None:
        super().__init__(body, phase)
        self._done = done
        self._start, self._end = progress

    def _stored(self, hold: Hold, session: Session) -> Json | None:
        return self._outputs.get(session.session_id, hold.session_began, session.step_key)

    def _keep(self, hold: Hold, session: Session, output: BaseModel) -> Json:
        return self._outputs.keep(session.session_id, hold.session_began, session.step_key, as_json(output))

    def _finish(self, hold: Hold, output: Json) -> None:  # noqa: ARG002
        hold.finish(self._done, self._end)

    @property
    def _outputs(self) -> StepOutputs:
        return StepOutputs(load(StepSettings).steps_table)


class LastStep(StoringStep):
    settings = LastStepSettings

    def __init__(self, body: Callable[[Any, Session], End[Any]], phase: str, progress: int) -> None:
        super().__init__(body, phase)
        self._start = progress

    def _stored(self, hold: Hold, session: Session) -> Json | None:
        ending = self._results.get(session.session_id, hold.session_began)
        return None if ending is None else {"sessionId": session.session_id, **ending}

    def _keep(self, hold: Hold, session: Session, output: End[Any]) -> Json:
        ending = {"status": output.status, "outcome": output.outcome, "result": as_json(output.result)}
        stands = self._results.keep(session.session_id, hold.session_began, ending)
        return {"sessionId": session.session_id, **stands}

    def _finish(self, hold: Hold, output: Json) -> None:
        hold.complete(Status(output["status"]), output["outcome"])
        if not hold.succeeded:
            metric = "SessionsCancelled" if output["status"] == Status.CANCELLED else "SessionsCompleted"
            observability.count(metric, service=self.workflow, stage=load(self.settings).stage)

    @property
    def _results(self) -> Results:
        return Results(load(LastStepSettings).results_table)


def write_down(error: Exception, write: Callable[[StepError], object]) -> None:
    """Puts a step's error into the record. Where that fails too, the step's own error is what ASL must see."""
    try:
        with named_errors():
            write(described(error))
    except WorkflowError as second:
        logger.warning("the record does not tell this error", extra={"error": described(second)})


def as_json(output: BaseModel) -> Json:
    """A step's output as the machine gets it."""
    return output.model_dump(mode="json", by_alias=True)


def _entry(failure: Exception | None) -> Entry:
    moment = now()
    entry: Entry = {
        "status": StepStatus.SUCCEEDED,
        "attempt": 1,
        "startedAt": moment,
        "finishedAt": moment,
    }
    if failure is not None:
        entry |= {"status": StepStatus.FAILED, "error": described(failure)}
    return entry


def _owner(raw: Any) -> str | None:
    """The owner as given, before the input is known to be good; only a good one has a use."""
    owner = raw.get("owner") if isinstance(raw, dict) else None
    return owner if isinstance(owner, str) and 0 < len(owner) <= OWNER_LENGTH else None
