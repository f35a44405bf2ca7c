"""Books that show themselves in notebooks: what `xlconv.read_book` gives.

Must not know how a board is painted, nor what a terminal shows.
"""

import base64
import io
import os
from dataclasses import fields
from html import escape

from xlconv.book.book import FoundBook
from xlconv.book.book import read_book as read_found_book
from xlconv.errors import XlconvError
from xlconv.rendering.glance import answer_words
from xlconv.rendering.render import sheet_picture

_SIDE = 1600  # pixels of the longer side of a picture in a notebook


class PicturedBook(FoundBook):
    """A book that was read, with a picture of its board as its representation in notebooks."""

    def _repr_html_(self) -> str:
        """The board with the values that the file stores, and the answer among them."""
        network = self.network
        head = f"<b>{escape(str(self.path))}</b>: {escape(network.name)}"
        try:
            picture = sheet_picture(self, side=_SIDE)
        except XlconvError as error:
            return f"<p>{head}</p><p>{escape(str(error))}</p>"
        words = answer_words(network, self.stored[network.output])
        answer = "" if words is None else f"; prediction: <b>{escape(words)}</b>"
        stream = io.BytesIO()
        picture.save(stream, format="PNG")
        data = base64.b64encode(stream.getvalue()).decode("ascii")
        image = f'<img alt="the board" style="max-width:100%" src="data:image/png;base64,{data}">'
        return f"<p>{head}{answer}</p>{image}"


def read_book(path: str | os.PathLike[str]) -> PicturedBook:
    """Read a workbook of xlconv's: `workbook.read_book`, for people."""
    found = read_found_book(path)
    return PicturedBook(**{part.name: getattr(found, part.name) for part in fields(found)})
