"""Galleries: folders of real files, what their names say, what is refused; the shipped ones."""

import os
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from support import command_line as test_cli

import xlconv
from xlconv import Conv2D, Dense, Sigmoid, Softmax
from xlconv.errors import ImageError, TemplateError, XlconvError
from xlconv.images import folder as pictures_folder
from xlconv.images.folder import MAX_PICTURES, load_gallery
from xlconv.images.gallery import Gallery, shown_first
from xlconv.importers import template as templates
from xlconv.importers.datasets.idx import read_idx
from xlconv.importers.gallery import template_gallery
from xlconv.network.network import Network, found_labels

SHAPE = (1, 4, 5)
DIGITS = tuple("0123456789")


def network(
    *labels: str, several: bool = False, shape: tuple[int, int, int] = SHAPE, name: str = "net"
) -> Network:
    last = Sigmoid("sigmoid") if several else Softmax("softmax")
    return Network(name, shape, (Dense("dense", len(labels)), last), labels)


TEN = network(*DIGITS)
SEVERAL = network(*DIGITS, several=True)
MAPS = Network("maps", SHAPE, (Conv2D("edge", 1, 3),))


def plane(number: int, shape: tuple[int, ...] = SHAPE[1:]) -> NDArray[np.uint8]:
    """A picture like no other number's."""
    return np.random.default_rng(number).integers(0, 256, shape, dtype=np.uint8)


def put(folder: Path, *names: str, first: int = 0) -> None:
    """A picture for each name, each another one."""
    for number, name in enumerate(names, first):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".npy":
            np.save(path, plane(number) / 255)
        else:
            Image.fromarray(plane(number)).save(path, "PNG")


def loaded(folder: Path, of: Network = TEN) -> Gallery:
    gallery, notes = load_gallery(folder, of, raw=True)
    assert notes == []
    return gallery


def told(gallery: Gallery) -> list[tuple[str, str]]:
    return list(zip(gallery.labels, gallery.names, strict=True))


def refusal(folder: Path, of: Network = TEN) -> str:
    with pytest.raises(ImageError) as caught:
        load_gallery(folder, of, raw=True)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# ---- what a gallery is


def three(**changes: object) -> Gallery:
    given = {"pictures": np.zeros((3, 1, 2, 2)), "labels": ("7", "", "2"), "names": ("", "b", "c")}
    return Gallery(**{**given, "chosen": 1, **changes})  # type: ignore[arg-type]


def test_a_gallery_keeps_its_own_float64_pictures() -> None:
    given = np.arange(12, dtype=np.float32).reshape(3, 1, 2, 2)
    gallery = three(pictures=given, chosen=2)
    given[:] = 0
    assert gallery.pictures.dtype == np.float64
    assert gallery.image.tolist() == [[[4, 5], [6, 7]]]
    assert len(gallery) == 3
    with pytest.raises(ValueError, match="read-only"):
        gallery.pictures[0] = 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": ("7", "2")}, "3 pictures has 2 labels"),
        ({"names": ("a",) * 4}, "3 pictures has 4 names"),
        ({"labels": ("7", 7, "")}, "a text for each"),
        ({"chosen": 0}, "none with the number 0; choose 1 to 3"),
        ({"chosen": 4}, "none with the number 4; choose 1 to 3"),
        ({"chosen": True}, "none with the number True"),
        ({"pictures": np.full((3, 1, 2, 2), np.nan)}, "NaN or infinity"),
        ({"pictures": np.full((3, 1, 2, 2), np.inf)}, "NaN or infinity"),
        ({"pictures": np.zeros((0, 1, 2, 2)), "labels": (), "names": ()}, "one picture or more"),
        ({"pictures": np.zeros((3, 2, 2))}, "have shape 3x2x2"),
        ({"pictures": [[1], [1, 2]]}, "not one array of numbers"),
    ],
)
def test_a_gallery_that_does_not_fit_together(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ImageError, match=said):
        three(**changes)


def test_the_public_names() -> None:
    assert xlconv.Gallery is Gallery
    assert xlconv.load_gallery is load_gallery


