"""What unit tests of several folders share."""

from collections.abc import Iterator

import pytest

from tests.conftest import ENVIRONMENT
from tests.support.tables import forget_settings, fresh_tables


@pytest.fixture(scope="module")
def shared_tables() -> Iterator[pytest.MonkeyPatch]:
    """The Lambdas' environment and the tables, once for a module whose tests each take a session of their own."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
            environment.delenv(name, raising=False)
        for name, value in ENVIRONMENT.items():
            environment.setenv(name, value)
        with fresh_tables():
            yield environment
    forget_settings()
