"""What skill-sync is sent, what its steps hand on, and the profile. Scores are of 100, moments are UTC.

The areas are those in which CASI's instructors look at riding: https://casi-acms.com/.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo

from core.fields import Id, Moment, wrong
from core.models import Input, Model, WorkflowInput, sent_at

MOST_DRILLS = 100


def _not_ahead(moment: datetime, info: ValidationInfo) -> datetime:
    """A practice in the future would outweigh all that come until then. A day is left to clocks that are wrong."""
    if moment > sent_at(info) + timedelta(days=1):
        raise wrong("is in the future")
    return moment.astimezone(UTC)


PastMoment = Annotated[Moment, AfterValidator(_not_ahead)]
Score = Annotated[float, Field(ge=0, le=100, strict=True, allow_inf_nan=False)]
Area = Literal["stance_and_balance", "edging", "pressure", "rotation", "timing"]


class Drill(Model):
    """An exercise that was scored. drill: its name, e.g. "garlands"."""

    drill: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    area: Area
    score: Score


class Practice(Model):
    """A practice as table `practices` keeps it."""

    practice_id: Id
    practiced_at: PastMoment
    drills: Sequence[Drill] = Field(min_length=1, max_length=MOST_DRILLS)


class CompletedPractice(Practice):
    """The detail of an event."""

    user_id: Id


class PracticeCompleted(Model):
    """The event `snowboard.practice.completed` of source `snowboard-teaching`."""

    detail: CompletedPractice


class DrillInput(Drill, Input):
    """A drill as people send it."""


class PracticeInput(Practice, Input):
    """A practice as people send it."""

    drills: Sequence[DrillInput] = Field(min_length=1, max_length=MOST_DRILLS)


class SkillSyncInput(WorkflowInput):
    """The workflow's input. practice: is recorded first; without one the profile is only computed anew."""

    user_id: Id
    practice: PracticeInput | None = None


class Sync(Model):
    """OpenSync's output, and what LoadPractice is given."""

    user_id: str
    practice: Practice | None = None


class ScoredDrill(Model):
    """What a drill counts for."""

    area: Area
    score: float
    practiced_at: datetime


class History(Model):
    """LoadPractice's output: how many practices the user has, and of each area the drills that count."""

    user_id: str
    practices: int
    drills: list[ScoredDrill]


class Skill(Model):
    """level: 0 to 4. score: None, and level 0, where nothing was practised. drills: how many count."""

    level: int = Field(ge=0, le=4)
    score: float | None
    drills: int


class SkillProfile(Model):
    """ComputeSkillProfile's output, and the workflow's result. practices: how many it knows of, its version."""

    user_id: str
    practices: int
    areas: dict[Area, Skill]


class PublishRequest(SkillProfile):
    """What PublishProfile is given. saved: no newer profile was there."""

    saved: bool


class Saved(Model):
    """SaveSkillProfile's output."""

    saved: bool
