"""What surrounds the cells of a workbook: its parts, how they are linked, and its defined names.

Every part but the sheets is read here, once, and refused where it reaches outside of the book
(`outside` knows what does). Must not know cells, nor networks.
"""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xlconv.errors import BookError
from xlconv.spreadsheet.number_formats import built_in
from xlconv.xlsx.archive import Container
from xlconv.xlsx.external import (
    content_reach,
    element_reach,
    formula_reach,
    holds_formula,
    part_reach,
    relation_reach,
)
from xlconv.xlsx.markup import RELATIONS, Attributes, Element, MarkupError, elements, local

_PLAIN = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".bin")
_MARKUP = (".xml", ".vml")  # by name: broken, if they are none
_BEFORE_MARKUP = b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"  # marks of byte order, and blanks
_EBCDIC = b"\x4c\x6f\xa7\x94"  # <?xm
_PLAIN_KINDS = ("image", "printerSettings", "thumbnail", "font", "hdphoto")
_UNCHECKED = ("customxml/", "docprops/", "docmetadata/", "_xmlsignatures/")
_SHEETS = ("worksheet", "chartsheet")
_BOOKS = ("spreadsheetml.sheet.main+xml", "spreadsheetml.template.main+xml")
_CONTENTS = {
    "worksheet": ("spreadsheetml.worksheet+xml",),
    "sharedStrings": ("spreadsheetml.sharedStrings+xml",),
}
_SETTINGS = {
    "workbookPr": ("date1904",),
    "calcPr": ("iterate", "iterateCount", "iterateDelta"),
}
_OF_TABLES = ("name", "displayName", "ref", "headerRowCount", "totalsRowCount")
MOST_ELEMENTS = 200_000
_LARGEST_UNREAD = 64 << 20  # bytes of pictures and the like, which nobody unpacks to look at them


@dataclass(frozen=True)
class Relation:
    """A part that another one refers to, and as what."""

    kind: str
    target: str


@dataclass(frozen=True)
class Table:
    """A range that formulas may name, and its columns: its name, place and rows of headers and
    totals as attributes."""

    attributes: Attributes
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Parcel:
    """The parts of a book: of each sheet by its name, of the strings that sheets share, and the
    text of each name that is defined for the whole book, and of those that are one sheet's own, by
    the sheet and the name in small letters; the number format of each look of cells, and of those
    that rules bring; the tables of each sheet; and, by element, the settings that change what
    formulas give."""

    sheets: Mapping[str, str]
    strings: str | None
    names: Mapping[str, str]
    own_names: Mapping[tuple[str, str], str]
    formats: tuple[str, ...]
    rule_formats: tuple[str | None, ...]
    tables: Mapping[str, tuple[Table, ...]]
    settings: Mapping[str, Attributes]


def open_parcel(container: Container) -> Parcel:
    """The parts of a workbook. BookError for what is none, and for whatever reaches outside."""
    relations = _all_relations(container)
    root = _root(container, relations)
    linked = relations.get(root, {})
    sheets = {relation.target for relation in linked.values() if relation.kind in _SHEETS}
    _check_contents(container, root, linked)
    found = {}
    markup = _markup_parts(container, relations, sheets)
    _check_unread(container, {*markup, *sheets})
    for part in markup:
        found[part] = _checked_elements(container, part)
    if root not in found:
        raise BookError(f"{container.path}: damaged: the part {root[:80]!r} is missing; get a copy")
    _check_precision(container, found[root])
    strings = next((r.target for r in linked.values() if r.kind == "sharedStrings"), None)
    styles = next((r.target for r in linked.values() if r.kind == "styles"), "")
    sheets_by_name = _sheets(container, found[root], linked)
    formats, rule_formats = _formats(found.get(styles, []))
    return Parcel(
        sheets=sheets_by_name,
        strings=strings,
        names=_names(container, found[root]),
        own_names=_own_names(found[root]),
        formats=formats,
        rule_formats=rule_formats,
        tables={
            name: tuple(_tables(found, relations.get(part, {})))
            for name, part in sheets_by_name.items()
        },
        settings={
            local(element.name): kept
            for element in found[root]
            if (kept := _kept(element, _SETTINGS.get(local(element.name), ())))
        },
    )


def _root(container: Container, relations: Mapping[str, Mapping[str, Relation]]) -> str:
    """The part of the workbook itself."""
    tops = relations.get("", {}).values()
    root = next((top.target for top in tops if top.kind == "officeDocument"), "")
    if not root:
        raise BookError(f"{container.path}: not a workbook: it has no workbook part")
    return root


