"""Recipes: how to train, as a template's [training] table or the command line says it.

Must not know pictures or gradients.

Sources: the falling rate, Loshchilov and Hutter, "SGDR", arXiv:1608.03983, equation 5; a rate
for each group of layers, Howard and Ruder, arXiv:1801.06146, 3.2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from xlconv.errors import TrainingError
from xlconv.network.description import check_keys
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.layers.settings import is_number
from xlconv.network.network import Network
from xlconv.training.augmentation import Changes


@dataclass(frozen=True)
class Recipe:
    """How to train: `epochs` through the data in batches of `batch` pictures.

    `rate` is Adam's learning rate at the start, from which it falls to zero along half a
    cosine; `rates` gives single layers another one, and `freeze` names layers that do not
    learn (batch normalisation still keeps up its mean and variance). With `rate_decay` each
    convolution and dense layer, and what follows it, learns so many times as fast as the next
    one towards the head, but for those in `rates`: layers that were learned before stay near
    what they are. `freeze_statistics` names batch normalisations that keep their mean and
    variance, and go by them while the others learn.

    `decay` draws every weight, but no bias, towards zero by rate * decay of itself a step,
    which keeps a network from learning its pictures by heart; `augment` does the same by
    turning, stretching and moving them a little each time (see `augmentation`). `seed` fixes
    the order of the pictures and all that is random. Raises TrainingError for a value that
    cannot be used.
    """

    epochs: int = 6
    rate: float = 0.002
    batch: int = 64
    decay: float = 0.0
    seed: int = 1
    rates: Mapping[str, float] = field(default_factory=dict)
    freeze: frozenset[str] = frozenset()
    rate_decay: float = 1.0
    freeze_statistics: frozenset[str] = frozenset()
    augment: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, least in (("epochs", 1), ("batch", 1), ("seed", 0)):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise _unusable(name, value, f"a whole number from {least}")
        if not isinstance(self.rates, Mapping):
            raise _unusable("rates", self.rates, "layers with numbers, as in conv1 = 0.0002")
        _check_rate("rate", self.rate)
        for name, rate in self.rates.items():
            _check_rate(f"rates.{name}", rate)
        if not is_number(self.decay) or not 0 <= self.decay < math.inf:
            raise _unusable("decay", self.decay, "a number from 0")
        if not is_number(self.rate_decay) or not 0 < self.rate_decay <= 1:
            raise _unusable("rate_decay", self.rate_decay, "a number above 0, at most 1")
        for name in ("freeze", "freeze_statistics"):
            names = getattr(self, name)
            if not isinstance(names, Iterable) or isinstance(names, str):
                raise _unusable(name, names, "a list of layers' names")
            object.__setattr__(self, name, frozenset(map(str, names)))
        if not isinstance(self.augment, Mapping):
            raise _unusable("augment", self.augment, "a table, as in { turn = 8, move = 1 }")
        Changes.of(self.augment)

    @property
    def changes(self) -> Changes:
        """What `augment` says."""
        return Changes.of(self.augment)

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Recipe:
        """The recipe of a template's [training] table; what it leaves out has its default.

        Raises NetworkError for a key that is not known, TrainingError for an unusable value.
        """
        check_keys(table, tuple(member.name for member in fields(cls)), "training")
        return cls(**table)

    def check(self, network: Network) -> None:
        """TrainingError for a layer named in the recipe that the network cannot train."""
        layers = [layer.name for layer in network.learning]
        norms = [layer.name for layer in network.layers if isinstance(layer, BatchNorm2D)]
        for setting, names, what, known in (
            ("rates", list(self.rates), "that have weights", layers),
            ("freeze", sorted(self.freeze), "that have weights", layers),
            ("freeze_statistics", sorted(self.freeze_statistics), "that keep statistics", norms),
        ):
            for name in names:
                if name not in known:
                    raise TrainingError(
                        f"training: {setting} names {name!r}, but the layers of {network.name!r} "
                        f"{what} are {', '.join(known) or 'none'}"
                    )

    def rates_of(self, network: Network) -> dict[str, float]:
        """Each layer's learning rate at the start of training."""
        groups, group = {}, -1
        for layer in network.learning:
            group += isinstance(layer, Conv2D | Dense) or group < 0
            groups[layer.name] = group
        return {
            name: self.rates.get(name, self.rate * self.rate_decay ** (group - number))
            for name, number in groups.items()
        }


def falling(rate: float, progress: float) -> float:
    """A learning rate when `progress` (0 to 1) of the training is done."""
    return rate * (1 + math.cos(math.pi * progress)) / 2


def _unusable(name: str, value: object, remedy: str) -> TrainingError:
    return TrainingError(f"training: {name} is {value!r}; give {remedy}")


def _check_rate(name: str, rate: object) -> None:
    if not is_number(rate) or not 0 < rate < math.inf:
        remedy = "a number above 0, as in 0.002 (a layer that shall not learn stands in freeze)"
        raise _unusable(name, rate, remedy)
