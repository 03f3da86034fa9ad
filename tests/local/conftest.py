"""Two local clouds side by side: one with MiniStack's gaps closed, and MiniStack as it is."""

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local.cloud import ACCOUNT, REGION, ROOT, Cloud, Connection, free_port
from tests.support.waiting import eventually

HANDLER = Path(__file__).parent / "handler.py"
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [ALLOW]}


class PlainCloud(Cloud):
    """MiniStack without this project's fixes."""

    server = "ministack"


class Lab:
    """One cloud with what the tests put into it: a Lambda, machines, and a queue that takes all status events."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        options = Config(max_pool_connections=50, retries={"total_max_attempts": 1}, read_timeout=60)
        self.stepfunctions = boto3.client("stepfunctions", config=options, **cloud.connection())
        self.functions = boto3.client("lambda", config=options, **cloud.connection())
        self.dynamodb = boto3.client("dynamodb", **cloud.connection())
        self.sqs = boto3.client("sqs", **cloud.connection())

    @cached_property
    def role(self) -> str:
        iam = boto3.client("iam", **self.cloud.connection())
        role = iam.create_role(RoleName="all", AssumeRolePolicyDocument=json.dumps(ALLOW_ALL))["Role"]["Arn"]
        iam.put_role_policy(RoleName="all", PolicyName="all", PolicyDocument=json.dumps(ALLOW_ALL))
        return role

    def user(self, action: str, resource: str) -> Connection:
        """How a client connects as a new user, whose one grant this is."""
        iam, name = boto3.client("iam", **self.cloud.connection()), uuid.uuid4().hex
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="grant", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        connection = self.cloud.connection()
        connection["aws_access_key_id"] = key["AccessKeyId"]
        connection["aws_secret_access_key"] = key["SecretAccessKey"]
        return connection

    def function(self, name: str) -> str:
        """A new Lambda with handler.py in it; its ARN."""
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            archive.write(ROOT / "local" / "bootstrap", "bootstrap")
            archive.write(HANDLER, "handler.py")
        return self.functions.create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Role=self.role,
            Handler="handler.handler",
            Code={"ZipFile": zipped.getvalue()},
            Timeout=30,
        )["FunctionArn"]

    @cached_property
    def worker(self) -> str:
        return self.function("worker")

    def invoke(self, function: str, event: dict[str, object]) -> Any:
        answer = self.functions.invoke(FunctionName=function, Payload=json.dumps(event).encode())
        return json.loads(answer["Payload"].read())

    def machine(self, state: dict[str, object], **fields: object) -> str:
        """A new machine of one state; its ARN."""
        definition = {"QueryLanguage": "JSONata", "StartAt": "Only", "States": {"Only": state | {"End": True}}}
        return self.machine_of(definition | fields)

    def machine_of(self, definition: dict[str, object]) -> str:
        return self.stepfunctions.create_state_machine(
            name=uuid.uuid4().hex, definition=json.dumps(definition), roleArn=self.role
        )["stateMachineArn"]

    @cached_property
    def worker_machine(self) -> str:
        """Its one task hands the execution's input to the worker."""
        task: dict[str, object] = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "TimeoutSeconds": 60,
            "Arguments": {"FunctionName": self.worker, "Payload": "{% $states.input %}"},
            "Output": "{% $states.result.Payload %}",
        }
        return self.machine(task)

    def start(self, machine: str, event: dict[str, object] | None = None, name: str | None = None) -> str:
        return self.stepfunctions.start_execution(
            stateMachineArn=machine, name=name or uuid.uuid4().hex, input=json.dumps(event or {})
        )["executionArn"]

    def status(self, execution: str) -> str:
        return self.stepfunctions.describe_execution(executionArn=execution)["status"]

    def output(self, execution: str) -> Any:
        """What the execution returned, once it succeeded."""
        eventually(lambda: self.status(execution) != "RUNNING")
        described = self.stepfunctions.describe_execution(executionArn=execution)
        assert described["status"] == "SUCCEEDED", described
        return json.loads(described["output"])

    def history(self, execution: str) -> list[str]:
        events = self.stepfunctions.get_execution_history(executionArn=execution)["events"]
        return [event["type"] for event in events]

    @cached_property
    def queue(self) -> str:
        """A queue that takes every status event."""
        url = self.sqs.create_queue(QueueName="status")["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:status"
        policy = {"Version": "2012-10-17", "Statement": [ALLOW | {"Principal": "*"}]}
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        events = boto3.client("events", **self.cloud.connection())
        pattern = {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"]}
        events.put_rule(Name="status", EventPattern=json.dumps(pattern))
        events.put_targets(Rule="status", Targets=[{"Id": "queue", "Arn": arn}])
        return url

    def watch_status_events(self) -> None:
        """Have the queue, from here on."""
        assert self.queue

    def status_event(self, execution: str, status: str) -> dict[str, Any]:
        """The detail of the execution's event of this status, if watched since before the execution started."""
        found: list[dict[str, Any]] = []

        def arrived() -> bool:
            for message in self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", []):
                detail = json.loads(message["Body"])["detail"]
                if (detail["executionArn"], detail["status"]) == (execution, status):
                    found.append(detail)
            return bool(found)

        eventually(arrived)
        return found[0]


@pytest.fixture(scope="session")
def closed(local_cloud: Cloud) -> Lab:
    """The local cloud as people start it."""
    return Lab(local_cloud)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """MiniStack as it is: a test that fails here names a fix in local/gaps that is no longer needed."""
    cloud = PlainCloud(tmp_path_factory.mktemp("plain"))
    cloud.start(free_port())
    yield Lab(cloud)
    cloud.stop()
