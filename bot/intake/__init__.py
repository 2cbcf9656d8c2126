"""What people do on Discord becomes a request to jobs, or is answered."""

from bot.intake.answers import answer_privately, explain
from bot.intake.service import Intake, Wish

__all__ = ["Intake", "Wish", "answer_privately", "explain"]
