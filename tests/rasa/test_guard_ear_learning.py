"""The guard's scale is learnt from messages; needs what only the Rasa environment has."""

import numpy as np
import yaml

from benchmarks.guard_ear import learn, material
from benchmarks.guard_messages import EVERYDAY, NONE, Message
from bot.korean.guard import Guard
from bot.paths import POLICY


def test_weights_are_learnt_from_messages() -> None:
    cries = {"fire": "창고가 불타요", "medical": "숨을 안 쉬어요", "crime": "누가 칼을 들었어요"}
    cries |= {"violence": "남편이 때려요", "child": "아이가 없어졌어요", "suicide": "죽고 싶어요"}
    cries |= {"sea": "배가 가라앉아요", "gas": "가스가 새요"}
    messages = [
        Message(f"{where} {text}", kind, "1")
        for kind, text in cries.items()
        for where in ("지금", "여기", "빨리", "우리 집")
    ]
    messages += [Message(f"여권 {number}번 발급 서류", NONE, EVERYDAY) for number in range(40)]
    guard = Guard(
        {**yaml.safe_load((POLICY / "emergency.yml").read_text(encoding="utf-8")), "patterns": []}
    )
    data = material(guard, messages)
    ear = learn(data, np.ones(len(messages), dtype=bool))
    assert ear.score("옆집 창고가 불타요", hit=False) > ear.score("여권 발급 서류", hit=False)
    assert ear.kind("옆집 창고가 불타요") == "fire"
