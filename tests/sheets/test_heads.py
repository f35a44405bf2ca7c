"""What the last layers cost: the numbers of a ResNet and of VGG-16 worked by hand, in LibreOffice
when somebody changes the classes, and as `verify` proves them."""

from pathlib import Path

import pytest
from support.books import NetworkBook, TemplateBook, check_agrees
from support.edits import typed_by_script
from support.libreoffice import UnoSession
from support.sessions import verifies

import xlconv
from xlconv import Conv2D, Dense, GlobalAvgPool2D, Network, Softmax
from xlconv.errors import BookError
from xlconv.importers.template import template_names
from xlconv.sheets.model.places import head_places
from xlconv.sheets.on_model.heads.places import COSTS

SMALL = Network(
    "small",
    (1, 5, 6),
    (Conv2D("conv", 2, 3), GlobalAvgPool2D("means"), Dense("dense", 3), Softmax("softmax")),
)


def test_a_resnets_head_and_vggs_follow_the_number_of_classes(
    session: UnoSession, template_book: TemplateBook, tmp_path: Path
) -> None:
    places = head_places(xlconv.load_template("resnet").network)
    assert places is not None
    cells = [[f"Model!{places.cost(what, n).a1}" for what in COSTS] for n in (0, 1)]
    reads = [["read", cell] for column in cells for cell in column]
    answers = session.run(
        template_book("resnet").path,
        *reads,
        ["set", f"Model!{places.classes.a1}", 100.0],
        *reads,
        ["save", (tmp_path / "saved.xlsx").as_uri()],
    )
    said = [grid[0][0] for grid in answers if grid is not None]
    # 16 means: 16*10+10. All cells of 16 x 7 x 7: 784*10+10. Two of 128: 784*128+128 +
    # 128*128+128 + 128*10+10. VGG-16, 25088 cells: 513*1000, 25089*1000, and 25089*4096 +
    # 4097*4096 + 4097*1000.
    vgg = [513_000, 25_089_000, 123_642_856, 123_642_856 / 513_000]
    assert said[:8] == pytest.approx([170, 7850, 118_282, 118_282 / 170, *vgg])
    # 17*100, 785*100, and 116,992 + 129*100.
    assert said[8:] == pytest.approx([1700, 78_500, 129_892, 129_892 / 1700, *vgg])
    verifies(tmp_path / "saved.xlsx", random=0)


def test_it_stands_where_the_last_maps_are_averaged() -> None:
    averaging = [n for n in template_names() if head_places(xlconv.load_template(n).network)]
    assert averaging == ["resnet"]


def test_a_small_network_has_it_as_well(network_book: NetworkBook) -> None:
    check_agrees(network_book(SMALL, 1).path, random=2)


def test_a_size_that_is_no_number_is_refused_in_a_line(
    network_book: NetworkBook, tmp_path: Path
) -> None:
    places = head_places(SMALL)
    assert places is not None
    changed = {("Model", places.classes.a1): "many"}
    path = typed_by_script(network_book(SMALL, 1).path, tmp_path / "bad.xlsx", changed)
    with pytest.raises(BookError, match=f"Model!{places.classes.a1}.*type a number"):
        xlconv.read_book(path)
