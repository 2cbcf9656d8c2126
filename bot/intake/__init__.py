"""What people do on Discord becomes a request to jobs, or is answered."""

from bot.intake.admin import Administration
from bot.intake.admin.panel import SettingsPanel
from bot.intake.admin.rights import AdminRights
from bot.intake.answers import answer_privately, explain
from bot.intake.edit_form import EditForms, open_form
from bot.intake.history import History
from bot.intake.menus import Menus
from bot.intake.messages import Messages
from bot.intake.offers import QualityOffers
from bot.intake.presence import Presence
from bot.intake.quota import QuotaCard
from bot.intake.replies import Replies
from bot.intake.result_presses import ResultPresses
from bot.intake.service import Intake
from bot.intake.wishes import Sketch, Wish

__all__ = [
    "AdminRights",
    "Administration",
    "EditForms",
    "History",
    "Intake",
    "Menus",
    "Messages",
    "Presence",
    "QualityOffers",
    "QuotaCard",
    "Replies",
    "ResultPresses",
    "SettingsPanel",
    "Sketch",
    "Wish",
    "answer_privately",
    "explain",
    "open_form",
]
