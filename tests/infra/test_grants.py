"""Each role may do what its part needs, and nothing beside it: actions and resources are compared as a whole."""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import get_type_hints

import pytest

from core.asking import AskingStep
from core.continuing import ContinuingStep
from core.delivering import DeliveringStep, ParkingStep
from core.items import ItemsStep
from core.questions import Approval, Signals, Webhook
from core.step import FirstStep, LastStep, MiddleStep
from infra.app import ROOT
from infra.convention import Step, Workflow, discover
from tests.infra.synth import Deployment, Json

Grants = set[tuple[str, str]]

WORKFLOWS = discover(ROOT)
STEPS = [(workflow, step) for workflow in WORKFLOWS for step in workflow.steps]
COMPENSATIONS = [workflow for workflow in WORKFLOWS if workflow.compensates]
STARTED_BY_EVENTS = [workflow for workflow in WORKFLOWS if workflow.starts]
AUDIENCES = ("approvers", "customers", "members")
RECEIVING = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl")

# Actions without resource-level permissions (X-Ray, streams, log delivery), and names not known ahead.
TRACING = {("xray:PutTelemetryRecords", "*"), ("xray:PutTraceSegments", "*")}
LISTING_STREAMS = {("dynamodb:ListStreams", "*")}
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
    return on_queue(f"dead-letters-{stage}", "GetQueueAttributes", "GetQueueUrl", "SendMessage")


def on_queue(queue: str, *actions: str) -> Grants:
    return {(f"sqs:{action}", f"queue/{queue}") for action in actions}


def on_table(table: str, *actions: str) -> Grants:
    return {(f"dynamodb:{action}", f"table/{table}") for action in actions}


def on_stream(table: str) -> Grants:
    """What a stream's consumer may do; ListStreams knows no resources."""
    actions = ("DescribeStream", "GetRecords", "GetShardIterator")
    return {(f"dynamodb:{action}", f"stream/{table}") for action in actions} | LISTING_STREAMS


def on_executions(stage: str, action: str, workflows: list[Workflow] = WORKFLOWS) -> Grants:
    prefix = "arn:aws:states:region:account:execution"
    return {(f"states:{action}", f"{prefix}:{workflow.name}-{stage}:*") for workflow in workflows}


def on_machines(stage: str, action: str, workflows: list[Workflow] = WORKFLOWS) -> Grants:
    prefix = "arn:aws:states:region:account:stateMachine"
    return {(f"states:{action}", f"{prefix}:{workflow.name}-{stage}") for workflow in workflows}


def starting(stage: str, workflows: list[Workflow] = WORKFLOWS) -> Grants:
    return on_machines(stage, "StartExecution", workflows) | on_executions(stage, "DescribeExecution", workflows)


def reading_secret(name: str) -> Grants:
    return {("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:region:account:secret:{name}-??????")}


def reading_parameter(stage: str, name: str) -> Grants:
    return {("ssm:GetParameter", f"arn:aws:ssm:region:account:parameter/durable-workflows/{stage}/{name}")}


def asking(step: AskingStep, stage: str) -> Grants:
    """What it takes to keep a question; to give its address to a system, or signed to people; and to tell members."""
    keeping = on_table(f"callbacks-{stage}", "PutItem", "UpdateItem") | on_table(f"steps-{stage}", "GetItem")
    address = reading_parameter(stage, "api-url")
    return {
        Approval: keeping | address | reading_secret(f"approvals-{stage}") | notifying(stage),
        Webhook: keeping | address,
        Signals: keeping | notifying(stage),
    }[get_type_hints(step._body)["return"]]


def notifying(stage: str) -> Grants:
    return on_queue(f"notifications-{stage}.fifo", "SendMessage")


def files(stage: str, *, read: tuple[str, ...] = (), write: tuple[str, ...] = ()) -> Grants:
    """What it takes to read and write files by prefix; who reads may learn that one is missing."""
    bucket = f"arn:aws:s3:::files-{stage}-account-region"
    reading = {("s3:GetObject", f"{bucket}/{prefix}/*") for prefix in read}
    listing = {("s3:ListBucket", bucket)} if read else set()
    return reading | listing | {("s3:PutObject", f"{bucket}/{prefix}/*") for prefix in write}


def paying(stage: str) -> Grants:
    """With the sandbox, its ledger; with a service, the key to it."""
    if stage == "prod":
        return reading_secret("order-payments-prod")
    return on_table(f"payments-{stage}", "GetItem", "UpdateItem")


