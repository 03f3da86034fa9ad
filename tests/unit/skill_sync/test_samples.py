"""The sample rows and sync of the local cloud, and the event and the result that docs/skill-sync.md tells."""

import json
import re
from pathlib import Path
from typing import Any

from core.models import validated
from skill_sync.levels import history, profile
from skill_sync.models import Practice, PracticeCompleted, SkillSyncInput
from tests.support.skill_sync import completed

ROOT = Path(__file__).parents[3]


def sample(name: str) -> Any:
    return json.loads((ROOT / "local" / "samples" / name).read_text())


def result(*practices: Practice) -> Any:
    return profile(history("rider-7", practices)).model_dump(mode="json", by_alias=True)


ROWS = sample("practices.json")
BEFORE = [Practice.model_validate(row) for row in ROWS]
SYNC = validated(SkillSyncInput, sample("skill-sync.json"))


def test_the_sample_practices_are_rows_as_the_workflow_writes_them_of_the_sample_s_user() -> None:
    for practice, row in zip(BEFORE, ROWS, strict=True):
        written = {**practice.model_dump(mode="json", by_alias=True), "userId": SYNC.user_id}
        assert written == {name: value for name, value in row.items() if name != "recordedAt"}
        assert row.keys() - written.keys() == {"recordedAt"}
    assert len({each.practice_id for each in BEFORE}) == len(BEFORE)


def test_the_sample_sync_adds_a_practice_that_lifts_levels() -> None:
    assert SYNC.practice is not None
    before, after = result(*BEFORE), result(*BEFORE, SYNC.practice)
    assert after["practices"] == before["practices"] + 1
    assert sum(skill["level"] for skill in after["areas"].values()) > sum(
        skill["level"] for skill in before["areas"].values()
    )


def test_the_event_in_the_guide_is_the_sample_s_and_has_the_result_in_the_guide() -> None:
    examples = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "skill-sync.md").read_text(), re.DOTALL)
    detail, told = map(json.loads, examples)
    event = validated(PracticeCompleted, completed(detail)).detail
    assert SYNC.practice is not None
    assert event.model_dump(exclude={"user_id"}) == SYNC.practice.model_dump()
    assert result(*BEFORE, event) == told
