"""Values that are looked up at run time: secrets, and what a later stack knows. Each is kept for five minutes."""

import re
from functools import cache

from aws_lambda_powertools.utilities.parameters import SecretsProvider, SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from core import aws
from core.settings import WrongSettings

_SECONDS = 300
_KEY = re.compile(r"[!-~]+")


def secret(name: str) -> str:
    """A secret of Secrets Manager, by name or ARN. Raises AWS's own error when it cannot be had."""
    return _value(_secrets(), name)


def api_key(name: str) -> str:
    """A secret that is the key to a service's API. Raises WrongSettings where it cannot stand in a header."""
    key = secret(name).strip()
    if not _KEY.fullmatch(key):  # else the refusal of the header would quote it, in log and history
        raise WrongSettings(f"secret {name}: write the service's key into it, and nothing else")
    return key


def parameter(name: str) -> str:
    """A parameter of SSM's Parameter Store. Raises AWS's own error when it cannot be had."""
    return _value(_parameters(), name)


@cache
def _secrets() -> SecretsProvider:
    return SecretsProvider(boto3_client=aws.secretsmanager())


@cache
def _parameters() -> SSMProvider:
    return SSMProvider(boto3_client=aws.ssm())


def _value(provider: SecretsProvider | SSMProvider, name: str) -> str:
    try:
        return str(provider.get(name, max_age=_SECONDS))
    except GetParameterError as error:
        raise error.__context__ or error from None  # AWS's own, which callers know by name
