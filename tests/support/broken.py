"""Workbooks broken at random: the bytes of the file, its members, and the XML inside of them.

All that is drawn comes from the `random` that is given, so that a seed, or hypothesis, repeats it.
Must not know xlconv.
"""

import gzip
import io
import re
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image
from support.command_line import npz, own_weights, zipped
from support.hostile_books import FORMULAS, members, packed

from xlconv import Dense, Network, Softmax, XlconvError, load_image, load_template
from xlconv.importers.datasets.archive import PARTS
from xlconv.importers.datasets.idx import read_idx
from xlconv.importers.datasets.load import load_datasets
from xlconv.importers.template import describe_template, template_folder
from xlconv.importers.weights.load import load_weights, starting_weights

NUMBERS = (
    *("0", "-1", "1", "2", "65536", "1048576", "1048577", "4294967296", "99999999999999999999"),
    *("1e308", "1e999", "-1e-320", "nan", "inf", "", " ", "١", "0x10", "1_0", "true", "#N/A"),
)
TEXTS = (
    *("A1", "XFD1048576", "XFE1", "ZZZ9999999", "$A$1", "A1:XFD1048576", "#REF!", "Board!A1"),
    *("'Board'!A1", "&amp;", "&lt;", "\U0001f408", "_x0000_", "_xD800_", "x" * 40_000, "../../x"),
    *("shared", "array", "str", "s", "b", "e", "d", "inlineStr", "http://a.b", "preserve"),
    *("[[[[", "kernels = 1000000000", "input = [1, 99999, 99999]", 'kind = "Dense"', "size = 0"),
)
ELEMENTS = (
    *("<f>1</f>", "<v>1</v>", "<c/>", "<row/>", "<is><t>x</t></is>", "<t>x</t>", "<si/>", "<x/>"),
    *('<c r="A1"><v>1</v></c>', "<sheetData/>", "<a><b><c/></b></a>", "<!--x-->", "<?x y?>", "]]>"),
    *("<![CDATA[x]]>", "&x;", "&#0;", "&#55296;", '<f t="shared" si="0"/>', "<definedName/>"),
)


def mutated(book: bytes, random: Random) -> bytes:
    """A workbook with one to four things broken."""
    if random.random() < 0.1:
        return _bytes(book, random)
    parts = members(book)
    for _ in range(random.randint(1, 4)):
        _break_member(parts, random)
    data = packed(parts)
    return _bytes(data, random) if random.random() < 0.05 else data


