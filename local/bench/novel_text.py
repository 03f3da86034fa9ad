"""A novel of any length, always the same one: people who go to places, look like something and talk to one another."""

import random
from collections.abc import Iterator

FIRST = (
    "Mara", "Tobin", "Elsa", "Jonas", "Ida", "Felix", "Nora", "Hugo", "Vera", "Otto", "Lena", "Pavel", "Greta",
    "Anton", "Rosa", "Emil", "Clara", "Viktor", "Alma", "Leo",
)  # fmt: skip
LAST = ("Voss", "Hale", "Brandt", "Quill", "Marsh", "Thorne", "Lindqvist", "Okafor", "Reyes", "Castellan")
PLACES = (
    "the harbour", "the lighthouse", "the old library", "the market", "the glass house", "the mill",
    "the station", "the chapel",
)  # fmt: skip
LOOKS = (
    "a tall man in a grey coat", "a thin woman with red hair", "a boy with a scar on his chin",
    "an old woman in black",
)  # fmt: skip
DID = (
    "waited by the door", "opened the letter", "looked at the map", "lit the lamp", "counted the coins",
    "turned away",
)  # fmt: skip
SAID = ("said", "asked", "answered", "whispered", "cried")
WORDS = (
    "We have to leave before the tide turns", "Did you bring the key",
    "Nobody has seen the captain since Tuesday", "I knew your father well", "The bridge is gone",
    "Then we take the long way round", "You should not have come alone",
)  # fmt: skip
LETTERS = (
    "他在码头等了很久。",
    "“你看见那封信了吗？”她问道。",  # Chinese
    "灯塔的光照在海面上。",
    "老人慢慢地走进图书馆。",
    "风停了，谁也没有说话。",  # Chinese
)
TITLES = ("The Letter", "A Light at Sea", "What the Captain Knew", "The Long Way Round", "Low Water", "The Key")


def novel(size: int, chapters: int) -> bytes:
    """A text of at most so many bytes of UTF-8, and nearly as many, in so many chapters, a quarter of it Chinese."""
    chance, each = random.Random(size), size // chapters  # noqa: S311  # the same text each time
    return "".join(_chapter(chance, number, each) for number in range(1, chapters + 1)).encode()


def _chapter(chance: random.Random, number: int, size: int) -> str:
    text = f"Chapter {number}: {chance.choice(TITLES)}\n\n"
    left = size - len(text.encode())
    for paragraph in _paragraphs(chance):
        left -= len(paragraph.encode())
        if left < 0:
            return text
        text += paragraph
    raise AssertionError("a chapter goes on for as long as there is room")


def _paragraphs(chance: random.Random) -> Iterator[str]:
    """Scene after scene of a few people at one place. Without end."""
    while True:
        people = [f"{chance.choice(FIRST)} {chance.choice(LAST)}" for _ in range(chance.randint(2, 4))]
        yield f"{people[0]}, {chance.choice(LOOKS)}, came to {chance.choice(PLACES)} in the evening.\n\n"
        for _ in range(chance.randint(4, 8)):
            one, other = chance.sample(people, 2)
            yield f"{one} {chance.choice(DID)}. {other} {chance.choice(DID)} and did not look up.\n\n"
            yield f"“{chance.choice(WORDS)},” {chance.choice(SAID)} {one.split()[0]}. “{chance.choice(WORDS)}.”\n\n"
            yield f"{''.join(chance.sample(LETTERS, 2))}\n\n"
        yield "***\n\n"
