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

_SECONDS = 3.0
_SECONDS_FOR_ALL = 30.0
_DISPLAY = 20
_COME_BACK = frozenset({408, 425, 429})
_CODE = re.compile(r"[A-Za-z0-9]{1,16}")
_TAG = re.compile(r"</?b>")
_SPACES = re.compile(r"\s+")
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
    """A PriceProvider. It repeats no request, and follows no redirect."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        self._url = url
        self._headers = {
            "X-Naver-Client-Id": credentials.client_id,
            "X-Naver-Client-Secret": credentials.client_secret,
        }

    def find_offers(self, ingredients: Iterable[RecipeIngredient]) -> Mapping[str, list[Offer]]:
        ends = time.monotonic() + _SECONDS_FOR_ALL
        offers: dict[str, list[Offer]] = {}
        for item in ingredients:
            if time.monotonic() > ends:
                raise ProviderUnavailable("the shopping search is too slow to ask for every ingredient")
            offers[item.name] = list(_offers(self._search(item.name_ko), known()[item.name]))
        return offers

    def _search(self, words: str) -> list[Any]:
        query = {"query": words, "display": _DISPLAY, "sort": "sim", "exclude": "used:rental:cbshop"}
        try:
            status, body = http.get(f"{self._url}?{urlencode(query)}", self._headers, seconds=_SECONDS)
        except http.NoAnswer as error:
            raise ProviderUnavailable(f"the shopping search gave no answer: {error}") from None
        answer = _object(body)
        if status != 200:
            raise _refusal(status, answer.get("errorCode"))
        items = answer.get("items")
        if not isinstance(items, list):
            raise ProviderUnavailable("the shopping search sent what is no answer of its")
        return items


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
    words = [_together(word) for word in (ingredient.name_ko, *ingredient.words)]
    for item in items:
        try:
            found = Found.model_validate(item)
        except ValidationError:
            continue
        title = html.unescape(_TAG.sub("", found.title))
        size = pack_size(title, ingredient)
        named = any(word in _together(title) for word in words)
        if size and named and found.category1 in ("", _FOOD) and found.product_type in (1, 2, 3):
            yield Offer(product=title, shop=found.mall_name or "네이버", pack_size=size, pack_price=found.lprice)


def _together(text: str) -> str:
    return _SPACES.sub("", text).casefold()


def _refusal(status: int, code: Any) -> Exception:
    told = f"{status} ({code})" if isinstance(code, str) and _CODE.fullmatch(code) else f"{status}"
    if status in _COME_BACK or status >= 500:
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
