"""What in a workbook reaches outside of it: other files, programs, the network.

Tells so from a formula's text, a link's target, a relationship or a part's name, and says what it
is, in words. Nothing is followed. Must not know files, nor where a text stands.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from xlconv.spreadsheet.cells import MAX_FORMULA_LENGTH
from xlconv.spreadsheet.formula import QUOTED, STRING
from xlconv.xlsx.markup import Attributes

# Functions that fetch, run or call something, or that find cells by a text made up at run time.
_FETCHING = (
    "WEBSERVICE RTD CALL REGISTER REGISTER.ID INDIRECT IMAGE DDE DDEINITIATE DDEEXECUTE "
    "SQL.REQUEST STOCKHISTORY PY COPILOT TRANSLATE DETECTLANGUAGE IMPORTDATA IMPORTFEED "
    "IMPORTHTML IMPORTRANGE IMPORTXML EVALUATE EXEC EXECUTE RUN FOPEN FWRITE FWRITELN FREAD FILES "
    "FILE.DELETE DIRECTORY GET.WORKBOOK GET.CELL GET.DOCUMENT URLMON CUBEVALUE CUBEMEMBER CUBESET "
    "CUBEKPIMEMBER CUBESETCOUNT CUBERANKEDMEMBER CUBEMEMBERPROPERTY SEND.KEYS INITIATE POKE "
    "REQUEST"
)
_FUNCTION = re.compile(
    rf"(?<![\w.])(?:_XLFN\.|_XLWS\.|_XLETA\.|COM\.MICROSOFT\.|ORG\.LIBREOFFICE\.)*+"
    rf"({'|'.join(map(re.escape, sorted(_FETCHING.split(), key=len, reverse=True)))})"
    r"(?![\w.!:])\s*+(\(?)",
    re.IGNORECASE,
)
# What may be more than numbers, operators and cells: a look at each formula that costs little.
_SPECIAL = re.compile(r"(?<![\w.])[^\W\d][\w.]*+\s*+\(|[\[|'\\]|:/|_xl", re.IGNORECASE)
_HARMLESS = (
    "SUM SUMPRODUCT MAX MIN AVERAGE EXP LN LOG10 IF INDEX ABS MATCH AND OR NOT ROUND INT MOD "
    "SQRT TANH COUNT COUNTA ROWS COLUMNS ROW COLUMN TEXT REPT IFERROR ISNUMBER RAND N CHOOSE "
    "LARGE SMALL SUMIF LEFT LEN"
)
_PLAIN = {f"{name}(" for name in _HARMLESS.split()}
_TOKEN = re.compile(f"({STRING})|({QUOTED})")
_ADDIN = re.compile(r"(?<![\w.])(?:_xll|_xludf)\.(\w++)", re.IGNORECASE | re.ASCII)
_HYPERLINK = re.compile(r"(?<![\w.])HYPERLINK\s*+\(\s*+", re.IGNORECASE | re.ASCII)
_BOOK = re.compile(r"\][\w.:$]*+!")
_NAMED_BOOK = re.compile(r"(?<![\w.\])])\[\d++\](?=\w|!)")
_WEB = ("http://", "https://", "mailto:", "#")
_LONGEST = 1 << 20


def formula_reach(formula: str) -> str | None:
    """What a formula reaches for outside of its book, in words; None for nothing.

    >>> formula_reach("SUM([1]Sheet1!A1)"), formula_reach("cmd|'/c calc'!A1")
    ('another workbook', 'a program (DDE)')
    >>> formula_reach('SUM(Table1[a])&"[1]x!|WEBSERVICE(" & \\'a sheet\\'!A1') is None
    True
    """
    if _PLAIN.issuperset(_SPECIAL.findall(formula)):
        return None
    if len(formula) > _LONGEST:
        return "a formula of more than a million characters"
    return _quoted_reach(formula) or _open_reach(formula)


def are_harmless(formulas: Iterable[str]) -> bool:
    """Whether formulas are made of what reaches for nothing, and not too long, as most are."""
    texts = list(formulas)
    longest = max(map(len, texts), default=0)
    return longest <= MAX_FORMULA_LENGTH and _PLAIN.issuperset(_SPECIAL.findall("\n".join(texts)))


def _quoted_reach(formula: str) -> str | None:
    """What the quoted sheets of a formula name, and where its links lead."""
    for match in _TOKEN.finditer(formula):
        quoted = match[2]
        if len(match[0]) < 2 or match[0][-1] != match[0][0]:
            return "a formula of quotes that are not closed"
        if quoted is None:
            continue
        if re.search(r"[\[\]/\\|]", quoted):
            around = formula[max(0, match.start() - 1) : match.start()] + formula[match.end() :][:1]
            dde = "|" in quoted or "|" in around
            return "a program (DDE)" if dde else "another workbook or file"
    for match in _HYPERLINK.finditer(formula):
        token = _TOKEN.match(formula, match.end())
        target = token[1][1:-1].strip().lower() if token and token[1] else ""
        if not target.startswith(_WEB):
            return "a link of the function HYPERLINK that is not to the web"
    return None


def _open_reach(formula: str) -> str | None:
    """What the rest of a formula names, its strings and quoted sheets left out."""
    bare = _TOKEN.sub(lambda match: '""' if match[1] else "q", formula).replace("[0]!", "")
    addin = _ADDIN.search(bare)
    if addin is not None:
        return f"the add-in function {addin[1][:40]}"
    for match in _FUNCTION.finditer(bare):
        if match[2] or match[0].startswith("_"):
            return f"the function {match[1].upper()}"
    open_text = _outside_brackets(bare)
    if "|" in open_text:
        return "a program (DDE)"
    if "://" in open_text or "\\\\" in open_text or ":/" in open_text:
        return "another file"
    if _BOOK.search(bare) or _NAMED_BOOK.search(bare):
        return "another workbook"
    return None


def _outside_brackets(text: str) -> str:
    """A formula without what stands in [ ]: the names of a table's columns hold any character."""
    parts, depth, start = [], 0, 0
    for match in re.finditer(r"[\[\]]", text):
        if match[0] == "[":
            if depth == 0:
                parts.append(text[start : match.start()])
            depth += 1
        elif depth:
            depth -= 1
            start = match.end()
    return "".join([*parts, text[start:]]) if depth == 0 else text


