"""Each role may do what its part needs, and nothing beside it: actions and resources are compared as a whole."""

from collections.abc import Iterator
from importlib import import_module

import pytest

from core.step import FirstStep, LastStep, MiddleStep
from infra.app import ROOT
from infra.convention import Step, Workflow, discover
from tests.infra.synth import Deployment, Json

Grants = set[tuple[str, str]]

WORKFLOWS = discover(ROOT)
STEPS = [(workflow, step) for workflow in WORKFLOWS for step in workflow.steps]

# Actions without resource-level permissions (X-Ray, log delivery), and resources whose last part is not known ahead.
TRACING = {("xray:PutTelemetryRecords", "*"), ("xray:PutTraceSegments", "*")}
SAMPLING = {("xray:GetSamplingRules", "*"), ("xray:GetSamplingTargets", "*")}
LOG_DELIVERY = {
    (f"logs:{action}", "*")
    for action in (
        "CreateLogDelivery",
        "DeleteLogDelivery",
        "DescribeLogGroups",
        "DescribeResourcePolicies",
        "GetLogDelivery",
        "ListLogDeliveries",
        "PutResourcePolicy",
        "UpdateLogDelivery",
    )
}


def own_logs(function: str) -> Grants:
    return {(f"logs:{action}", f"logs//aws/lambda/{function}:*") for action in ("CreateLogStream", "PutLogEvents")}


def dead_letters(stage: str) -> Grants:
    return {(f"sqs:{a}", f"queue/dead-letters-{stage}") for a in ("GetQueueAttributes", "GetQueueUrl", "SendMessage")}


def on_table(table: str, *actions: str) -> Grants:
    return {(f"dynamodb:{action}", f"table/{table}") for action in actions}


def describing(stage: str) -> Grants:
    prefix = "arn:aws:states:region:account:execution"
    return {("states:DescribeExecution", f"{prefix}:{workflow.name}-{stage}:*") for workflow in WORKFLOWS}


def life_of_a_step(workflow: Workflow, step: Step, stage: str) -> Grants:
    """What the step's own kind, in its code, does with the session."""
    handler = import_module(f"{workflow.package}.{step.module}").handler
    sessions = on_table(f"sessions-{stage}", "UpdateItem")
    match handler:
        case FirstStep():
            return sessions | on_table(f"sessions-{stage}", "PutItem")
        case MiddleStep():
            return sessions | on_table(f"steps-{stage}", "GetItem", "PutItem")
        case LastStep():
            return sessions | on_table(f"results-{stage}", "GetItem", "PutItem")
    raise AssertionError(f"{handler} is no step")


def expected_of_steps(stage: str) -> Iterator[tuple[str, Grants]]:
    for workflow, step in STEPS:
        name = f"{workflow.name}-{step.slug}-{stage}"
        yield name, life_of_a_step(workflow, step, stage) | own_logs(name) | TRACING


def expected_of_operations(stage: str) -> Iterator[tuple[str, Grants]]:
    both = TRACING | describing(stage) | dead_letters(stage)
    sessions = f"sessions-{stage}"
    reconcile, sweep = f"reconcile-session-{stage}", f"sweep-sessions-{stage}"
    yield reconcile, both | own_logs(reconcile) | on_table(sessions, "PutItem", "UpdateItem")
    yield (
        sweep,
        both
        | own_logs(sweep)
        | on_table(sessions, "GetItem", "UpdateItem")
        | on_table(f"{sessions}/index/open-sessions", "Query"),
    )


def test_a_lambda_may_do_what_its_part_in_the_sessions_life_needs_and_no_more(deployment: Deployment) -> None:
    granted = {name: deployment.grants(function["Role"]) for name, function in deployment.functions().items()}
    expected = dict((*expected_of_steps(deployment.stage), *expected_of_operations(deployment.stage)))
    assert granted == expected


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_a_state_machine_may_invoke_exactly_its_own_lambdas(deployment: Deployment, workflow: Workflow) -> None:
    machine = deployment.named("AWS::StepFunctions::StateMachine", f"{workflow.name}-{deployment.stage}")
    own = {f"{workflow.name}-{step.slug}-{deployment.stage}" for step in workflow.steps}
    assert deployment.grants(machine["RoleArn"]) == (
        {("lambda:InvokeFunction", f"function/{name}") for name in own} | LOG_DELIVERY | TRACING | SAMPLING
    )


def test_there_is_no_role_beside_those_of_lambdas_and_machines(deployment: Deployment) -> None:
    lambdas = [function["Role"] for function in deployment.functions().values()]
    machines = [machine["RoleArn"] for _, machine in deployment.resources("AWS::StepFunctions::StateMachine")]
    assert sorted(lambdas + machines) == sorted(deployment.roles())


def test_grants_come_from_the_policies_that_these_tests_read(deployment: Deployment) -> None:
    for _, role in deployment.resources("AWS::IAM::Role"):
        assert not {"ManagedPolicyArns", "Policies"} & role.keys()
    assert not list(deployment.resources("AWS::IAM::ManagedPolicy"))


def test_no_wildcard_is_granted_but_those_explained_above(deployment: Deployment) -> None:
    explained = TRACING | SAMPLING | LOG_DELIVERY | describing(deployment.stage)
    explained |= {grant for name in deployment.functions() for grant in own_logs(name)}
    granted = {grant for role in deployment.roles() for grant in deployment.grants(role)}
    assert {(action, resource) for action, resource in granted if "*" in action + resource} <= explained


def statements(deployment: Deployment, kind: str) -> list[Json]:
    [(_, policy)] = deployment.resources(kind)
    found: list[Json] = policy["PolicyDocument"]["Statement"]
    return found


def test_dead_letters_come_from_this_stages_rules_and_over_ssl_only(deployment: Deployment) -> None:
    deny, *allow = statements(deployment, "AWS::SQS::QueuePolicy")
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    for statement in allow:
        assert statement["Action"] == "sqs:SendMessage"
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Condition"]["ArnEquals"]["aws:SourceArn"].startswith(f"operations-{deployment.stage}/")


def test_alarms_of_this_account_may_publish_and_over_ssl_only(deployment: Deployment) -> None:
    deny, allow = statements(deployment, "AWS::SNS::TopicPolicy")
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert (allow["Effect"], allow["Action"]) == ("Allow", "sns:Publish")
    assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": "account"}}
