"""A workbook as other programs save it: what they write otherwise than xlconv, piece by piece.

Each piece is a small function of the parts of a file; a dialect is several of them. They follow
what ECMA-376 and [MS-XLSX] say, and files that Excel 2007 to 365 and others saved. Knows the file
format alone, never xlconv.
"""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape, unescape
from pathlib import Path

from support.books import copied

Parts = dict[str, str | bytes]
Piece = Callable[[Parts], Parts]

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PURL = "http://purl.oclc.org/ooxml"
MICROSOFT = "http://schemas.microsoft.com/office"
CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_CELL = re.compile(
    r'<c r="([A-Z]+)(\d+)"(?: s="(\d+)")?(?: t="(\w+)")?'
    r"(?:/>|>(?:<f([^>]*?)(?:/>|>([^<]*)</f>))?(?:<v>([^<]*)</v>|<v/>)?</c>)"
)


@dataclass(frozen=True)
class SavedCell:
    """A cell as the file spells it: `formula` None without <f>, `value` None without <v>."""

    column: str
    row: int
    style: str
    kind: str
    attributes: str
    formula: str | None
    value: str | None

    @property
    def place(self) -> str:
        return f"{self.column}{self.row}"

    @property
    def group(self) -> str:
        """The number of its shared formula, or ""."""
        found = re.search(r'si="(\d+)"', self.attributes)
        return found[1] if found else ""

    def xml(self) -> str:
        style = f' s="{self.style}"' if self.style else ""
        kind = f' t="{self.kind}"' if self.kind else ""
        formula = "" if self.formula is None else f"<f{self.attributes}>{self.formula}</f>"
        value = "" if self.value is None else f"<v>{self.value}</v>"
        return f'<c r="{self.place}"{style}{kind}>{formula}{value}</c>'


CellChange = Callable[[SavedCell], SavedCell | str]


def parts_of(path: Path) -> Parts:
    """The parts of a workbook, as text where they are."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def saved(source: Path, target: Path, *pieces: Piece, streamed: bool = False) -> Path:
    """A workbook as a dialect saves it; `streamed` with sizes behind the data of each part."""
    parts = parts_of(source)
    for piece in pieces:
        changed = piece(dict(parts))
        assert changed != parts, f"{piece} changed nothing"
        parts = changed
    data = io.BytesIO()
    out: object = Unseekable(data) if streamed else data
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, content in parts.items():
            archive.writestr(name, content)
    target.write_bytes(data.getvalue())
    return target


class Unseekable(io.RawIOBase):
    """A stream that cannot go back: the zip's sizes come behind the data (bit 3)."""

    def __init__(self, target: io.BytesIO) -> None:
        self.target = target

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        return self.target.write(data)  # type: ignore[arg-type]


def text(parts: Parts, part: str) -> str:
    content = parts[part]
    assert isinstance(content, str)
    return content


def sheets(change: Callable[[str], str]) -> Piece:
    """A piece that changes each sheet's XML."""

    def piece(parts: Parts) -> Parts:
        return {k: change(str(v)) if _SHEET.fullmatch(k) else v for k, v in parts.items()}

    return piece


def cells(change: CellChange) -> Piece:
    """A piece that changes each cell."""

    def one(match: re.Match[str]) -> str:
        column, row, style, kind, attributes, formula, value = match.groups()
        spelled = "" if attributes is not None and formula is None else formula
        cell = SavedCell(
            column, int(row), style or "", kind or "", attributes or "", spelled, value
        )
        made = change(cell)
        return made if isinstance(made, str) else made.xml()

    return sheets(lambda xml: _CELL.sub(one, xml))


def with_part(parts: Parts, name: str, content: str | bytes, kind: str = "") -> Parts:
    """With one part more, and its content type."""
    if kind:
        override = f'<Override PartName="/{name}" ContentType="{kind}"/></Types>'
        types = text(parts, "[Content_Types].xml").replace("</Types>", override)
        parts = {**parts, "[Content_Types].xml": types}
    return {**parts, name: content}


def related(parts: Parts, owner: str, kind: str, target: str, mode: str = "") -> Parts:
    """With one relationship more of a part, or of the whole package ("")."""
    folder, _, file = owner.rpartition("/")
    name = f"{folder}/_rels/{file}.rels".lstrip("/")
    empty = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        "</Relationships>"
    )
    before = str(parts.get(name, empty))
    number = f"rId{before.count('<Relationship ') + 90}"
    one = f'<Relationship Id="{number}" Type="{kind}" Target="{target}"{mode}/></Relationships>'
    return {**parts, name: before.replace("</Relationships>", one)}


