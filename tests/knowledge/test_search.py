from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

import bot.knowledge.models  # noqa: F401  its tables
from bot.database import Base, Database
from bot.knowledge import index, lemmas, service
from bot.knowledge.lemmas import Lemmas
from bot.knowledge.schemas import ArticleBody, Bilingual, Questions
from bot.knowledge.search import search, tokens_of, untaught
from tests.knowledge.articles import put, put_topic

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
# Measured by benchmarks.untaught: from here on an article answers by itself.
ANSWER = 0.3


@pytest.fixture
def filled(session: Session, folder: Path) -> Session:
    put(folder)
    put_topic(
        folder,
        "bulky_waste",
        title=("대형폐기물 배출", "Bulky waste disposal"),
        summary=("소파나 침대를 버리려면 신고하세요.", "Report sofas and beds to throw away."),
    )
    put_topic(
        folder,
        "pet_export",
        title=("반려동물 해외 반출", "Taking a pet abroad"),
        summary=("강아지와 고양이는 검역을 받아요.", "Dogs and cats need quarantine."),
    )
    service.load(session, folder, NOW)
    return session


def article(
    session: Session, topic: str, *, title: str, korean: tuple[str, ...] = (), english: str = ""
) -> ArticleBody:
    """An article like the street light's, of another topic, with questions."""
    like = service.served(session, "street_light")
    assert like is not None
    return like.body.model_copy(
        update={
            "topic": topic,
            "title": Bilingual(ko=title, en=english or topic.replace("_", " ")),
            "questions": Questions(ko=korean, en=(english,) if english else ()),
        }
    )


def add(session: Session, body: ArticleBody) -> service.Served:
    """Serve an article as staff wrote it."""
    return service.revise(session, topic=body.topic, body=body, author="lee", now=NOW)


@pytest.fixture
def drones(filled: Session) -> service.Served:
    """A topic that nobody is trained on."""
    body = article(
        filled,
        "drone_flight",
        title="드론 비행",
        korean=("드론을 어디서 날릴 수 있어요?", "드론 촬영 허가는 어떻게 받나요?"),
        english="Where may I fly a drone?",
    )
    return add(filled, body)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("가로등이 나갔어요", "street_light"),
        ("가 로 등 고 장", "street_light"),
        ("소파버리고싶은데요", "bulky_waste"),
        ("강아지 데리고 해외에 가요", "pet_export"),
        ("Where do I throw away my SOFA?", "bulky_waste"),
        ("quarantine for a dog", "pet_export"),
        ("street lights", "street_light"),
    ],
)
def test_the_nearest_article_comes_first(filled: Session, text: str, topic: str) -> None:
    assert search(filled, text)[0].topic == topic


@pytest.mark.parametrize("text", ["", "  ", "!?", "ㅋㅋㅋ", "what is the"])
def test_nothing_is_found_for_a_text_that_shares_nothing(filled: Session, text: str) -> None:
    assert search(filled, text) == []
    assert untaught(filled, text) == []


def test_no_more_than_the_limit_are_given_and_scores_fall(filled: Session) -> None:
    hits = search(filled, "신고하면 3일 안에 고쳐요", limit=2)
    assert len(hits) == 2
    assert hits[0].score >= hits[1].score > 0


def test_a_new_revision_is_found_at_once(filled: Session, folder: Path) -> None:
    assert search(filled, "보안등") == []
    put_topic(
        folder,
        "street_lamp",
        title=("보안등", "Security light"),
        summary=("골목의 보안등이에요.", "Lights in lanes."),
    )
    service.load(filled, folder, NOW + timedelta(minutes=1))
    assert [hit.topic for hit in search(filled, "보안등")] == ["street_lamp"]


def test_what_a_corrected_article_says_no_more_finds_it_no_more(filled: Session) -> None:
    assert search(filled, "가로등")
    add(filled, article(filled, "street_light", title="보안등 고장"))
    assert search(filled, "보안등")[0].topic == "street_light"
    before = search(filled, "가로등 고장")[0].score
    add(filled, article(filled, "street_light", title="가로등 고장"))
    assert search(filled, "가로등 고장")[0].score > before


def test_a_question_counts_more_than_a_title(filled: Session) -> None:
    add(filled, article(filled, "drone_titled", title="드론"))
    add(filled, article(filled, "drone_asked", title="비행", korean=("드론",)))
    assert [hit.topic for hit in search(filled, "드론")] == ["drone_asked", "drone_titled"]


def test_lemmas_find_an_article_in_other_words(filled: Session, drones: service.Served) -> None:
    assert search(filled, "띄우는 데", lemmas=["띄우/VV"]) == []
    asked = [["드론/NN"], [], ["드론/NN", "날리/VV"], ["띄우/VV", "허가/NN"], []]
    lemmas.keep(filled, drones.digest, Lemmas(asked=asked, told=[]))
    assert [hit.topic for hit in search(filled, "띄우는 데", lemmas=["띄우/VV"])] == [
        "drone_flight"
    ]


def test_an_article_without_lemmas_is_found_by_its_letters(
    filled: Session, drones: service.Served
) -> None:
    [first, *_] = search(filled, "드론 날릴 곳", lemmas=["드론/NN", "날리/VV", "곳/NN"])
    assert first.topic == drones.topic


def test_a_revision_that_was_rolled_back_is_never_found(database: Database, folder: Path) -> None:
    put(folder)
    with database.writing() as session:
        service.load(session, folder, NOW)
    with suppress(RuntimeError), database.writing() as session:
        add(session, article(session, "drone_flight", title="드론"))
        assert search(session, "드론")
        raise RuntimeError
    with database.reading() as session:
        assert search(session, "드론") == []
        assert search(session, "가로등")


