"""What a pass over the chapters came to, and how much of it may be missing."""

from collections.abc import Collection, Sequence

from pydantic import Field

from core.outputs import StepOutputs
from core.record import StepError, Table
from core.rows import Json
from core.settings import StepSettings, load
from core.step import Session
from novel_analysis.errors import TooManyChaptersFailed
from novel_analysis.models import Chapter, FailedChapter, Pass

_UNFINISHED = "nothing was kept of it: its Lambda failed again and again, and its logs tell why"


class FailureSettings(StepSettings):
    """What a step reads that may go on without some chapters. failed_share: of all chapters, at most."""

    failed_share: float = Field(ge=0, lt=1)


def outcomes(
    step: Pass, session: Session, chapters: Sequence[Chapter], failed_before: Sequence[FailedChapter] = ()
) -> tuple[dict[int, Json], list[FailedChapter]]:
    """What a pass made of the chapters, by number, and those that have failed in it or before, each once.

    Raises TooManyChaptersFailed.
    """
    settings = load(FailureSettings)
    outputs, errors = StepOutputs(settings.steps_table).items(session.session_id, session.began, step)
    failed = {chapter.number: chapter for chapter in failed_before}
    missing = [chapter for chapter in chapters if chapter.number not in outputs]
    reasons = {number: _told(error) for number, error in errors.items()}
    unfinished = ""
    if any(chapter.number not in errors for chapter in missing):
        unfinished = _unfinished(settings.sessions_table, step, session, reasons.values())
    for chapter in missing:
        reason = reasons.get(chapter.number, unfinished)
        failed[chapter.number] = FailedChapter(number=chapter.number, title=chapter.title, step=step, reason=reason)
    if len(failed) > settings.failed_share * len(chapters):
        first = failed[min(failed)]
        raise TooManyChaptersFailed(
            f"{len(failed)} of {len(chapters)} chapters failed; at most {settings.failed_share:.0%} may. The first is "
            f"{first.number}, in {first.step}: {first.reason}. Retry the session: it does only what is missing"
        )
    return outputs, [failed[number] for number in sorted(failed)]


def _unfinished(sessions_table: str, step: Pass, session: Session, of_chapters: Collection[str]) -> str:
    """Why a chapter has no row, as far as the record tells: it has the last error of any of the step's deliveries."""
    record = Table(sessions_table).get(session.session_id)
    entry = None if record is None else record["steps"].get(step)
    error = None if entry is None else entry.get("error")
    if error is None or _told(error) in of_chapters:
        return _UNFINISHED
    return f"nothing was kept of it; {step} failed last with {_told(error)}; its Lambda's logs tell whether here too"


def _told(error: StepError) -> str:
    return f"{error['type']}: {error['message']}"
