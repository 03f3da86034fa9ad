"""Secrets and parameters: looked up once in a while, and AWS's errors by their names."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from core import aws
from core.errors import AwsUnavailable
from core.parameters import api_key, parameter, secret
from core.settings import WrongSettings

pytestmark = pytest.mark.usefixtures("tables")


def test_a_value_is_looked_up_once() -> None:
    assert secret("approvals-test") == "a" * 64
    assert parameter("/durable-workflows/test/api-url") == "http://localhost/api"
    aws.secretsmanager().delete_secret(SecretId="approvals-test", ForceDeleteWithoutRecovery=True)
    aws.ssm().delete_parameter(Name="/durable-workflows/test/api-url")
    assert secret("approvals-test") == "a" * 64
    assert parameter("/durable-workflows/test/api-url") == "http://localhost/api"


def test_a_key_is_taken_without_the_line_break_at_its_end() -> None:
    aws.secretsmanager().create_secret(Name="a-key", SecretString="sk-one\n")
    assert api_key("a-key") == "sk-one"


@pytest.mark.parametrize("text", ["sk-one\nsk-two", '{"key": "sk-one"}', "sk-öne", " "])
def test_what_cannot_be_a_key_is_refused_and_never_quoted(text: str) -> None:
    aws.secretsmanager().create_secret(Name="no-key", SecretString=text)
    with pytest.raises(WrongSettings, match="secret no-key: write the service's key") as refused:
        api_key("no-key")
    assert "sk-" not in str(refused.value)


def test_what_does_not_exist_is_aws_s_own_error() -> None:
    with pytest.raises(aws.secretsmanager().exceptions.ResourceNotFoundException):
        secret("nothing")
    with pytest.raises(aws.ssm().exceptions.ParameterNotFound):
        parameter("/nothing")


def test_a_throttled_look_up_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def throttled(**_arguments: Any) -> None:
        response: Any = {
            "Error": {"Code": "ThrottlingException", "Message": "slow down"},
            "ResponseMetadata": {"HTTPStatusCode": 400},
        }
        raise ClientError(response, "GetParameter")

    with monkeypatch.context() as patched:
        patched.setattr(aws.ssm(), "get_parameter", throttled)
        with pytest.raises(AwsUnavailable, match="ThrottlingException"), aws.named_errors():
            parameter("/durable-workflows/test/api-url")
    assert parameter("/durable-workflows/test/api-url") == "http://localhost/api"
