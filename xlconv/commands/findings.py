"""What `xlconv verify` says of a finding: what was found, what belongs there, what happened.

Must not look into a workbook: a finding is all that is known of its cell.
"""

from collections.abc import Sequence

from rich.markup import escape

from xlconv.commands.console import OUT
from xlconv.spreadsheet.readings import false_showing, is_number_text
from xlconv.system.terminal_text import one_line
from xlconv.verification.report import Finding


def print_findings(findings: Sequence[Finding], most: int) -> None:
    """One aligned line a finding, at most so many."""
    if not findings:
        return
    OUT.print()
    shown = findings[:most]
    width = max((len(finding.cell) for finding in shown), default=0)
    for finding in shown:
        line = f"{finding.cell:<{width}}  {one_line(f'{finding.where}: {finding_words(finding)}')}"
        OUT.print(escape(line), style="red", soft_wrap=True)
    if len(findings) > most:
        OUT.print(f"... and {len(findings) - most:,} more (--max-findings shows more)")


def finding_words(finding: Finding) -> str:
    """What is wrong with a cell."""
    found, expected = _both(finding.found, finding.expected)
    what = f"a data table, {found}," if _is_data_table(finding.found) else found
    return {
        "formula": f"holds {what} where {expected} belongs",
        "typed": f"holds {_held(finding.found)} where the formula {finding.formula} belongs",
        "padding": _padding_words(finding),
        "stray": _stray_words(finding),
        "label": f"holds the label {found} where {expected} belongs",
        "table": f"holds {found} where {expected} belongs, by which Explain finds its way",
        "format": _format_words(finding),
        "caption": f"says {found} where {expected} belongs",
        "live": f"computes {found}, NumPy {expected}",
        "random": f"computes {found}, NumPy {expected}, with other pictures and weights only",
        "stored": f"was saved as {found}, NumPy computes {expected}",
    }[finding.kind]


def _padding_words(finding: Finding) -> str:
    held = _held(finding.found)
    if finding.formula is not None:
        return f"holds {held}, as {finding.tensor} was filled too far: clear it"
    if finding.channel is None:
        return (
            f"holds {held} between the numbers of a dilated kernel, where nothing may stand: "
            "clear it"
        )
    return f"holds {held}, but padding must stay empty"


def _stray_words(finding: Finding) -> str:
    held = _held(finding.found)
    if finding.formula is not None:
        return f"holds {held}, as {finding.tensor} was filled too far: clear it"
    return f"holds {held} where no number belongs: what adds up {finding.tensor} reads it"


def _format_words(finding: Finding) -> str:
    """What a number format shows, of the cell's own value or of another that it could hold."""
    value = finding.expected if isinstance(finding.expected, float | str) else 0.0
    now = false_showing(value, str(finding.found), alone=True)
    if now is not None and finding.expected is not None:
        return f"its number format {finding.found} shows {_text(now[0], 10)} as {now[1].strip()}"
    other = false_showing(value, str(finding.found)) or (value, "something else")
    shown = f"{_text(other[0], 10)} as {other[1].strip()}"
    return f"its number format {finding.found} would show {shown}"


def _is_data_table(found: object) -> bool:
    return isinstance(found, str) and found.startswith("{=TABLE(")


def _both(found: object, expected: object) -> tuple[str, str]:
    """What was found and what belongs there, told apart where they look alike: a text and a
    number, blanks."""
    texts = _text(found), _text(expected)
    formula = isinstance(found, str) and found.startswith(("=", "{="))
    if isinstance(found, str) != isinstance(expected, str) and not (formula or expected is None):
        return _typed(found), _typed(expected)
    if texts[0] != texts[1] and "".join(texts[0].split()) == "".join(texts[1].split()):
        return ascii(texts[0]), ascii(texts[1])
    return texts


def _typed(value: object) -> str:
    """A value with what it is."""
    if isinstance(value, str):
        return value if value.startswith("#") else f"{value!r}, which is a text"
    return f"the number {_text(value)}" if isinstance(value, float) else _text(value)


def _held(value: object) -> str:
    """What was found where something else belongs: a number that is a text is told as one."""
    return _typed(value) if isinstance(value, str) and is_number_text(value) else _text(value)


def _text(value: object, digits: int = 17) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).upper()
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)
