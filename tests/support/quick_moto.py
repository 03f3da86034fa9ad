"""moto looks for every DynamoDB value under each name that its type might have, and each name's aliases: two fifths of
the time that tests spend in it. Its values are in the form of the answer already.

It touches moto's private names, as tests/support/interpreter.py does; moto is pinned for it.
"""

from typing import Any
from unittest.mock import patch

from moto.core.serialize import JSONSerializer

_structure = JSONSerializer._serialize_type_structure


def _value_as_it_is(serializer: JSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
    if shape.name == "AttributeValue" and isinstance(value, dict):
        serialized[key] = value
    else:
        _structure(serializer, serialized, value, shape, key)


def quicken() -> None:
    """For as long as this process lives."""
    patch.object(JSONSerializer, "_serialize_type_structure", _value_as_it_is).start()