def test_a_process_with_two_databases_keeps_them_apart(
    filled: Session, drones: service.Served, tmp_path: Path
) -> None:
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    Base.metadata.create_all(other.engine)
    with other.writing() as session:
        service.load(session, tmp_path / "knowledge", NOW)
        for _ in range(2):
            assert search(filled, "드론")[0].topic == drones.topic
            assert search(session, "드론") == []
            assert search(session, "가로등")[0].topic == "street_light"
    other.dispose()


def test_only_a_changed_article_is_counted_again(filled: Session) -> None:
    before = {entry.topic: entry.counted for entry in index.current(filled).entries if entry}
    add(filled, article(filled, "street_light", title="보안등"))
    after = {entry.topic: entry.counted for entry in index.current(filled).entries if entry}
    assert {topic for topic in after if after[topic] is not before[topic]} == {"street_light"}
    assert index.current(filled) is index.current(filled)


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the large segment be made anew after a few changes already."""
    monkeypatch.setattr(index, "_MANY", 3)


@pytest.mark.usefixtures("few_are_many")
def test_an_index_that_grew_finds_the_same_as_a_new_one(
    filled: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["드론 비행 허가", "가로등 고장", "소파를 버리려면", "dog quarantine", "3일 안에"]
    for number in range(8):
        title = f"드론 {number}번 비행" if number % 3 else "소파 가로등"
        found = add(filled, article(filled, f"drone_{number % 5}", title=title))
        grown = [search(filled, text, lemmas=["드론/NN"]) for text in texts]
        if number % 2:
            words = Lemmas(asked=[["드론/NN"], ["소파/NN"]], told=["비행/NN"])
            lemmas.keep(filled, found.digest, words)
            grown = [search(filled, text, lemmas=["드론/NN"]) for text in texts]
        monkeypatch.setattr(index, "_current", None)
        new = [search(filled, text, lemmas=["드론/NN"]) for text in texts]
        assert [[hit.topic for hit in hits] for hits in grown] == [
            [hit.topic for hit in hits] for hits in new
        ]
        scores = [hit.score for hits in new for hit in hits]
        assert [hit.score for hits in grown for hit in hits] == pytest.approx(scores)


def test_threads_search_while_articles_change(database: Database, folder: Path) -> None:
    put(folder)
    with database.writing() as session:
        service.load(session, folder, NOW)

    def look(_: int) -> str:
        with database.reading() as session:
            return search(session, "가로등 고장")[0].topic

    def change(number: int) -> None:
        with database.writing() as session:
            add(session, article(session, f"drone_{number}", title=f"드론 {number}"))

    with ThreadPoolExecutor(8) as pool:
        looks = pool.map(look, range(200))
        changes = pool.map(change, range(20))
        assert set(looks) == {"street_light"}
        assert list(changes) == [None] * 20
    with database.reading() as session:
        assert index.current(session).size == 21


def test_a_question_of_an_untrained_topic_finds_its_article(
    filled: Session, drones: service.Served
) -> None:
    [hit] = untaught(filled, "드론을 어디서 날릴 수 있어요?")
    assert hit.topic == "drone_flight"
    assert 0.5 < hit.share <= 1


def test_a_trained_topic_is_never_among_the_untrained(
    filled: Session, drones: service.Served
) -> None:
    assert search(filled, "가로등 고장 신고")[0].topic == "street_light"
    assert {hit.topic for hit in untaught(filled, "가로등 고장 신고")} <= {"drone_flight"}


def test_other_words_score_higher_than_a_story_that_shares_one(
    filled: Session, drones: service.Served
) -> None:
    asked = [["드론/NN", "비행/NN"], [], ["드론/NN", "날리/VV"], ["드론/NN", "허가/NN"], []]
    lemmas.keep(filled, drones.digest, Lemmas(asked=asked, told=["비행/NN"]))
    [reworded] = untaught(filled, "드론 날려도 되는 데", ["드론/NN", "날리/VV", "되/VV", "데/NN"])
    story = "어제 조카 생일이라 드론 선물하려고 마트에 갔는데 주차장 자리가 없어서 한 시간 헤맸어요"
    words = ["조카/NN", "생일/NN", "드론/NN", "선물/NN", "마트/NN", "주차장/NN", "자리/NN"]
    [shares_one] = untaught(filled, story, words)
    assert shares_one.share < ANSWER < reworded.share


def test_a_trained_topic_that_is_nearer_lowers_the_share(
    filled: Session, drones: service.Served
) -> None:
    alone = untaught(filled, "드론 촬영 신고")[0].share
    add(filled, article(filled, "pet_export", title="드론 촬영 신고"))
    assert untaught(filled, "드론 촬영 신고")[0].share < alone


def test_an_article_that_is_not_read_yet_is_compared_by_letters(
    filled: Session, drones: service.Served
) -> None:
    question = "드론 촬영 허가는 어떻게 받나요?"
    words = ["드론/NN", "촬영/NN", "허가/NN", "받/VV"]
    assert untaught(filled, question, words)[0].share == untaught(filled, question)[0].share


def test_spaces_do_not_cut_korean_and_lines_do() -> None:
    assert tokens_of("가로등 고장!") == ["가로", "로등", "등고", "고장"]
    assert tokens_of("119구조 Dogs") == ["119", "구조", "dog"]
    assert tokens_of("가로등, '고장'\n신고") == ["가로", "로등", "등고", "고장", "신고"]
    assert tokens_of("가a나") == ["가", "나"]


def test_an_empty_knowledge_base_has_no_hits(session: Session) -> None:
    assert search(session, "가로등") == []
    assert untaught(session, "가로등") == []
