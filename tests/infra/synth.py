"""The app, synthesised in process, and its templates with their references resolved to what a person would read."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from infra.app import ROOT, add_stacks

Json = dict[str, Any]

_PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "region",
    "AWS::AccountId": "account",
    "AWS::URLSuffix": "amazonaws.com",
}
_REF = {
    "AWS::ApiGateway::RestApi": "{Name}",
    "AWS::ApiGateway::Stage": "{StageName}",
    "AWS::DynamoDB::Table": "{TableName}",
    "AWS::Events::EventBus": "{Name}",
    "AWS::Lambda::Function": "{FunctionName}",
    "AWS::Logs::LogGroup": "{LogGroupName}",
    "AWS::SNS::Topic": "topic/{TopicName}",
    "AWS::SQS::Queue": "https://queue/{QueueName}",
    "AWS::StepFunctions::StateMachine": "machine/{StateMachineName}",
}
_ARN = {
    "AWS::DynamoDB::Table": "table/{TableName}",
    "AWS::Events::EventBus": "bus/{Name}",
    "AWS::Lambda::Function": "function/{FunctionName}",
    "AWS::Logs::LogGroup": "logs/{LogGroupName}:*",
    "AWS::SQS::Queue": "queue/{QueueName}",
}
_ATTRIBUTES = {
    "Arn": _ARN,
    "StreamArn": {"AWS::DynamoDB::Table": "stream/{TableName}"},
    "QueueName": {"AWS::SQS::Queue": "{QueueName}"},
}


@cache
def context() -> Json:
    found: Json = json.loads((ROOT / "cdk.json").read_text())["context"]
    return found


@dataclass(frozen=True)
class Deployment:
    """The templates of one stage, by stack name."""

    stage: str
    templates: dict[str, Json]

    def resources(self, kind: str) -> Iterator[tuple[str, Json]]:
        """Stack and resolved properties of each resource of a type."""
        for stack, template in self.templates.items():
            for resource in template["Resources"].values():
                if resource["Type"] == kind:
                    yield stack, self.resolve(stack, resource.get("Properties", {}))

    def named(self, kind: str, name: str) -> Json:
        """The resource of a type by its physical name."""
        key = {"AWS::StepFunctions::StateMachine": "StateMachineName"}.get(kind, f"{kind.rpartition(':')[2]}Name")
        [found] = [properties for _, properties in self.resources(kind) if properties[key] == name]
        return found

    def functions(self) -> dict[str, Json]:
        return {properties["FunctionName"]: properties for _, properties in self.resources("AWS::Lambda::Function")}

    def grants(self, role: str) -> set[tuple[str, str]]:
        """What a role may do, as (action, resource)."""
        granted = set()
        for stack, policy in self.resources("AWS::IAM::Policy"):
            if role in [f"{stack}/{name}" for name in policy["Roles"]]:
                for statement in policy["PolicyDocument"]["Statement"]:
                    assert statement["Effect"] == "Allow"
                    assert "Condition" not in statement
                    granted |= {(a, r) for a in _list(statement["Action"]) for r in _list(statement["Resource"])}
        return granted

    def roles(self) -> set[str]:
        return {
            f"{stack}/{logical_id}"
            for stack, template in self.templates.items()
            for logical_id, resource in template["Resources"].items()
            if resource["Type"] == "AWS::IAM::Role"
        }

    def resolve(self, stack: str, value: Any) -> Any:
        """Intrinsic functions as text: names for tables, `<kind>/<name>` for ARNs, `<stack>/<logical id>` for roles."""
        match value:
            case {"Ref": _} | {"Fn::GetAtt": _} | {"Fn::GetStackOutput": _} | {"Fn::Join": _}:
                return self._intrinsic(stack, value)
            case dict():
                return {key: self.resolve(stack, item) for key, item in value.items()}
            case list():
                return [self.resolve(stack, item) for item in value]
        return value

    def _intrinsic(self, stack: str, value: Json) -> str:
        match value:
            case {"Ref": str(name)}:
                return _PSEUDO.get(name) or self._named(stack, name, _REF, name)
            case {"Fn::GetAtt": [str(name), str(attribute)]} if attribute in _ATTRIBUTES:
                return self._named(stack, name, _ATTRIBUTES[attribute], f"{stack}/{name}")
            case {"Fn::GetStackOutput": {"StackName": str(other), "OutputName": str(output)}}:
                return str(self.resolve(other, self.templates[other]["Outputs"][output]["Value"]))
            case {"Fn::Join": [str(separator), list(parts)]}:
                return separator.join(str(self.resolve(stack, part)) for part in parts)
        return str(value)

    def _named(self, stack: str, logical_id: str, patterns: dict[str, str], otherwise: str) -> str:
        resource = self.templates[stack]["Resources"].get(logical_id, {"Type": None})
        pattern = patterns.get(resource["Type"])
        return pattern.format(**self.resolve(stack, resource["Properties"])) if pattern else otherwise


def synthesise(stage: str, output: Path, root: Path = ROOT) -> Deployment:
    app = cdk.App(context={**context(), "stage": stage}, outdir=str(output))
    add_stacks(app, root)
    app.synth()
    templates = {
        path.name.removesuffix(".template.json"): json.loads(path.read_text())
        for path in output.glob("*.template.json")
    }
    return Deployment(stage, templates)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
