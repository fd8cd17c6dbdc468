"""One spelling for names of places and addresses, so that they can be compared."""

from __future__ import annotations

import re
import unicodedata

# The ends of names that lists leave out or write otherwise.
_PEOPLES = (
    "各族|蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|"
    "达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|赫哲|"
    "门巴|珞巴|基诺"
)
SELF_GOVERNED = rf"(?:(?:{_PEOPLES})族?)*自治[区州县旗]"
_KIND = r"特别行政区|行政委员会|自治[区州县旗]|地区|林区|特区|新区|[省市区县盟州旗]"
# What is left has two characters: 水 is a people too, but 陵水黎族自治县 is 陵水.
_LONG_SUFFIX = re.compile(rf"(?<=..)(?:{SELF_GOVERNED}|{_KIND})$")
_SUFFIX = re.compile(rf"(?:{_KIND})$")
_NOISE = re.compile(r"[\s()（）·・、,，.。]")
_DASHES = str.maketrans(
    {"—": "-", "–": "-", "－": "-", "～": "~", "，": ",", "；": ",", ";": ",", "。": None, "·": None}
)


def plain(text: str) -> str:
    """One form for comparison: full-width and half-width alike, no spaces or brackets."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text))


def stem(name: str) -> str:
    """The name without its kind of division: 白银市 and 白银 are the same, 县 and 区 too."""
    for suffix in (_LONG_SUFFIX, _SUFFIX):
        short = suffix.sub("", name)
        if len(short) >= 2:
            return short
    return name


def fold(text: str) -> str:
    """Addresses and published places in one form: half-width, no spaces, one kind of dash and bracket."""
    if text.isascii():
        return "".join(text.split()).upper()
    folded = unicodedata.normalize("NFKC", text).translate(_DASHES)
    return "".join(folded.split()).replace("#楼", "号楼").replace("#", "号楼").upper()
