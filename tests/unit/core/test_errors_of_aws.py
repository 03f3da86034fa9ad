"""AWS's errors in the words that ASL retries, or does not."""

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

from core.aws import named_errors
from core.errors import AccessDenied, AwsUnavailable


def client_error(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "why"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "UpdateItem",
    )


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (client_error("ProvisionedThroughputExceededException"), AwsUnavailable),
        (client_error("ThrottlingException"), AwsUnavailable),
        (client_error("Whatever", 503), AwsUnavailable),
        (EndpointConnectionError(endpoint_url="http://localhost:1"), AwsUnavailable),
        (ConnectTimeoutError(endpoint_url="http://localhost:1"), AwsUnavailable),
        (client_error("AccessDeniedException"), AccessDenied),
        (client_error("AccessDenied", 403), AccessDenied),
        (client_error("ValidationException"), ClientError),
        (KeyError("x"), KeyError),
    ],
)
def test_an_error_gets_its_name(error: Exception, named: type[Exception]) -> None:
    with pytest.raises(named) as caught, named_errors():
        raise error
    assert type(caught.value) is named


def test_a_denied_call_says_which() -> None:
    with pytest.raises(AccessDenied, match="UpdateItem: why"), named_errors():
        raise client_error("AccessDeniedException")
