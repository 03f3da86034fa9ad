"""The app, deployed by `cdk deploy` to the run's local cloud with IAM enforced, and driven as its users drive it."""

import json
import signal
import subprocess
import sys
import urllib.parse
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
import urllib3

from core.rows import from_item
from local.api import public_api
from local.cloud import Cloud, caller_environment
from local.deploy import state_machines
from local.mailbox import Letter, letters
from tests.support.waiting import eventually

AWS = Path(sys.executable).parent / "aws"
ENDED = {"completed", "expired", "failed", "cancelled"}


class Deployed:
    """The app on stage local."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.machines = state_machines(cloud)
        self.stepfunctions = boto3.client("stepfunctions", **cloud.connection())
        self.dynamodb = boto3.client("dynamodb", **cloud.connection())
        self.iam = boto3.client("iam", **cloud.connection())
        self.functions = boto3.client("lambda", **cloud.connection())
        self.api = public_api(cloud)
        self._http = urllib3.PoolManager(maxsize=20, retries=False)

    def aws(self, *arguments: str) -> Any:
        """What the AWS CLI answers."""
        done = subprocess.run(
            [AWS, *arguments, "--output", "json"],
            env=caller_environment() | self.cloud.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def start(self, workflow: str, raw: Any, name: str | None = None) -> str:
        return self.stepfunctions.start_execution(
            stateMachineArn=self.machines[workflow], name=name or uuid.uuid4().hex, input=json.dumps(raw)
        )["executionArn"]

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and JSON body of a request to the public API, sent with its key."""
        content = None if body is None else json.dumps(body)
        answer = self.request(method, self.api.url + path, content, **{"x-api-key": self.api.key, **headers})
        return answer.status, answer.json()

    def request(self, method: str, url: str, body: str | None = None, **headers: str) -> urllib3.BaseHTTPResponse:
        return self._http.request(method, url, body=body, headers=headers, redirect=False)

    def decide(self, link: str, action: str, comment: str = "") -> urllib3.BaseHTTPResponse:
        """What the approval page's form sends."""
        form = urllib.parse.urlencode({"action": action, "comment": comment})
        return self.request("POST", link, form, **{"content-type": "application/x-www-form-urlencoded"})

    def letters(self, session_id: str, count: int = 1) -> list[Letter]:
        """What people were sent about a session, once there are so many."""
        found: list[Letter] = []

        def arrived() -> bool:
            found[:] = [letter for letter in letters(self.cloud) if letter.session_id == session_id]
            return len(found) >= count

        eventually(arrived)
        return found

    def link(self, session_id: str) -> str:
        """The link that the session's approver was sent."""
        return self.letters(session_id)[0].text.splitlines()[-1]

    def waiting(self, session_id: str) -> Any:
        """The session's record, once it waits."""
        eventually(lambda: (self.record(session_id) or {}).get("status") == "waiting")
        return self.record(session_id)

    def stock(self, product: str, available: int) -> None:
        """Put a product on the shelves."""
        self.dynamodb.put_item(
            TableName="inventory-local", Item={"productId": {"S": product}, "available": {"N": str(available)}}
        )

    def charges(self, session_id: str) -> list[str]:
        """The statuses of the session's charges in the sandbox's ledger."""
        rows = self.dynamodb.scan(TableName="payments-local", ConsistentRead=True)["Items"]
        found = [from_item(row) for row in rows]
        return [row.get("status", "open") for row in found if row["chargeKey"].startswith(f"{session_id}/")]

    def ended(self, execution: str) -> Any:
        """The execution, once it has ended."""
        eventually(lambda: self.stepfunctions.describe_execution(executionArn=execution)["status"] != "RUNNING")
        return self.stepfunctions.describe_execution(executionArn=execution)

    def run(self, workflow: str, raw: Any, name: str | None = None) -> Any:
        return self.ended(self.start(workflow, raw, name))

    def row(self, table: str, **key: str) -> Any:
        answer = self.dynamodb.get_item(
            TableName=f"{table}-local", Key={name: {"S": value} for name, value in key.items()}, ConsistentRead=True
        )
        return from_item(answer["Item"]) if "Item" in answer else None

    def record(self, session_id: str) -> Any:
        return self.row("sessions", sessionId=session_id)

    def ended_record(self, session_id: str) -> Any:
        """The record, once it says that the session has ended."""
        eventually(lambda: (self.record(session_id) or {}).get("status") in ENDED)
        return self.record(session_id)

    def steps_of(self, session_id: str) -> list[Any]:
        """The session's rows in table `steps`."""
        answer = self.dynamodb.query(
            TableName="steps-local",
            KeyConditionExpression="sessionId = :session",
            ExpressionAttributeValues={":session": {"S": session_id}},
        )
        return [from_item(item) for item in answer["Items"]]

    def versions(self, session_id: str) -> list[Any]:
        """Every version of the session's record, as the table's stream tells them."""
        streams = boto3.client("dynamodbstreams", **self.cloud.connection())
        stream = self.dynamodb.describe_table(TableName="sessions-local")["Table"]["LatestStreamArn"]
        found: list[Any] = []
        for shard in streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]:
            iterator: str | None = streams.get_shard_iterator(
                StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while iterator:
                page = streams.get_records(ShardIterator=iterator)
                images = [record["dynamodb"]["NewImage"] for record in page["Records"]]
                found += [from_item(image) for image in images if image["sessionId"] == {"S": session_id}]
                iterator = page.get("NextShardIterator") if images else None
        return found

    def processes(self, function: str) -> list[psutil.Process]:
        """The running processes of a Lambda of this cloud."""
        endpoint = self.cloud.connection()["endpoint_url"]
        return [process for process in psutil.process_iter() if _runs(process, function, endpoint)]

    @contextmanager
    def frozen(self, function: str) -> Iterator[None]:
        """Within it, the Lambda takes an invocation and nothing comes of it; then its processes are killed."""
        processes = self.processes(function)
        assert processes, f"{function} has no process yet; run it once before"
        for process in processes:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                process.kill()

    def in_state(self, execution: str, state: str) -> bool:
        history = self.stepfunctions.get_execution_history(executionArn=execution)["events"]
        return any(event.get("stateEnteredEventDetails", {}).get("name") == state for event in history)

    @contextmanager
    def setting(self, function: str, name: str, value: str) -> Iterator[None]:
        """Within it, the Lambda has another value for a setting."""
        before = self.functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
        change = self.functions.update_function_configuration
        change(FunctionName=function, Environment={"Variables": {**before, name: value}})
        try:
            yield
        finally:
            change(FunctionName=function, Environment={"Variables": before})

    @contextmanager
    def definition(self, workflow: str, old: str, new: str) -> Iterator[None]:
        """Within it, the workflow's state machine reads `new` where it reads `old`."""
        machine = self.machines[workflow]
        before = self.stepfunctions.describe_state_machine(stateMachineArn=machine)["definition"]
        assert old in before
        self.stepfunctions.update_state_machine(stateMachineArn=machine, definition=before.replace(old, new))
        try:
            yield
        finally:
            self.stepfunctions.update_state_machine(stateMachineArn=machine, definition=before)

    @contextmanager
    def without_grants(self, function: str) -> Iterator[None]:
        """Within it, the Lambda's role may do nothing."""
        role = self.functions.get_function_configuration(FunctionName=function)["Role"].rpartition("/")[2]
        policies = {
            name: self.iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for name in self.iam.list_role_policies(RoleName=role)["PolicyNames"]
        }
        assert policies
        for name in policies:
            self.iam.delete_role_policy(RoleName=role, PolicyName=name)
        try:
            yield
        finally:
            for name, document in policies.items():
                self.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def _runs(process: psutil.Process, function: str, endpoint: str) -> bool:
    try:
        variables = process.environ()
    except psutil.Error:
        return False
    return (variables.get("AWS_LAMBDA_FUNCTION_NAME"), variables.get("AWS_ENDPOINT_URL")) == (function, endpoint)


@pytest.fixture(scope="session")
def deployed(deployed_cloud: Cloud) -> Deployed:
    return Deployed(deployed_cloud)


@pytest.fixture
def session_id() -> str:
    return f"sess_{uuid.uuid4().hex}"
