"""Language models behind one port: given a pydantic model, instructions and a text, they answer with an instance.

    board = language_model().answer(Board, "Draw the chapter as a storyboard.", chapter)

Import it where a model is used: a Lambda that asks none need not load it.
"""

from core.llm.asking import LanguageModel
from core.llm.services import ModelSettings
from core.settings import load

__all__ = ["LanguageModel", "language_model"]


def language_model() -> LanguageModel:
    """The stage's model, for one invocation of a Lambda: make it as the handler begins, for its time runs from here.

    Raises WrongSettings when the environment does not say which one, or how to reach it.
    """
    settings = load(ModelSettings)
    if settings.model_provider == "bedrock":
        from core.llm.bedrock import Bedrock

        return LanguageModel(Bedrock(settings), settings)
    from core.llm.openai_compatible import from_settings

    return LanguageModel(from_settings(), settings)
