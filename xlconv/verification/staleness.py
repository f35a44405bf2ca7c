"""What was changed in a workbook after its last calculation: pixels, weights, settings, choices.

A sum, or a cell that repeats a choice, that was stored for something else than the file holds now
tells so, if what reads it was computed with it; else it is wrong itself. Must not know engines.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from math import fsum, isclose

import numpy as np

from xlconv.book.book import FoundBook
from xlconv.network.borders import bordered, with_outside
from xlconv.network.layers.base import source, sources
from xlconv.network.layers.convolution import OUTSIDES, Conv2D
from xlconv.network.layers.dense import Dense
from xlconv.network.model import Array
from xlconv.network.names import label_cell
from xlconv.network.network import INPUT
from xlconv.network.shapes import as_maps
from xlconv.reference.layers.base import numbers
from xlconv.sheets.board.formulas import ANSWER
from xlconv.sheets.guide.mission import AGAIN, DONE
from xlconv.sheets.guide.places import guide_places
from xlconv.sheets.model.formulas import SUMS
from xlconv.sheets.on_board.border.numbers import steps as border_steps
from xlconv.sheets.on_board.panel.formulas import RIGHT, WRONG
from xlconv.sheets.on_board.receptive.numbers import pixel_box
from xlconv.sheets.on_model.heads.places import COSTS
from xlconv.spreadsheet.formula import ERRORS
from xlconv.state.choices import SCALES
from xlconv.verification.comparison import Comparison, Found, compare_locally, plain_value
from xlconv.verification.structure import ComputedCells
from xlconv.xlsx.sheet import Value

TYPED_ANEW = 1e-6  # of the magnitudes: people do not change a number's tenth digit
COUNTING = ("shapes", "counts", SUMS)  # what counts or adds up cells


@dataclass(frozen=True)
class SavedBook:
    """The values that a book was saved with, `found` by name, and how they compare with what
    the book would compute now from beginning to end."""

    book: FoundBook
    found: Found
    whole: Mapping[str, Comparison]

    @cached_property
    def local(self) -> dict[str, Comparison]:
        """How they compare with what follows from the found values that they read."""
        return compare_locally(self.book.display, self.book.layout, self.found)

    def differs(self, key: str) -> bool:
        """Whether there are such values, and one of them is not what it would be now."""
        return key in self.whole and bool(self.whole[key].wrong.any())

    def was_read(self, readers: Iterable[str]) -> bool:
        """Whether what reads a value was computed with it as it is stored: one that would be
        another now, or all of them."""
        there = [key for key in readers if key in self.found]
        follows = {key: not self.local[key].wrong.any() for key in there}
        return any(self.differs(key) and follows[key] for key in there) or all(follows.values())

    def is_known(self, key: str) -> bool:
        """Whether numbers or texts stand in all cells of a name, and no error."""
        return all(isinstance(one, float | str) and one not in ERRORS for one in self.values(key))

    def single(self, key: str) -> Value:
        """What stands in a single cell."""
        return plain_value(self.found[key][0]) if key in self.found else None

    def values(self, key: str) -> list[Value]:
        """What stands in the cells of a name."""
        return self.found[key].tolist() if key in self.found else []


def changed_since(saved: SavedBook, cells: ComputedCells) -> set[str]:
    """The values that read pixels, weights, settings or choices which were changed after the last
    calculation, and the sums that tell so."""
    network, chosen = saved.book.network, _changed_choices(saved)
    changed: set[str] = set()
    for tensor in network.shapes:
        key = f"{SUMS}_{tensor}"
        if isinstance(saved.single(key), float) and saved.differs(key):
            changed |= {key, *_reading_blocks(saved, tensor, cells)}
    changed |= _changed_masks(saved)
    # A sum alone that is off, with every value up to date, was not left behind: it is wrong, but
    # where what is summed may change nothing else: settings, kernels to choose from, and weights
    # that meet nothing but zeros. What counts cells says nothing of the numbers in them.
    told = (
        saved.differs(key)
        for key, members in cells.items()
        if members.block not in COUNTING and key not in chosen
    )
    if not any(told):
        changed &= {
            f"{SUMS}_{tensor}"
            for tensor in network.shapes
            if (tensor != INPUT and network.controls(network.layer(tensor)))
            or _may_be_silent(saved, tensor)
        }
    return changed | chosen


def _may_be_silent(saved: SavedBook, tensor: str) -> bool:
    """Whether a sum is off by more than a digit, and another number among those that it adds up may
    change nothing else: a pixel that a ReLU drops, a weight that meets nothing but zeros."""
    key, image = f"{SUMS}_{tensor}", saved.book.image
    if key not in saved.whole:
        return False
    if tensor == INPUT:
        return bool(saved.whole[key].error[0] > TYPED_ANEW * np.abs(image).sum())
    layer = saved.book.network.layer(tensor)
    arrays = saved.book.model.layer_weights(layer).values()
    magnitude = sum(float(np.abs(array).sum()) for array in arrays)
    if not isinstance(layer, Dense | Conv2D):
        return False
    if saved.whole[key].error[0] <= TYPED_ANEW * magnitude:
        return False
    zero = _stored_tensor(saved, source(layer)) == 0
    whole_maps = isinstance(layer, Conv2D)
    return bool(zero.all(axis=(1, 2)).any() if whole_maps else zero.any())


def _stored_tensor(saved: SavedBook, tensor: str) -> Array:
    """A tensor as it is stored; the picture as it is."""
    if tensor == INPUT:
        return saved.book.image
    return numbers(saved.found[tensor]).reshape(saved.book.network.shapes[tensor])


def _reading_blocks(saved: SavedBook, tensor: str, cells: ComputedCells) -> set[str]:
    """The values that read a tensor's own pixels, or a layer's weights and settings."""
    network, number = saved.book.network, saved.single("explain:layer")
    keys, blocks, layers = set(), set(), []
    if tensor != INPUT:
        layers = [network.layer(tensor)]
        blocks = {ANSWER} if network.controls(layers[0]) else set()
    elif saved.local[f"{SUMS}_{INPUT}"].wrong.any():
        layers = network.readers(INPUT)
        ends = [rule for rule in saved.book.rules if rule.role in ("end", "high")]
        keys = {rule.key for rule in ends if rule.tensor == INPUT} | {"thumbnail:picture"}
    else:  # of the gallery, from which the board's pixels were looked up
        keys = set(_original_keys(saved))
    for layer in layers:
        blocks |= {layer.name, f"{layer.name}_steps"}
        if number == network.layers.index(layer) + 1.0:
            blocks.add("explain")
    keys &= saved.found.keys()
    kept = tuple(_beside(tensor))
    keys |= {key for key in saved.found if key.startswith(kept)}
    return keys | {key for key, members in cells.items() if members.block in blocks}


def _beside(tensor: str) -> Iterator[str]:
    """How the names begin of what else reads a picture's pixels, or a layer's weights."""
    yield f"changed:{tensor}{'_' if tensor == INPUT else '.'}"
    if tensor == INPUT:
        yield f"outside:{INPUT}_"
    else:
        yield from (f"enlarged:{tensor}_", f"scales:weights_{tensor}")


def _changed_outside(saved: SavedBook) -> set[str]:
    """What the padding holds, and what reads it, if it is what was chosen before."""
    network = saved.book.network
    rings = {key for key in saved.found if key.startswith("outside:")}
    if not any(map(saved.differs, rings)):
        return set()
    values = {tensor: _stored_tensor(saved, tensor) for tensor in bordered(network)}
    for other in OUTSIDES:
        model = replace(saved.book.model, network=with_outside(network, other))
        display = replace(saved.book.display, model=model)
        steps = border_steps(display, saved.book.layout, values)
        if all(np.array_equal(step.value.reshape(-1), saved.found[step.name]) for step in steps):
            layers = {one.name for tensor in bordered(network) for one in network.readers(tensor)}
            return rings | {key for key in saved.found if key in layers}
    return set()


def _changed_masks(saved: SavedBook) -> set[str]:
    """The masks of random numbers that a program drew anew when it saved the file without
    computing what follows from them: the share is still that of the mask."""
    redrawn: set[str] = set()
    for layer in saved.book.network.layers:
        name = layer.name
        mask, share = saved.values(f"{name}_mask"), saved.single(f"{name}_share")
        if not mask or not isinstance(share, float) or not saved.differs(f"{name}_mask"):
            continue
        drawn = saved.values(f"{name}_random")
        possible = all(isinstance(number, float) and 0 <= number < 1 for number in drawn)
        if possible and round(share * len(mask)) == mask.count(0.0):
            redrawn |= {f"{name}_{step}" for step in ("random", "mask", "share")}
    return redrawn


def _changed_choices(saved: SavedBook) -> set[str]:
    """The values that repeat or read a choice, and are those of another one."""
    changed = (
        _changed_picture(saved)
        | _changed_verdict(saved)
        | _changed_explained(saved)
        | _changed_pixel(saved)
        | _changed_outside(saved)
    )
    # The picture's own ends are the same by every scale, and may be of another picture.
    highs = [rule.key for rule in saved.book.rules if rule.role == "high" and rule.tensor != INPUT]
    number = "scales:number"
    possible = saved.single(number) in range(1, len(SCALES) + 1)
    if possible and saved.differs(number) and saved.was_read(highs):
        changed.add(number)
    changed |= _changed_shown(saved) | _changed_answers(saved)
    return changed | _changed_laboratory(saved) | _changed_head(saved)


def _changed_shown(saved: SavedBook) -> set[str]:
    """What is revealed, and of which tensors and of the chart that says so, if it was computed with
    another layer chosen. Nothing but colours follows from it."""
    revealed, shapes = "shown:revealed", saved.book.network.shapes
    last = saved.single(revealed)
    if not isinstance(last, float) or last not in range(1, len(shapes) + 1):
        return set()
    flags = {f"shown:{one}": float(number <= last) for number, one in enumerate(shapes, 1)}
    may = {key for key, flag in flags.items() if saved.single(key) == flag} | {revealed}
    if saved.differs(revealed):
        may.add("shown:chart")
    return {key for key in may & saved.found.keys() if saved.differs(key) and saved.is_known(key)}


def _changed_picture(saved: SavedBook) -> set[str]:
    """Where another picture of the gallery stands, if it is the one that was on the board, and
    what that one shows; or what the picture shows, by another label."""
    gallery, display = saved.book.layout.gallery, saved.book.display
    if gallery is None:
        return set()
    changed: set[str] = set()
    if saved.differs("picture:line") or saved.differs("picture:place"):
        found = (saved.single("picture:line"), saved.single("picture:place"))
        other = next((n for n in range(gallery.count + 1) if gallery.offset(n) == found), None)
        now = display.pictures[display.choices.picture]
        if other is not None and (saved.differs(INPUT) or (display.pictures[other] == now).all()):
            changed |= {"picture:line", "picture:place"}
    # The picture that was looked up may have been another one, or have been moved elsewhere.
    originals = _original_keys(saved)
    places = [key for key in saved.found if key.startswith(("picture:rows_", "picture:columns"))]
    moved = any(map(saved.differs, places)) and all(_in_a_row(saved.values(key)) for key in places)
    if moved and saved.was_read(originals):
        changed |= {*places}
    if any(map(saved.differs, originals)) and saved.was_read((INPUT,)):
        changed |= {*originals}
    actual = "picture:actual"
    if saved.differs(actual) and (changed or saved.was_read(("picture:right", "loss:truth"))):
        changed.add(actual)
    return changed


def _in_a_row(places: list[Value]) -> bool:
    """Whether places of the gallery follow one another, but for what was moved beyond its edge."""
    inside = [one for one in places if isinstance(one, float) and one]
    return all(isinstance(one, float) for one in places) and all(
        after - before == 1 for before, after in pairwise(inside)
    )


def _original_keys(saved: SavedBook) -> list[str]:
    return [key for key in saved.found if key.startswith("picture:original_")]


def _changed_verdict(saved: SavedBook) -> set[str]:
    """What reads the actual class, if that is typed and the verdict could be one of another."""
    if saved.book.layout.gallery is not None:
        return set()
    several = saved.book.network.answers == "several"
    readers = {"picture:right", "loss:truth", *(("loss:total",) if several else ())}
    changed = {key for key in readers if saved.differs(key)}
    if not changed or not _is_possible(saved, several) or not saved.was_read(("loss:parts",)):
        return set()
    return changed


def _is_possible(saved: SavedBook, several: bool) -> bool:
    """Whether some actual class has the stored verdict, beside the stored answer."""
    right, truth = saved.single("picture:right"), saved.values("loss:truth")
    if right not in ("", RIGHT, WRONG) or not all(one in (0.0, 1.0) for one in truth):
        return False
    if several:
        return saved.single("loss:total") == "" if right == "" else _is_mean(saved)
    if not truth:
        return True
    if 1.0 not in truth:
        return right != RIGHT
    there = label_cell(saved.book.network.labels[truth.index(1.0)])
    return truth.count(1.0) == 1 and right == (
        RIGHT if saved.single("answer_label") == there else WRONG
    )


def _is_mean(saved: SavedBook) -> bool:
    """Whether the stored loss is the mean of its stored parts."""
    total, parts = saved.single("loss:total"), saved.values("loss:parts")
    numbers = [one for one in (total, *parts) if isinstance(one, float)]
    return len(numbers) == len(parts) + 1 and isclose(numbers[0], fsum(numbers[1:]) / len(parts))


def _changed_explained(saved: SavedBook) -> set[str]:
    """The layer, map, row and column that are explained, if others were explained before."""
    network, layer = saved.book.network, "explain:layer"
    number = saved.single(layer)
    names = [one.name for one in network.layers]
    if not isinstance(number, float) or number not in range(1, len(names) + 1):
        return set()
    changed = set()
    if saved.differs(layer) and saved.was_read(("explain:chosen",)):
        changed.add(layer)
    sizes = as_maps(network.shapes[names[int(number) - 1]])
    for key, size in zip(("maps", "rows", "columns"), sizes, strict=True):
        possible = saved.single(f"explain:{key}") in range(1, size + 1)
        reads = f"looks:reads_{names[int(number) - 1]}"
        if possible and saved.differs(f"explain:{key}") and saved.was_read((reads,)):
            changed.add(f"explain:{key}")
    return changed


def _changed_head(saved: SavedBook) -> set[str]:
    """What the last layers cost, if it was computed with other sizes: all of a network's."""
    changed: set[str] = set()
    for number in (1, 2):
        times, costs = f"heads:times_{number}", [f"heads:{one}_{number}" for one in COSTS[:3]]
        if any(map(saved.differs, costs)) and saved.was_read((times,)):
            changed |= {*costs, times} & saved.found.keys()
    return changed