def read_elements(container: Container, part: str, most: int = MOST_ELEMENTS) -> list[Element]:
    """The elements of a part; BookError if it is damaged or beyond the bounds."""
    try:
        return elements(container.chunks(part), most)
    except (MarkupError, LookupError, ValueError) as error:
        told = str(error).partition("\n")[0]
        raise BookError(f"{container.path}: {part[:80]}: {told}; get a whole copy") from error


def _all_relations(container: Container) -> dict[str, dict[str, Relation]]:
    """The relationships of each part by their ids, all of them looked at."""
    found: dict[str, dict[str, Relation]] = {}
    for name in container.members:
        folder, _, file = name.rpartition("/")
        if not name.endswith(".rels") or (folder != "_rels" and not folder.endswith("/_rels")):
            continue
        owner = posixpath.join(posixpath.dirname(folder), file.removesuffix(".rels"))
        found[owner] = {}
        for element in read_elements(container, name):
            if local(element.name) == "Relationship":
                relation = _relation(container, owner, element)
                found[owner][element.attributes.get("Id", "")] = relation
    return found


def _relation(container: Container, owner: str, element: Element) -> Relation:
    kind, target = (element.attributes.get(key, "") for key in ("Type", "Target"))
    external = element.attributes.get("TargetMode", "").lower() == "external"
    reach = relation_reach(kind, target, external)
    if reach is not None:
        raise reach_error(container, owner or "the book", reach)
    if not external:
        target = posixpath.normpath(posixpath.join("/", posixpath.dirname(owner), target))
    return Relation(kind.rpartition("/")[2], target.lstrip("/"))


def reach_error(container: Container, where: str, what: str) -> BookError:
    """The error of what reaches outside of a book."""
    return BookError(
        f"{container.path}: {where[:200]}: {what}; xlconv opens no book that reaches outside of "
        "itself: take it out"
    )


def _check_contents(container: Container, root: str, linked: Mapping[str, Relation]) -> None:
    """What the parts are by their names and by the list of contents, which must not contradict
    their relationships: programs go by the one or by the other, and would read two books."""
    for part in container.members:
        reach = part_reach(part)
        if reach is not None:
            raise reach_error(container, part, reach)
    endings = {part.rpartition(".")[2].lower() for part in container.members}
    kinds: dict[str, str] = {}
    for element in read_elements(container, "[Content_Types].xml"):
        ending = element.attributes.get("Extension", "")
        if ending and ending.lower() not in endings:
            continue  # SheetJS says what parts would be that it does not write
        kind, part = (element.attributes.get(key, "") for key in ("ContentType", "PartName"))
        reach = content_reach(kind)
        if reach is not None:
            raise reach_error(container, part or "a part", reach)
        name = part or f".{ending}"
        if kinds.setdefault(name.lower(), kind) != kind:
            raise BookError(f"{container.path}: lists the part {name[:80]!r} twice; get a copy")
    expected: dict[str, tuple[str, ...]] = {root: _BOOKS}
    expected |= {r.target: _CONTENTS[r.kind] for r in linked.values() if r.kind in _CONTENTS}
    for part, words in expected.items():
        kind = kinds.get(f"/{part}".lower(), kinds.get(posixpath.splitext(part)[1].lower(), ""))
        # A plain "application/xml" says too little, but nothing wrong.
        if part in container.members and "spreadsheetml" in kind and not kind.endswith(words):
            raise BookError(
                f"{container.path}: damaged: [Content_Types].xml calls {part[:80]!r} "
                f"{kind[:90]!r}, which it is not; get a copy"
            )


def _markup_parts(
    container: Container, relations: Mapping[str, Mapping[str, Relation]], sheets: set[str]
) -> list[str]:
    """The parts that are XML, but for those of cells, which are read as such."""
    every = [relation for some in relations.values() for relation in some.values()]
    linked = {r.target for r in every if r.kind not in (*_PLAIN_KINDS, "hyperlink")}
    strings = {relation.target for relation in every if relation.kind == "sharedStrings"}
    known = {*sheets, *strings, "[Content_Types].xml"}
    return [
        part
        for part, entry in container.members.items()
        if part not in known and not part.endswith((".rels", "/")) and entry.file_size
        if part in linked or not part.lower().endswith(_PLAIN)
        if part.lower().endswith(_MARKUP) or _begins_as_markup(container, part)
    ]


def _begins_as_markup(container: Container, part: str) -> bool:
    """Whether a program could take a part for XML, in whatever encoding; pictures, settings of
    printers and what programs of all kinds leave in archives begin otherwise."""
    with container.archive.open(container.members[part]) as stream:
        head = stream.read(64)
    return head.translate(None, _BEFORE_MARKUP).startswith((b"<", _EBCDIC))


