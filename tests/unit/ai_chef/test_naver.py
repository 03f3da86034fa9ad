"""Prices of Naver's shopping search, through the step that fetches them; the search answers on loopback."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ai_chef import fetch_prices, naver, orchestrate_session
from ai_chef.errors import NothingPriced, PriceSearchRefused
from ai_chef.ingredients import known
from ai_chef.models import Pricing, RecipeIngredient
from ai_chef.pack_sizes import pack_size
from core import aws, http
from core.errors import ProviderUnavailable
from core.settings import WrongSettings
from tests.support.loopback import serving
from tests.support.model_server import Fails, Hangs, ModelServer, Says
from tests.unit.ai_chef.test_prices import dish
from tests.unit.ai_chef.test_steps import event, profile

SECRET = "naver-client-secret"
DISH = dish("Potato pancakes").model_dump(mode="json", by_alias=True)


class Clock:
    """A clock on which only sleeping takes time. slept: how long, each time."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Paced(ModelServer):
    """Takes ten requests a second of this clock, as Naver does."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(Says([product("감자 2kg")]))
        self.clock = clock
        self.came: list[float] = []

    def next(self) -> Says | Fails | Hangs:
        now = self.clock.monotonic()
        self.came.append(now)
        return Fails(429, "012") if sum(now - before < 0.999 for before in self.came) > 10 else super().next()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(naver, "time", clock)
    return clock


@pytest.fixture
def server(tables: None, environment: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    with serving(ModelServer(Says([]))) as server:
        environment.setenv("PRICE_PROVIDER", "naver")
        environment.setenv("NAVER_URL", f"{server.url}/v1/search/shop.json")
        environment.setenv("NAVER_SECRET", "naver-test")
        credentials = json.dumps({"clientId": "client-1", "clientSecret": SECRET})
        aws.secretsmanager().create_secret(Name="naver-test", SecretString=credentials)
        yield server
        server.given_up.set()
    http._pool().clear()


def product(title: str, price: Any = "1000", **fields: Any) -> dict[str, Any]:
    return {
        "title": title,
        "link": "https://search.shopping.naver.com/product/1",
        "image": "",
        "lprice": price,
        "hprice": "",
        "mallName": "네이버",
        "productId": "1",
        "productType": "1",
        "category1": "식품",
        **fields,
    }


def fetch() -> Pricing:
    orchestrate_session.handler(event({"sessionId": "s1", "profile": profile()}), None)
    return Pricing.model_validate(fetch_prices.handler(event({"sessionId": "s1", "recipe": DISH}), None))


def test_each_ingredient_is_searched_for_by_its_korean_name_with_the_credentials(server: ModelServer) -> None:
    server.script = [Says([product("햇 <b>감자</b> 2kg &amp; 선물", "5000", mallName="감자마켓")]), Says([])]
    pricing = fetch()
    assert server.asked[0].path == "/v1/search/shop.json"
    assert server.asked[0].body["query"] == ["감자"]
    assert (server.asked[0].headers["X-Naver-Client-Id"], server.asked[0].headers["X-Naver-Client-Secret"]) == (
        "client-1",
        SECRET,
    )
    [potato] = pricing.prices
    amount = next(item["amount"] for item in DISH["ingredients"] if item["name"] == "potato")
    assert (potato.name, potato.shop, potato.price) == ("potato", "감자마켓", -(-amount * 5000 // 2000))
    assert potato.offers[0].product == "햇 감자 2kg & 선물"
    assert set(pricing.unpriced) == {item["name"] for item in DISH["ingredients"]} - {"potato", "water"}


@pytest.mark.parametrize(
    "item",
    [
        product("감자칼 2kg", category1="생활/건강"),
        product("고구마 2kg"),
        product("감자 한가득"),
        product("감자 2kg", price=""),
        product("감자 2kg", price="0"),
        product("감자 2kg", productType="4"),
        {"title": "감자 2kg"},
        "감자 2kg",
    ],
)
def test_what_is_no_offer_of_the_ingredient_is_left_out(server: ModelServer, item: Any) -> None:
    server.script = [Says([item])]
    with pytest.raises(NothingPriced):
        fetch()


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        (Fails(500, "SE99"), ProviderUnavailable, r"500 \(SE99\)"),
        (Says(b"<html>"), ProviderUnavailable, "no answer of its"),
        (Hangs(), ProviderUnavailable, "gave no answer"),
        (Fails(401, "024", f"Authentication failed {SECRET}"), PriceSearchRefused, "clientId"),
        (Fails(403, "025"), PriceSearchRefused, "may use the search API"),
        (Fails(404, "SE05"), PriceSearchRefused, "naverUrl"),
    ],
)
def test_a_search_that_fails_has_a_name_and_no_credentials_in_it(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch, answer: Any, error: type[Exception], told: str
) -> None:
    monkeypatch.setattr(naver, "_SECONDS", 0.2)
    server.script = [answer]
    with pytest.raises(error, match=told) as raised:
        fetch()
    assert SECRET not in str(raised.value)
    assert len(server.asked) == 1


def test_a_dish_of_many_ingredients_keeps_to_the_pace_of_the_search(clock: Clock) -> None:
    items = [
        RecipeIngredient(name=each.name, name_ko=each.name_ko, amount=1, unit=each.unit)
        for each in list(known().values())[:25]
    ]
    with serving(Paced(clock)) as search:
        credentials = naver.Credentials(client_id="client-1", client_secret=SECRET)
        assert len(naver.NaverPrices(search.url, credentials).find_offers(items)) == 25
    http._pool().clear()
    assert len(search.asked) == 25


def test_what_comes_too_fast_all_the_same_is_asked_once_more_a_second_later(server: ModelServer, clock: Clock) -> None:
    server.script = [Fails(429, "012"), Says([product("감자 2kg")])]
    assert [each.name for each in fetch().prices] == ["potato"]
    assert clock.slept[1] == 1.0


def test_a_search_that_goes_on_refusing_is_left_to_the_machine(server: ModelServer) -> None:
    server.script = [Fails(429, "012")]
    with pytest.raises(ProviderUnavailable, match=r"429 \(012\)"):
        fetch()
    assert len(server.asked) == 2


def test_nothing_is_asked_again_once_the_time_is_up(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naver, "_SECONDS_FOR_ALL", 0.5)
    server.script = [Fails(429, "012")]
    with pytest.raises(ProviderUnavailable, match="too slow"):
        fetch()
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("title", "ingredient"),
    [
        ("해남 절임배추 20kg", "pear"),
        ("무농약 햇감자 5kg", "radish"),
        ("포기김치 10kg", "gim"),
        ("파프리카 1kg", "green onion"),
        ("새우볶음밥 300g", "rice"),
    ],
)
def test_a_name_of_one_syllable_is_not_found_within_other_words(title: str, ingredient: str) -> None:
    assert list(naver._offers([product(title)], known()[ingredient])) == []


@pytest.mark.parametrize("title", ["나주 배 5kg", "배5kg", "[배] 5kg", "5kg 배"])
def test_a_name_of_one_syllable_is_found_where_it_stands_alone(title: str) -> None:
    assert [offer.pack_size for offer in naver._offers([product(title)], known()["pear"])] == [5000]


def test_a_search_that_is_too_slow_for_all_ingredients_is_given_up(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naver, "_SECONDS_FOR_ALL", -1.0)
    with pytest.raises(ProviderUnavailable, match="too slow"):
        fetch()


@pytest.mark.parametrize(
    "secret", ["client-1", '{"clientId": "client-1"}', '{"clientId": "a\\nb", "clientSecret": "c"}']
)
def test_a_secret_that_holds_no_credentials_says_what_to_write(server: ModelServer, secret: str) -> None:
    aws.secretsmanager().put_secret_value(SecretId="naver-test", SecretString=secret)
    with pytest.raises(WrongSettings, match="secret naver-test: write") as raised:
        fetch()
    assert "client-1" not in str(raised.value)


def test_the_search_is_not_asked_without_encryption(server: ModelServer, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("NAVER_URL", "http://openapi.example.com/shop.json")
    with pytest.raises(WrongSettings, match="https"):
        fetch()


@pytest.mark.parametrize(
    ("title", "ingredient", "size"),
    [
        ("국산 두부 300g", "tofu", 300),
        ("한돈 삼겹살 1.5kg", "pork belly", 1500),
        ("두부 500g\u00d72", "tofu", 1000),
        ("두부 500g x 2개", "tofu", 1000),
        ("곰곰 두부 300g, 2개", "tofu", 600),
        ("두부 300g 3팩 (900g)", "tofu", 900),
        ("두부 300g 3팩", "tofu", 900),
        ("쌀 1,000g", "rice", 1000),
        ("쌀 20㎏", "rice", 20000),
        ("참기름 320ml", "sesame oil", 320),
        ("간장 1.7L", "soy sauce", 1700),
        ("간장 1리터 2병", "soy sauce", 2000),
        ("참기름 460g", "sesame oil", 500),
        ("신선한 계란 30구", "egg", 30),
        ("유정란 10개입", "egg", 10),
        ("계란 1kg", "egg", 20),
        ("깐마늘 500g", "garlic", 100),
        ("두부 500ml", "tofu", None),
        ("두부 3모", "tofu", None),
        ("두부", "tofu", None),
        ("두부 300g 1kg 혼합", "tofu", None),
        ("두부 300g~1kg", "tofu", None),
        ("두부 300g/500g 택1", "tofu", None),
        ("파르메산 치즈 200g 24개월 숙성", "parmesan", 200),
        ("유정란 15구 x 2팩", "egg", 30),
        ("신선란 10구, 3팩", "egg", 30),
        ("특란 30구 2판", "egg", 60),
        ("계란 1판(30구) 2판", "egg", 60),
        ("계란 60구 (30구 x 2판)", "egg", 60),
        ("숙성란 24개월", "egg", None),
        ("감자 3-4kg", "potato", None),
        ("국산 양파 (3kg) 15개입", "onion", None),
        ("사과 3kg 10개", "apple", None),
        ("감자 5kg 1개", "potato", 5000),
        ("쌀 10kg, 2개", "rice", 20000),
        ("김치 3kg 2팩", "kimchi", 6000),
        ("두부 (300g) 2개", "tofu", 600),
        ("사프란 0.001g", "saffron", None),
        ("두부 5gb", "tofu", None),
    ],
)
def test_a_pack_s_size_is_read_from_its_title_or_not_at_all(title: str, ingredient: str, size: int | None) -> None:
    assert pack_size(title, known()[ingredient]) == size
