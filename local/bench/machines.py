"""What the bench adds to its local cloud: bare Lambdas, their table and machines. All of it goes with the cloud."""

import io
import json
import zipfile
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3

from local.cloud import ACCOUNT, REGION, ROOT, Cloud

HERE = Path(__file__).parent
TABLE = "bench"
STEPS = 4
TIMEOUT_SECONDS = 30


class Machines:
    """State machines that the CDK app does not know, on one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        connection = cloud.connection()
        self._dynamodb = boto3.client("dynamodb", **connection)
        self._functions = boto3.client("lambda", **connection)
        self._iam = boto3.client("iam", **connection)
        self._stepfunctions = boto3.client("stepfunctions", **connection)

    @cached_property
    def table(self) -> str:
        """The name of the table that bare Lambdas write to."""
        return self._dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "sessionId", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "sessionId", "KeyType": "HASH"}],
        )["TableDescription"]["TableName"]

    def bare(self) -> str:
        """A machine of as many bare Lambdas as the session it is held against has steps; its ARN."""
        names = [f"bare-{number}" for number in range(1, STEPS + 1)]
        states = {
            name: _task(self._function(name, "bare"), {"sessionId": "{% $states.context.Execution.Name %}"})
            for name in names
        }
        for name, following in pairwise(names):
            states[name]["Next"] = following
        states[names[-1]]["End"] = True
        return self._machine("bare", {"QueryLanguage": "JSONata", "StartAt": names[0], "States": states})

    def recording(self, machine: str) -> str:
        """A copy of a machine that keeps, in the table, what each of its Lambdas is sent; the copy's ARN."""
        described = self._stepfunctions.describe_state_machine(stateMachineArn=machine)
        name = f"recording-{described['name']}"
        recorder = self._function(name, "recorder", "lambda:InvokeFunction")
        definition = json.loads(described["definition"])
        copy = self._machine(name, recorded(definition, recorder))
        self._let_continue(definition, copy)
        return copy

    def retire(self, machine: str) -> None:
        """Have a machine's executions end at once from now on: those that a replayed Lambda starts cost no time."""
        done = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
        self._stepfunctions.update_state_machine(stateMachineArn=machine, definition=json.dumps(done))

    def calls(self, session_id: str) -> list[dict[str, Any]]:
        """What a recording machine's Lambdas were sent in a session: {"function", "event"}, in order."""
        item = self._dynamodb.get_item(TableName=TABLE, Key={"sessionId": {"S": session_id}})["Item"]
        return [json.loads(call["S"]) for call in item["calls"]["L"]]

    def _let_continue(self, definition: dict[str, Any], copy: str) -> None:
        """Let the Lambdas of a machine go on in a next execution of its copy, as they may in one of its own."""
        executions = f"{copy.replace(':stateMachine:', ':execution:')}:*"
        grants = [_allow("states:StartExecution", copy), _allow("states:DescribeExecution", executions)]
        for state in definition["States"].values():
            if function := state.get("Arguments", {}).get("FunctionName"):
                role = self._functions.get_function_configuration(FunctionName=function)["Role"]
                self._iam.put_role_policy(
                    RoleName=role.rpartition("/")[2], PolicyName="copy", PolicyDocument=_policy(grants)
                )

    def _machine(self, name: str, definition: dict[str, Any]) -> str:
        role = self._role(f"{name}-machine", "states", {"lambda:InvokeFunction": "*"})
        return self._stepfunctions.create_state_machine(
            name=name, definition=json.dumps(definition | {"TimeoutSeconds": 900}), roleArn=role
        )["stateMachineArn"]

    def _function(self, name: str, module: str, *actions: str) -> str:
        table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{self.table}"
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            archive.write(ROOT / "local" / "bootstrap", "bootstrap")
            archive.write(HERE / f"{module}.py", f"{module}.py")
        return self._functions.create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Role=self._role(name, "lambda", {"dynamodb:UpdateItem": table} | dict.fromkeys(actions, "*")),
            Handler=f"{module}.handler",
            Code={"ZipFile": zipped.getvalue()},
            Environment={"Variables": {"TABLE": self.table}},
            Timeout=TIMEOUT_SECONDS - 10,
        )["FunctionArn"]

    def _role(self, name: str, service: str, grants: dict[str, str]) -> str:
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": f"{service}.amazonaws.com"}}
        allowed = [_allow(action, on) for action, on in grants.items()]
        role = self._iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy([trust]))["Role"]["Arn"]
        self._iam.put_role_policy(RoleName=name, PolicyName="grants", PolicyDocument=_policy(allowed))
        return role


def recorded(definition: Any, recorder: str) -> Any:
    """The definition with the recorder in place of every Lambda, told which one it stands for."""
    match definition:
        case {"FunctionName": function, "Payload": payload}:
            session = "{% $states.context.Execution.Name %}"
            call = {"session": session, "function": function, "event": payload}
            return {**definition, "FunctionName": recorder, "Payload": call}
        case dict():
            return {name: recorded(value, recorder) for name, value in definition.items()}
        case list():
            return [recorded(value, recorder) for value in definition]
    return definition


def _task(function: str, payload: dict[str, str]) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "TimeoutSeconds": TIMEOUT_SECONDS,
        "Arguments": {"FunctionName": function, "Payload": payload},
        "Output": "{% $states.result.Payload %}",
    }


def _allow(action: str, on: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": on}


def _policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
