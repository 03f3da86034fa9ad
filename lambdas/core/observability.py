"""Structured logs that carry the session's id, and the project's metrics (CloudWatch embedded metric format).

No input, output, task token or personal data goes into either.
"""

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()


def count(metric: str, *, service: str, stage: str, value: int = 1) -> None:
    """Adds `value` to a metric of a workflow (or of `operations`) on one stage."""
    dimensions = {"service": service, "stage": stage}
    with single_metric(metric, MetricUnit.Count, value, default_dimensions=dimensions):
        pass


def step_duration(milliseconds: float, *, service: str, stage: str, step: str) -> None:
    """How long one delivery of a step took, failed ones included."""
    dimensions = {"service": service, "stage": stage, "step": step}
    with single_metric("StepDuration", MetricUnit.Milliseconds, milliseconds, default_dimensions=dimensions):
        pass