def own_to_workflows(stage: str) -> dict[str, Grants]:
    """What functions of workflows do beyond a session's life, by the function's name without its stage."""
    settling = on_table(f"orders-{stage}", "GetItem", "PutItem", "UpdateItem")
    stock = on_table(f"inventory-{stage}", "UpdateItem")
    writing = on_table(f"orders-{stage}", "UpdateItem")
    practices, publishing = f"practices-{stage}", {("events:PutEvents", f"bus/platform-{stage}")}
    reviewing = on_table(f"reviews-{stage}", "PutItem")
    working = files(stage, read=("work",), write=("work",))
    missing = on_table(f"steps-{stage}", "Query") | on_table(f"sessions-{stage}", "GetItem")
    return {
        "course-review-screen-review": reviewing | on_table(f"sessions-{stage}", "GetItem"),
        "course-review-publish-review": reviewing
        | on_table(f"course-rankings-{stage}", "GetItem", "PutItem")
        | notifying(stage),
        "course-review-close-review": notifying(stage),
        "gear-reminder-claim-due": on_table(f"callbacks-{stage}", "GetItem", "PutItem", "UpdateItem"),
        "gear-reminder-send-reminder": notifying(stage),
        "matching-find-candidates": on_table(f"profiles-{stage}", "Query"),
        "matching-request-vendor-review": reading_parameter(stage, "matching-vendor-url")
        | reading_secret(f"matching-vendor-{stage}"),
        "novel-analysis-open-analysis": files(stage, write=("texts",)),
        "novel-analysis-load-novel": files(stage, read=("uploads", "texts", "novels"), write=("work",)),
        "novel-analysis-split-chapters": working,
        "novel-analysis-extract-facts": working,
        "novel-analysis-merge-bible": working | missing,
        "novel-analysis-draw-storyboards": working,
        "novel-analysis-save-storyboard": files(stage, read=("work",), write=("storyboards",)) | missing,
        "order-reserve-stock": on_table(f"orders-{stage}", "PutItem") | stock,
        "order-charge-payment": writing | paying(stage),
        "order-confirm-order": writing | notifying(stage),
        "order-release-stock": settling | stock,
        "order-compensate": settling | stock | paying(stage),
        "skill-sync-start": on_table(practices, "PutItem", "UpdateItem"),
        "skill-sync-load-practice": on_table(practices, "PutItem", "UpdateItem", "Query"),
        "skill-sync-save-skill-profile": on_table(f"skill-profiles-{stage}", "PutItem"),
        "skill-sync-publish-profile": publishing,
        "trip-request-close-request": notifying(stage),
    }


def life_of_a_step(workflow: Workflow, step: Step, stage: str) -> Grants:
    """What the step's own kind, in its code, does with the session."""
    handler = import_module(f"{workflow.package}.{step.module}").handler
    looking = on_table(f"sessions-{stage}", "GetItem")
    kinds: dict[type, Grants] = {
        FirstStep: on_table(f"sessions-{stage}", "PutItem"),
        MiddleStep: on_table(f"steps-{stage}", "GetItem", "PutItem"),
        ItemsStep: looking | on_table(f"steps-{stage}", "BatchGetItem", "PutItem"),
        LastStep: on_table(f"results-{stage}", "GetItem", "PutItem"),
        DeliveringStep: looking | reading_secret(f"deliveries-{stage}"),
        ParkingStep: looking | on_queue(f"deliveries-dead-{stage}", "SendMessage"),
        ContinuingStep: looking | starting(stage, [workflow]),
    }
    own = asking(handler, stage) if isinstance(handler, AskingStep) else kinds[type(handler)]
    return on_table(f"sessions-{stage}", "UpdateItem") | own


def expected_of_steps(stage: str) -> Iterator[tuple[str, Grants]]:
    for workflow, step in STEPS:
        name = f"{workflow.name}-{step.slug}"
        own = own_to_workflows(stage).get(name, set()) | own_logs(f"{name}-{stage}")
        yield f"{name}-{stage}", life_of_a_step(workflow, step, stage) | own | TRACING


def expected_of_compensations(stage: str) -> Iterator[tuple[str, Grants]]:
    sessions = f"sessions-{stage}"
    consuming = on_stream(sessions) | dead_letters(stage) | on_table(sessions, "UpdateItem")
    for workflow in COMPENSATIONS:
        name = f"{workflow.name}-compensate"
        own = own_to_workflows(stage)[name] | own_logs(f"{name}-{stage}")
        yield f"{name}-{stage}", consuming | own | TRACING


def expected_of_starts(stage: str) -> Iterator[tuple[str, Grants]]:
    for workflow in STARTED_BY_EVENTS:
        name, queue = f"{workflow.name}-start", f"{workflow.name}-events"
        events = on_queue(f"{queue}-{stage}", *RECEIVING) | on_queue(f"{queue}-dead-{stage}", "SendMessage")
        queueing = on_table(f"sessions-{stage}", "PutItem", "UpdateItem", "DeleteItem")
        own = own_to_workflows(stage).get(name, set()) | own_logs(f"{name}-{stage}")
        yield f"{name}-{stage}", events | queueing | starting(stage, [workflow]) | own | TRACING


