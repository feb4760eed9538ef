"""An article added to the running service, or corrected in it: it answers without training."""

import time

import httpx

from bot.database import utc_now
from bot.knowledge import service as knowledge
from bot.knowledge import topics as catalogue
from bot.knowledge.schemas import ArticleBody, Bilingual, Questions
from tests.support.citizen import Answer, Citizen
from tests.support.service import Service

TOPIC = "drone_flight"
SECONDS = 5.0
SUMMARY = "드론을 날리기 전에 비행 승인을 받아 주세요."
ENGLISH = "Please get approval before you fly a drone."
OTHER_WORDS = "드론 띄우려면 허가 받아야 돼요?"
IN_ENGLISH = "Can I fly my drone without a permit?"
BED = "침대 매트리스 버리려면 어떻게 해요?"


def drones(service: Service) -> ArticleBody:
    """An article of a topic that nobody is trained on: the rest of it is another article's."""
    with service.database.reading() as session:
        like = knowledge.served(session, "grass_fire_permit")
    assert like is not None
    [fact, *_] = like.body.facts
    return like.body.model_copy(
        update={
            "topic": TOPIC,
            "category": "safety",
            "kind": "answer",
            "title": Bilingual(ko="드론 비행 승인", en="Flying a drone"),
            "facts": (fact.model_copy(update={"facets": ("summary",)}),),
            "untold": {},
            "questions": Questions(
                ko=("드론을 날리려면 허가가 필요한가요?", "드론 비행 승인은 어떻게 받아요?"),
                en=("Do I need a permit to fly a drone?",),
            ),
            "sections": {"ko": {"summary": SUMMARY}, "en": {"summary": ENGLISH}},
        }
    )


def serve(service: Service, body: ArticleBody) -> None:
    """Save a revision, as staff does."""
    with service.database.writing() as session:
        knowledge.revise(session, topic=body.topic, body=body, author="admin", now=utc_now())


def answered(client: httpx.Client, question: str, topic: str, *, language: str = "ko") -> Answer:
    """The answer once it is of `topic`, asked again and again in conversations of their own."""
    deadline = time.monotonic() + SECONDS
    while True:
        answer = Citizen(client, language).says(question)
        if answer.topic == topic or time.monotonic() > deadline:
            return answer
        time.sleep(0.25)


def test_a_new_article_answers_a_question_in_other_words_within_five_seconds(
    client: httpx.Client, service: Service
) -> None:
    assert TOPIC not in catalogue.topics()
    before = Citizen(client).says(OTHER_WORDS)
    assert before.topic != TOPIC
    serve(service, drones(service))
    answer = answered(client, OTHER_WORDS, TOPIC)
    assert answer.topic == TOPIC
    assert SUMMARY in answer.text


def test_it_answers_in_english_as_well(client: httpx.Client, service: Service) -> None:
    serve(service, drones(service))
    answer = answered(client, IN_ENGLISH, TOPIC, language="en")
    assert answer.topic == TOPIC
    assert ENGLISH in answer.text


def test_it_does_not_take_the_questions_of_other_topics(
    client: httpx.Client, service: Service
) -> None:
    serve(service, drones(service))
    answered(client, OTHER_WORDS, TOPIC)
    for question, topic in (
        (BED, "bulky_waste"),
        ("차고지증명 서류 뭐 필요해요?", "garage_certificate"),
        ("로또 번호 알려줘", "out_of_scope"),
    ):
        assert Citizen(client).says(question).topic == topic


def test_a_corrected_article_answers_at_once(client: httpx.Client, service: Service) -> None:
    with service.database.reading() as session:
        served = knowledge.served(session, "bulky_waste")
    assert served is not None
    korean = {**served.body.sections["ko"], "summary": "이 문장은 방금 바뀌었어요."}
    sections = {**served.body.sections, "ko": korean}
    serve(service, served.body.model_copy(update={"sections": sections}))
    try:
        assert "이 문장은 방금 바뀌었어요." in Citizen(client).says(BED).text
    finally:
        serve(service, served.body)
