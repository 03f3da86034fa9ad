"""Table `skill-profiles` (key userId): each user's profile, with how many practices it knows of as its version."""

from botocore.exceptions import ClientError

from core import aws, rows
from core.clock import now
from skill_sync.models import SkillProfile


class SkillProfiles:
    """The table."""

    def __init__(self, table: str) -> None:
        self._table = table

    def save(self, profile: SkillProfile, session_id: str) -> bool:
        """Writes the profile, unless one is there that knows of more practices; returns whether it did.

        No practice is lost, in whatever order sessions save. Practices are only added, so the profile of all of them
        knows of the most, and none of fewer replaces it. And there is one: after each practice was recorded, a session
        began to read. Of an equal number the last stands, so that a sync after a change of the formula has its effect.
        """
        row = {**profile.model_dump(mode="json", by_alias=True), "sessionId": session_id, "updatedAt": now()}
        try:
            aws.dynamodb().put_item(
                TableName=self._table,
                Item=rows.to_item(row),
                ConditionExpression="attribute_not_exists(userId) OR practices <= :practices",
                ExpressionAttributeValues={":practices": {"N": str(profile.practices)}},
            )
        except ClientError as error:
            rows.refused(error)
            return False
        return True
