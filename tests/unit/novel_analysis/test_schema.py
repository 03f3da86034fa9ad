"""The storyboard's JSON schema, as docs/ publishes it."""

import json
from pathlib import Path

from novel_analysis.models import Storyboard

PUBLISHED = Path(__file__).parents[3] / "docs" / "storyboard.schema.json"


def test_the_published_schema_is_the_model_s() -> None:
    schema = Storyboard.model_json_schema(by_alias=True, mode="serialization")
    assert json.loads(PUBLISHED.read_text()) == schema, "docs/novel-analysis.md says how to write it anew"