# ---- what is in a folder


def test_labels_in_the_networks_order_files_in_natural_order(tmp_path: Path) -> None:
    put(tmp_path, "z.png", "7/7-10.png", "7/7-2.PNG", "3/a.npy", "7/sub/1.jpeg", "10.jpg", "9.png")
    gallery = loaded(tmp_path, network("7", "3"))
    assert told(gallery) == [
        *(("7", "7-2.PNG"), ("7", "7-10.png"), ("7", "1.jpeg"), ("3", "a.npy")),
        *(("", "9.png"), ("", "10.jpg"), ("", "z.png")),
    ]
    assert gallery.chosen == 1
    for number, picture in zip((2, 1, 4, 3, 6, 5, 0), gallery.pictures, strict=True):
        assert np.array_equal(picture[0], plane(number) / 255)


def test_the_same_picture_twice_stays_twice(tmp_path: Path) -> None:
    put(tmp_path, "7/a.png")
    put(tmp_path, "3/b.png")
    assert told(loaded(tmp_path)) == [("3", "b.png"), ("7", "a.png")]


def test_hidden_and_other_files_are_left_out_without_a_word(tmp_path: Path) -> None:
    put(tmp_path, "7/a.png", "7/.b.png", ".git/c.png", "._a.png", "7/.trash/d.png")
    for name in ("notes.txt", ".DS_Store", "7/Thumbs.db", "weights.npz", "README"):
        (tmp_path / name).write_text("no picture")
    (tmp_path / "ideas").mkdir()  # no label, but no pictures either
    (tmp_path / "ideas" / "list.txt").write_text("7")
    assert told(loaded(tmp_path)) == [("7", "a.png")]


def test_pictures_of_other_kinds_are_left_out_with_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures_folder, "has_heic", lambda: False)
    put(tmp_path, "a.png")
    for name in ("b.HEIC", "c.heic", "d.gif"):
        (tmp_path / name).write_bytes(b"?")
    gallery, notes = load_gallery(tmp_path, TEN, raw=True)
    assert gallery.names == ("a.png",)
    assert notes == [
        "left out 3 files of other kinds (.gif, .heic): save as PNG or JPEG, or install what "
        "reads them (pip install pillow-heif)"
    ]


