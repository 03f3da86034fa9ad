"""The JSON schema of a pydantic model as services take it that hold a model to it.

What it refers to stands in its place, for Nova takes no definitions. So no model may hold itself.
"""

from typing import Any

from pydantic import BaseModel

# https://platform.openai.com/docs/guides/structured-outputs#supported-schemas: what it does not take; the answer is
# validated with the model all the same.
_LEFT_OUT = frozenset({"title", "default", "minLength", "maxLength", "examples"})


def strict_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Every object is closed, and all its fields are required; one that may be missing is null instead."""
    schema = model.model_json_schema()
    strict: dict[str, Any] = _strict(schema, schema.pop("$defs", {}))
    return strict


def _strict(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_strict(each, definitions) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        meant = definitions[node["$ref"].removeprefix("#/$defs/")]
        return _strict(meant | {key: value for key, value in node.items() if key != "$ref"}, definitions)
    strict = {
        key: _strict(value, definitions) for key, value in node.items() if key not in _LEFT_OUT and key != "properties"
    }
    if "properties" in node:  # whose keys are names, not keywords
        properties = {name: _strict(each, definitions) for name, each in node["properties"].items()}
        strict |= {"properties": properties, "required": list(properties), "additionalProperties": False}
    return strict