def _changed_laboratory(saved: SavedBook) -> set[str]:
    """The laboratory's logits, and what is taken away from them, if those were computed with other
    numbers in its yellow cells."""
    readers = {"logit": ("logit_sum", "sigmoid"), "taken": ("exp",)}
    return {
        f"laboratory:{name}"
        for name, others in readers.items()
        if saved.differs(f"laboratory:{name}")
        and saved.local[f"laboratory:{name}"].wrong.any()  # else it follows from the board's
        and saved.is_known(f"laboratory:{name}")
        and saved.was_read(f"laboratory:{one}" for one in others)
    }


def _changed_answers(saved: SavedBook) -> set[str]:
    """What the Guide says of answers and of what is done, if that was computed with others."""
    changed: set[str] = set()
    for card in guide_places(saved.book.network, saved.book.layout).cards:
        key = card.mission.key
        tick, again = f"guide:tick_{key}", f"guide:again_{key}"
        if saved.differs(tick) and saved.was_read((f"guide:why_{key}", "guide:progress")):
            changed |= {tick} if saved.single(tick) in ("", DONE) else set()
        if saved.differs(again) and saved.single(again) in ("", AGAIN):
            changed.add(again)
    return changed


def _changed_pixel(saved: SavedBook) -> set[str]:
    """The box of the followed pixel, if it is that of another one, or of none."""
    network, key = saved.book.network, f"looks:reaches_{INPUT}"
    if not saved.differs(key):
        return set()
    six = saved.values(key)
    readers = [f"looks:reaches_{one.name}" for one in network.layers if INPUT in sources(one)]
    _, height, width = network.input_shape
    row, column = six[2], six[4]
    inside = row in range(1, height + 1) and column in range(1, width + 1)
    pixel = (int(row), int(column)) if inside else None  # type: ignore[arg-type]
    return {key} if six == pixel_box(network, pixel) and saved.was_read(readers) else set()
