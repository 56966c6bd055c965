"""XHTML of a narrative: well formed, within what FHIR allows (txt-1, txt-2), and harmless."""

import re
import xml.etree.ElementTree as ElementTree

XHTML = "{http://www.w3.org/1999/xhtml}"
ELEMENTS = set(
    "a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img li ol p pre q "
    "samp small span strong sub sup table tbody td tfoot th thead tr tt ul var".split()
)
ATTRIBUTES = set(
    "abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset cite class "
    "colspan compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap rel rev rowspan rules scope "
    "shape span src start style summary tabindex title type valign value vspace width".split()
)
HARMLESS_LINK = re.compile(r"(https?:|mailto:|tel:|#)", re.I)
HARMLESS_IMAGE = re.compile(r"(#|data:image/(png|jpeg|gif)[;,])", re.I)
STYLE = re.compile(r"url\s*\(|expression|@import|javascript|\\", re.I)


def faults(div):
    """Everything wrong with the text of a `div`."""
    if "<!" in div or "<?" in div:
        return ["declaration, comment or instruction in narrative"]
    try:
        root = ElementTree.fromstring(div)
    except ElementTree.ParseError as error:
        return [f"narrative is not well formed: {re.sub('[0-9]+', 'n', str(error))}"]
    found = []
    if root.tag != XHTML + "div":
        found.append("narrative is not an XHTML div")
    ids = set()
    for element in root.iter():
        name = element.tag.removeprefix(XHTML)
        if name not in ELEMENTS:
            found.append(f"<{name}> in narrative")
        for attribute, value in element.attrib.items():
            if attribute not in ATTRIBUTES:
                found.append(f"attribute {attribute} on <{name}>")
            elif attribute == "href" and not HARMLESS_LINK.match(value):
                found.append("harmful link")
            elif attribute in ("src", "longdesc", "cite") and not HARMLESS_IMAGE.match(value):
                found.append("image or quotation from elsewhere")
            elif attribute == "style" and STYLE.search(value):
                found.append("harmful style")
            elif attribute == "id":
                if value in ids:
                    found.append("repeated id in narrative")
                ids.add(value)
    if not "".join(root.itertext()).strip() and root.find(f".//{XHTML}img") is None:
        found.append("empty narrative (txt-2)")
    return found
