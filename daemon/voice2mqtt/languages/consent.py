# ruff: noqa: RUF001 (letters that look alike are those of several alphabets)
"""Yes and no in languages of which nothing else is known beyond CLDR.

Where sound alone never acts, the house asks, and somebody must be able to answer.
"""

from collections.abc import Mapping

CONSENT: Mapping[str, tuple[str, str, str]] = {
    "ar": ("نعم|أجل|موافق", "لا|كلا", "ليس|أبدا"),
    "bg": ("да|добре", "не|няма", "никога"),
    "ca": ("sí|d'acord|endavant", "no", "mai|cap"),
    "cs": ("ano|jo|jasně|dobře", "ne|nechci", "nikdy|není"),
    "da": ("ja|jo|gerne|ja tak", "nej|nej tak", "ikke|aldrig"),
    "el": ("ναι|εντάξει|βεβαίως", "όχι", "μην|μη|δεν|ποτέ"),
    "et": ("jah|jaa|hästi", "ei", "ära|mitte"),
    "fi": ("kyllä|joo|juu|selvä", "ei|en|älä", "ei|älä"),
    "he": ("כן|בטח|בסדר", "לא", "אל|אף"),
    "hi": ("हाँ|हां|जी हाँ|जी हां|ठीक है", "नहीं|ना|जी नहीं", "मत"),
    "hr": ("da|dobro", "ne|nemoj", "nikad|nije"),
    "hu": ("igen|persze|rendben", "nem", "ne|soha"),
    "id": ("ya|iya|oke|baik", "tidak|nggak|enggak", "jangan|bukan"),
    "ja": ("はい|うん|ええ|お願い|お願いします", "いいえ|いや|ううん|やめて", "違う|違います"),
    "ko": ("네|예|응|그래", "아니|아니요|아니오", "안|하지마"),
    "lt": ("taip|gerai", "ne", "niekada|nereikia"),
    "lv": ("jā|labi", "nē", "ne|nekad|nevajag"),
    **dict.fromkeys(("nb", "nn", "no"), ("ja|jo|gjerne|ja takk", "nei|nei takk", "ikke|aldri")),
    "pl": ("tak|dobrze|jasne", "nie", "nigdy"),
    "pt": ("sim|claro|está bem", "não", "nunca|nem"),
    "ro": ("da|sigur|bine", "nu", "niciodată"),
    "ru": ("да|ага|хорошо|конечно", "нет|не надо", "не|никогда"),
    "sk": ("áno|hej|dobre", "nie|nechcem", "nikdy|nie je"),
    "sl": ("da|ja|prav", "ne|nočem", "nikoli|ni"),
    "sv": ("ja|japp|jo|gärna|ja tack", "nej|nej tack", "inte|aldrig"),
    "th": ("ใช่|ใช่ครับ|ใช่ค่ะ|ครับ|ค่ะ|ได้|ตกลง", "ไม่|ไม่ครับ|ไม่ค่ะ|ไม่ใช่", "อย่า|ไม่เอา"),
    "tr": ("evet|tamam|olur", "hayır|olmaz|yok", "değil|asla"),
    "uk": ("так|добре|звичайно", "ні|не треба", "не|ніколи"),
    "vi": ("có|vâng|đúng|được|đồng ý", "không|đừng", "chưa|không phải"),
    "zh": ("是|是的|好|好的|对|可以", "不|不是|不要|不用|不行", "别|没有"),
}
"""Language to yes, no and further words of refusal, as alternatives of a template."""
