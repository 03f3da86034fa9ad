"""openapi.json is what the routes and models say, and says what the handlers do."""

import importlib
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from api.openapi import DOCUMENT, text
from tests.unit.api.calling import RECIPE, call

PACKAGE = Path(__file__).parents[3] / "lambdas" / "api"


def document() -> Any:
    return json.loads(DOCUMENT.read_text(encoding="utf-8"))


def operations() -> list[tuple[str, str, Any]]:
    return [(path, method, one) for path, item in document()["paths"].items() for method, one in item.items()]


def test_the_document_is_as_the_routes_and_models_make_it() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == text(), "openapi.json is out of date: make openapi"


def test_the_document_is_served() -> None:
    answer = call("get_openapi")

    assert answer.json == document()
    assert answer.headers["Content-Type"] == "application/json"


def test_each_operation_is_a_module_with_a_handler_and_each_handler_an_operation() -> None:
    named = [operation["operationId"] for _, _, operation in operations()]
    modules = [path.stem for path in PACKAGE.glob("*.py") if path.stem not in ("__init__", "openapi")]

    handlers = [name for name in modules if hasattr(importlib.import_module(f"api.{name}"), "handler")]

    assert sorted(named) == sorted(handlers)


def test_only_what_carries_its_own_proof_or_is_public_is_open() -> None:
    opened = {operation["operationId"] for _, _, operation in operations() if operation["security"] == []}

    assert opened == {"answer_callback", "show_approval", "decide_approval", "get_openapi"}


def test_every_reference_leads_somewhere() -> None:
    whole = document()

    def references(value: Any) -> list[str]:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        own = [value["$ref"]] if isinstance(value, dict) and "$ref" in value else []
        return own + [found for one in inner for found in references(one)]

    for reference in set(references(whole)):
        target = whole
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]


@pytest.mark.parametrize("workflow", ["ai-chef", "order"])
def test_each_workflows_example_fits_the_schema_of_its_input(workflow: str) -> None:
    whole = document()
    body = whole["paths"]["/workflows/{workflow}/start"]["post"]["requestBody"]["content"]["application/json"]
    schema = {**body["schema"], "components": whole["components"]}

    assert jsonschema_rs.is_valid(schema, body["examples"][workflow]["value"])
    assert jsonschema_rs.is_valid(schema, RECIPE)
    assert not jsonschema_rs.is_valid(schema, {"unknown": 1})


def test_no_lambda_imports_what_writes_the_document() -> None:
    for path in PACKAGE.glob("*.py"):
        if path.stem not in ("openapi", "routes"):
            assert "import routes" not in path.read_text()
            assert "api.openapi" not in path.read_text()
