"""What the softmax laboratory says, in plain NumPy.

Must not know the formulas that say the same. Words stand where a number is beyond what cells hold.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from xlconv.network.layers.base import source
from xlconv.network.model import Array
from xlconv.network.names import label_cell
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.state.choices import Display

Held = float | str | None
TOO_LARGE = 700.0  # exp of more is no number of a cell
OVERFLOW, NOTHING, NO_SHARE = "overflow", "0 ÷ 0", "÷ 0"


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """All of it, each from the found values that it reads."""
    if layout.laboratory is None:
        return
    network, chosen = display.network, display.choices.laboratory
    labels = [label_cell(label) for label in network.labels]
    yield Step.mixed("laboratory:label", labels, [0.0] * len(labels))
    read = numbers(values[source(network.layer(network.output))])
    asked = read * chosen.times / chosen.temperature
    yield Step("laboratory:logit", asked, _size(asked))
    logits = numbers(values["laboratory:logit"])
    yield _sum("logit", logits)
    largest = float(np.max(logits)) if chosen.minus_max else 0.0
    yield Step("laboratory:taken", np.array([largest]), _size(logits).max(keepdims=True))
    yield from _exp_steps(logits, values)
    yield from _plain_steps(logits, values)
    yield from _softmax_steps(values)
    shares = 1.0 / (1.0 + np.exp(-np.maximum(logits, -TOO_LARGE)))
    shares = np.where(logits < -TOO_LARGE, 0.0, shares)
    yield Step("laboratory:sigmoid", shares, np.abs(shares) * (1.0 + np.abs(logits)))
    yield _sum("sigmoid", numbers(values["laboratory:sigmoid"]))
    if layout.laboratory.loss is not None:
        yield _loss_step(logits, values)


def _size(logits: Array) -> Array:
    """What rounding errors of logits are relative to: to the products that made them, which are
    larger than those that cancelled each other out."""
    return np.abs(logits) + float(np.abs(logits).max()) + 1.0


def _exp_steps(logits: Array, values: Mapping[str, Values]) -> Iterator[Step]:
    taken = float(numbers(values["laboratory:taken"])[0])
    powers = logits - taken
    made = np.exp(np.minimum(powers, TOO_LARGE))
    sizes = made * (1.0 + np.abs(logits) + abs(taken))
    held: list[Held] = [
        OVERFLOW if power > TOO_LARGE else float(one)
        for power, one in zip(powers, made, strict=True)
    ]
    yield Step.mixed("laboratory:exp", held, sizes)
    yield _sum_or_word("exp", OVERFLOW, values)


def _plain_steps(logits: Array, values: Mapping[str, Values]) -> Iterator[Step]:
    total = float(numbers(values["laboratory:logit_sum"])[0])
    shares: list[Held] = [NO_SHARE] * len(logits) if total == 0 else (logits / total).tolist()
    sizes = _size(logits) * (1.0 + 1.0 / abs(total)) if total else np.zeros(len(logits))
    yield Step.mixed("laboratory:plain", shares, sizes)
    yield _sum_or_word("plain", NO_SHARE, values)


def _softmax_steps(values: Mapping[str, Values]) -> Iterator[Step]:
    total, made = _cells("exp_sum", values)[0], _cells("exp", values)
    if total == OVERFLOW:
        shares: list[Held] = [OVERFLOW] * len(made)
    elif total == 0:
        shares = [NOTHING] * len(made)
    else:
        shares = [_quotient(one, total) for one in made]
    yield _measured("softmax", shares)
    found = _cells("softmax", values)
    if isinstance(found[0], str):
        yield _measured("softmax_sum", ["–"])
    else:
        yield _sum("softmax", numbers(values["laboratory:softmax"]))


def _quotient(one: Held, total: Held) -> float | None:
    return one / total if isinstance(one, float) and isinstance(total, float) else None


def _loss_step(logits: Array, values: Mapping[str, Values]) -> Step:
    truth, total = numbers(values["loss:truth"]), _cells("exp_sum", values)[0]
    taken = float(numbers(values["laboratory:taken"])[0])
    if truth.sum() == 0:
        return _measured("loss", [""])
    if total == OVERFLOW:
        return _measured("loss", [OVERFLOW])
    if total == 0:
        return _measured("loss", [NOTHING])
    if not isinstance(total, float) or not np.isfinite([*truth, *logits, taken]).all():
        return _measured("loss", [None])
    actual = float((truth * logits).sum())
    size = 1.0 + abs(np.log(total)) + abs(taken) + float(np.abs(truth * logits).sum())
    return Step.mixed("laboratory:loss", [float(np.log(total)) + taken - actual], [size])


def _cells(name: str, values: Mapping[str, Values]) -> list[Held]:
    """What cells hold: numbers and words, None for what is neither."""
    held = values[f"laboratory:{name}"].reshape(-1).tolist()
    return [None if isinstance(one, float) and np.isnan(one) else one for one in held]


def _sum(name: str, column: Array) -> Step:
    total = np.array([column.sum()])
    return Step(f"laboratory:{name}_sum", total, np.array([np.abs(column).sum()]))


def _sum_or_word(name: str, word: str, values: Mapping[str, Values]) -> Step:
    """The sum of a column, or the word that stands in one of its cells."""
    found = _cells(name, values)
    if word in found:
        return _measured(f"{name}_sum", [word])
    if None in found:
        return _measured(f"{name}_sum", [None])
    return _sum(name, numbers(values[f"laboratory:{name}"]))


def _measured(name: str, held: Sequence[Held]) -> Step:
    return Step.mixed(
        f"laboratory:{name}", held, [abs(one) if isinstance(one, float) else 0.0 for one in held]
    )
