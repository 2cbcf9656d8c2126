"""The chart of what was used, as matplotlib draws it. Imported in workers only; see `chart` for why.

The object API alone: pyplot keeps every figure it ever made. Colours are those of Okabe and Ito, a little brighter,
which people tell apart however they see colours, on a ground of its own that suits dark and light pages alike.
"""

# pyright: reportUnknownMemberType=false
# (the library's own types leave most keywords open)

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import IdentityTransform

from bot.images.lettering import Lettering
from bot.quota.model import MILLIONTHS
from bot.quota.report import ChartWords, DayUsage, UsageReport

WIDTH_PX, HEIGHT_PX, DPI = 1200, 900, 100
GROUND, CARD, INK, FAINT, GRID = "#1a1b1f", "#27282f", "#f2f3f5", "#a8acb8", "#3d3f49"
BLUE, ORANGE, GREEN = "#56b4e9", "#f5a83c", "#2bb98f"
MOST_RANKS = 8
_MOST_DATES = 12
_MOST_DOTS = 45
"""Days of which each gets a dot on the line; of more, dots would hide it."""
_SMALL, _BODY, _HEAD, _TITLE = 11.5, 12.5, 13.5, 21.0
_NAME_PX, _REASON_PX = 192, 228
_TITLE_NAME_PX = 840
"""Of the title, what is behind the words that say what the chart shows."""

Box = tuple[int, int, int, int]
"""Left, bottom, width and height in pixels of the whole picture."""
_DAYS_CARD: Box = (32, 396, 1136, 388)
_PEOPLE_CARD: Box = (32, 28, 560, 348)
_REFUSALS_CARD: Box = (608, 28, 560, 348)


def draw(report: UsageReport, path: Path, *, words: ChartWords) -> None:
    """Write the chart to `path` as a PNG."""
    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor=GROUND)
    letters = Lettering(dpi=DPI)
    name = letters.fit(report.title, size=_TITLE, most_px=_TITLE_NAME_PX, bold=True)
    _write(figure, 48, 852, f"{words.title}: {name}" if name else words.title, size=_TITLE, weight="bold")
    _write(figure, 48, 812, letters.fit(_summary(report, words), size=_BODY, most_px=WIDTH_PX - 96), color=FAINT)
    _card(figure, _DAYS_CARD, words.per_day)
    if any(day.images or day.credits for day in report.days):
        _draw_days(figure.add_axes(_part((120, 442, 960, 278))), report.days, words)
    else:
        _say_nothing(figure, _DAYS_CARD, words.no_usage)
    people = [
        (letters.fit(each.name, size=_SMALL, most_px=_NAME_PX) or str(each.user_id), each.images)
        for each in report.top[:MOST_RANKS]
    ]
    _card(figure, _PEOPLE_CARD, words.top)
    _draw_ranks(figure, _PEOPLE_CARD, people, words.no_members, names_px=_NAME_PX, color=GREEN)
    reasons = [
        (letters.fit(reason, size=_SMALL, most_px=_REASON_PX), count) for reason, count in _reasons(report, words)
    ]
    _card(figure, _REFUSALS_CARD, words.refusals)
    _draw_ranks(figure, _REFUSALS_CARD, reasons, words.no_refusals, names_px=_REASON_PX, color=ORANGE)
    figure.savefig(path, format="png", facecolor=GROUND, metadata={"Software": None})


def _summary(report: UsageReport, words: ChartWords) -> str:
    ends = dict.fromkeys(f"{each.day:%d %b %Y}".lstrip("0") for each in (report.days[0], report.days[-1]))
    amount = f"{report.credits / MILLIONTHS:,.1f}".removesuffix(".0")
    days = " to ".join(ends)
    return words.summary.format(days=days, zone=report.zone, images=f"{report.images:,}", credits=amount)


def _reasons(report: UsageReport, words: ChartWords) -> list[tuple[str, int]]:
    """Return the reasons in words; where there are more than fit, the last line is all the rest."""
    named = [(words.reasons.get(each.reason, each.reason.replace("_", " ")), each.count) for each in report.refusals]
    if len(named) <= MOST_RANKS:
        return named
    rest = named[MOST_RANKS - 1 :]
    return [*named[: MOST_RANKS - 1], (words.others.format(count=len(rest)), sum(count for _, count in rest))]


