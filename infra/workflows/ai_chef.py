"""ai-chef: a profile becomes a priced recipe."""

from infra.workflow import WorkflowStack


class AiChef(WorkflowStack):
    ends_session = ("CombineResults",)

    def configure(self) -> None:
        self.step("GenerateRecipe").add_environment("RECIPE_PROVIDER", self.settings.provider("recipe"))
        self.step("FetchPrices").add_environment("PRICE_PROVIDER", self.settings.provider("price"))
