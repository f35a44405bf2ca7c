"""`python -m xlconv`, and the command `xlconv`: the command line.

From its first moment a signal to end is one; what is large is imported after that.
"""

import gc
import sys

from xlconv.commands.run import run


def main() -> None:
    """Run the command line; one clear line and exit code 2 for what a user can mend."""
    # A command ends soon: to look for circles as often as Python does takes a tenth of its time.
    gc.set_threshold(100_000, 20, 20)
    run(_command_line)


def _command_line() -> None:
    if sys.argv[1:] in (["--help"], ["-h"]):
        from xlconv.commands.help import print_help

        if print_help():
            return
    from xlconv.commands.app import app

    app()


if __name__ == "__main__":
    main()
