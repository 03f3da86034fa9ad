"""The JSON schema of a pydantic model as services take it that hold a model to it."""

from typing import Any

from pydantic import BaseModel

# https://platform.openai.com/docs/guides/structured-outputs#supported-schemas: what it does not take; the answer is
# validated with the model all the same. Bedrock takes any schema.
_LEFT_OUT = frozenset({"title", "default", "minLength", "maxLength", "examples"})


def strict_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Every object is closed, and all its fields are required; one that may be missing is null instead."""
    strict: dict[str, Any] = _strict(model.model_json_schema())
    return strict


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:  # which stands alone
        return {"$ref": node["$ref"]}
    named = {key: node[key] for key in ("properties", "$defs") if key in node}  # whose keys are names, not keywords
    strict = {key: _strict(value) for key, value in node.items() if key not in _LEFT_OUT and key not in named}
    strict |= {key: {name: _strict(each) for name, each in value.items()} for key, value in named.items()}
    if "properties" in node:
        strict |= {"required": list(node["properties"]), "additionalProperties": False}
    return strict