# Numbers and texts ---------------------------------------------------------------------------


def excel_number(value: float) -> str:
    """A number as Excel writes it: 17 digits, whole ones without a point, E beyond.

    >>> excel_number(4.9), excel_number(7.0), excel_number(0.00001), excel_number(-0.0)
    ('4.9000000000000004', '7', '1.0000000000000001E-5', '0')
    """
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if 0.001 <= abs(value) < 1e15:
        spelled = f"{value:.17g}"
        return spelled.rstrip("0") if "." in spelled else spelled
    mantissa, _, exponent = f"{value:.16E}".partition("E")
    return f"{mantissa.rstrip('0').rstrip('.')}E{int(exponent):+d}"


def _excel_value(cell: SavedCell) -> SavedCell:
    if cell.kind or cell.value is None:
        return cell
    return replace(cell, value=excel_number(float(cell.value)))


def _float_value(cell: SavedCell) -> SavedCell:
    if cell.kind or cell.value is None:
        return cell
    return replace(cell, kind="n", value=f"{float(cell.value):.15g}")


_DECIMAL = re.compile(r"(?<![\w.$])0\.0\d+(?![\w.(!])")


def _excel_formula(cell: SavedCell) -> SavedCell:
    """Numbers in formulas with 17 digits, too, outside of strings."""
    if not cell.formula:
        return cell
    halves = cell.formula.split('"')
    halves[::2] = [_DECIMAL.sub(lambda m: excel_number(float(m[0])), h) for h in halves[::2]]
    return replace(cell, formula='"'.join(halves))


def _spaced_formula(cell: SavedCell) -> SavedCell:
    """Blanks behind commas and around operators, functions in small letters, as some type them."""
    if not cell.formula:
        return cell
    halves = cell.formula.split('"')
    halves[::2] = [re.sub(r"[,+]", lambda m: f"{m[0]} ", half) for half in halves[::2]]
    return replace(cell, formula='"'.join(halves))


excel_numbers, short_numbers = cells(_excel_value), cells(_float_value)
excel_formulas, spaced_formulas = cells(_excel_formula), cells(_spaced_formula)


def _strings(parts: Parts) -> list[str]:
    return re.findall(r"<si><t[^>]*>([^<]*)</t></si>", text(parts, "xl/sharedStrings.xml"))


def rewritten_strings(parts: Parts) -> Parts:
    """The shared texts in another order, with runs, phonetic guides and some that nobody uses."""
    found = _strings(parts)
    items = ["<si><t>nobody uses this</t></si>"]
    for number, own in enumerate(reversed(found)):
        if number % 3 == 1 and len(own) > 4 and not re.search(r"[&_]", own):
            runs = (
                f'<r><t xml:space="preserve">{own[:2]}</t></r><r><rPr><b/><sz val="11"/><color '
                f'theme="1"/><rFont val="Calibri"/><family val="2"/><scheme val="minor"/></rPr>'
                f'<t xml:space="preserve">{own[2:]}</t></r>'
            )
            items.append(f"<si>{runs}</si>")
        elif number % 3 == 2:
            guide = '<rPh sb="0" eb="1"><t>ふりがな</t></rPh><phoneticPr fontId="1"/>'
            items.append(f'<si><t xml:space="preserve">{own}</t>{guide}</si>')
        else:
            items.append(f'<si><t xml:space="preserve">{own}</t></si>')
    head = re.match(r".*?<sst [^>]*>", text(parts, "xl/sharedStrings.xml"), re.S)
    assert head is not None
    parts["xl/sharedStrings.xml"] = f"{head[0]}{''.join(items)}</sst>"
    last = len(found)

    def renumbered(cell: SavedCell) -> SavedCell:
        return cell if cell.kind != "s" else replace(cell, value=str(last - int(cell.value or 0)))

    return cells(renumbered)(parts)


def inline_strings(parts: Parts) -> Parts:
    """Texts in their cells, and no part that sheets share."""
    found = _strings(parts)

    def inlined(cell: SavedCell) -> SavedCell | str:
        if cell.kind != "s":
            return cell
        style = f' s="{cell.style}"' if cell.style else ""
        inside = f'<is><t xml:space="preserve">{found[int(cell.value or 0)]}</t></is>'
        return f'<c r="{cell.place}"{style} t="inlineStr">{inside}</c>'

    parts = cells(inlined)(parts)
    del parts["xl/sharedStrings.xml"]
    for part in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
        parts[part] = re.sub(r"<[^<>]*sharedStrings[^<>]*/>", "", text(parts, part))
    return parts