def link_reach(target: str) -> str | None:
    """What a link leads to, if neither to the web nor to a place in the book; None if it does.

    >>> link_reach("https://example.org"), link_reach("#Board!A1"), link_reach("javascript:x")
    (None, None, 'a link to javascript:x')
    """
    clean = "".join(target.split()).lower()
    if not clean or clean.startswith(_WEB):
        return None
    return f"a link to {' '.join(target.split())[:60]}"


def _by_word(kinds: Mapping[str, str]) -> dict[str, str]:
    """What each of some words stands for, which is said for several at once."""
    return {word: what for what, words in kinds.items() for word in words.split()}


# What may not be in a workbook at all, with the last words of such relationships' types.
_KINDS = _by_word(
    {
        "a link to another workbook": "externallink externallinkpath",
        "macros": "vbaproject vbaprojectsignature wordvbadata attachedtoolbars",
        "a sheet of macros": "xlmacrosheet xlintlmacrosheet macrosheet",
        "a sheet of dialogs": "dialogsheet",
        "an embedded object (OLE)": "oleobject package embeddings",
        "a control (ActiveX)": "control activexcontrolbinary",
        "a connection to other data": "connections xmlmaps powerpivotdata model",
        "a table that is fetched from elsewhere (a query)": "querytable",
        "data that a server sends (RTD)": "volatiledependencies",
        "an add-in": "webextension webextensiontaskpanes",
        "buttons of its own in the ribbon": "ui extensibility customui",
        "another file": "afchunk frame attachedtemplate subdocument",
    }
)
_PARTS = (
    ("xl/externallinks/", "a link to another workbook"),
    ("xl/vbaproject", "macros"),
    ("xl/macrosheets/", "a sheet of macros"),
    ("xl/dialogsheets/", "a sheet of dialogs"),
    ("xl/activex/", "a control (ActiveX)"),
    ("xl/embeddings/", "an embedded object (OLE)"),
    ("xl/connections.xml", "a connection to other data"),
    ("xl/querytables/", "a table that is fetched from elsewhere (a query)"),
    ("xl/volatiledependencies", "data that a server sends (RTD)"),
    ("xl/webextensions/", "an add-in"),
    ("customui/", "buttons of its own in the ribbon"),
    ("basic/", "macros"),
    ("scripts/", "macros"),
)
_CONTENTS = (
    ("macroenabled", "macros (.xlsm)"),
    ("vbaproject", "macros"),
    ("oleobject", "an embedded object (OLE)"),
    ("externallink", "a link to another workbook"),
    ("macrosheet", "a sheet of macros"),
    ("activex", "a control (ActiveX)"),
)


