"""Pictures from anywhere: large, strange, broken, or no files at all."""

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from support import command_line as cli

from xlconv.errors import ImageError
from xlconv.images import image_file
from xlconv.images.load import load_image

SHAPE, PLANE = (1, 28, 28), (28, 28)
CAN_BE_READ = "PNG, JPEG, GIF, BMP, WebP or TIFF"


def digit(mode: str = "L", size: tuple[int, int] = (60, 80)) -> Image.Image:
    """A stroke, dark on light."""
    picture = Image.new("L", size, 255)
    width, height = size
    line = [(width // 3, height // 5), (width // 2, height // 5), (width // 3, 4 * height // 5)]
    ImageDraw.Draw(picture).line(line, fill=0, width=max(min(size) // 12, 1))
    return picture.convert(mode)


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int = 8, colour: int = 0, data: bytes = b"") -> bytes:
    """A PNG of any claim, whatever its data."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def text_bomb() -> bytes:
    """A PNG with a note that unpacks to 100 MB."""
    note = chunk(b"zTXt", b"note\0\0" + zlib.compress(b" " * 100_000_000, 9))
    whole = saved(digit())
    return whole[:33] + note + whole[33:]


def objects(*held: object) -> bytes:
    return cli.npy(np.array(held, dtype=object), allow_pickle=True)


def half(kind: str) -> bytes:
    """Of a picture with much to say."""
    data = saved(digit("L", (300, 300)).filter(ImageFilter.FIND_EDGES), kind)
    return data[: len(data) // 2]


def another_claim() -> bytes:
    return cli.npy(np.zeros(PLANE)).replace(b"(28, 28), }  ", b"(90000000,) }")


MANY = "too large: more than 50 million pixels"
NO_PICTURE = "not a picture that can be read; save it as PNG"
NO_ARRAY = "not an .npy file of plain numbers"
PICTURES: dict[str, tuple[Any, ...]] = {
    "enormous": ("a.png", lambda: png(30_000, 30_000), MANY),
    "enormous and whole": (
        "a.png",
        lambda: png(30_000, 30_000, 1, data=bytes(3_751 * 30_000)),
        MANY,
    ),
    # Below and above Pillow's own limits.
    "8000 square": ("a.png", lambda: png(8_000, 8_000), MANY, "; scale it down first"),
    "12000 square": ("a.png", lambda: png(12_000, 12_000), MANY, "; scale it down first"),
    "60000 square": ("a.png", lambda: png(60_000, 60_000), MANY, "; scale it down first"),
    "a line": ("a.png", lambda: png(1, 2_000_000), "a side may have 1,000,000"),
    "more than enormous": ("a.png", lambda: png(2**31 - 1, 2**31 - 1), "too large"),
    "an enormous bitmap": (
        "a.bmp",
        lambda: (
            b"BM" + struct.pack("<IHHIIiiHHIIiiII", 99, 0, 0, 54, 40, 2**30, 2**30, 1, 24, *[0] * 6)
        ),
        "too large",
    ),
    "no pixels": ("a.png", lambda: png(0, 0), "a.png"),
    "no rows": ("a.png", lambda: png(28, 0), "a.png"),
    "one pixel": ("a.png", lambda: saved(Image.new("L", (1, 1))), "blank"),
    "one row": ("a.png", lambda: saved(Image.new("L", (3000, 1))), "blank"),
    "one column": ("a.png", lambda: saved(Image.new("L", (1, 3000))), "blank"),
    "all transparent": ("a.png", lambda: saved(Image.new("RGBA", (9, 9))), "transparent"),
    "empty": ("a.png", lambda: b"", "empty", NO_PICTURE),
    "a word": ("a.png", lambda: b"hello", NO_PICTURE),
    "text": ("a.png", lambda: b"just some words\n" * 9, NO_PICTURE, CAN_BE_READ),
    "a web page": ("a.jpg", lambda: b"<!DOCTYPE html><html>", CAN_BE_READ),
    "a drawing": ("a.svg", lambda: b"<svg xmlns='http://x'/>", "SVG", CAN_BE_READ),
    "a drawing with a head": ("a.png", lambda: b"<?xml version='1.0'?>\n<svg/>", "SVG"),
    "a telephone's": ("a.heic", lambda: b"\0\0\0\x18ftypheic" + bytes(90), "HEIC", CAN_BE_READ),
    "an AVIF": ("a.avif", lambda: b"\0\0\0\x1cftypavif" + bytes(90), "AVIF", CAN_BE_READ),
    "a document": ("a.pdf", lambda: b"%PDF-1.7\n", "PDF", CAN_BE_READ),
    "a PostScript program": ("a.png", lambda: b"%!PS-Adobe-3.0 EPSF", "PostScript"),
    "a short TIFF": ("a.tif", lambda: saved(digit(), "TIFF")[:60], "TIFF", CAN_BE_READ),
    "a TIFF of floats": ("a.tif", lambda: saved(digit("F"), "TIFF"), "its pixels are floats"),
    "an archive": ("a.png", lambda: b"PK\3\4" + bytes(99), CAN_BE_READ),
    "a short PNG": ("a.png", lambda: saved(digit())[:60], "broken or cut short"),
    "a shorter PNG": ("a.png", lambda: saved(digit())[:20], "a.png"),
    "a short JPEG": ("a.jpg", lambda: saved(digit(), "JPEG")[:500], "broken or cut short"),
    "half a PNG": ("a.png", lambda: half("PNG"), "broken or cut short"),
    "half a JPEG": ("a.jpg", lambda: half("JPEG"), "broken or cut short"),
    "a short GIF": ("a.gif", lambda: saved(digit(), "GIF")[:20], "a.gif"),
    "a bomb of a note": ("a.png", text_bomb, "broken or cut short"),
    "objects": ("a.npy", lambda: objects(None, 1), NO_ARRAY),
    "a dictionary": ("a.npy", lambda: objects({}), NO_ARRAY),
    "NaN": ("a.npy", lambda: cli.npy(np.full(SHAPE, np.nan)), "a.npy: holds NaN or infinity"),
    "NaN of a plane": ("a.npy", lambda: cli.npy(np.full(PLANE, np.nan)), "a.npy: holds NaN or inf"),
    "too large numbers": ("a.npy", lambda: cli.npy(np.full(SHAPE, 1e308)), "too large"),
    "another shape": ("a.npy", lambda: cli.npy(np.zeros((3, 4, 5))), "3x4x5"),
    "many dimensions": ("a.npy", lambda: cli.npy(np.zeros((1,) * 30)), "1x1"),
    "no numbers": ("a.npy", lambda: cli.npy(np.zeros((0, 28))), "has no pixels (0x28)"),
    "a claim": ("a.npy", lambda: cli.npy_header((10**6, 10**6)), NO_ARRAY),
    "another claim": ("a.npy", another_claim, NO_ARRAY),
    "a claim of bytes": ("a.npy", lambda: cli.npy_header((10**12,), "'|u1'"), "a.npy"),
    "code": ("a.npy", lambda: cli.npy_header("open('ran', 'x')"), "a.npy"),
    "a deep head": ("a.npy", lambda: cli.npy_header("(" * 4_000 + ")" * 4_000), "a.npy"),
    "a long head": ("a.npy", lambda: b"\x93NUMPY\2\0" + struct.pack("<I", 2**31), "a.npy"),
    "complex": ("a.npy", lambda: cli.npy(np.zeros(SHAPE, complex)), "an array of complex128"),
    "complex plane": ("a.npy", lambda: cli.npy(np.zeros(PLANE, complex)), "an array of complex128"),
    "infinity": ("a.npy", lambda: cli.npy(np.full(PLANE, np.inf)), "a.npy: holds NaN or infinity"),
    "one number": ("a.npy", lambda: cli.npy(0.5), "an array of one number but"),
    "letters": ("a.npy", lambda: cli.npy(["7"]), "an array of <U1"),
    "negative": ("a.npy", lambda: cli.npy(np.full(PLANE, -1)), "whole numbers -1..-1; scale them"),
    "above 255": ("a.npy", lambda: cli.npy(np.arange(784).reshape(PLANE)), "whole numbers 0..783"),
    "four axes": ("a.npy", lambda: cli.npy(np.zeros((1, *SHAPE), "u1")), "1x1x28x28 is no picture"),
    "a row less": ("a.npy", lambda: cli.npy(np.zeros((27, 28))), "an array of 27x28 but the net"),
}


@pytest.mark.parametrize("what", PICTURES)
def test_pictures_that_cannot_be_used(what: str, tmp_path: Path) -> None:
    name, make, *words = PICTURES[what]
    (tmp_path / name).write_bytes(make())
    cli.refused(tmp_path, ["build", "out.xlsx", "--image", name], *words)


@pytest.mark.parametrize(
    "what", ["enormous", "one pixel", "text", "a short JPEG", "NaN", "a claim"]
)
def test_a_folder_with_one_of_them(what: str, tmp_path: Path) -> None:
    _, make, *_ = PICTURES[what]
    name = "a.npy" if PICTURES[what][0].endswith("npy") else "a.png"
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / name).write_bytes(make())
    cli.refused(tmp_path, ["build", "out.xlsx", "--images", "pictures"], f"pictures/{name}")


PLACES = {
    "a folder": "a.png: a folder; name a PNG",
    "nothing": "a.png: no such file; check the name",
    "a pipe": "pipe or device",
    "a device": "pipe or device",
    "a terminal": "a.png",
    "a dangling link": "no such file",
    "a ring of links": "symbolic links",
}


@cli.has_pipes
@pytest.mark.parametrize("what", PLACES)
def test_pictures_that_are_no_file(what: str, tmp_path: Path) -> None:
    cli.NO_FILES[what](tmp_path / "a.png")
    cli.refused(tmp_path, ["build", "out.xlsx", "--image", "a.png"], PLACES[what])


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def with_a_hole(picture: Image.Image) -> bytes:
    """A palette of which one colour is transparent."""
    return saved(picture.convert("P"), transparency=255)


def animated(kind: str) -> bytes:
    return saved(digit(), kind, save_all=True, append_images=[Image.new("L", (60, 80))])


FINE: dict[str, tuple[Callable[[], bytes], str]] = {
    "CMYK": (lambda: saved(digit("CMYK"), "JPEG"), ""),
    "a palette with transparency": (lambda: with_a_hole(digit("RGB")), ""),
    "grey with transparency": (lambda: saved(digit("LA")), ""),
    "one bit": (lambda: saved(digit("1")), ""),
    "sixteen bits": (
        lambda: saved(Image.fromarray(np.asarray(digit()).astype(np.uint16) * 257)),
        "",
    ),
    "animated GIF": (lambda: animated("GIF"), "animated: took its first frame"),
    "animated PNG": (lambda: animated("PNG"), "animated: took its first frame"),
    "animated WebP": (lambda: animated("WEBP"), "animated: took its first frame"),
    "TIFF": (lambda: saved(digit(), "TIFF"), ""),
    "TIFF of a scanner": (lambda: saved(digit("RGB"), "TIFF", compression="tiff_lzw"), ""),
    "TIFF of a fax": (lambda: saved(digit("1"), "TIFF", compression="group4"), ""),
    "TIFF of 16 bits": (
        lambda: saved(Image.fromarray(np.asarray(digit()).astype(np.uint16) * 257), "TIFF"),
        "",
    ),
    "TIFF of two pages": (
        lambda: saved(digit(), "TIFF", save_all=True, append_images=[Image.new("L", (9, 9))]),
        "several pages: took the first one",
    ),
    "TIFF that lies": (
        lambda: saved(digit().transpose(Image.Transpose.ROTATE_90), "TIFF", exif=turned(6)),
        "turned it upright",
    ),
    "turned": (
        lambda: saved(digit().transpose(Image.Transpose.ROTATE_90), "JPEG", exif=turned(6)),
        "turned it upright",
    ),
    "turned by what is no turn": (lambda: saved(digit(), "JPEG", exif=turned(77)), ""),
}


@pytest.mark.parametrize("what", FINE)
def test_pictures_of_every_kind_become_the_same(what: str, tmp_path: Path) -> None:
    make, word = FINE[what]
    (tmp_path / "a.bin").write_bytes(make())
    (tmp_path / "plain.png").write_bytes(saved(digit()))
    found, plain = (load_image(tmp_path / name, SHAPE) for name in ("a.bin", "plain.png"))
    assert np.abs(found.pixels - plain.pixels).max() < 0.12
    assert any(word in step for step in found.steps)
    assert any("animated" in step for step in found.steps) == ("animated" in what)


def test_names_of_all_letters(tmp_path: Path) -> None:
    names = ["ünï çødé 数字.png", "a" * 250 + ".png", "-7.png", "=1+1.png"]
    names.append(os.fsdecode(b"\xff\xfe.png"))
    for name in names:
        (tmp_path / name).write_bytes(saved(digit()))
        cli.printed("build", "out.xlsx", "--image", f"./{name}", "--force", folder=tmp_path)
    cli.refused(tmp_path, ["build", "b.xlsx", "--image", "a" * 300 + ".png"], "name too long")


def test_thousands_of_files(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for number in range(5_000):
        (tmp_path / "pictures" / f"{number}.png").touch()
    cli.refused(
        tmp_path, ["build", "out.xlsx", "--images", "pictures"], "5,000 pictures", "at most 400"
    )


def test_links_among_many(tmp_path: Path) -> None:
    """Links to folders are left out, links to files are files; a ring has no end."""
    pictures = tmp_path / "pictures"
    (pictures / "7" / "deep" / "deeper").mkdir(parents=True)
    (tmp_path / "outside.png").write_bytes(saved(digit()))
    (pictures / "7" / "a.png").symlink_to(tmp_path / "outside.png")
    (pictures / "7" / "deep" / "deeper" / "up").symlink_to(pictures)
    (pictures / "all").symlink_to("/")
    found = cli.printed("build", "out.xlsx", "--images", "pictures", folder=tmp_path)
    assert "left out all: links to folders are not followed" in " ".join(found.split())
    (pictures / "ring.png").symlink_to("ring.png")
    cli.refused(tmp_path, ["build", "b.xlsx", "--images", "pictures"], "ring.png", "symbolic links")
    (pictures / "ring.png").unlink()
    (pictures / "zero.png").symlink_to("/dev/zero")
    os.mkfifo(pictures / "pipe.png")
    assert cli.command("build", "c.xlsx", "--images", "pictures", folder=tmp_path).code == 0


LARGE: dict[str, Callable[[], bytes]] = {
    "enormous and whole": PICTURES["enormous and whole"][1],
    "a bomb of a note": text_bomb,
    "largest transparent": lambda: saved(digit("RGBA", (7_000, 7_100)), compress_level=1),
    "largest progressive": lambda: saved(digit("RGB", (7_000, 7_100)), "JPEG", progressive=True),
    "long": lambda: saved(digit("RGB", (50_000, 900)), compress_level=1),
    "thin": lambda: saved(Image.new("L", (3, 15_000_000), 255)),
}
TOO_LARGE = ("enormous and whole", "a bomb of a note", "thin")


@cli.measures_memory
@pytest.mark.parametrize("what", LARGE)
def test_large_pictures_need_little_memory(what: str, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "a.png").write_bytes(LARGE[what]())
    outcome = cli.process("build", "out.xlsx", "--image", "a.png", folder=folder)
    if what in TOO_LARGE:
        cli.check_refusal(outcome)
        assert list(cli.contents(folder)) == ["a.png"]
    else:
        assert (outcome.code, (folder / "out.xlsx").exists()) == (0, True), outcome.err
    assert 0 < outcome.memory < cli.MOST_MEMORY


def test_a_telephones_heic_is_read_where_its_package_is(tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    digit("RGB").save(tmp_path / "a.heic", quality=90)
    (tmp_path / "plain.png").write_bytes(saved(digit()))
    found, plain = (load_image(tmp_path / name, SHAPE).pixels for name in ("a.heic", "plain.png"))
    assert np.abs(found - plain).max() < 0.2


def test_a_telephones_heic_names_the_package_that_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_file, "has_heic", lambda: False)
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(90))
    with pytest.raises(ImageError, match=r"pip install pillow-heif\); or save it as PNG"):
        load_image(tmp_path / "a.heic", SHAPE)