# Shared formulas -----------------------------------------------------------------------------


GroupChange = Callable[[SavedCell, SavedCell], SavedCell]  # of a group's first cell, and of each


def _groupwise(make: Callable[[], GroupChange]) -> Piece:
    """A piece that changes the cells of shared formulas, sheet by sheet."""

    def grouped() -> CellChange:
        heads: dict[str, SavedCell] = {}
        change = make()

        def one(cell: SavedCell) -> SavedCell:
            return change(heads.setdefault(cell.group, cell), cell) if cell.group else cell

        return one

    def piece(parts: Parts) -> Parts:
        for name in [name for name in parts if _SHEET.fullmatch(name)]:
            parts |= cells(grouped())({name: parts[name]})
        return parts

    return piece


def _spelled(head: SavedCell, cell: SavedCell) -> SavedCell:
    """Every cell spells its formula, as Numbers, exceljs and openpyxl's readers leave it."""
    return replace(cell, attributes="", formula=_moved(head, cell))


def _moved(head: SavedCell, cell: SavedCell) -> str:
    halves = unescape(head.formula or "").split('"')
    halves[::2] = [copied(half, head.place, cell.place) for half in halves[::2]]
    return escape('"'.join(halves), quote=False)


def _edited_heads() -> GroupChange:
    """The first cell of each group was typed anew: the next one heads the group, with the old
    range, and the numbers of groups have gaps."""
    count: dict[str, int] = {}

    def change(head: SavedCell, cell: SavedCell) -> SavedCell:
        count[cell.group] = count.get(cell.group, 0) + 1
        ref = re.search(r'ref="[^"]*"', head.attributes)
        assert ref is not None
        number = f'si="{7 * int(cell.group) + 3}"'
        if count[cell.group] == 1:
            return replace(cell, attributes="")
        if count[cell.group] == 2:
            attributes = f' t="shared" {ref[0]} {number}'
            return replace(cell, attributes=attributes, formula=_moved(head, cell))
        return replace(cell, attributes=f' t="shared" {number}')

    return change


def _rowwise() -> GroupChange:
    """A group for each row of a map, all of one number, that of the last one used again."""
    row: dict[str, int] = {}

    def change(head: SavedCell, cell: SavedCell) -> SavedCell:
        if row.get(cell.group) == cell.row:
            return replace(cell, attributes=' t="shared" si="0"')
        row[cell.group] = cell.row
        ref = re.search(r'ref="(\w+?)\d+(?::([A-Z]+)\d+)?"', head.attributes)
        assert ref is not None
        place = f"{cell.place}:{ref[2] or ref[1]}{cell.row}"
        attributes = f' t="shared" ref="{place}" si="0"'
        return replace(cell, attributes=attributes, formula=_moved(head, cell))

    return change


spelled_formulas = _groupwise(lambda: _spelled)
edited_heads, rowwise_formulas = _groupwise(_edited_heads), _groupwise(_rowwise)

# What surrounds the cells --------------------------------------------------------------------
_NAMESPACES = (
    f' xmlns:r="{OFFICE}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    f' mc:Ignorable="x14ac xr xr2 xr3" xmlns:x14ac="{MICROSOFT}/spreadsheetml/2009/9/ac"'
    f' xmlns:xr="{MICROSOFT}/spreadsheetml/2014/revision"'
    f' xmlns:xr2="{MICROSOFT}/spreadsheetml/2015/revision2"'
    f' xmlns:xr3="{MICROSOFT}/spreadsheetml/2016/revision3"'
    ' xr:uid="{00000000-0001-0000-0000-000000000000}"'
)


def _excel_sheet(xml: str) -> str:
    xml = xml.replace("<worksheet ", f"<worksheet{_NAMESPACES} ", 1)
    xml = re.sub(
        r'<row r="(\d+)"(?![^>]* hidden=)',
        r'<row r="\1" spans="1:280" s="3" customFormat="1" hidden="0"',
        xml,
    )
    xml = re.sub(r"(<row [^>]*?)(/?>)", r'\1 x14ac:dyDescent="0.25"\2', xml)
    xml = re.sub(r"(<sheetFormatPr [^>]*?)/>", r'\1 x14ac:dyDescent="0.25"/>', xml)
    return _x14_validations(xml)


