"""Languages that are recognised and led on."""

import pytest

from bot.korean.foreign import languages

SAID = {
    "请问怎么办护照": "zh",
    "請問怎麼辦護照": "zh_hant",
    "パスポートを作りたいです": "ja",
    "Tôi muốn gia hạn visa": "vi",
    "xin chao toi muon hoi": "vi",
    "สวัสดีครับ": "th",
    "Как продлить визу?": "ru",
    "Би виз сунгах хэрэгтэй": "mn",
    "ខ្ញុំចង់សួរ": "km",
    "मलाई मद्दत चाहियो": "ne",
    "saya mau tanya di mana": "id",
    "kailangan ko po ng tulong": "tl",
    "hola necesito ayuda por favor": "es",
    "ich brauche bitte Hilfe": "de",
}


@pytest.mark.parametrize(("text", "code"), SAID.items())
def test_a_language_is_recognised(text: str, code: str) -> None:
    assert languages().which(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "여권 만들려면 뭐가 필요해요?",
        "where is the nearest office",
        "How do I renew my visa in Jeju?",
        "GS25",
        "120",
        "",
        "I live at the Casa del Mar in Aewol",
    ],
)
def test_korean_and_english_are_none_of_them(text: str) -> None:
    assert languages().which(text) == ""


def test_every_sentence_leads_to_the_interpreter_line() -> None:
    for code in languages():
        assert "1345" in languages().sentence(code), code


def test_a_language_that_is_not_listed_has_no_sentence() -> None:
    assert languages().sentence("xx") == ""