def test_scans_are_pictures(tmp_path: Path) -> None:
    for name in ("a.tif", "b.TIFF"):
        Image.fromarray(plane(1)).save(tmp_path / name, "TIFF")
    gallery, notes = load_gallery(tmp_path, TEN, raw=True)
    assert gallery.names == ("a.tif", "b.TIFF")
    assert not notes


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "far", "secret.png")
    put(tmp_path / "mine", "7/a.png")
    (tmp_path / "mine" / "7" / "loop").symlink_to(tmp_path / "mine")
    (tmp_path / "mine" / "3").symlink_to(tmp_path / "far")
    (tmp_path / "mine" / "7" / "b.png").symlink_to(tmp_path / "far" / "secret.png")
    gallery, notes = load_gallery(tmp_path / "mine", TEN, raw=True)
    assert told(gallery) == [("7", "a.png"), ("7", "b.png")]
    assert notes == [
        "left out 3: links to folders are not followed",
        "left out loop: links to folders are not followed",
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    os.mkfifo(tmp_path / "b.png")
    assert loaded(tmp_path).names == ("a.png",)


def test_pictures_are_prepared_as_one_alone_is(tmp_path: Path) -> None:
    levels = np.full((300, 200), 230, dtype=np.uint8)
    levels[50:250, 90:115] = 20
    Image.fromarray(levels).save(tmp_path / "a.png")
    of = network("a", "b", shape=(1, 28, 28))
    images = [load_gallery(tmp_path, of, photo)[0].image for photo in (False, True)]
    for photo, image in enumerate(images):
        alone = xlconv.load_image(tmp_path / "a.png", (1, 28, 28), photo=bool(photo))
        assert np.array_equal(image, alone.pixels)
    assert not np.array_equal(*images)


def test_colour(tmp_path: Path) -> None:
    levels = plane(3, (4, 5, 3))
    Image.fromarray(levels).save(tmp_path / "a.png")
    gallery = loaded(tmp_path, network("a", "b", shape=(3, 4, 5)))
    assert np.array_equal(gallery.image, np.moveaxis(levels, 2, 0) / 255)


def test_names_that_no_cell_could_hold(tmp_path: Path) -> None:
    put(tmp_path, "a\x01b\nc.png")
    assert loaded(tmp_path).names == ("a�b�c.png",)


# ---- what the names of folders say


def test_a_folder_that_is_no_label_is_refused_with_the_labels(tmp_path: Path) -> None:
    put(tmp_path, "cat/a.png", "dgo/b.png")
    message = refusal(tmp_path, network("cat", "dog"))
    assert message == (
        f"{tmp_path / 'dgo'}: 'dgo' is no label of 'net'; call the folder by one of its labels "
        f"(cat, dog), or put its pictures into {tmp_path} itself"
    )


def test_many_labels_are_not_all_listed(tmp_path: Path) -> None:
    put(tmp_path, "x/a.png")
    message = refusal(tmp_path, network(*(f"class {n}" for n in range(500))))
    assert "class 39, ... (500 in all)" in message
    assert "class 40" not in message


def test_maps_have_no_labels(tmp_path: Path) -> None:
    put(tmp_path, "b/a.png", "a/b.png")
    assert told(loaded(tmp_path, MAPS)) == [("", "b.png"), ("", "a.png")]


@pytest.mark.parametrize("name", ["7, 3", "3,7", "3_7", "7 3", "3 , 7", "3_7_3"])
def test_several_labels_with_a_sigmoid(name: str, tmp_path: Path) -> None:
    put(tmp_path, f"{name}/a.png", "9/b.png", "3/c.png", "d.png", "7/e.png")
    expected = [("3", "c.png"), ("3, 7", "a.png"), ("7", "e.png"), ("9", "b.png"), ("", "d.png")]
    assert told(loaded(tmp_path, SEVERAL)) == expected


@pytest.mark.parametrize("name", ["3, x", "3_7 8", "37", ",", "_"])
def test_what_names_no_labels_with_a_sigmoid(name: str, tmp_path: Path) -> None:
    put(tmp_path, f"{name}/a.png")
    assert "one of its labels (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), or several" in refusal(
        tmp_path, SEVERAL
    )


def test_several_labels_need_a_sigmoid(tmp_path: Path) -> None:
    put(tmp_path, "3, 7/a.png")
    assert "'3, 7' is no label of 'net'" in refusal(tmp_path)


def test_labels_that_hold_separators(tmp_path: Path) -> None:
    labels = ("a_b", "red 0", "red", "0")
    put(tmp_path, "a_b/1.png", "red 0/2.png", "red 0, a_b/3.png")
    expected = [("a_b", "1.png"), ("a_b, red 0", "3.png"), ("red 0", "2.png")]
    assert told(loaded(tmp_path, network(*labels, several=True))) == expected


def test_letters_that_are_spelled_as_two_characters(tmp_path: Path) -> None:
    put(tmp_path, "a\u0308/1.png")  # as macOS spells it
    assert loaded(tmp_path, network("\u00e4", "b")).labels == ("\u00e4",)


# ---- what is refused


def test_folders_that_are_none_or_empty(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nix") == f"{tmp_path / 'nix'}: no such folder; check the name"
    put(tmp_path, "a.png")
    assert "a file, not a folder" in refusal(tmp_path / "a.png")
    empty = tmp_path / "empty"
    (empty / "7").mkdir(parents=True)
    assert refusal(empty).startswith(f"{empty}: no pictures in it; put PNG, JPEG or .npy files")
    (empty / "photo.gif").write_bytes(b"")
    assert "no pictures in it (left out 1 file of other kinds (.gif)" in refusal(empty)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_is_no_picture_is_named(content: bytes, tmp_path: Path) -> None:
    put(tmp_path, "7/a.png", "7/c.png")
    (tmp_path / "7" / "b.png").write_bytes(content)
    assert refusal(tmp_path).startswith(f"{tmp_path / '7' / 'b.png'}: ")


def test_a_broken_link_is_named(tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    (tmp_path / "b.png").symlink_to(tmp_path / "nix.png")
    assert refusal(tmp_path) == f"{tmp_path / 'b.png'}: no such file; check the name"


def test_a_folder_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "7/a.png", "3/b.png")
    scan = os.scandir

    def refusing(path: str) -> object:
        if Path(path).name == "3":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    said = f"{tmp_path / '3'}: cannot be read (Permission denied); check its permissions"
    assert refusal(tmp_path) == said


def test_too_many_pictures_are_refused_before_they_are_read(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    for number in range(MAX_PICTURES):
        np.save(tmp_path / "7" / f"{number}.npy", np.full(SHAPE, number / 2))
    gallery = loaded(tmp_path)
    assert gallery.pictures[:, 0, 0, 0].tolist() == [n / 2 for n in range(MAX_PICTURES)]
    (tmp_path / "one more.png").write_bytes(b"no picture")
    assert refusal(tmp_path).startswith(
        f"{tmp_path}: 401 pictures, but a gallery holds at most 400, since each pixel is a cell"
    )


# ---- the one that is shown first


def test_the_very_same_pixels_are_chosen() -> None:
    pictures = np.arange(12.0).reshape(3, 1, 2, 2)
    gallery = shown_first(three(pictures=pictures), pictures[2].copy(), "me.png")
    assert (gallery.chosen, len(gallery)) == (3, 3)
    assert told(gallery) == told(three())


def test_another_picture_is_put_in_front() -> None:
    pictures = np.arange(12.0).reshape(3, 1, 2, 2)
    mine = pictures[2] + np.array([[0, 0], [0, 1e-9]])
    gallery = shown_first(three(pictures=pictures, chosen=2), mine, "me.png")
    assert gallery.chosen == 1
    assert told(gallery) == [("", "me.png"), *told(three())]
    assert np.array_equal(gallery.image, mine)
    assert np.array_equal(gallery.pictures[1:], pictures)


def test_a_picture_of_another_shape_is_refused() -> None:
    with pytest.raises(ImageError, match=r"me\.png: 1x1x2 beside pictures of 1x2x2"):
        shown_first(three(), np.zeros((1, 1, 2)), "me.png")


# ---- shipped galleries


@cache
def shipped(name: str) -> tuple[templates.Template, Gallery]:
    template = templates.load_template(name)
    return template, template_gallery(template.about, template.network, template.image)


def answers(template: templates.Template, gallery: Gallery) -> list[str]:
    outputs = (list(xlconv.forward(template, one).values())[-1] for one in gallery.pictures)
    return [", ".join(found_labels(template.network, output)) for output in outputs]


@pytest.mark.parametrize("name", templates.template_names())
def test_every_template_shows_its_sample_first(name: str) -> None:
    template, gallery = shipped(name)
    assert np.array_equal(gallery.image, template.image)
    assert gallery.pictures.shape[1:] == template.network.input_shape
    assert 0 <= gallery.pictures.min() < gallery.pictures.max() <= 1
    assert len({picture.tobytes() for picture in gallery.pictures}) == len(gallery) > 1
    known = {label: number for number, label in enumerate(template.network.labels)}
    ranks = [[known[one] for one in label.split(", ")] for label in gallery.labels if label]
    assert ranks == sorted(ranks)


FIRST_SHOWN = {
    "lesson3": "test digit 21",
    "lenet5": "test digit 19",
    "resnet": "test digit 19",
    "dropout": "test digit 19",
    "conv-example": "test digit 1",
}


@pytest.mark.parametrize("name", FIRST_SHOWN)
def test_the_hundred_shipped_digits_ten_of_each_class(name: str) -> None:
    """The last one of each that is not shown first is one that is hard to tell."""
    small = templates.small_data()
    pixels, hard = (
        read_idx(folder / "test-images-idx3-ubyte.gz", 3) for folder in (small, small / "hard")
    )
    labels = read_idx(small / "test-labels-idx1-ubyte.gz", 1)
    assert read_idx(small / "hard" / "test-labels-idx1-ubyte.gz", 1).tolist() == [*range(10)]
    order = np.argsort(labels, kind="stable")
    pictures, names = list(pixels[order]), [f"test digit {number + 1}" for number in order]
    for digit in range(10) if name != "conv-example" else ():
        last = 10 * digit + 9 - (names[10 * digit + 9] == FIRST_SHOWN[name])
        pictures[last], names[last] = hard[digit], f"hard test digit {digit}"
    _, gallery = shipped(name)
    assert np.array_equal(gallery.pictures, np.array(pictures)[:, None] / 255)
    expected = (
        ("",) * 100 if name == "conv-example" else tuple(d for d in DIGITS for _ in range(10))
    )
    assert gallery.labels == expected
    assert list(gallery.names) == names
    assert gallery.names[gallery.chosen - 1] == FIRST_SHOWN[name]


@pytest.mark.parametrize("name", ["lesson3", "lenet5", "resnet", "dropout", "rgb"])
def test_the_first_picture_is_one_of_which_the_network_is_not_sure(name: str) -> None:
    """It is right, and the table of shares does not show nine times nothing."""
    template, gallery = shipped(name)
    shares = xlconv.forward(template.model, gallery.image)[template.network.output]
    shown = gallery.labels[gallery.chosen - 1]
    assert template.network.labels[int(shares.argmax())] == shown
    assert 0.6 < shares.max() < 0.95
    assert (shares > 0.01).sum() >= 3


def test_every_colour_of_every_digit_once() -> None:
    template, gallery = shipped("rgb")
    assert gallery.labels == template.network.labels
    # The ink is the brightest of its colour, whatever the ground.
    brightest = gallery.pictures.max(axis=(2, 3)).argmax(axis=1)
    assert brightest.tolist() == [0] * 10 + [1] * 10 + [2] * 10
    right = [a == b for a, b in zip(answers(template, gallery), gallery.labels, strict=True)]
    assert right[gallery.chosen - 1]
    assert sum(right) >= 25


def test_canvases_with_every_digit_about_equally_often() -> None:
    template, gallery = shipped("multilabel")
    assert len(gallery) == 40
    counts = Counter(digit for label in gallery.labels for digit in label.split(", "))
    assert sorted(counts) == list(DIGITS)
    assert max(counts.values()) - min(counts.values()) <= 2
    assert all(len(label.split(", ")) == 2 for label in gallery.labels)
    right = [a == b for a, b in zip(answers(template, gallery), gallery.labels, strict=True)]
    assert right[gallery.chosen - 1]
    assert sum(right) >= 35


def test_the_pictures_drawn_for_edges() -> None:
    _, gallery = shipped("edges")
    drawn = ("ball-and-box.png", "five.png", "letters.png", "shapes.png", "stripes.png")
    assert gallery.names == ("sample.png", *drawn)
    assert set(gallery.labels) == {""}
    # Ink is high, though it is black on the paper of the files.
    five = gallery.pictures[gallery.names.index("five.png"), 0]
    assert five[[0, -1]].max() == 0
    assert five.max() == 1
    assert templates.template_names() == sorted(
        templates.template_names(), key=lambda name: (name != "lesson3", name)
    )
    assert "gallery" not in templates.template_names()


def own(folder: Path, extra: str, shape: str = "[1, 28, 28]") -> Path:
    """A folder of a template with ten classes and a sample."""
    folder.mkdir()
    (folder / "template.toml").write_text(
        f'image = "sample.png"\ninput = {shape}\n{extra}\n'
        '[[layers]]\nname = "dense"\nkind = "Dense"\nunits = 10\n'
        '[[layers]]\nname = "softmax"\nkind = "Softmax"\n',
        encoding="utf-8",
    )
    network = templates.describe_template(folder).network
    shapes = {k: s for one in network.layers for k, s in network.weight_shapes(one).items()}
    np.savez(folder / "weights.npz", **{key: np.ones(shape) for key, shape in shapes.items()})
    Image.fromarray(plane(99, network.input_shape[1:])).save(folder / "sample.png")
    return folder


def own_gallery(folder: Path) -> Gallery:
    template = templates.load_template(folder)
    return template_gallery(template.about, template.network, template.image)


def test_a_template_without_the_key_has_its_sample_alone(tmp_path: Path) -> None:
    gallery = own_gallery(own(tmp_path / "mine", ""))
    assert told(gallery) == [("", "sample.png")]
    assert np.array_equal(gallery.image[0], plane(99, (28, 28)) / 255)


def test_a_template_with_a_folder_of_its_own(tmp_path: Path) -> None:
    folder = own(tmp_path / "mine", 'gallery = "more"', shape="[1, 4, 5]")
    put(folder, "more/7/a.npy", "more/3/b.npy")
    assert told(own_gallery(folder)) == [("", "sample.png"), ("3", "b.npy"), ("7", "a.npy")]
    put(folder, "more/7/c.npy", first=99)
    gallery = own_gallery(folder)
    assert (gallery.chosen, gallery.labels) == (3, ("3", "7", "7"))


@pytest.mark.parametrize(
    ("extra", "shape", "said"),
    [
        ('gallery = "digits"', "[1, 30, 28]", "holds pictures of 1x28x28, but 'mine' reads 1x30x2"),
        ('gallery = "digits"\nscene = "nix"', "[1, 28, 28]", "no scene 'nix' for a gallery"),
        ('gallery = "../mine"', "[1, 28, 28]", "gallery is '../mine'; name a folder inside"),
        ('gallery = "/"', "[1, 28, 28]", "gallery is '/'; name a folder inside"),
        ('gallery = ""', "[1, 28, 28]", "gallery is ''; name a folder inside"),
        ("gallery = 3", "[1, 28, 28]", "gallery is 3; give the name of a folder of pictures"),
    ],
)
def test_mistakes_in_a_templates_key(extra: str, shape: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(TemplateError) as caught:
        own_gallery(own(tmp_path / "mine", extra, shape=shape))
    assert str(caught.value).startswith(f"{tmp_path / 'mine' / 'template.toml'}: ")
    assert said in str(caught.value)


def test_a_templates_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(XlconvError, match="nix: no such folder"):
        own_gallery(own(tmp_path / "mine", 'gallery = "nix"'))


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], set("abcdefghij")),
        (["0", "one", "7"], {"0", "7", ""}),
        (["activation"], {""}),
    ],
)
def test_the_networks_own_spelling_of_digits(labels: list[str], expected: set[str]) -> None:
    about = templates.describe_template("lesson3")
    of = network(*labels, shape=(1, 28, 28))
    assert set(template_gallery(about, of, templates.load_template().image).labels) == expected