def _x14_validations(xml: str) -> str:
    """Lists on other sheets, and an x14 format, where Excel 2010 and later put them."""
    elsewhere = re.findall(
        r'<dataValidation [^>]*><formula1>[^<"]*![^<]*</formula1></dataValidation>', xml
    )
    moved = ""
    for one in elsewhere:
        xml = xml.replace(one, "")
        place = re.search(r'sqref="([^"]*)"', one)
        source = re.search("<formula1>(.*)</formula1>", one)
        assert place is not None
        assert source is not None
        moved += (
            '<x14:dataValidation type="list" showErrorMessage="1" xr:uid="{1}"><x14:formula1>'
            f"<xm:f>{source[1]}</xm:f></x14:formula1><xm:sqref>{place[1]}</xm:sqref>"
            "</x14:dataValidation>"
        )
    ext = (
        f'<extLst><ext uri="{{78C0D931-6437-407d-A8EE-F0AAD7539E65}}" xmlns:x14="{MICROSOFT}'
        '/spreadsheetml/2009/9/main"><x14:conditionalFormattings><x14:conditionalFormatting '
        f'xmlns:xm="{MICROSOFT}/excel/2006/main"><x14:cfRule type="dataBar" id="{{2}}">'
        '<x14:dataBar minLength="0" maxLength="100"><x14:cfvo type="num"><xm:f>0</xm:f>'
        '</x14:cfvo><x14:cfvo type="autoMax"/></x14:dataBar></x14:cfRule><xm:sqref>A1</xm:sqref>'
        "</x14:conditionalFormatting></x14:conditionalFormattings></ext>"
        f'<ext uri="{{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}}" xmlns:x14="{MICROSOFT}'
        f'/spreadsheetml/2009/9/main"><x14:dataValidations xmlns:xm="{MICROSOFT}/excel/2006/main">'
        f"{moved}</x14:dataValidations></ext></extLst>"
    )
    return xml.replace("</worksheet>", f"{ext}</worksheet>")


excel_sheets = sheets(_excel_sheet)


def _split_columns(xml: str) -> str:
    def one(match: re.Match[str]) -> str:
        first, last = int(match[2]), int(match[3])
        return "".join(
            f'<col min="{n}" max="{n}" width="{match[1]}" style="2" customWidth="1"/>'
            for n in range(first, last + 1)
        )

    return re.sub(r'<col width="([\d.]+)" customWidth="1" min="(\d+)" max="(\d+)"/>', one, xml)


split_columns = sheets(_split_columns)


def excel_workbook(parts: Parts) -> Parts:
    """The workbook part of Excel 365: where it was saved, revisions, a chain of calculation."""
    xml = text(parts, "xl/workbook.xml")
    before = (
        '<fileVersion appName="xl" lastEdited="7" lowestEdited="4" rupBuild="27328"/>'
        '<fileSharing readOnlyRecommended="1" userName="Ada"/>'
        '<workbookPr filterPrivacy="1" defaultThemeVersion="166925"/><mc:AlternateContent>'
        '<mc:Choice Requires="x15"><x15ac:absPath url="C:\\Users\\ada\\Documents\\" '
        f'xmlns:x15ac="{MICROSOFT}/spreadsheetml/2010/11/ac"/></mc:Choice></mc:AlternateContent>'
        '<xr:revisionPtr revIDLastSave="0" documentId="8_{3}" xr6:coauthVersionLast="47" '
        'xr6:coauthVersionMax="47" xr10:uidLastSave="{4}"/>'
    )
    names = _NAMESPACES.partition(" xr:uid")[0] + "".join(
        f' xmlns:{prefix}="{MICROSOFT}/spreadsheetml/{year}/revision{prefix[2:]}"'
        for prefix, year in (("xr6", 2016), ("xr10", 2016))
    )
    xml = re.sub(r"<workbookPr[^>]*/>", lambda _: before, xml)
    xml = xml.replace("<workbook ", f"<workbook{names} ", 1)
    xml = re.sub(r"<calcPr[^>]*/>", '<calcPr calcId="191029" calcMode="auto"/>', xml)
    area = '<definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">Board!$A$1:$B$2'
    xml = xml.replace("</definedNames>", f"{area}</definedName></definedNames>")
    calc = (
        f'<extLst><ext uri="{{B58B0392-4F1F-4190-BB64-5DF3571DCE5F}}" xmlns:xcalcf="{MICROSOFT}'
        '/spreadsheetml/2018/calcfeatures"><xcalcf:calcFeatures><xcalcf:feature '
        'name="microsoft.com:RD"/></xcalcf:calcFeatures></ext></extLst>'
    )
    parts["xl/workbook.xml"] = xml.replace("</workbook>", f"{calc}</workbook>")
    chain = '<calcChain xmlns="x"><c r="C7" i="1" l="1"/><c r="D7"/></calcChain>'
    parts = with_part(parts, "xl/calcChain.xml", chain, f"{CONTENT}.calcChain+xml")
    return related(parts, "xl/workbook.xml", f"{OFFICE}/calcChain", "calcChain.xml")