def expected_of_operations(stage: str) -> Iterator[tuple[str, Grants]]:
    sessions, callbacks, watching = f"sessions-{stage}", f"callbacks-{stage}", on_executions(stage, "DescribeExecution")
    topics = {("sns:Publish", f"topic/{audience}-{stage}") for audience in AUDIENCES}
    for name, own in {
        "reconcile-session": watching | dead_letters(stage) | on_table(sessions, "PutItem", "UpdateItem"),
        "sweep-sessions": watching
        | dead_letters(stage)
        | on_table(sessions, "BatchGetItem", "UpdateItem")
        | on_table(f"{sessions}/index/open-sessions", "Query"),
        "deliver-decision": on_stream(callbacks)
        | dead_letters(stage)
        | on_table(callbacks, "GetItem", "UpdateItem")
        | on_table(sessions, "GetItem", "UpdateItem")
        | on_table(f"steps-{stage}", "PutItem")
        | on_machines(stage, "SendTaskSuccess"),
        "send-notification": on_queue(f"notifications-{stage}.fifo", *RECEIVING) | topics,
        "redeliver-result": on_queue(f"deliveries-{stage}", *RECEIVING)
        | on_table(sessions, "GetItem", "UpdateItem")
        | reading_secret(f"deliveries-{stage}"),
    }.items():
        yield f"{name}-{stage}", own | own_logs(f"{name}-{stage}") | TRACING


def expected_of_the_api(stage: str) -> Iterator[tuple[str, Grants]]:
    sessions, callbacks = f"sessions-{stage}", f"callbacks-{stage}"
    answering = on_table(callbacks, "GetItem", "UpdateItem") | on_table(sessions, "GetItem")
    for name, own in {
        "start-workflow": on_table(sessions, "GetItem", "PutItem", "UpdateItem", "DeleteItem")
        | on_table(f"results-{stage}", "GetItem")
        | starting(stage)
        | files(stage, write=("texts",))
        | on_queue(f"novel-analysis-events-{stage}", "SendMessage"),
        "create-upload": files(stage, write=("uploads",)),
        "get-session": on_table(sessions, "GetItem") | on_table(f"results-{stage}", "GetItem"),
        "get-storyboard": on_table(sessions, "GetItem")
        | on_table(f"results-{stage}", "GetItem")
        | files(stage, read=("storyboards",)),
        "watch-sessions": reading_secret(f"progress-{stage}") | reading_parameter(stage, "progress-url"),
        "list-sessions": on_table(sessions, "BatchGetItem")
        | on_table(f"{sessions}/index/by-workflow", "Query")
        | on_table(f"{sessions}/index/by-owner", "Query"),
        "batch-sessions": on_table(sessions, "BatchGetItem"),
        "cancel-session": on_table(sessions, "GetItem", "UpdateItem") | on_executions(stage, "StopExecution"),
        "retry-session": on_table(sessions, "GetItem", "UpdateItem") | starting(stage),
        "send-signal": answering,
        "answer-callback": answering | reading_secret(f"webhooks-{stage}"),
        "show-approval": on_table(callbacks, "GetItem")
        | on_table(sessions, "GetItem")
        | reading_secret(f"approvals-{stage}"),
        "decide-approval": answering | reading_secret(f"approvals-{stage}"),
        "get-openapi": set(),
    }.items():
        yield f"api-{name}-{stage}", own | own_logs(f"api-{name}-{stage}") | TRACING


def test_a_lambda_may_do_what_its_part_in_the_sessions_life_needs_and_no_more(deployment: Deployment) -> None:
    granted = {
        properties["FunctionName"]: deployment.grants(properties["Role"])
        for stack, properties in deployment.resources("AWS::Lambda::Function")
        if stack != f"progress-{deployment.stage}"  # of which tests/infra/test_progress.py tells
    }
    workflows = (expected_of_steps, expected_of_compensations, expected_of_starts)
    parts = (*workflows, expected_of_operations, expected_of_the_api)
    assert granted == {name: grants for part in parts for name, grants in part(deployment.stage)}


