"""The sample rows and the sample search of the local cloud, and the search that docs/matching.md tells."""

import json
import re
from pathlib import Path
from typing import Any

from matching.finding import find
from matching.models import MatchingInput, Profile
from matching.opening import opened
from matching.ranking import rank, readable
from matching.seasons import places

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "local" / "samples"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text())


PROFILES = [Profile.model_validate(row) for row in sample("profiles.json")]


def test_the_sample_profiles_are_rows_as_the_platform_writes_them_each_with_a_key_of_its_own() -> None:
    written = [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in PROFILES]
    assert written == sample("profiles.json")
    assert len({(each.place, each.user_id) for each in PROFILES}) == len(PROFILES)
    assert len({each.place for each in PROFILES}) == 3


def test_the_sample_search_finds_several_coaches_and_has_them_reviewed() -> None:
    search = opened(MatchingInput.model_validate(sample("matching.json")), "search-1", 60)
    assert search.needs_review
    assert search.callback_url is None
    at = places(search.criteria)
    found = find(search, [each for each in PROFILES if each.place in at])
    assert len(found) > search.criteria.limit - 1
    assert {each.certification for each in found} > {"CASI"}


def test_the_search_in_the_guide_has_the_result_in_the_guide_among_the_sample_profiles() -> None:
    examples = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "matching.md").read_text(), re.DOTALL)
    asked, result, row, _request, answer, _delivery = map(json.loads, examples)
    search = opened(MatchingInput.model_validate(asked), "search-1", 60)
    reviews = readable(answer)
    assert reviews is not None
    candidates = find(search, [each for each in PROFILES if each.place in places(search.criteria)])
    assert rank(search, candidates, reviews).model_dump(mode="json", by_alias=True) == result
    assert Profile.model_validate(row) in PROFILES
