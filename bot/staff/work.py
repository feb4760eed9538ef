"""What every staff page shows of the work that waits: the number beside the menu."""

from bot.staff.inbox import needing as needing
