"""How skill-sync fails."""

from core.errors import FinalError


class PracticeConflict(FinalError):
    """A practice of this id is recorded with other content; the first stands."""
