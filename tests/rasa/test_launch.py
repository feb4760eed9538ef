"""Rasa starts without TensorFlow, and says so when something needs it after all."""

import subprocess
import sys

from bot.paths import ROOT

BEFORE = "from bot.rasa import without_tensorflow as w; w.install(); "


def said(code: str) -> str:
    """What a fresh process prints that left TensorFlow out before it ran `code`."""
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BEFORE + code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.strip()


def test_rasa_can_be_imported_without_tensorflow() -> None:
    code = "import rasa.core.agent, sys; print('tensorflow.python' in sys.modules)"
    assert said(code) == "False"


def test_spacy_sees_that_tensorflow_is_not_there() -> None:
    assert said("from thinc import compat; print(compat.has_tensorflow)") == "False"


def test_a_neural_component_says_that_tensorflow_was_left_out() -> None:
    code = (
        "from rasa.utils.tensorflow.models import RasaModel\n"
        "try: RasaModel('a')\n"
        "except w.NotLoaded as error: print(error)"
    )
    assert "needs TensorFlow" in said(code)


def test_a_decorator_of_tensorflow_gives_back_what_it_is_put_on() -> None:
    assert said("import tensorflow as tf; print(tf.function(len) is len)") == "True"
