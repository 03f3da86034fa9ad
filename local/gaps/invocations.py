"""Invocations of Lambdas: how many run at once, which of a stream's records are delivered again, and the memory that
they are reported to take.
"""

import contextvars
import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from ministack.core import lambda_runtime
from ministack.services import lambda_svc, stepfunctions

TASK_SLOTS = min(16, 3 * (os.cpu_count() or 2))
OTHER_SLOTS = 4


def queue_invocations() -> None:
    """Let invocations wait for a free process instead of each booting one of its own.

    AWS runs 1,000 invocations at once and a boot there takes no processor from another (Lambda quotas). MiniStack
    boots a process for each concurrent invocation and gives it 10 s: of 100 sessions started at once on two cores most
    fail. The queues are first come, first served; tasks of state machines have one, and every other invocation (an
    event rule, an API, a Lambda that calls a Lambda) another, so that neither can starve the other, and a Lambda
    that waits for an execution holds no slot its tasks need.
    """
    in_task = contextvars.ContextVar("in_task", default=False)
    tasks = ThreadPoolExecutor(TASK_SLOTS, thread_name_prefix="task")
    others = ThreadPoolExecutor(OTHER_SLOTS, thread_name_prefix="invocation")
    call_lambda = stepfunctions._call_lambda
    execute = lambda_svc._execute_function_provided_warm

    def call_lambda_as_task(func_ref: str, event: object) -> object:
        marked = in_task.set(True)
        try:
            return call_lambda(func_ref, event)
        finally:
            in_task.reset(marked)

    def execute_in_turn(func: object, event: object, request_id: str) -> object:
        queue = tasks if in_task.get() else others
        return queue.submit(contextvars.copy_context().run, execute, func, event, request_id).result()

    stepfunctions._call_lambda = call_lambda_as_task
    lambda_svc._execute_function_provided_warm = execute_in_turn
    lambda_svc._ACCOUNT_CONCURRENCY_CAP = 0  # refuses what could wait; the slots are the bound
    lambda_runtime._PROVIDED_INIT_TIMEOUT = 60.0  # several boot at once, on few cores


def retry_failed_records() -> None:
    """Deliver a batch of a DynamoDB stream again when its Lambda names records of it as failed.

    AWS: the batch is delivered again from the first record that `batchItemFailures` names, if the event source mapping
    has ReportBatchItemFailures (Lambda guide, "Reporting batch item failures", DynamoDB). MiniStack goes on to the next
    batch. Here the whole batch comes again, those that went well included.
    """
    execute = lambda_svc._execute_function

    def execute_reporting(func: dict[str, Any], event: Any, *rest: Any, **named: Any) -> Any:
        result = execute(func, event, *rest, **named)
        if not result.get("error") and _reports_failures(event) and _names_failures(result.get("body")):
            return result | {"error": True, "body": {"errorType": "BatchItemFailures"}}
        return result

    lambda_svc._execute_function = execute_reporting


def _reports_failures(event: Any) -> bool:
    """Whether this is a batch of a stream whose event source mapping takes `batchItemFailures`."""
    match event:
        case {"Records": [{"eventSource": "aws:dynamodb", "eventSourceARN": source}, *_]}:
            return any(
                mapping["EventSourceArn"] == source
                and "ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or [])
                for mapping in lambda_svc._esms.values()
            )
    return False


def _names_failures(body: Any) -> bool:
    answer = json.loads(body) if isinstance(body, str | bytes) else body
    return isinstance(answer, dict) and bool(answer.get("batchItemFailures"))


def report_memory() -> None:
    """Say in a Lambda's REPORT line how much memory its processes took at most.

    AWS: `Max Memory Used`, in MB (Lambda guide, "Understanding the Lambda report log"). MiniStack looks at its
    containers, and without these at processes that have ended.
    """

    def peak_of(func: dict[str, Any]) -> int:
        name = func["config"]["FunctionName"]
        with lambda_runtime._lock:
            workers = [worker for pool in lambda_runtime._workers.values() for worker in pool]
        pids = [worker._proc.pid for worker in workers if worker.func_name == name and worker._proc]
        return max(map(_peak_memory, pids), default=0) >> 20

    lambda_svc._probe_peak_memory_mb = peak_of


def _peak_memory(pid: int) -> int:
    """The most bytes that the process has held; on a system that does not keep them, what it holds now; 0 if gone."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    with suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0
