"""Checkpoints: what a training has reached, kept beside its target until that is written.

Owns the checkpoint's name and when it comes and goes. Must not know how networks learn.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from xlconv.errors import OutputError, TrainingError
from xlconv.network.model import Array
from xlconv.system.files import check_target, is_file
from xlconv.system.terminal_text import shell_word
from xlconv.training.train import save_weights


class Checkpoint:
    """The weights after the last whole epoch, in `weights.checkpoint.npz` for `weights.npz`."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.path = out.with_name(f"{out.stem}.checkpoint.npz")
        self.epoch = 0

    def check(self, start: Path | None, overwrite: bool) -> None:
        """OutputError if there is one already, unless training goes on from it."""
        if start is not None and is_file(start) and is_file(self.path):
            overwrite = overwrite or start.samefile(self.path)
        if is_file(self.path) and not overwrite:
            raise OutputError(
                f"{self.path} is left of a training that was stopped; go on with "
                f"--from {self.path}, or give --force to begin anew"
            )
        check_target(self.path, overwrite, self.path.name)

    def save(self, epoch: int, weights: Mapping[str, Array]) -> None:
        """Replaces the checkpoint of the epoch before."""
        save_weights(self.path, weights)
        self.epoch = epoch

    @contextmanager
    def until_written(
        self, template: str, epochs: int, say: Callable[[str], object]
    ) -> Iterator[None]:
        """Training and writing its target: then the checkpoint goes. After a stop it stays, and
        what to do is said; if the loss grew out of bounds it is of no use."""
        try:
            yield
        except (SystemExit, KeyboardInterrupt):
            say(self._words(template, epochs))
            raise
        except TrainingError:
            self.path.unlink(missing_ok=True)
            raise
        self.path.unlink(missing_ok=True)

    def _words(self, template: str, epochs: int) -> str:
        if not self.epoch:
            return "stopped in the first epoch: nothing was written"
        left = max(epochs - self.epoch, 1)
        return (
            f"stopped: the weights after epoch {self.epoch} of {epochs} are in {self.path}; go on "
            f"with  xlconv train {shell_word(template)} --out {shell_word(self.out)} "
            f"--from {shell_word(self.path)} --epochs {left}"
        )
