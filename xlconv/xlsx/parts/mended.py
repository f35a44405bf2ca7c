"""Parts of openpyxl's as they should be.

Must not know what stands in a workbook.
"""

import re

from xlconv.xlsx.markup import RELATIONS

STRINGS_PART = "xl/sharedStrings.xml"
_STRINGS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
_STRINGS_RELATION = f"{RELATIONS}/sharedStrings"
_FONT_ORDER = (
    *("b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign"),
    *("sz", "color", "name", "family", "charset", "scheme"),
)


def mended_part(name: str, xml: str) -> str:
    """A part of openpyxl's as it should be: without the times of day, the fonts' children in the
    schema's order, and with a part for shared strings, which openpyxl writes no more. Targets are
    told from where their owner is and drawings have prefixes, as in Excel: exceljs reads no others.
    """
    if name == "docProps/core.xml":
        return re.sub(r"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>", "", xml)
    if name == "xl/styles.xml":
        return _ordered_fonts(xml)
    if name == "[Content_Types].xml":
        override = f'<Override PartName="/{STRINGS_PART}" ContentType="{_STRINGS_TYPE}"/>'
        return xml.replace("</Types>", f"{override}</Types>")
    if name == "xl/_rels/workbook.xml.rels":
        target = f'Type="{_STRINGS_RELATION}" Target="/{STRINGS_PART}" Id="rIdStrings"'
        xml = xml.replace("</Relationships>", f"<Relationship {target}/></Relationships>")
    if name.startswith("xl/") and name.endswith(".rels"):
        up = "" if name.startswith("xl/_rels") else "../"
        return xml.replace('Target="/xl/', f'Target="{up}')
    if name.startswith("xl/charts/"):
        deleted = "0" if "<chart><title>" in xml else "1"  # else Excel makes one of the bars' name
        return xml.replace("<plotArea>", f'<autoTitleDeleted val="{deleted}"/><plotArea>', 1)
    if name.startswith("xl/drawings/"):
        return _prefixed(xml)
    return xml


def _prefixed(drawing: str) -> str:
    """A drawing whose own elements have the prefix that Excel gives them."""
    named = re.sub(r"<(/?)(?=[A-Za-z]+[\s/>])", r"<\1xdr:", drawing)
    return named.replace(" xmlns=", " xmlns:xdr=", 1)


def _ordered_fonts(styles: str) -> str:
    """The styles part with the children of each font in the order that the schema demands
    (ECMA-376, CT_Font as Excel reads it) and that openpyxl does not keep."""
    return re.sub(r"(?<=<font>).*?(?=</font>)", _ordered, styles)


def _ordered(font: re.Match[str]) -> str:
    return "".join(sorted(re.findall(r"<[^>]*/>", font[0]), key=_font_place))


def _font_place(child: str) -> int:
    return _FONT_ORDER.index(re.findall(r"\w+", child)[0])