def test_no_shipped_template_folder_is_without_a_description() -> None:
    folders = {path.name for path in templates.template_folder().iterdir() if path.is_dir()}
    assert folders - set(templates.template_names()) == {templates.small_data().name}


# ---- the command line


def run(*arguments: str, folder: Path) -> test_cli.Result:
    return test_cli.run("build", *arguments, folder=folder)


def printed(*arguments: str, folder: Path) -> str:
    return test_cli.printed("build", *arguments, folder=folder)


def save_digits(folder: Path, *names: str) -> Gallery:
    """Shipped digits as PNG files, in the gallery's order: its third is a 0, and so on."""
    _, gallery = shipped("lesson3")
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        number = int(path.stem)
        Image.fromarray(np.rint(gallery.pictures[number, 0] * 255).astype(np.uint8)).save(path)
    return gallery


def image_of(path: Path) -> NDArray[np.float64]:
    image: NDArray[np.float64] = xlconv.read_book(path).image
    return image


def test_images_are_read_counted_and_the_first_shown(tmp_path: Path) -> None:
    digits = save_digits(tmp_path, "my/7/79.png", "my/7/71.png", "my/0/2.png", "my/90.png")
    (tmp_path / "my" / "a.gif").write_bytes(b"")
    result = printed("a.xlsx", "--images", "my", folder=tmp_path)
    lines = [line.strip() for line in result.splitlines()]
    assert lines[0] == "4 pictures from my: 1 of 0, 2 of 7, 1 without a label"
    assert lines[1] == "left out 1 file of other kinds (.gif): save as PNG or JPEG"
    assert np.array_equal(image_of(tmp_path / "a.xlsx"), digits.pictures[2])
    assert "prediction: 0" in result


