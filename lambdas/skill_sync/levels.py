"""How good a rider is in each skill area: a level from 0 to 4, from the scores of drills, of which recent ones weigh
more. The formula and its numbers are this project's own, and docs/skill-sync.md tells them; CASI publishes none.
"""

import math
from collections.abc import Iterable
from datetime import timedelta
from typing import get_args

from skill_sync.models import Area, History, Practice, ScoredDrill, Skill, SkillProfile

HALF_LIFE = timedelta(days=30)
"""A drill weighs half of one that was this much later."""
NEWEST_DRILLS = 30
"""How many drills of an area count: what travels between two steps so stays below 16 KB, however long a history is."""
LEVELS = (40, 60, 75, 90)
"""The lowest scores of the levels 1 to 4."""


def history(user_id: str, practices: Iterable[Practice]) -> History:
    """What counts of a user's practices; the same for every order of them. Of equal ids one counts."""
    known = {each.practice_id: each for each in practices}
    newest_first = sorted(known.values(), key=lambda each: (each.practiced_at, each.practice_id), reverse=True)
    drills: dict[Area, list[ScoredDrill]] = {area: [] for area in get_args(Area)}
    for practice in newest_first:
        for drill in practice.drills:
            scored = ScoredDrill(area=drill.area, score=drill.score, practiced_at=practice.practiced_at)
            drills[drill.area].append(scored)
    counting = [drill for of_area in drills.values() for drill in of_area[:NEWEST_DRILLS]]
    return History(user_id=user_id, practices=len(known), drills=counting)


def profile(known: History) -> SkillProfile:
    """The profile that follows from a history. Pure: it knows no present, so that only a practice changes a level."""
    areas = {area: _skill([drill for drill in known.drills if drill.area == area]) for area in get_args(Area)}
    return SkillProfile(user_id=known.user_id, practices=known.practices, areas=areas)


def _skill(drills: list[ScoredDrill]) -> Skill:
    """The weighted mean of an area's scores, to one decimal place; the newest drill weighs 1."""
    if not drills:
        return Skill(level=0, score=None, drills=0)
    newest = max(drill.practiced_at for drill in drills)
    weights = [0.5 ** ((newest - drill.practiced_at) / HALF_LIFE) for drill in drills]
    # fsum rounds once, so that the sum is the same for every order.
    points = math.fsum(weight * drill.score for weight, drill in zip(weights, drills, strict=True))
    score = round(points / math.fsum(weights), 1)
    return Skill(level=sum(score >= lowest for lowest in LEVELS), score=score, drills=len(drills))
