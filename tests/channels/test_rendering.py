"""Any reply on any channel: every limit is held, and nothing is lost silently."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels import capabilities
from bot.channels.base import OutButton, Outgoing
from bot.channels.capabilities import Capabilities, Length
from bot.channels.graphemes import graphemes
from bot.channels.policy import number_in
from bot.channels.rendering import Choice, Piece, choices_by_number, fit, merged
from bot.channels.splitting import ELLIPSIS, folded, shorten, split
from bot.wording import wording

CHANNELS = sorted(capabilities.table())
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
FLAG = "\U0001f1f0\U0001f1f7"
WORDS = st.sampled_from(
    [
        "가로등이",
        "고장났어요.",
        "제주시",
        "a",
        "GS25",
        FAMILY,
        FLAG,
        "e\u0301",
        "\n",
        "\n\n",
        "  ",
        "?",
    ]
)
TEXTS = st.one_of(
    st.lists(WORDS, max_size=60).map(" ".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    st.integers(1, 12_000).map(lambda count: ("가나다 라마바사. " * count)[:12_000]),
)
TITLES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200),
    st.sampled_from(
        ["상담원 연결", "여권을 다시 만들고 싶어요", "여권을 다시 만들고 싶은데 얼마예요"]
    ),
)
IDS = st.text("abcdefghij-_0123456789", min_size=16, max_size=16)
URLS = st.sampled_from(
    ["https://www.jeju.go.kr/", "https://www.jeju.go.kr/" + "a" * 470, "https://x.kr/" + "가" * 300]
)
BUTTONS = st.one_of(
    st.builds(OutButton, title=TITLES, payload=IDS), st.builds(OutButton, title=TITLES, url=URLS)
)
PARTS = st.builds(
    Outgoing,
    text=TEXTS,
    buttons=st.lists(BUTTONS, max_size=25).map(tuple),
    photos=st.lists(st.just("https://120.example/p/1"), max_size=4).map(tuple),
    language=st.sampled_from(["ko", "en"]),
    asks=st.sampled_from([None, "location"]),
    more_url=st.just("https://120.example/chat"),
)


def solid(text: str) -> str:
    return "".join(text.split())


def choices(piece: Piece) -> tuple[Choice, ...]:
    return piece.buttons + piece.quick_replies


def check_piece(piece: Piece, can: Capabilities) -> None:
    assert bool(piece.text) != bool(piece.photo), piece
    assert can.text.fits(piece.text), (can.text.of(piece.text), can.text)
    assert not (piece.buttons and piece.quick_replies)
    if piece.quick_replies and piece.asks_location:
        assert can.quick_replies and len(piece.quick_replies) < can.quick_replies.most
    for shown, place in ((piece.buttons, can.buttons), (piece.quick_replies, can.quick_replies)):
        assert len(shown) <= (place.most if place else 0)
        for choice in shown:
            assert place is not None
            assert choice.label.strip(), choice
            assert place.label.fits(choice.label), choice.label
            assert place.links or not choice.url
            assert can.url.fits(choice.url or "-")
            assert can.payload.fits(choice.payload or "-")
    if piece.buttons and can.text_with_buttons:
        assert can.text_with_buttons.fits(piece.text)


@pytest.mark.parametrize("channel", CHANNELS)
@given(part=PARTS, fold=st.booleans())
@settings(max_examples=40, deadline=None)
def test_any_message_fits_any_channel(channel: str, part: Outgoing, fold: bool) -> None:
    can = capabilities.of(channel)
    pieces = fit([part], can, fold=fold)
    assert len(pieces) <= can.most_pieces
    assert pieces or not (part.text.strip() or part.buttons or part.photos)
    for piece in pieces:
        check_piece(piece, can)
    assert not any(choices(piece) for piece in pieces[:-1])


@pytest.mark.parametrize("channel", CHANNELS)
@given(part=PARTS)
@settings(max_examples=40, deadline=None)
def test_nothing_is_lost_silently(channel: str, part: Outgoing) -> None:
    can = capabilities.of(channel)
    pieces = fit([part], can)
    said = "".join(solid(piece.text) for piece in pieces)
    note = wording().text("channel.folded", part.language, {"url": part.more_url})
    is_folded = solid(note) in said or (len(pieces) == can.most_pieces and ELLIPSIS in said)
    if solid(part.text) not in said:
        assert is_folded
    shown = [choice for piece in pieces for choice in choices(piece)]
    for button in part.buttons:
        as_button = any(
            (choice.payload, choice.url) == (button.payload, button.url) for choice in shown
        )
        as_text = solid(button.title)[:20] in said
        assert as_button or as_text or is_folded, button
    for photo in part.photos:
        assert any(piece.photo == photo for piece in pieces) or photo in said or is_folded


@pytest.mark.parametrize("channel", CHANNELS)
@given(part=PARTS)
@settings(max_examples=30, deadline=None)
def test_a_shown_number_leads_to_its_button(channel: str, part: Outgoing) -> None:
    can = capabilities.of(channel)
    numbered = choices_by_number([part], can)
    shown = [choice for piece in fit([part], can) for choice in choices(piece)]
    if not numbered:
        assert len({choice.label for choice in shown}) == len(shown)
        return
    for choice in shown:
        number = re.match(r"(\d+)\. ", choice.label)
        assert number, choice.label
        button = numbered[int(number[1]) - 1]
        assert (button.payload, button.url) == (choice.payload, choice.url)


@given(parts=st.lists(PARTS, min_size=2, max_size=4))
@settings(max_examples=20, deadline=None)
def test_merged_messages_still_fit(parts: list[Outgoing]) -> None:
    for channel in CHANNELS:
        can = capabilities.of(channel)
        pieces = fit([merged(parts)], can)
        assert len(pieces) <= can.most_pieces
        for piece in pieces:
            check_piece(piece, can)


@given(text=TEXTS, most=st.integers(12, 500), rule=st.sampled_from(sorted(capabilities.COUNT)))
@settings(max_examples=100, deadline=None)
def test_splitting_keeps_every_character_and_every_grapheme(
    text: str, most: int, rule: capabilities.Rule
) -> None:
    length = Length(most=most, counts=rule)
    pieces = split(text, length)
    assert all(pieces) and all(length.fits(piece) for piece in pieces)
    assert solid("".join(pieces)) == solid(text)
    whole = graphemes(text)
    if max(map(length.of, whole), default=0) <= most:
        assert [g for p in pieces for g in graphemes(p) if not g.isspace()] == [
            g for g in whole if not g.isspace()
        ]


@given(text=TEXTS, most=st.integers(3, 60), rule=st.sampled_from(sorted(capabilities.COUNT)))
@settings(max_examples=100, deadline=None)
def test_shortening_fits(text: str, most: int, rule: capabilities.Rule) -> None:
    length = Length(most=most, counts=rule)
    short = shorten(text, length)
    assert length.fits(short)
    assert short == text or short.endswith(ELLIPSIS)


def test_a_text_is_cut_where_a_reader_would_pause() -> None:
    length = Length(most=20, counts="characters")
    assert split("하나 둘 셋 넷이에요.\n\n다섯 여섯 일곱이에요.", length) == [
        "하나 둘 셋 넷이에요.",
        "다섯 여섯 일곱이에요.",
    ]
    assert split("한 문장이에요. 그리고 둘째 문장도 있어요.", length)[0] == "한 문장이에요."


def test_an_emoji_family_and_a_flag_are_one_character() -> None:
    assert graphemes(FAMILY + FLAG + FLAG) == [FAMILY, FLAG, FLAG]
    assert split(FAMILY * 3, Length(most=9, counts="utf16")) == [FAMILY] * 3


def test_a_folded_text_ends_with_the_way_to_the_rest() -> None:
    text = folded("가나다라 " * 100, Length(most=100, counts="characters"), 2, "더 보기: x")
    assert len(text) == 2
    assert text[-1].endswith("…\n\n더 보기: x")


def test_few_short_buttons_stay_buttons_without_numbers() -> None:
    part = Outgoing("무엇을 할까요?", (OutButton("네", "a"), OutButton("아니요", "b")))
    for channel in CHANNELS:
        pieces = fit([part], capabilities.of(channel))
        assert [choice.label for choice in choices(pieces[-1])] == ["네", "아니요"]
        assert choices_by_number([part], capabilities.of(channel)) == []


def test_many_buttons_become_numbers_that_can_be_typed() -> None:
    part = Outgoing("무엇인가요?", tuple(OutButton(f"고를 것 {n}", f"id{n}") for n in range(30)))
    can = capabilities.of("kakao")
    text = "\n".join(piece.text for piece in fit([part], can))
    assert "30. 고를 것 29" in text and wording().text("channel.numbers", "ko") in text
    assert choices_by_number([part], can)[29].payload == "id29"


def test_labels_that_would_look_the_same_become_numbers() -> None:
    titles = ("여권을 다시 만들고 싶어요 가", "여권을 다시 만들고 싶어요 나")
    part = Outgoing("?", tuple(OutButton(title, title[-1]) for title in titles))
    pieces = fit([part], capabilities.of("kakao"))
    assert "1. 여권을 다시 만들고 싶어요 가" in pieces[0].text
    assert [choice.label[:2] for choice in choices(pieces[-1])] == ["1.", "2."]


@pytest.mark.parametrize("text", ["1", " 1 ", "1번", "1번이요", "1.", "No. 1", "#1", "1번 할게요"])
def test_a_typed_number_is_heard(text: str) -> None:
    assert number_in(text) == 1


@pytest.mark.parametrize(
    "text", ["1번 버스 어디 가요?", "11월", "064-120", "하나", "1.5톤", "120번은"]
)
def test_a_text_with_a_number_in_it_is_no_choice(text: str) -> None:
    assert number_in(text) is None
