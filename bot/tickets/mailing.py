"""Letters by SMTP: one message, the same Message-ID however often it is tried."""

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from bot.settings import Settings
from bot.tickets.claiming import NotSent
from bot.tickets.delivery_policy import address
from bot.tickets.letters import Letter


@dataclass(frozen=True)
class Mailer:
    """The mail server of this installation."""

    host: str
    port: int
    user: str
    password: str
    starttls: bool
    sender: str
    timeout: float

    @classmethod
    def of(cls, settings: Settings, timeout: float) -> "Mailer":
        """The mail server that the settings name."""
        return cls(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_user,
            settings.smtp_password.get_secret_value(),
            settings.smtp_starttls,
            settings.smtp_from,
            timeout,
        )

    def send(self, letter: Letter, *, to: str, key: str, now: datetime) -> None:
        """Send a letter; returns when the server has taken it. Raises NotSent."""
        if not self.host or not self.sender:
            raise NotSent("SMTP_HOST or SMTP_FROM is not set.", again=True)
        message = self.message(letter, to=to, key=key, now=now)
        taken = False
        try:
            with smtplib.SMTP(self.host, self.port, timeout=self.timeout) as server:
                self._greet(server)
                self._deliver(server, message)
                taken = True
        except (OSError, smtplib.SMTPException) as error:
            # A farewell that fails does not take back what the server has taken.
            if not taken:
                raise NotSent(_told(error), again=True) from error

    def message(self, letter: Letter, *, to: str, key: str, now: datetime) -> EmailMessage:
        """The message as it is sent. Raises NotSent when an address is none."""
        try:
            sender, receiver = address(self.sender), address(to)
        except ValueError as error:
            raise NotSent(f"SMTP_FROM or the body's address is {error}.", again=False) from error
        message = EmailMessage()
        message["From"] = sender
        message["To"] = receiver
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{key}@{sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.plain())
        message.add_alternative(letter.html(), subtype="html")
        return message

    def _greet(self, server: smtplib.SMTP) -> None:
        if self.starttls:
            server.starttls(context=ssl.create_default_context())
        if self.user:
            server.login(self.user, self.password)

    def _deliver(self, server: smtplib.SMTP, message: EmailMessage) -> None:
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise NotSent(_told(error), again=any(code < 500 for code in codes)) from error
        except smtplib.SMTPResponseException as error:
            raise NotSent(_told(error), again=error.smtp_code < 500) from error
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            raise NotSent(_told(error), again=True, doubtful=True) from error


def _told(error: Exception) -> str:
    return f"SMTP: {type(error).__name__}: {error}"
