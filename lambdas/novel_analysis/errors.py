"""How novel-analysis fails."""

from core.errors import FinalError


class TextTooLarge(FinalError):
    """A text has more bytes than a novel may have."""


class EmptyText(FinalError):
    """A text has nothing to read."""


class UnknownEncoding(FinalError):
    """A text is in none of the encodings that are read."""


class TooManyChapters(FinalError):
    """A text has more chapters than a session can deal with."""


class TooManyChaptersFailed(FinalError):
    """So much is missing that what there is makes no storyboard. What was done is kept for the session's retry."""
