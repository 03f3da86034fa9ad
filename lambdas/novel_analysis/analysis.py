"""What reads and draws a chapter: the port, and the choice of an analyser."""

from typing import Literal, Protocol

from core.settings import Settings, load
from novel_analysis.models import Bible, ChapterText, Facts, Language, Scene


class AnalysisSettings(Settings):
    """What a Lambda reads that analyses."""

    analysis_provider: Literal["local", "llm"]


class Analyser(Protocol):
    """Both raise ProviderUnavailable, and final errors of one chapter."""

    def extract(self, chapter: ChapterText, language: Language) -> Facts:
        """Find who and what is in a chapter."""
        ...

    def draw(self, chapter: ChapterText, language: Language, bible: Bible) -> list[Scene]:
        """Make a chapter's scenes, with the names of the bible."""
        ...


def analyser() -> Analyser:
    """The one that the stage has; its Lambdas do not load the other."""
    if load(AnalysisSettings).analysis_provider == "llm":
        from novel_analysis.llm_analyser import LlmAnalyser

        return LlmAnalyser()
    from novel_analysis.local_analyser import LocalAnalyser

    return LocalAnalyser()
