"""Whatever we could want to say, and what must be left of it on every channel."""

from collections.abc import Iterable, Sequence

from hypothesis import strategies as st

from bot.channels.base import OutButton, Outgoing
from bot.channels.splitting import ELLIPSIS

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
WORDS = st.sampled_from(
    ["가로등이", "고장났어요.", "a", FAMILY, "e\u0301", "\n", "\n\n", "  ", "?"]
)
TEXTS = st.one_of(
    st.lists(WORDS, max_size=60).map(" ".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    st.integers(1, 12_000).map(lambda count: ("가나다 라마바사. " * count)[:12_000]),
)
TITLES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60),
    st.sampled_from(
        ["상담원 연결", "Talk to a person", "도움이 됐어요", "여권을 다시 만들고 싶어요"]
    ),
)
IDS = st.text("abcdefghij-_0123456789", min_size=16, max_size=16)
URLS = st.sampled_from(
    ["https://www.jeju.go.kr/", "https://www.jeju.go.kr/" + "a" * 470, "https://x.kr/" + "가" * 300]
)
BUTTONS = st.one_of(
    st.builds(OutButton, title=TITLES, payload=IDS), st.builds(OutButton, title=TITLES, url=URLS)
)
MORE = "https://120.example/chat"
PARTS = st.builds(
    Outgoing,
    text=TEXTS,
    buttons=st.lists(BUTTONS, max_size=14).map(tuple),
    photos=st.lists(st.just("https://120.example/p/1"), max_size=4).map(tuple),
    language=st.sampled_from(["ko", "en"]),
    more_url=st.just(MORE),
)
UNITS = st.lists(PARTS, min_size=1, max_size=3)


def solid(text: str) -> str:
    """`text` without blanks: only blanks may be lost at a cut."""
    return "".join(text.split())


def check_nothing_lost(
    parts: Sequence[Outgoing], texts: Iterable[str], buttons: Iterable[str]
) -> None:
    """Every text is said, or folded with a sign; every button is one, or stands in the text.

    `buttons`: the payloads and addresses that can be pressed.
    """
    said = "".join(solid(text) for text in texts)
    pressable = set(buttons)
    is_folded = MORE in said and ELLIPSIS in said
    for part in parts:
        assert solid(part.text) in said or is_folded, "a text was lost"
        for button in part.buttons:
            as_button = (button.payload or button.url) in pressable
            as_text = solid(button.title)[:20] in said
            assert as_button or as_text or is_folded, f"{button.title!r} was lost"
