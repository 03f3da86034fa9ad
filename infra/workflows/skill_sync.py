"""skill-sync: a practice was completed, and its rider's skill profile is computed anew and told of."""

from infra.grants import allow_table
from infra.workflow import WorkflowStack


class SkillSync(WorkflowStack):
    ends_session = ("PublishProfile",)

    def configure(self) -> None:
        practices = self.table("practices", key="userId", sort_key="practiceId")
        profiles = self.table("skill-profiles", key="userId")

        allow_table(self.starter, "PRACTICES_TABLE", practices, "PutItem", "UpdateItem")
        allow_table(self.step("LoadPractice"), "PRACTICES_TABLE", practices, "PutItem", "UpdateItem", "Query")
        allow_table(self.step("SaveSkillProfile"), "SKILL_PROFILES_TABLE", profiles, "PutItem")

        self.receives(source="snowboard-teaching", detail_type="snowboard.practice.completed")
        self.publishes(self.step("PublishProfile"))
