"""Small articles for the tests of the knowledge base."""

from pathlib import Path

MATTER = """\
---
topic: street_light
category: road_facility
kind: report
title: {ko: 가로등 고장, en: Broken street light}
departments: [jeju_construction]
phone: [jeju120]
online:
- {label: {ko: 안전신문고, en: Safety Report}, url: "https://www.safetyreport.go.kr"}
law: [도로법 제31조]
related: []
sources:
- {id: s1, publisher: 국가법령정보센터, url: "https://www.law.go.kr", seen: official, year: 2026}
- {id: s2, publisher: 널리 알려진 내용, url: null, seen: general-knowledge, year: null}
facts:
- {id: f1, source: s1, volatile: true, facets: [fee], says: 벌금은 3천만원 이하다.}
- {id: f2, source: s2, volatile: false, facets: [summary], says: 번호가 있으면 3일 안에 고친다.}
- {id: f3, source: s1, volatile: false, facets: [fee], says: 신고에는 돈이 들지 않는다.}
checked_on: 2026-03-31
review_by: 2026-12-31
---
"""
SECTIONS = """\
# ko
## summary
가로등이 꺼졌으면 알려 주세요.
번호가 있으면 3일 안에 고쳐요.
## fee
돈은 들지 않아요. 부러뜨리면 3천만원 이하의 벌금이 나와요.
# en
## summary
Tell us when a street light is out.
With its number it is mended within 3 days.
## fee
It is free. Breaking one brings a fine of up to 30,000,000 won.
"""
ARTICLE = MATTER + SECTIONS


def put(folder: Path, text: str = ARTICLE, where: str = "road_facility/street_light.md") -> Path:
    """Write `text` as a file below `folder`."""
    path = folder / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def put_topic(
    folder: Path, topic: str, *, title: tuple[str, str], summary: tuple[str, str]
) -> Path:
    """Write an article of another topic with a title and a summary (Korean, English)."""
    text = (
        ARTICLE.replace("topic: street_light", f"topic: {topic}")
        .replace(
            "{ko: 가로등 고장, en: Broken street light}", f"{{ko: {title[0]}, en: {title[1]}}}"
        )
        .replace("가로등이 꺼졌으면 알려 주세요.", summary[0])
        .replace("Tell us when a street light is out.", summary[1])
    )
    return put(folder, text, f"road_facility/{topic}.md")
