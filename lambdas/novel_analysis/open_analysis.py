"""OpenAnalysis: accepts the input."""

from core.files import files
from core.step import Session, first_step
from novel_analysis.models import Analysis, NovelAnalysisInput


@first_step(phase="opening")
def handler(request: NovelAnalysisInput, session: Session) -> Analysis:
    """Hand on where the text is; one that came with the input is kept in a file, the same for the same text."""
    key = request.text_key or files().park(request.text or "")
    return Analysis(title=request.title, text_key=key, text_etag=request.text_etag)
