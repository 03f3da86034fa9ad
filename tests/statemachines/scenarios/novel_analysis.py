"""novel-analysis: what its machine is run through. A story of three chapters makes three batches; on stage `test`, half
of the chapters may be missing.
"""

from typing import Any

from tests.support.interpreter import Fault
from tests.support.novel_analysis import story
from tests.support.scenarios import Scenario

STORY: dict[str, Any] = {"sessionId": "novel-1", "title": "The Harbour", "text": story(3)}


def dies(state: str, *visits: int) -> tuple[Fault, ...]:
    """The Lambda fails at these visits, with an error that nobody has thought of."""
    return tuple(Fault(state, "KeyError", visit) for visit in visits)


SCENARIOS = [
    Scenario("a story becomes a storyboard", STORY, "SUCCEEDED", outcome="complete"),
    Scenario(
        "a chapter that is neither read nor drawn is missing, and the others make a storyboard",
        STORY,
        "SUCCEEDED",
        outcome="partial",
        faults=(*dies("ReadBatch", 2), *dies("DrawBatch", 2)),
    ),
    Scenario(
        "a story of which too little could be read fails",
        STORY,
        "FAILED",
        error="TooManyChaptersFailed",
        faults=dies("ReadBatch", 1, 3),
    ),
    Scenario(
        "a story of which too little could be drawn fails",
        STORY,
        "FAILED",
        error="TooManyChaptersFailed",
        faults=dies("DrawBatch", 1, 2),
    ),
    Scenario(
        "an analyser that is busy for a while is waited for",
        STORY,
        "SUCCEEDED",
        outcome="complete",
        faults=tuple(Fault("ReadBatch", "ProviderUnavailable", visit) for visit in range(1, 9)),
    ),
    Scenario("a repeated start does nothing", STORY, "SUCCEEDED", started_before=(STORY,)),
    Scenario(
        "the same session with another story is refused",
        {**STORY, "text": story(1)},
        "FAILED",
        error="SessionConflict",
        started_before=(STORY,),
    ),
    Scenario("a file that does not exist fails", {"textKey": "uploads/none.txt"}, "FAILED", error="UnknownFile"),
    Scenario("neither text nor file is refused", {"title": "The Harbour"}, "FAILED", error="InvalidInput"),
]
