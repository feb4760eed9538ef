"""Photos of a report: taken at any time, several of them, never required."""

from actions.report_state import PHOTO, Report
from bot.replies import Say
from bot.tickets.forms import Form


def took(report: Report, form: Form, attachment: str) -> list[Say]:
    """Take in a photo that came, whatever was asked; what is said of it."""
    field = form.of_kind(PHOTO)
    if field is None:
        return [Say(key="report.photo_not_here")]
    if attachment in report.photos:
        return [_kept(report)]
    report.failures = 0
    if len(report.photos) >= field.most:
        report.collecting = False
        return [Say(key="report.photo_full", values={"most": str(field.most)})]
    report.photos.append(attachment)
    if field.id in report.skipped:
        report.skipped.remove(field.id)
    if report.asked == PHOTO:
        report.collecting = len(report.photos) < field.most
    return [_kept(report)]


def _kept(report: Report) -> Say:
    return Say(key="report.photo_kept", values={"count": str(len(report.photos))})


def done(report: Report) -> list[Say]:
    """No more photos come; without any, they are left out."""
    report.collecting = False
    if not report.photos and PHOTO not in report.skipped:
        report.skipped.append(PHOTO)
    return []


def cleared(report: Report) -> list[Say]:
    """Take the photos out of the report, so that others may be sent."""
    report.photos, report.collecting = [], True
    return [Say(key="report.photo_taken_out")]
