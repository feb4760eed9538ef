"""All actions, with their parts, in one executor."""

from rasa_sdk.executor import ActionExecutor

from actions.answer import ActionAnswer, ActionClarify, ActionOutOfScope
from actions.conversation import (
    ActionCalm,
    ActionHandOver,
    ActionOtherLanguage,
    ActionReplay,
    ActionSay,
    ActionTicketStatus,
)
from actions.feedback import ActionFeedback
from actions.parts import Parts
from actions.report import ValidateReportForm
from actions.report_end import ActionCloseReport
from actions.shared import ActionShared


def executor(parts: Parts) -> ActionExecutor:
    """An executor that knows every action of domain.yml."""
    made = ActionExecutor()
    for action in (
        ActionAnswer(parts),
        ActionCalm(),
        ActionClarify(parts),
        ActionCloseReport(parts),
        ActionFeedback(parts),
        ActionHandOver(parts),
        ActionOtherLanguage(),
        ActionOutOfScope(parts),
        ActionReplay(),
        ActionSay(),
        ActionShared(parts),
        ActionTicketStatus(parts),
        ValidateReportForm(parts),
    ):
        made.register_action(action)
    return made
