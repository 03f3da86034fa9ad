"""Offers that Naver's shopping search finds: https://developers.naver.com/docs/serviceapi/search/shopping/shopping.md"""

import html
import json
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from pydantic import Field, ValidationError

from ai_chef.errors import PriceSearchRefused
from ai_chef.ingredients import Ingredient, known
from ai_chef.models import Offer, RecipeIngredient
from ai_chef.pack_sizes import pack_size
from core import http, settings
from core.errors import ProviderUnavailable
from core.models import Model
from core.parameters import secret

_APART = 0.1
"""Seconds between requests: ten may come in one."""
_PAUSE = 1.0
"""Seconds to wait after too many, for other sessions ask with the same application."""
_SECONDS = 3.0
_SECONDS_FOR_ALL = 30.0
_DISPLAY = 20
_CODE = re.compile(r"[A-Za-z0-9]{1,16}")
_TAG = re.compile(r"</?b>")
_SPACES = re.compile(r"\s+")
_LETTER = r"[^\W\d_]"
_FOOD = "식품"


class NaverSettings(settings.Settings):
    """naver_url: of the shopping search. naver_secret: the secret that holds the application's credentials."""

    naver_url: str = Field(min_length=1)
    naver_secret: str = Field(min_length=1)


class Credentials(Model):
    """What the secret holds, as JSON."""

    client_id: str = Field(pattern=r"^[!-~]+$")
    client_secret: str = Field(pattern=r"^[!-~]+$")


class Found(Model):
    """A product of the search. lprice: KRW, the lowest. product_type: 1 to 3 are new goods that are on sale."""

    title: str
    lprice: int = Field(gt=0)
    mall_name: str = ""
    product_type: int = 1
    category1: str = _FOOD


class NaverPrices:
    """A PriceProvider. It keeps to the search's pace, repeats once what came too fast, and follows no redirect."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        self._url = url
        self._headers = {
            "X-Naver-Client-Id": credentials.client_id,
            "X-Naver-Client-Secret": credentials.client_secret,
        }
        self._next = 0.0

    def find_offers(self, ingredients: Iterable[RecipeIngredient]) -> Mapping[str, list[Offer]]:
        ends = time.monotonic() + _SECONDS_FOR_ALL
        return {item.name: list(_offers(self._search(item.name_ko, ends), known()[item.name])) for item in ingredients}

    def _search(self, words: str, ends: float) -> list[Any]:
        status, body = self._ask(words, ends)
        if status == 429:
            time.sleep(_PAUSE)
            status, body = self._ask(words, ends)
        answer = _object(body)
        if status != 200:
            raise _refusal(status, answer.get("errorCode"))
        items = answer.get("items")
        if not isinstance(items, list):
            raise ProviderUnavailable("the shopping search sent what is no answer of its")
        return items

    def _ask(self, words: str, ends: float) -> tuple[int, bytes]:
        time.sleep(max(0.0, self._next - time.monotonic()))
        self._next = time.monotonic() + _APART
        if time.monotonic() > ends:
            raise ProviderUnavailable("the shopping search is too slow to ask for every ingredient")
        query = {"query": words, "display": _DISPLAY, "sort": "sim", "exclude": "used:rental:cbshop"}
        try:
            return http.get(f"{self._url}?{urlencode(query)}", self._headers, seconds=_SECONDS)
        except http.NoAnswer as error:
            raise ProviderUnavailable(f"the shopping search gave no answer: {error}") from None


def from_settings() -> NaverPrices:
    """Raises WrongSettings unless the address is https, or on this machine, and the secret holds credentials."""
    given = settings.load(NaverSettings)
    if not http.is_private(given.naver_url):
        raise settings.WrongSettings("environment variables: NAVER_URL: the shopping search's address must be https")
    try:
        credentials = Credentials.model_validate_json(secret(given.naver_secret))
    except ValidationError:
        raise settings.WrongSettings(
            f'secret {given.naver_secret}: write {{"clientId": "…", "clientSecret": "…"}} into it'
        ) from None
    return NaverPrices(given.naver_url, credentials)


def _offers(items: list[Any], ingredient: Ingredient) -> Iterable[Offer]:
    """The products that are this ingredient, by their titles, in packs of a readable size."""
    words = (ingredient.name_ko, *ingredient.words)
    for item in items:
        try:
            found = Found.model_validate(item)
        except ValidationError:
            continue
        title = html.unescape(_TAG.sub("", found.title))
        size = pack_size(title, ingredient)
        named = any(_names(title, word) for word in words)
        if size and named and found.category1 in ("", _FOOD) and found.product_type in (1, 2, 3):
            yield Offer(product=title, shop=found.mall_name or "네이버", pack_size=size, pack_price=found.lprice)


def _names(title: str, word: str) -> bool:
    """Whether a title has a word, however it is spaced. One syllable stands alone: 배, a pear, is part of 절임배추."""
    if len(word) == 1:
        return re.search(f"(?<!{_LETTER}){word}(?!{_LETTER})", title) is not None
    return _together(word) in _together(title)


def _together(text: str) -> str:
    return _SPACES.sub("", text).casefold()


def _refusal(status: int, code: Any) -> Exception:
    told = f"{status} ({code})" if isinstance(code, str) and _CODE.fullmatch(code) else f"{status}"
    if http.comes_back(status):
        return ProviderUnavailable(f"the shopping search answered {told}")
    if status in (401, 403):
        return PriceSearchRefused(
            f"the shopping search answered {told}: see that the application's clientId and clientSecret are good, and "
            "that it may use the search API"
        )
    return PriceSearchRefused(f"the shopping search answered {told}: see that naverUrl in cdk.json is its address")


def _object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
