"""HTML and SVG as trees of elements, so that no text of a worker can ever become markup."""

from __future__ import annotations

from xml.etree import ElementTree

Element = ElementTree.Element
Content = Element | str | None

# Control characters are shown as the pictures that Unicode has of them: a page must not hold any.
_PICTURES = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"} | {
    0x7F: 0x2421
}


def element(tag: str, *content: Content, **attributes: str) -> Element:
    """An element; ``class_`` becomes ``class``, and other underscores hyphens."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    made = Element(tag, {name: visible(value) for name, value in named.items()})
    last: Element | None = None
    for part in content:
        if isinstance(part, Element):
            made.append(part)
            last = part
        elif part and last is None:
            made.text = (made.text or "") + visible(part)
        elif part and last is not None:
            last.tail = (last.tail or "") + visible(part)
    return made


def visible(text: str) -> str:
    """Text without control characters and halves of surrogate pairs."""
    return text.translate(_PICTURES).encode("utf-8", "replace").decode()


def written(root: Element) -> str:
    """An element as HTML."""
    return ElementTree.tostring(root, encoding="unicode", method="html")