def test_image_is_shown_first_among_images(tmp_path: Path) -> None:
    digits = save_digits(tmp_path, "my/3/35.png", "my/7/71.png", "other/45.png")
    for name, number in (("my/7/71.png", 71), ("other/45.png", 45)):
        options = ("--images", "my", "--image", name, "--force")
        result = printed("a.xlsx", *options, folder=tmp_path)
        assert "2 pictures from my: 1 of 3, 1 of 7" in result
        assert np.array_equal(image_of(tmp_path / "a.xlsx"), digits.pictures[number])


def test_raw_applies_to_images(tmp_path: Path) -> None:
    (tmp_path / "my").mkdir()
    levels = plane(5, (28, 28))
    Image.fromarray(levels).save(tmp_path / "my" / "a.png")
    result = printed("a.xlsx", "--images", "my", "--raw", folder=tmp_path)
    assert result.splitlines()[0].strip() == "1 picture from my"
    assert np.array_equal(image_of(tmp_path / "a.xlsx")[0], levels / 255)


def test_several_labels_are_counted_together(tmp_path: Path) -> None:
    _, gallery = shipped("multilabel")
    (tmp_path / "my" / "3_6").mkdir(parents=True)
    levels = np.rint(gallery.image[0] * 255).astype(np.uint8)
    Image.fromarray(levels).save(tmp_path / "my" / "3_6" / "a.png")
    options = ("--images", "my", "--raw", "--template", "multilabel")
    result = run("a.xlsx", *options, folder=tmp_path)
    assert "1 picture from my: 1 of 3 and 6" in result.stdout
    assert "prediction: 3, 6" in result.stdout