def excel_extras(parts: Parts) -> Parts:
    """Parts that Excel, an organisation and its users add: labels, comments, printers, pictures."""
    label = f"{MICROSOFT}/2020/mipLabelMetadata"
    parts = with_part(
        parts,
        "docMetadata/LabelInfo.xml",
        f'<clbl:labelList xmlns:clbl="{label}"><clbl:label id="{{5}}" enabled="1" '
        'method="Privileged" siteId="{6}" contentBits="0" removed="0"/></clbl:labelList>',
    )
    labels = f"{MICROSOFT}/2020/02/relationships/classificationlabels"
    parts = related(parts, "", labels, "docMetadata/LabelInfo.xml")
    parts = with_part(parts, "customXml/item1.xml", "<p:properties xmlns:p='x' href='a:b'/>")
    parts = related(parts, "xl/workbook.xml", f"{OFFICE}/customXml", "../customXml/item1.xml")
    sheet = "xl/worksheets/sheet2.xml"
    binary = b"P\0r\0i\0n\0t\0"
    parts = with_part(parts, "xl/printerSettings/printerSettings1.bin", binary)
    kind = f"{OFFICE}/printerSettings"
    parts = related(parts, sheet, kind, "../printerSettings/printerSettings1.bin")
    parts = with_part(parts, "xl/customProperty1.bin", b"b\0 2\0")
    parts = related(parts, sheet, f"{OFFICE}/customProperty", "../customProperty1.bin")
    parts = with_part(parts, "xl/media/image1.webp", b"RIFF\0\0\0\0WEBPVP8 ")
    parts = with_part(parts, "[trash]/0000.dat", b"\0" * 64)
    return _with_comments(parts, sheet)


def _with_comments(parts: Parts, sheet: str) -> Parts:
    people = f"{MICROSOFT}/spreadsheetml/2018/threadedcomments"
    parts = with_part(
        parts,
        "xl/threadedComments/threadedComment1.xml",
        f'<ThreadedComments xmlns="{people}"><threadedComment ref="C7" dT="2024-05-01T10:00:00.00" '
        'personId="{7}" id="{8}"><text>Why? =1+1</text></threadedComment></ThreadedComments>',
    )
    parts = with_part(
        parts,
        "xl/persons/person.xml",
        f'<personList xmlns="{people}"><person displayName="Ada" id="{{7}}" userId="ada" '
        'providerId="None"/></personList>',
    )
    parts = with_part(
        parts,
        "xl/drawings/vmlDrawing1.vml",
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" '
        'xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shape id="_x0000_s1025" '
        'style=\'visibility:hidden\' fillcolor="infoBackground [80]" o:insetmode="auto">'
        '<v:fill color2="infoBackground [80]"/><x:ClientData ObjectType="Note"><x:Row>6</x:Row>'
        "<x:Column>2</x:Column></x:ClientData></v:shape></xml>",
    )
    kinds = f"{MICROSOFT}/2017/10/relationships"
    parts = related(parts, "xl/workbook.xml", f"{kinds}/person", "persons/person.xml")
    target = "../threadedComments/threadedComment1.xml"
    parts = related(parts, sheet, f"{kinds}/threadedComment", target)
    return related(parts, sheet, f"{OFFICE}/vmlDrawing", "../drawings/vmlDrawing1.vml")


def targets_from_the_root(parts: Parts) -> Parts:
    """Targets as openpyxl and the Open XML SDK tell them."""
    for name, content in parts.items():
        if name.startswith("xl/") and name.endswith(".rels"):
            start = "/xl/" if name.startswith("xl/_rels") else "/xl/worksheets/"
            whole = re.sub(r'Target="(?=\w)', f'Target="{start}', str(content))
            parts[name] = whole.replace('Target="../', 'Target="/xl/')
    return parts