def _draw_days(axes: Axes, days: Sequence[DayUsage], words: ChartWords) -> None:
    """Draw pictures as bars and credits as a line over them, each by a scale of its own."""
    images, amounts = [day.images for day in days], [day.credits / MILLIONTHS for day in days]
    places, many = range(len(days)), len(days) > _MOST_DOTS
    line_axes = axes.twinx()
    bars = axes.bar(places, images, width=1.0 if many else 0.72, color=BLUE, label=words.images)
    [line] = line_axes.plot(places, amounts, color=ORANGE, linewidth=1.4 if many else 2.2, label=words.credits)
    if not many:
        # not cut where a day without use puts a dot on the axis
        line.set(marker="o", markersize=6, clip_on=False, path_effects=[withStroke(linewidth=4.5, foreground=CARD)])
    _dress_scale(axes, words.images, BLUE, images, whole=True, at=-0.066)
    _dress_scale(line_axes, words.credits, ORANGE, amounts, whole=False, at=1.066)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_xlim(-0.6, max(len(days), 5) - 0.4)  # a single day is no wall
    shown = range(0, len(days), -(-len(days) // _MOST_DATES))
    axes.set_xticks(shown, [f"{days[place].day:%d %b}".lstrip("0") for place in shown])
    axes.tick_params(axis="x", colors=FAINT, length=0, pad=8, labelsize=_SMALL)
    axes.legend(
        handles=[bars, line],
        loc="lower right",
        bbox_to_anchor=(1.0, 1.04),
        ncols=2,
        frameon=False,
        labelcolor=INK,
        fontsize=_SMALL,
    )


def _dress_scale(axes: Axes, label: str, color: str, values: Sequence[float], *, whole: bool, at: float) -> None:
    """Scale from nothing to a little above the highest value; below nothing only where corrections led there."""
    axes.spines[:].set_visible(False)
    axes.set_facecolor("none")
    axes.set_ylabel(label, color=color, size=_SMALL)
    axes.yaxis.set_label_coords(at, 0.5)
    axes.tick_params(axis="y", colors=FAINT, length=0, pad=6, labelsize=_SMALL)
    top, bottom = max(0, *values), min(0, *values)
    axes.set_ylim(bottom * 1.12, (top or 1) * 1.12)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=whole))
    axes.yaxis.set_major_formatter(FuncFormatter(_short))


def _short(value: float, _place: int | None) -> str:
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if sign == 'k' else size):,.4g}{sign}"
    return f"{value:,.6g}"


def _draw_ranks(
    figure: Figure, card: Box, ranks: Sequence[tuple[str, int]], nothing: str, *, names_px: int, color: str
) -> None:
    """Draw bars from the top down, the name before each and the number behind it."""
    if not ranks:
        _say_nothing(figure, card, nothing)
        return
    left, bottom, width, height = card
    axes = figure.add_axes(_part((left + names_px + 36, bottom + 20, width - names_px - 120, height - 80)))
    axes.set_facecolor("none")
    axes.set_axis_off()
    counts = [count for _, count in ranks]
    axes.barh(range(len(ranks)), counts, height=0.62, color=color)
    axes.set_ylim(MOST_RANKS - 0.5, -0.5)  # few bars are as high as many, and begin at the top
    axes.set_xlim(min(0, *counts), max(1, *counts))
    style: dict[str, Any] = {"va": "center", "size": _SMALL, "color": INK, "parse_math": False}
    beside: dict[str, Any] = {"textcoords": "offset points", **style}
    for place, (name, count) in enumerate(ranks):
        axes.annotate(name, (0, place), (-9, 0), xycoords=("axes fraction", "data"), ha="right", **beside)
        axes.annotate(f"{count:,}", (max(count, 0), place), (6, 0), ha="left", **beside)


def _card(figure: Figure, box: Box, title: str) -> None:
    left, bottom, width, height = box
    rounded = FancyBboxPatch((left, bottom), width, height, boxstyle="round,pad=0,rounding_size=14", zorder=-1)
    rounded.set(facecolor=CARD, edgecolor="none", transform=IdentityTransform())
    figure.add_artist(rounded)
    _write(figure, left + 24, bottom + height - 32, title, size=_HEAD, weight="bold")


def _say_nothing(figure: Figure, card: Box, sentence: str) -> None:
    left, bottom, width, height = card
    _write(figure, left + width // 2, bottom + height // 2 - 12, sentence, ha="center", color=FAINT)


def _write(figure: Figure, x_px: int, y_px: int, text: str, **style: Any) -> None:
    """Write a line whose middle is at `y_px`; nothing in it is taken for mathematics."""
    style = {"color": INK, "size": _BODY, "va": "center", "parse_math": False, **style}
    figure.text(x_px / WIDTH_PX, y_px / HEIGHT_PX, text, **style)


def _part(box: Box) -> tuple[float, float, float, float]:
    left, bottom, width, height = box
    return left / WIDTH_PX, bottom / HEIGHT_PX, width / WIDTH_PX, height / HEIGHT_PX