def _bytes(data: bytes, random: Random) -> bytes:
    """Bytes changed, cut out, doubled or cut off."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 8)):
        if not changed:
            break
        # The directory at the end says where all else is.
        low = max(0, len(changed) - 3000) if random.random() < 0.5 else 0
        at = random.randint(low, len(changed) - 1)
        kind = random.randint(0, 3)
        if kind == 0:
            changed[at] = random.randint(0, 255)
        elif kind == 1:
            del changed[at : at + random.randint(1, 100)]
        elif kind == 2:
            changed[at:at] = changed[at : at + random.randint(1, 100)]
        elif random.random() < 0.2:
            del changed[at:]
    return bytes(changed)


def _break_member(parts: dict[str, bytes], random: Random) -> None:
    name = random.choice(sorted(parts))
    kind = random.randint(0, 11)
    if kind == 0:
        del parts[name]
    elif kind == 1:
        parts[name] = parts[random.choice(sorted(parts))]
    elif kind == 2:
        parts[name] = _bytes(parts[name], random)
    elif kind == 3:
        parts[random.choice(("xl/new.xml", "xl/x.bin", "a/b.rels", name.upper()))] = parts[name]
    elif kind == 4 and len(parts) > 5:
        parts[name] = b""
    else:
        parts[name] = _xml(parts[name].decode("utf-8", "replace"), random).encode(
            "utf-8", "replace"
        )


def _spot(text: str, pattern: str, random: Random) -> tuple[int, int] | None:
    """Where one of the matches of a pattern is, near a place drawn at random."""
    start = random.randint(0, max(0, len(text) - 1))
    match = re.compile(pattern).search(text, start) or re.compile(pattern).search(text)
    return match.span() if match else None


def _xml(text: str, random: Random) -> str:
    """An attribute, a text, an element or a number changed."""
    pattern, choices = random.choice(
        (
            (r'(?<==")[^"]*(?=")', (*NUMBERS, *TEXTS)),
            (r"(?<=>)[^<>]+(?=<)", (*NUMBERS, *TEXTS, *FORMULAS.values())),
            (r"(?<=<f>)[^<]*(?=</f>)", (*FORMULAS.values(), *NUMBERS, *TEXTS)),
            (r"(?<=<v>)[^<]*(?=</v>)", NUMBERS),
            (r"<[a-zA-Z][^<>]*/>", ELEMENTS),
            (r"<c [^<>]*>.*?</c>", (*ELEMENTS, "")),
            (r"</?[a-zA-Z]+", ("<", "</x", "<f", "<v", "</c", "<row", "<c", "<sheet")),
            (r' [\w:]+="[^"]*"', ("", ' r="A1"', ' t="s"', ' t="shared" si="0"', ' xml:a="b"')),
            (r"\d+", NUMBERS),
            (r"\$?[A-Z]{1,3}\$?\d+", TEXTS[:7]),
            (r"[,:!()+*]", (",", ":", "!", "(", ")", "-", "|", "'", '"', "[", "]")),
        )
    )
    spot = _spot(text, pattern, random)
    if spot is None:
        return text
    start, end = spot
    kind = random.randint(0, 4)
    if kind == 0:  # doubled
        return text[:end] + text[start:end] * random.choice((1, 1, 3, 50)) + text[end:]
    if kind == 1:  # swapped with another one
        other = _spot(text, pattern, random)
        if other is not None and other[0] >= end:
            middle, later = text[end : other[0]], text[other[0] : other[1]]
            return text[:start] + later + middle + text[start:end] + text[other[1] :]
    return text[:start] + random.choice(choices) + text[end:]


SHAPE = (1, 40, 30)
TINY = Network("tiny", (1, 4, 4), (Dense("dense", 2), Softmax("softmax")))
WORDS = (
    *(b"\0", b"\xff" * 4, b"\x7f\xff\xff\xff", b"9" * 20, b"-1", b"nan", b"1e999", b"[" * 50),
    *(b"'|O'", b"(99999999999,)", b"\n", b'"', b"= true\n", b"[[layers]]\n", b"{}", b"{ a = 1 }"),
    *(b"0x7fffffffffffffff", b'"=1+1"', b"..", b"\\u0000", b"[]", b"same", b"1979-05-27"),
)


def mutated_bytes(data: bytes, random: Random) -> bytes:
    """The data with a few changes of all kinds."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 4, 16))):
        at, length = random.randrange(len(changed) + 1), random.choice((1, 1, 2, 4, 20, 200))
        kind = random.randrange(6)
        if kind == 0:
            changed[at : at + length] = random.randbytes(length)
        elif kind == 1:
            del changed[at : at + length]
        elif kind == 2:
            changed[at:at] = random.choice(WORDS)
        elif kind == 3:
            word = random.choice(WORDS)
            changed[at : at + len(word)] = word
        elif kind == 4:
            other = random.randrange(len(changed) + 1)
            changed[at:at] = changed[other : other + length]
        elif random.random() < 0.2:
            del changed[at:]
        elif at < len(changed):
            changed[at] ^= 1 << random.randrange(8)
    return bytes(changed)


def mutated_npz(data: bytes, random: Random) -> bytes:
    """An archive of which a member is changed, so that the sums of its parts are right."""
    if random.random() < 0.4:
        return mutated_bytes(data, random)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = random.choice(sorted(members))
    head = members[name][: 128 if random.random() < 0.8 else None]
    members[name] = mutated_bytes(head, random) + members[name][len(head) :]
    return zipped(members, random.random() < 0.5)


