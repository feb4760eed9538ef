"""Rasa's command line with the HTTP token taken from RASA_TOKEN, so that no process list shows it.

python -m bot.rasa.launch run --enable-api …
"""

import os
import sys

from rasa.__main__ import main

if __name__ == "__main__":
    sys.argv[0] = "rasa"
    if token := os.environ.pop("RASA_TOKEN", ""):
        sys.argv += ["--auth-token", token]
    main()
