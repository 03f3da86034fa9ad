"""GenerateRecipe: finds the dish."""

from ai_chef.choice import choose
from ai_chef.models import Recipe, RecipeRequest
from ai_chef.providers import RecipeProviderName, recipe_provider
from core.settings import StepSettings, load
from core.step import Session, step


class Settings(StepSettings):
    recipe_provider: RecipeProviderName


@step(phase="recipe_generation", done="recipe_completed", progress=(10, 50))
def handler(request: RecipeRequest, session: Session) -> Recipe:
    """Choose a dish among the provider's. Raises NoRecipeFits (final), ProviderUnavailable (retried)."""
    provider = recipe_provider(load(Settings).recipe_provider)
    return choose(request.profile, provider.propose(request.profile))