def mutated_idx(data: bytes, random: Random) -> bytes:
    changed = mutated_bytes(data[:64], random) + data[64:] if random.random() < 0.7 else data
    if random.random() < 0.5:
        return mutated_bytes(changed, random)
    packed = gzip.compress(changed, 1)
    return packed if random.random() < 0.5 else mutated_bytes(packed, random)


def _picture(kind: str, mode: str) -> bytes:
    random = np.random.default_rng(1)
    pixels = np.full((40, 30), 250, np.uint8)
    pixels[8:32, 10:16] = 9
    pixels += random.integers(0, 5, pixels.shape, np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(stream, kind)
    return stream.getvalue()


@cache
def seeds(kind: str) -> tuple[bytes, ...]:
    """Good files of a kind."""
    if kind == "weights":
        return (npz(own_weights()),)
    if kind == "template":
        folders = sorted(template_folder().glob("*/template.toml"))
        return tuple(path.read_bytes() for path in folders)
    if kind == "data":
        picture = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 4]) + bytes(32)
        return (picture, bytes([0, 0, 8, 1, 0, 0, 0, 9]) + bytes(9))
    if kind == "archive":
        pixels, classes = np.arange(32, dtype=np.uint8).reshape(2, 4, 4), np.array([0, 1])
        return (
            npz({f"{n}_{part}": a for part in PARTS for n, a in (("x", pixels), ("y", classes))}),
        )
    if kind == "others' weights":
        return (npz({f"net/{name}:0": array.T for name, array in own_weights().items()}),)
    array = io.BytesIO()
    np.save(array, np.ones((40, 30)))
    kinds = (("PNG", "L"), ("PNG", "P"), ("PNG", "RGBA"), ("JPEG", "RGB"), ("JPEG", "CMYK"))
    more = (("GIF", "P"), ("BMP", "RGB"), ("WEBP", "RGB"))
    return (*(_picture(*each) for each in (*kinds, *more)), array.getvalue())


def _read_weights(path: Path) -> None:
    load_template("lesson3", path)
    load_weights(path)


def _read_others_weights(path: Path) -> None:
    starting_weights(path, describe_template("lesson3").network, "keras")


def _read_archive(path: Path) -> None:
    load_datasets(path.rename(path.with_name("set.npz")), TINY)


def _read_template(path: Path) -> None:
    path.replace(path.with_name("template.toml"))
    about = describe_template(path.parent)
    for name in about.network.shapes:
        assert about.network.shapes[name]


def _read_data(path: Path) -> None:
    read_idx(path, 1 if b"\0\0\x08\1" in path.read_bytes()[:4] else 3)


def _read_picture(path: Path) -> None:
    for raw in (True, False):
        load_image(path, SHAPE, raw)


READERS: dict[str, Callable[[Path], None]] = {
    "weights": _read_weights,
    "template": _read_template,
    "data": _read_data,
    "archive": _read_archive,
    "others' weights": _read_others_weights,
    "picture": _read_picture,
}
_MUTATIONS = {
    "data": mutated_idx,
    **dict.fromkeys(("weights", "archive", "others' weights"), mutated_npz),
}


def case(kind: str, number: int) -> bytes:
    """The file of a kind and a number, the same each time."""
    random = Random(f"{kind} {number}")
    return _MUTATIONS.get(kind, mutated_bytes)(random.choice(seeds(kind)), random)


def survived(kind: str, data: bytes, folder: Path) -> bool:
    """Whether a file was read; False for one that was refused in words."""
    path = folder / "file"
    path.write_bytes(data)
    said = None
    try:
        READERS[kind](path)
    except XlconvError as error:
        said = str(error)
    assert said is None or (said and "allow_pickle" not in said), said
    return said is None
