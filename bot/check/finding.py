"""What one check found, as a line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found."""

    subject: str
    ok: bool
    sentence: str

    def __str__(self) -> str:
        return f"{'ok   ' if self.ok else 'FAULT'} {self.subject}: {self.sentence}"


def well(subject: str, sentence: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(subject=subject, ok=True, sentence=sentence)


def fault(subject: str, sentence: str) -> Finding:
    """Return that something is not, with what to do about it."""
    return Finding(subject=subject, ok=False, sentence=sentence)
