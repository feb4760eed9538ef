"""Measuring the service on labelled messages, through the very path of a citizen's message.

Each message is sent in a conversation of its own over the citizen API. Judged is what the citizen
then sees (the reply's topic, and the topics that its buttons offer), and beside it what the NLU
alone made of the message.

`rows` reads the messages, `service` starts what is measured, `citizens` sends, `measuring` judges;
`judging`, `figures`, `tables`, `confidence` and `pairs` count, `retyping` makes typing errors, and
`report` and `recorded` write it down.
"""

from bot.evaluation.service import free_ports, own_service

__all__ = ["free_ports", "own_service"]
