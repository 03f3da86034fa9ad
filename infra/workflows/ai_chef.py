"""ai-chef: a profile becomes a priced recipe."""

from infra.grants import allow_secret
from infra.workflow import WorkflowStack


class AiChef(WorkflowStack):
    ends_session = ("CombineResults",)

    def configure(self) -> None:
        recipe, price = self.settings.provider("recipe"), self.settings.provider("price")
        self.step("GenerateRecipe").add_environment("RECIPE_PROVIDER", recipe)
        self.step("FetchPrices").add_environment("PRICE_PROVIDER", price)
        if recipe == "llm":
            self.asks_model(self.step("GenerateRecipe"))
        if price == "naver":
            self.step("FetchPrices").add_environment("NAVER_URL", self.address("naverUrl"))
            allow_secret(self.step("FetchPrices"), "NAVER_SECRET", f"naver-{self.settings.name}")
