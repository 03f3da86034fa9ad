"""Writes openapi.json from the routes and the models they name: `make openapi`. No Lambda imports this.

`operationId` is the route's module, and `security` says which of the two gateways serve it: [] the first one alone.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api import models
from api.routes import ROUTES, Route
from api.start_workflow import input_of
from core.rows import Json

DOCUMENT = Path(__file__).with_name("openapi.json")
_ROOT = Path(__file__).parents[2]

_JSON, _HTML = "application/json", "text/html"
_PAGE = "-page"
_REF = "#/components/schemas/{model}"
_ID = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}

_ERRORS = {
    400: "The input is not what it should be; `details` names each field.",
    401: "The signature, id or time of the webhook does not hold.",
    403: "The API key or the IAM signature is missing or wrong, or the link was altered.",
    404: "There is none of this id or name.",
    409: "It is not in a state for this, or belongs to something else; `code` says which.",
    410: "The time for an answer is over, or nobody waits for it any more.",
    413: "The body is too large.",
    415: "The body is of another content type than this takes.",
    429: "Too many requests; try again later.",
    500: "Something went wrong here.",
    502: "Something went wrong here.",
    503: "Busy; try again after `Retry-After` seconds.",
    504: "It took too long; try again.",
}
_ALWAYS = (403, 413, 429, 500, 502, 503, 504)

_DESCRIPTION = """\
Starts durable workflows, tells how they go, and takes the answers they wait for. Fields are written in camelCase; \
workflows' inputs may use snake_case, too. Errors have one shape, and their `code` is for programs."""


def document() -> Json:
    """The OpenAPI document."""
    workflows = sorted(path.name.removesuffix(".asl.json") for path in _ROOT.glob("statemachines/*.asl.json"))
    inputs = {workflow: input_of(workflow) for workflow in workflows}
    named: list[type[BaseModel]] = [models.Error, models.BatchRequest, models.Signal, *inputs.values()]
    named += [model for route in ROUTES for _, model in _answers(route) if model is not None]
    _, schemas = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(named)], by_alias=True, ref_template=_REF
    )
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method] = _operation(route, inputs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Durable business workflows", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": ".", "description": "where this document is"}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "responses": {f"{status}{kind}": _error(status, kind) for status in _ERRORS for kind in ("", _PAGE)},
            "securitySchemes": _SECURITY,
        },
    }


_SECURITY = {
    "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "iam": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "x-amazon-apigateway-authtype": "awsSigv4",
        "description": "AWS Signature Version 4 for execute-api; the API has another URL for it.",
    },
}


def _operation(route: Route, inputs: Mapping[str, type[BaseModel]]) -> Json:
    operation: Json = {
        "operationId": route.module,
        "summary": route.summary,
        "security": [{"apiKey": []}, {"iam": []}] if route.keyed else [],
        "parameters": [*_path_parameters(route, list(inputs)), *_query_parameters(route), *_header_parameters(route)],
        "responses": {str(status): _answer(model) for status, model in _answers(route)}
        | {
            str(status): {"$ref": f"#/components/responses/{status}{_PAGE if route.model is None else ''}"}
            for status in sorted({*route.refuses, *_ALWAYS})
        },
    }
    if route.body is not None:
        operation["requestBody"] = _body(route.body, inputs)
    return operation


def _path_parameters(route: Route, workflows: list[str]) -> Iterator[Json]:
    for name in re.findall(r"\{(\w+)\}", route.path):
        schema = {"type": "string", "enum": workflows} if name == "workflow" else _ID
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(route: Route) -> Iterator[Json]:
    if route.query is None:
        return
    schema = route.query.model_json_schema(by_alias=True)
    for name, field in schema["properties"].items():
        options = [option for option in field.get("anyOf", [field]) if option.get("type") != "null"]
        named = options[0].get("$ref", "").rpartition("/")[2]
        plain = schema["$defs"][named] if named else options[0]
        shown = {key: value for key, value in plain.items() if key != "title"}
        required = name in schema.get("required", [])
        yield {"name": name, "in": "query", "required": required, "schema": shown}


def _header_parameters(route: Route) -> Iterator[Json]:
    for name in route.headers:
        yield {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}


def _body(body: str, inputs: Mapping[str, type[BaseModel]]) -> Json:
    """A request's body: JSON of a model, any JSON, the approval's form, or the input of a workflow."""
    match body:
        case "inputs":
            schema: Json = {"oneOf": [_reference(model.__name__) for model in inputs.values()]}
            return {"required": True, "content": {_JSON: {"schema": schema, "examples": _samples(inputs)}}}
        case "json":
            return {"required": True, "content": {_JSON: {"schema": {}}}}
        case "form":
            comment = {"type": "string", "maxLength": models.COMMENT_LENGTH}
            properties = {"action": {"type": "string", "examples": ["approve", "reject"]}, "comment": comment}
            schema = {"type": "object", "properties": properties, "required": ["action"]}
            return {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}
        case model:
            return {"required": model != "Signal", "content": {_JSON: {"schema": _reference(model)}}}


def _samples(inputs: Mapping[str, type[BaseModel]]) -> Json:
    """The inputs of `make demo`, as examples."""
    examples = {}
    for workflow, model in inputs.items():
        sample = (_ROOT / "local" / "samples" / f"{workflow}.json").read_text(encoding="utf-8")
        value = model.model_validate_json(sample).model_dump(mode="json", by_alias=True, exclude_unset=True)
        examples[workflow] = {"value": value}
    return examples


def _answers(route: Route) -> Iterator[tuple[int, type[BaseModel] | None]]:
    if route.at_once is not None:
        yield 200, route.at_once
    yield route.status, route.model


def _answer(model: type[BaseModel] | None) -> Json:
    if model is None:
        return {"description": "A page for people.", "content": {_HTML: {"schema": {"type": "string"}}}}
    about = (model.__doc__ or "").strip().splitlines()[0]
    return {"description": about, "content": {_JSON: {"schema": _reference(model.__name__)}}}


def _error(status: int, kind: str) -> Json:
    """Pages say on a page what was wrong; what the gateway refuses before them is JSON."""
    content: Json = {_JSON: {"schema": _reference("Error")}}
    if kind == _PAGE:
        content[_HTML] = {"schema": {"type": "string"}}
    error: Json = {"description": _ERRORS[status], "content": content}
    if status == 503:
        error["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return error


def _reference(model: str) -> Json:
    return {"$ref": _REF.format(model=model)}


def text() -> str:
    """The document as the file holds it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(text(), encoding="utf-8")
