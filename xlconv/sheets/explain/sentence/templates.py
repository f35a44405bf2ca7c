"""The sentences of Explain: how a cell came about, as templates that both sides read.

Those of operations on several cells stand here; a kind that makes a number of each cell by
itself has its own. Must not know numbers, nor formulas.
"""

from xlconv.network.sentences import Either, Sentence

_COLUMN = Either("several columns", ", column {column}")
_KEPT = Either("positive result", " keeps it", " makes it 0")
_WEIGHTED = (
    "{value:2} × {weight:2}",
    Either("several products", " + … ({products} products)"),
    Either("no bias", "", " + bias {bias:2}"),
    " = {total:2}",
)

# By what becomes of the terms.
SENTENCES: dict[str, Sentence] = {
    "weighted": _WEIGHTED,
    "rectified": (
        *_WEIGHTED,
        Either("positive result", "; ReLU keeps it", "; ReLU makes it 0"),
    ),
    "largest": "the largest of {cells} cells is {result:2}, in row {winner_row}, column "
    "{winner_column}; the others are forgotten",
    "mean": "the mean of {cells} cells is {result:2}",
    "added": ("{x:2} + {second:2}", Either("more than two", " + …"), " = {result:2}"),
    "same": ("the same number as {caption}, row {row}", _COLUMN, ": {x:2}"),
    "softmax": "exp({logit:2} − {largest:2}) / {sum:2} = {result:4}: the logit minus the largest, "
    "exp, divided by the sum",
}

# What an activation behind the layer makes of the cell.
THEN: Sentence = (
    Either(
        "nothing behind",
        "",
        ("; {then_name}", Either("rectifies", (_KEPT,), " makes it {then:2}")),
    ),
)
