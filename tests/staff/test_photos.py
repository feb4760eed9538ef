"""Staff see the photos of their work, and nobody else's."""

from pathlib import Path

import pytest
from fastapi import FastAPI

from bot.attachments import service as attachments
from bot.attachments.preparing import Limits, Photos
from bot.attachments.store import Store
from bot.database import utc_now
from bot.staff.models import AuditEvent, StaffAccount
from bot.tickets.models import Ticket
from tests.staff.office import Browser, Office
from tests.support import photos


@pytest.fixture(autouse=True)
def kept(app: FastAPI, tmp_path: Path) -> Photos:
    app.state.photos = Photos(store=Store(tmp_path / "photos"), limits=Limits(), scanner=None)
    return app.state.photos  # type: ignore[no-any-return]


def keep(office: Office, kept: Photos, talk: str, receipt: str = "") -> str:
    """A photo of a conversation, taken by a ticket when one is named."""
    with office.database.writing() as session:
        photo = attachments.keep(
            session,
            data=photos.from_a_phone(),
            conversation_id=talk,
            now=utc_now(),
            store=kept.store,
        )
        if receipt:
            ticket = session.query(Ticket).filter_by(receipt_number=receipt).one()
            attachments.attach(session, ids=[photo.id], ticket_id=ticket.id)
        return photo.id


def looks(office: Office) -> list[AuditEvent]:
    return office.rows(AuditEvent, what="photo_seen")


def test_a_photo_of_a_conversation_is_shown_as_a_picture(
    office: Office, signed_in: Browser, kept: Photos
) -> None:
    id = keep(office, kept, office.talk("안녕하세요"))
    shown = signed_in.get(f"/staff/photos/{id}")
    assert shown.status_code == 200 and shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["cache-control"] == "no-store"
    assert photos.opened(shown.content).size == (640, 480)
    assert looks(office) == []


def test_a_look_at_a_tickets_photo_is_recorded(
    office: Office, signed_in: Browser, kept: Photos
) -> None:
    talk = office.talk("안녕하세요")
    receipt = office.ticket(talk)
    id = keep(office, kept, talk, receipt)
    assert signed_in.get(f"/staff/photos/{id}").status_code == 200
    (look,) = looks(office)
    assert (look.login, look.subject, look.details) == ("sunja", receipt, {"photo": id})


def test_nobody_sees_a_photo_without_signing_in(
    office: Office, browser: Browser, kept: Photos
) -> None:
    id = keep(office, kept, office.talk("안녕하세요"))
    answer = browser.get(f"/staff/photos/{id}")
    assert answer.status_code == 303 and "/staff/sign-in" in answer.headers["location"]


@pytest.mark.parametrize("role", ["editor", "auditor"])
def test_who_has_no_right_to_the_work_sees_no_photo(
    office: Office, browser: Browser, kept: Photos, role: str
) -> None:
    talk = office.talk("안녕하세요")
    receipt = office.ticket(talk)
    office.account("other", role)
    browser.sign_in("other")
    for id in (keep(office, kept, talk), keep(office, kept, talk, receipt)):
        assert browser.get(f"/staff/photos/{id}").status_code == 403
    assert looks(office) == []


def test_a_photo_that_is_none_or_whose_file_is_lost_is_not_found(
    office: Office, signed_in: Browser, kept: Photos
) -> None:
    id = keep(office, kept, office.talk("안녕하세요"))
    kept.store.delete(id)
    for each in (id, "x" * 43, "x"):
        answer = signed_in.get(f"/staff/photos/{each}")
        assert answer.status_code == 404 and answer.headers["content-type"].startswith("text/html")


def test_an_officer_sees_the_photos_of_the_own_office_alone(
    office: Office, browser: Browser, kept: Photos
) -> None:
    talk = office.talk("안녕하세요")
    receipt = office.ticket(talk)
    id = keep(office, kept, talk, receipt)
    free = keep(office, kept, talk)
    office.account("other", "officer")
    own = office.stored_ticket(receipt).office
    browser.sign_in("other")
    for belongs_to, status in (("jeju120", 403), (own, 200), (None, 403)):
        office.change(
            lambda session, to=belongs_to: (
                session.query(StaffAccount).filter_by(login="other").update({"office": to})
            )
        )
        assert browser.get(f"/staff/photos/{id}").status_code == status
    assert browser.get(f"/staff/photos/{free}").status_code == 403
    assert len(looks(office)) == 1
