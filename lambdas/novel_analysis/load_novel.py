"""LoadNovel: reads the text as it came, and keeps it as UTF-8."""

from core.files import LARGEST_FILE, files
from core.step import Session, step
from novel_analysis import storage
from novel_analysis.encodings import decoded
from novel_analysis.errors import TextTooLarge
from novel_analysis.models import LoadRequest, Novel


@step(phase="loading", done="loaded", progress=(1, 3))
def handler(request: LoadRequest, session: Session) -> Novel:
    """Load the text. Raises UnknownFile, FileReplaced, TextTooLarge, UnknownEncoding (all final)."""
    size = files().size(request.text_key, request.text_etag)
    if size > LARGEST_FILE:
        raise TextTooLarge(f"{request.text_key} has {size:,} bytes; send {LARGEST_FILE:,} at most, or parts of it")
    text, encoding = decoded(files().read(request.text_key, request.text_etag))
    return Novel(text_key=storage.keep_text(session.session_id, text), characters=len(text), encoding=encoding)