def _check_unread(container: Container, read: set[str]) -> None:
    """BookError if parts that are only copied, such as pictures, are large: engines unpack them."""
    sizes = [
        entry.file_size
        for part, entry in container.members.items()
        if part not in read and part.lower().endswith((*_PLAIN, "/"))
    ]
    if sum(sizes) > _LARGEST_UNREAD:
        raise BookError(
            f"{container.path}: holds pictures or other data of {sum(sizes) >> 20:,} MB, more than "
            "a workbook of xlconv's; take them out"
        )


def _checked_elements(container: Container, part: str) -> list[Element]:
    """The elements of a part, none of which reaches outside of the book."""
    found = read_elements(container, part)
    if part.lower().startswith(_UNCHECKED):
        return found
    for element in found:
        name = local(element.name)
        reach = element_reach(name, element.attributes)
        if reach is None and holds_formula(name):
            reach = formula_reach(element.text)
        if reach is not None:
            raise reach_error(container, _place(part, name, element), reach)
    return found


def _check_precision(container: Container, workbook: list[Element]) -> None:
    """Numbers that are rounded as they are shown are others than those that formulas make."""
    for element in workbook:
        exact = element.attributes.get("fullPrecision", "1")
        if local(element.name) == "calcPr" and exact in ("0", "false"):
            raise BookError(
                f"{container.path}: calculates with numbers as they are shown; turn off Excel's "
                "option 'Set precision as displayed', or LibreOffice's 'Precision as shown'"
            )


def _place(part: str, name: str, element: Element) -> str:
    if name == "definedName":
        return f"the name {element.attributes.get('name', '')[:60]!r}"
    return f"{part} ({name})"


def _sheets(
    container: Container, workbook: list[Element], linked: Mapping[str, Relation]
) -> dict[str, str]:
    """The part of each sheet that holds cells."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for element in workbook:
        if local(element.name) != "sheet":
            continue
        name = element.attributes.get("name", "")
        relation = linked.get(element.attributes.get(f"{RELATIONS}}}id", ""))
        if name.casefold() in seen or (relation and relation.target in found.values()):
            raise BookError(f"{container.path}: holds the sheet {name[:40]!r} twice; get a copy")
        seen.add(name.casefold())
        if relation is not None and relation.kind in _SHEETS:
            found[name] = relation.target
    return found


def _names(container: Container, workbook: list[Element]) -> dict[str, str]:
    """The text of each name that is not one sheet's own."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for element in workbook:
        if local(element.name) != "definedName" or "localSheetId" in element.attributes:
            continue
        name = element.attributes.get("name", "")
        if name.casefold() in seen:
            raise BookError(f"{container.path}: defines the name {name[:60]!r} twice; keep one")
        seen.add(name.casefold())
        found[name] = element.text
    return found


def _own_names(workbook: list[Element]) -> dict[tuple[str, str], str]:
    """The text of each name that one sheet alone has: there it hides the book's own."""
    sheets = [e.attributes.get("name", "") for e in workbook if local(e.name) == "sheet"]
    found = {}
    for element in workbook:
        number = element.attributes.get("localSheetId", "")
        if (
            local(element.name) == "definedName"
            and number.isdecimal()
            and int(number) < len(sheets)
        ):
            name = element.attributes.get("name", "").lower()
            found[sheets[int(number)], name] = element.text
    return found


def _tables(found: Mapping[str, list[Element]], linked: Mapping[str, Relation]) -> Iterator[Table]:
    """The tables of a sheet: elements come as they end."""
    for relation in linked.values():
        if relation.kind == "table" and relation.target in found:
            *inside, table = found[relation.target]
            columns = (one for one in inside if local(one.name) == "tableColumn")
            names = tuple(column.attributes.get("name", "") for column in columns)
            yield Table(_kept(table, _OF_TABLES), names)


def _kept(element: Element, keys: tuple[str, ...]) -> Attributes:
    return {key: element.attributes[key] for key in keys if key in element.attributes}


def _formats(styles: list[Element]) -> tuple[tuple[str, ...], tuple[str | None, ...]]:
    """The number format of each look, by the numbers that cells have, and of each that rules bring,
    None if it brings none: elements come as they end."""
    named: dict[str, str] = {}
    looks: list[str] = []
    cells: tuple[str, ...] = ()
    rules: list[str | None] = []
    last: str | None = None
    for element in styles:
        name = local(element.name)
        if name == "numFmt":
            number = element.attributes.get("numFmtId", "")
            last = named[number] = element.attributes.get("formatCode", built_in(number))
        elif name == "dxf":
            rules.append(last)
            last = None
        elif name == "xf":
            looks.append(element.attributes.get("numFmtId", "0"))
        elif name in ("cellStyleXfs", "numFmts"):
            looks.clear()
            last = None
        elif name == "cellXfs":
            cells = tuple(named.get(number, built_in(number)) for number in looks)
    return cells, tuple(rules)
