"""The tables that unit tests use are those that the stacks make."""

from typing import Any

import pytest

from core import aws
from tests.infra.synth import Deployment

SHARED = ("sessions", "steps", "results", "callbacks")
OF_WORKFLOWS = (
    "orders",
    "inventory",
    "payments",
    "profiles",
    "practices",
    "skill-profiles",
    "reviews",
    "course-rankings",
)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("table", [*SHARED, *OF_WORKFLOWS])
def test_a_table_has_the_same_keys_and_indexes_in_unit_tests_and_in_the_stack(
    deployments: dict[str, Deployment], table: str
) -> None:
    stack = deployments["dev"].named("AWS::DynamoDB::Table", f"{table}-dev")
    tested: Any = aws.dynamodb().describe_table(TableName=f"{table}-test")["Table"]
    assert tested["KeySchema"] == stack["KeySchema"]
    indexes = [
        {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
        for index in tested.get("GlobalSecondaryIndexes", [])
    ]
    assert indexes == stack.get("GlobalSecondaryIndexes", [])
