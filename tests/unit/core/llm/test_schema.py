"""The schema that services are sent keeps to what strict mode takes."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from core.llm.schema import strict_schema
from core.models import Model


class Chapter(Model):
    """A chapter."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=9)]
    mood: Literal["calm", "tense"] = "calm"


class Book(Model):
    """A book."""

    best_chapter: Chapter
    chapters: list[Chapter] = Field(default=[], description="all of them", max_length=5)
    note: str | None = None


class Shelf(Model):
    """A shelf."""

    first: Book = Field(description="the leftmost one")


def test_objects_are_closed_whole_and_have_the_names_that_are_validated() -> None:
    schema = strict_schema(Book)
    assert schema["required"] == ["bestChapter", "chapters", "note"]
    assert schema["properties"]["note"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    chapter = schema["properties"]["bestChapter"]
    assert schema["properties"]["chapters"]["items"] == chapter
    assert chapter["required"] == ["title", "mood"]
    assert chapter["properties"]["title"] == {"type": "string"}
    assert chapter["properties"]["mood"]["enum"] == ["calm", "tense"]
    assert chapter["description"] == "A chapter."


def test_every_object_is_closed_and_no_keyword_is_left_that_strict_mode_refuses() -> None:
    for node in _nodes(strict_schema(Book)):
        assert node.get("additionalProperties", False) is False
        assert not {"default", "minLength", "maxLength", "$ref", "$defs"} & node.keys()


def test_what_a_field_says_of_itself_stands_over_what_its_model_says() -> None:
    assert strict_schema(Shelf)["properties"]["first"]["description"] == "the leftmost one"


def _nodes(node: Any) -> list[dict[str, Any]]:
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return [found for each in inner for found in _nodes(each)] + ([node] if isinstance(node, dict) else [])
