"""From scored drills to levels: the formula, and what holds of it whatever was practised."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skill_sync.levels import HALF_LIFE, LEVELS, NEWEST_DRILLS, history, profile
from skill_sync.models import Area, Drill, Practice, Skill, SkillProfile

DAY = datetime(2020, 1, 10, 9, 30, tzinfo=UTC)
deterministic = settings(derandomize=True, deadline=None, max_examples=60)


def practice(practice_id: str, days: float, *drills: tuple[Area, float]) -> Practice:
    """A practice so many days after the first one."""
    scored = [Drill(drill="drill", area=area, score=score) for area, score in drills]
    return Practice(practice_id=practice_id, practiced_at=DAY + timedelta(days=days), drills=scored)


def profile_of(*practices: Practice) -> SkillProfile:
    return profile(history("rider-7", practices))


def edging(*scores: tuple[float, float]) -> Skill:
    """The skill that follows from scores in edging, each with its day."""
    return profile_of(
        *(practice(f"p-{number}", days, ("edging", score)) for number, (days, score) in enumerate(scores))
    ).areas["edging"]


@pytest.mark.parametrize(
    ("score", "level"),
    [(0, 0), (39.9, 0), (40, 1), (59.9, 1), (60, 2), (74.9, 2), (75, 3), (89.9, 3), (90, 4), (100, 4)],
)
def test_a_level_begins_at_its_lowest_score(score: float, level: int) -> None:
    assert edging((0, score)) == Skill(level=level, score=score, drills=1)


def test_a_drill_a_half_life_older_weighs_half() -> None:
    assert edging((0, 30), (HALF_LIFE.days, 90)).score == 70
    assert edging((0, 90), (HALF_LIFE.days, 30)).score == 50
    assert edging((0, 30), (2 * HALF_LIFE.days, 90)).score == 78


def test_the_level_is_of_the_score_that_is_told() -> None:
    assert edging((0, 59.96)) == Skill(level=2, score=60, drills=1)


def test_an_area_without_a_drill_has_level_0_and_no_score() -> None:
    areas = profile_of(practice("p", 0, ("edging", 80))).areas
    assert areas.keys() == set(get_args(Area))
    assert areas["timing"] == Skill(level=0, score=None, drills=0)
    assert profile_of().practices == 0


def test_a_pause_alone_lowers_no_level() -> None:
    known = [practice("p-1", 0, ("edging", 80)), practice("p-2", 5, ("edging", 60))]
    later = practice("p-3", 900, ("timing", 10))
    assert profile_of(*known, later).areas["edging"] == profile_of(*known).areas["edging"]


def test_the_newest_drills_of_each_area_count_and_all_practices_are_counted() -> None:
    old = practice("old", 0, ("edging", 0), ("timing", 50))
    new = [practice(f"new-{number}", 400, ("edging", 80)) for number in range(NEWEST_DRILLS)]
    result = profile_of(old, *new)
    assert result.practices == NEWEST_DRILLS + 1
    assert result.areas["edging"] == Skill(level=3, score=80, drills=NEWEST_DRILLS)
    assert result.areas["timing"].drills == 1


def test_what_travels_stays_below_16_kb_however_long_the_history() -> None:
    every = [(area, 33.3) for area in get_args(Area)]
    known = history("u" * 64, [practice(f"p-{number}", number / 7, *every * 20) for number in range(100)])
    assert len(known.model_dump_json(by_alias=True)) < 16 * 1024


_drills = st.builds(
    lambda area, score: Drill(drill="drill", area=area, score=score),
    st.sampled_from(get_args(Area)[:2]),
    st.floats(0, 100, allow_nan=False).map(lambda score: round(score, 1)),
)
_practices = st.lists(
    st.builds(
        lambda number, days, drills: Practice(
            practice_id=f"p-{number}", practiced_at=DAY + timedelta(days=days), drills=drills
        ),
        st.integers(0, 60),
        st.integers(0, 250),
        st.lists(_drills, min_size=1, max_size=5),
    ),
    max_size=25,
    unique_by=lambda each: each.practice_id,
)


@deterministic
@given(_practices, st.randoms(), st.data())
def test_order_and_repetition_change_nothing_and_all_is_bounded(
    known: list[Practice], random: Any, data: st.DataObject
) -> None:
    result = profile_of(*known)
    again = known + (data.draw(st.lists(st.sampled_from(known), max_size=10)) if known else [])
    random.shuffle(again)
    assert profile_of(*again) == result
    assert result.practices == len(known)
    for area, skill in result.areas.items():
        scores = [drill.score for each in known for drill in each.drills if drill.area == area]
        assert skill.drills == min(len(scores), NEWEST_DRILLS)
        if skill.score is None:
            assert (scores, skill.level) == ([], 0)
        else:
            assert min(scores) - 0.1 <= skill.score <= max(scores) + 0.1
            assert skill.level == sum(skill.score >= lowest for lowest in LEVELS)


@deterministic
@given(_practices.filter(bool), st.data())
def test_a_better_score_lowers_no_level_and_touches_no_other_area(known: list[Practice], data: st.DataObject) -> None:
    before = profile_of(*known)
    improved = data.draw(st.sampled_from(known))
    drill = data.draw(st.sampled_from(improved.drills))
    better = drill.model_copy(update={"score": data.draw(st.floats(drill.score, 100))})
    drills = [better if each is drill else each for each in improved.drills]
    known = [each.model_copy(update={"drills": drills}) if each is improved else each for each in known]
    for area, skill in profile_of(*known).areas.items():
        if area == drill.area:
            assert skill.level >= before.areas[area].level
            assert (skill.score or 0) >= (before.areas[area].score or 0)
        else:
            assert skill == before.areas[area]


@deterministic
@given(st.floats(0, 100), st.floats(0, 100), st.integers(1, 400))
def test_of_two_drills_the_recent_one_outweighs_the_old_one(one: float, other: float, days: int) -> None:
    low, high = sorted((one, other))
    improved, declined = edging((0, low), (days, high)).score, edging((0, high), (days, low)).score
    assert improved is not None
    assert declined is not None
    assert improved >= declined
    assert improved >= round((low + high) / 2, 1) - 0.1
