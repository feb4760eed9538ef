"""Where the project's own files stand, so that no module counts parent folders."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
POLICY = DATA / "policy"
WORDING = DATA / "wording"
KNOWLEDGE = DATA / "knowledge"
PLACES = DATA / "places"
NLU = DATA / "nlu"
