"""A working EvoLink on loopback: API, file service, result host (provider.md 12), with a knob for each known trap.

It imports nothing of the bot but its clock, so that a misreading in the client is not hidden by the same one here.
"""

from bot.sandbox.evolink.knobs import CallbackHabit, HttpFault, Knobs, Shape, Slow, UploadFault
from bot.sandbox.evolink.outcomes import BodyFault, Cancelled, Completed, Failed, Outcome, Stuck
from bot.sandbox.evolink.records import Result, SeenRequest, StoredFile, Task
from bot.sandbox.evolink.server import EvoLinkSandbox

__all__ = [
    "BodyFault",
    "CallbackHabit",
    "Cancelled",
    "Completed",
    "EvoLinkSandbox",
    "Failed",
    "HttpFault",
    "Knobs",
    "Outcome",
    "Result",
    "SeenRequest",
    "Shape",
    "Slow",
    "StoredFile",
    "Stuck",
    "Task",
    "UploadFault",
]
