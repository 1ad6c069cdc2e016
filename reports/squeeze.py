"""A page, its style sheet and its script without what only their authors need; they mean the same."""

from __future__ import annotations

import re

_INDENT = re.compile(r"\n[ \n]+")
_COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)
_OPTIONAL = re.compile(r"</(?:td|th|tr|li|dt|dd|tbody|thead)>\s*")
"""End tags that HTML does without: https://html.spec.whatwg.org/multipage/syntax.html#optional-tags"""
_DRAWING = re.compile(r"(<svg.*?</svg>)", re.DOTALL)
_VALUE = re.compile(r'="([\w:%.-]+)"(?=[ >])')


def markup(text: str) -> str:
    """HTML without optional end tags and quotes; drawings stay XML.

    Texts must be escaped: a quotation mark is one of an attribute.
    """
    parts = _DRAWING.split(_OPTIONAL.sub("", text))
    return "".join(part if i % 2 else _VALUE.sub(r"=\1", part) for i, part in enumerate(parts))


def style(text: str) -> str:
    """CSS without comments and needless spaces."""
    text = _INDENT.sub("\n", _COMMENT.sub("", text))
    text = re.sub(r"([{;:,]) +", r"\1", text).replace(" {", "{")
    return re.sub(r";?\s*\}\s*", "}", re.sub(r"([{;,])\s+", r"\1", text))


def script(text: str) -> str:
    """JavaScript without comments of their own lines and indents."""
    return _INDENT.sub("\n", re.sub(r"(?m)^ */\*.*?\*/\n", "", text))
