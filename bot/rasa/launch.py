"""Rasa's command line as this project starts it.

    python -m bot.rasa.launch run --enable-api …

The HTTP token is taken from RASA_TOKEN, so that no process list shows it, and TensorFlow is left
out. Plain `rasa` works as well, only slower.
"""

import os
import sys

from bot.rasa import without_tensorflow


def main() -> None:
    """Run Rasa with the arguments of this process."""
    without_tensorflow.install()
    from rasa.__main__ import main as rasa

    sys.argv[0] = "rasa"
    if token := os.environ.pop("RASA_TOKEN", ""):
        sys.argv += ["--auth-token", token]
    rasa()


if __name__ == "__main__":
    main()
