"""What is taken for a check code while one is awaited."""

import pytest

from bot.rasa.nlu.resolve import is_like_a_code


@pytest.mark.parametrize(
    "text", ["AB2C-D3EF", "ab2c d3ef", "AB2CD3EF", "ABOC-DOEF", "abcd-efgh", "ABCDEFGH", "AB2-C3DE"]
)
def test_a_code_and_what_was_mistyped_for_one(text):
    assert is_like_a_code(text)


@pytest.mark.parametrize(
    "text", ["thank you", "Thank you", "THANK YOU", "thanks", "good night", "고마워요", "Jeju city"]
)
def test_a_word_of_thanks_is_no_code(text):
    assert not is_like_a_code(text)