def test_one_lambda_alone_may_answer_a_task(deployment: Deployment) -> None:
    answering = {
        name
        for name, function in deployment.functions().items()
        if any(action.startswith("states:SendTask") for action, _ in deployment.grants(function["Role"]))
    }
    assert answering == {f"deliver-decision-{deployment.stage}"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_a_state_machine_may_invoke_exactly_its_own_lambdas(deployment: Deployment, workflow: Workflow) -> None:
    machine = deployment.named("AWS::StepFunctions::StateMachine", f"{workflow.name}-{deployment.stage}")
    own = {f"{workflow.name}-{step.slug}-{deployment.stage}" for step in workflow.steps}
    assert deployment.grants(machine["RoleArn"]) == (
        {("lambda:InvokeFunction", f"function/{name}") for name in own} | LOG_DELIVERY | TRACING | SAMPLING
    )


def api_gateways_logging_role(deployment: Deployment) -> str:
    [(_, account)] = deployment.resources("AWS::ApiGateway::Account")
    role: str = account["CloudWatchRoleArn"]
    return role


def test_there_is_no_role_beside_those_of_lambdas_and_machines_and_api_gateways_for_logs(
    deployment: Deployment,
) -> None:
    lambdas = [function["Role"] for function in deployment.functions().values()]
    machines = [machine["RoleArn"] for _, machine in deployment.resources("AWS::StepFunctions::StateMachine")]
    assert sorted([*lambdas, *machines, api_gateways_logging_role(deployment)]) == sorted(deployment.roles())


def test_grants_come_from_the_policies_that_these_tests_read(deployment: Deployment) -> None:
    roles = [role for _, role in deployment.resources("AWS::IAM::Role")]
    assert not [role for role in roles if "Policies" in role]
    [logging] = [role for role in roles if "ManagedPolicyArns" in role]
    [statement] = logging["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert logging["ManagedPolicyArns"] == ["arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"]
    assert not list(deployment.resources("AWS::IAM::ManagedPolicy"))


def test_no_wildcard_is_granted_but_those_explained_above(deployment: Deployment) -> None:
    explained = TRACING | SAMPLING | LOG_DELIVERY | LISTING_STREAMS
    for action in ("DescribeExecution", "StopExecution"):
        explained |= on_executions(deployment.stage, action)
    explained |= {grant for name in deployment.functions() for grant in own_logs(name)}
    prefixes = ("uploads", "texts", "novels", "work", "storyboards")
    explained |= files(deployment.stage, read=prefixes, write=prefixes)
    others = [role for role in deployment.roles() if not role.startswith(f"progress-{deployment.stage}/")]
    granted = {grant for role in others for grant in deployment.grants(role)}
    assert {(action, resource) for action, resource in granted if "*" in action + resource} <= explained


def admitted(deployment: Deployment, kind: str) -> dict[str, list[Json]]:
    """By queue or topic, whom its policy lets in beside roles that are granted it; nobody gets in without SSL."""
    found: dict[str, list[Json]] = {}
    for _, policy in deployment.resources(kind):
        deny, *allow = policy["PolicyDocument"]["Statement"]
        assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        assert all(statement["Effect"] == "Allow" for statement in allow)
        found[deny["Resource"]] = allow
    return found


def of_rules(queue: str, condition: Json) -> Json:
    """What lets rules put events into a queue."""
    return {
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Principal": {"Service": "events.amazonaws.com"},
        "Resource": queue,
        "Condition": condition,
    }


def test_queues_take_what_roles_are_granted_and_events_of_this_stages_rules(deployment: Deployment) -> None:
    stage = deployment.stage
    rules = {"ArnLike": {"aws:SourceArn": f"arn:aws:events:region:account:rule/operations-{stage}-*"}}
    policies = admitted(deployment, "AWS::SQS::QueuePolicy")
    for workflow in STARTED_BY_EVENTS:
        for queue in (f"queue/{workflow.name}-events-{stage}", f"queue/{workflow.name}-events-dead-{stage}"):
            [statement] = policies.pop(queue)
            rule = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
            assert re.match(rf"{workflow.name}-data-{stage}/(Aws)?Events", rule)
            expected = of_rules(queue, {"ArnEquals": {"aws:SourceArn": rule}})
            assert {name: value for name, value in statement.items() if name != "Sid"} | {
                "Action": "sqs:SendMessage"
            } == expected
    assert policies == {
        f"queue/notifications-{stage}.fifo": [],
        f"queue/notifications-dead-{stage}.fifo": [],
        f"queue/deliveries-{stage}": [],
        f"queue/deliveries-dead-{stage}": [],
        f"queue/dead-letters-{stage}": [of_rules(f"queue/dead-letters-{stage}", rules)],
    }


def test_topics_take_what_roles_are_granted_and_alarms_what_cloudwatch_sends(deployment: Deployment) -> None:
    stage = deployment.stage
    topics = admitted(deployment, "AWS::SNS::TopicPolicy")
    [alarms] = topics.pop(f"topic/alarms-{stage}")
    assert topics == {f"topic/{audience}-{stage}": [] for audience in AUDIENCES}
    assert alarms["Action"] == "sns:Publish"
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": "account"}}
