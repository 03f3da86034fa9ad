"""Short novels of three chapters for the tests, and one in traditional characters."""

from pathlib import Path

_STORIES = Path(__file__).parent / "stories"
TITLES = {
    "chinese": ["第一章 雾中来客", "第二章 钟楼", "第三章 码头"],
    "korean": ["제1장 늦은 편지", "제2장 방앗간", "제3장 봄"],
    "japanese": ["第一話 路地の奥", "第二話 失くした星", "第三話 朝"],
}
TRADITIONAL = (
    "霧港一年裡有兩百天看不見海。那天清晨，鐘樓的鐘沒有響，全鎮的人都睡過了頭。\n"
    "「奇怪。」林晚秋自言自語，「三十年了，它從來沒有停過。」她提著工具箱往鐘樓跑。\n"
)
CANTONESE = "佢哋喺度食緊飯，阿明話：「你嘅嘢擺喺邊度呀？」我冇答佢，淨係望住個窗。\n"
FRENCH = "Il était une fois un garçon prénommé Théo. “Où vas-tu ?” demanda la mère, inquiète. C’était Noël.\n"


def story(language: str) -> str:
    return (_STORIES / f"{language}.txt").read_text(encoding="utf-8")