def reordered(parts: Parts) -> Parts:
    """The content types first, the sheets last to first, with entries of folders."""
    first = "[Content_Types].xml"
    rest = sorted((name for name in parts if name != first), reverse=True)
    return {first: parts[first], "xl/": "", **{name: parts[name] for name in rest}}


def other_sheet_parts(parts: Parts) -> Parts:
    """Sheets in parts of other names, and what else other programs call otherwise."""
    renamed: Parts = {}
    for name, content in parts.items():
        new = re.sub(r"worksheets/(_rels/)?sheet(\d)", r"sheets/\1Sheet-\2", name)
        xml = re.sub(r"worksheets/sheet(\d)", r"sheets/Sheet-\1", str(content))
        renamed[new] = xml if name.endswith((".rels", "Types].xml")) else content
    return renamed


def sheetjs_types(parts: Parts) -> Parts:
    """Types of parts that there are not, as SheetJS lists them, among them those of macros."""
    binary = "application/vnd.ms-excel.sheet.binary.macroEnabled.main"
    default = f'<Default Extension="bin" ContentType="{binary}"/>'
    types = text(parts, "[Content_Types].xml")
    parts["[Content_Types].xml"] = types.replace("<Default ", f"{default}<Default ", 1)
    return parts


def _no_empty_text(cell: SavedCell) -> SavedCell:
    empty = cell.formula is not None and cell.kind == "str" and not cell.value
    return replace(cell, kind="", value=None) if empty else cell


no_empty_texts = cells(_no_empty_text)  # exceljs


def without_properties(parts: Parts) -> Parts:
    """Without docProps and without a theme."""
    gone = [name for name in parts if name.startswith(("docProps/", "xl/theme"))]
    parts = {name: content for name, content in parts.items() if name not in gone}
    for name in ("_rels/.rels", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"):
        parts[name] = re.sub(r"<[^<>]*(?:docProps|theme)[^<>]*/>", "", text(parts, name))
    return parts


def without_places(parts: Parts) -> Parts:
    """Rows and cells without r, the gaps between them filled with empty ones."""
    return sheets(_without_places)(parts)


def _without_places(xml: str) -> str:
    head, _, rest = xml.partition("<sheetData>")
    data, _, tail = rest.partition("</sheetData>")
    rows, before = [], 0
    for match in re.finditer(r'<row r="(\d+)"([^>]*?)(?:/>|>(.*?)</row>)', data, re.S):
        rows += ["<row/>"] * (int(match[1]) - before - 1)
        before, column, made = int(match[1]), 0, []
        for cell in re.finditer(r'<c r="([A-Z]+)\d+"(.*?)(?=<c r=|$)', match[3] or "", re.S):
            number = _column(cell[1])
            made += ["<c/>"] * (number - column - 1)
            made.append(f"<c{cell[2]}")
            column = number
        rows.append(f"<row{match[2]}>{''.join(made)}</row>")
    return f"{head}<sheetData>{''.join(rows)}</sheetData>{tail}"


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number


def prefixed(parts: Parts) -> Parts:
    """Elements with a prefix, as the Open XML SDK and ClosedXML write them."""

    def change(xml: str) -> str:
        xml = re.sub(r"<(/?)(?=[a-zA-Z])(?![\w.]+:)", r"<\1x:", xml)
        return xml.replace("xmlns=", "xmlns:x=", 1)

    parts = sheets(change)(parts)
    parts["xl/workbook.xml"] = change(text(parts, "xl/workbook.xml"))
    parts["xl/sharedStrings.xml"] = change(text(parts, "xl/sharedStrings.xml"))
    return parts


def strict(parts: Parts) -> Parts:
    """Strict Open XML, as Excel saves it."""
    pairs = (
        ("spreadsheetml/2006/main", "spreadsheetml/main"),
        ("officeDocument/2006/", "officeDocument/"),
        ("drawingml/2006/", "drawingml/"),
    )
    made: Parts = {}
    for name, content in parts.items():
        if isinstance(content, str) and not name.startswith("[Content"):
            for old, new in pairs:
                old, new = f"http://schemas.openxmlformats.org/{old}", f"{PURL}/{new}"
                content = content.replace(old, new)
        made[name] = content
    book = text(made, "xl/workbook.xml")
    made["xl/workbook.xml"] = book.replace("<workbook ", '<workbook conformance="strict" ', 1)
    return made
