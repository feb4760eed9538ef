"""Lemmas as Rasa's parse gives them, without Rasa: a list of texts (JSON) in, their lemmas out.

Runs in the Rasa environment; `lemmas_of` asks it from the application's.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.paths import ROOT

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def lemmas_of(texts: Sequence[str]) -> dict[str, list[str]]:
    """The lemmas of each text. Raises CalledProcessError when the Rasa environment fails."""
    done = subprocess.run(
        [str(ROOT / ".venv-rasa" / "bin" / "python"), "-m", "benchmarks.lemmas"],
        cwd=ROOT,
        input=json.dumps(list(texts)),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(texts, json.loads(done.stdout), strict=True))


def keep_lemmas(session: "Session") -> None:
    """Keep the lemmas of every served article that has none."""
    # Here, because the Rasa environment has no database.
    from bot.knowledge import lemmas
    from bot.knowledge.lemmas import Lemmas

    found = lemmas.missing(session, limit=sys.maxsize)
    texts = {one.digest: [*lemmas.asked(one.body), lemmas.told(one.body)] for one in found}
    words = lemmas_of(sorted({text for some in texts.values() for text in some}))
    for digest, some in texts.items():
        *asked, told = (words[text] for text in some)
        lemmas.keep(session, digest, Lemmas(asked=asked, told=told))


def main() -> None:
    """Read texts, write lemmas."""
    from bot.rasa import without_tensorflow

    without_tensorflow.install()
    from bot.rasa.nlu.entities import lemmas
    from bot.rasa.nlu.kiwi import morphemes

    print(json.dumps([lemmas(text, morphemes(text)) for text in json.load(sys.stdin)]))


if __name__ == "__main__":
    main()