def part_reach(part: str) -> str | None:
    """What a part is, by its name, if no harmless workbook has it."""
    return next((what for start, what in _PARTS if part.lower().startswith(start)), None)


def content_reach(kind: str) -> str | None:
    """What a part is, by its content type, if no harmless workbook has it."""
    return next((what for word, what in _CONTENTS if word in kind.lower()), None)


def relation_reach(kind: str, target: str, external: bool) -> str | None:
    """What a relationship leads to outside of its book."""
    word = kind.rpartition("/")[2]
    if word.lower() in _KINDS:
        return _KINDS[word.lower()]
    if not external:
        return f"a part at {target[:60]}" if ":" in target.partition("#")[0] else None
    if word == "hyperlink":
        return link_reach(target)
    return f"{word[:40]} at {' '.join(target.split())[:60]}"


_FORMULAS = frozenset(
    (
        *("f", "formula", "formula1", "formula2", "definedName", "calculatedColumnFormula"),
        *("totalsRowFormula", "oldFormula", "FmlaMacro", "FmlaLink", "FmlaRange", "FmlaPict"),
        *("FmlaGroup", "FmlaTxbx", "dim", "numDim", "strDim"),
    )
)
_OBJECTS = _by_word(
    {
        "an embedded object (OLE)": "oleObjects oleObject oleLink",
        "a control (ActiveX)": "controls control",
        "a program (DDE)": "ddeLink ddeItems",
        "a page to publish": "webPublishItems webPublishItem",
        "a link to another workbook": (
            "externalReference externalReferences externalBook externalLink"
        ),
        "a connection to other data": "dbPr webPr olapPr textPr",
    }
)
_FLAGS = {"xlm": "a macro", "vbProcedure": "a macro", "function": "a macro"}
_REFERENCES = ("formula", "textlink", "fmla", "fmlaLink", "fmlaRange", "fmlaMacro", "linkedCell")


def holds_formula(name: str) -> bool:
    """Whether an element's text is a formula, by its local name."""
    return name in _FORMULAS


def element_reach(name: str, attributes: Attributes) -> str | None:
    """What an element of any part reaches outside its book, by its local name and attributes."""
    if name in _OBJECTS:
        return _OBJECTS[name]
    for key, value in attributes.items():
        check = _CHECKS.get(key)
        found = check(value) if check is not None and value else None
        if found is not None:
            return found
    if name == "cfvo" and "val" in attributes:
        return formula_reach(attributes["val"])
    if name == "definedName":
        flags = (what for flag, what in _FLAGS.items() if attributes.get(flag) in ("1", "true"))
        return next(flags, None)
    if name == "imagedata" or name == "fill":
        source = attributes.get("src", "")
        return "a picture from elsewhere" if ":" in source or source[:2] in ("//", "\\\\") else None
    return None


def _macro(value: str) -> str | None:
    return "a macro" if value.strip() else None


_CHECKS: dict[str, Callable[[str], str | None]] = {
    **dict.fromkeys(_REFERENCES, formula_reach),
    "macro": _macro,
    "onAction": _macro,
    "href": link_reach,
    "location": lambda value: formula_reach(value.removeprefix("#")),
}