BAD = {
    "missing": (["--images", "nix"], "nix: no such folder"),
    "a file": (["--images", "my/7/79.png"], "my/7/79.png: a file, not a folder"),
    "empty": (["--images", "none"], "none: no pictures in it"),
    "no label": (["--images", "bad"], "bad/seven: 'seven' is no label of 'lesson3'"),
    "broken": (["--images", "broken"], "broken/7/a.jpg: another kind of file, not a picture"),
    "raw of another size": (["--images", "large", "--raw"], "large/a.png: 30x30 pixels"),
    "image missing": (["--images", "my", "--image", "nix.png"], "nix.png: no such file"),
    "raw alone": (["--raw"], "--raw says how to read --image FILE or --images DIR; give one"),
}


@pytest.mark.parametrize("mistake", BAD)
def test_mistakes_get_one_line_and_write_nothing(mistake: str, tmp_path: Path) -> None:
    save_digits(tmp_path, "my/7/79.png", "bad/seven/70.png", "broken/7/71.png")
    (tmp_path / "broken" / "7" / "a.jpg").write_bytes(b"no picture")
    for name in ("none", "large"):
        (tmp_path / name).mkdir()
    Image.fromarray(plane(1, (30, 30))).save(tmp_path / "large" / "a.png")
    before = [path.name for path in tmp_path.iterdir()]
    options, said = BAD[mistake]
    result = run("a.xlsx", *options, folder=tmp_path)
    assert test_cli.refusal(result, tmp_path, *before).startswith(f"error: {said}")


def test_a_file_that_exists_is_kept_before_pictures_are_read(tmp_path: Path) -> None:
    save_digits(tmp_path, "my/7/79.png")
    (tmp_path / "a.xlsx").write_bytes(b"precious")
    result = run("a.xlsx", "--images", "my", folder=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "a.xlsx exists" in result.stderr
    assert (tmp_path / "a.xlsx").read_bytes() == b"precious"
