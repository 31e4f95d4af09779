"""Characters that fonts draw like a Latin letter or a digit; the part of Unicode's confusables (UTS #39) that matters
for names of brands.

https://www.unicode.org/reports/tr39/#Confusable_Detection. Full-width, bold, script and circled letters are not listed,
because their compatibility decomposition (NFKD) is the letter itself. Listed are letters of Greek, Cyrillic, Armenian,
Coptic, Cherokee, Lisu, Canadian syllabics and other Latin alphabets, digits drawn as a ring or a stroke, and, last in
each line, letters of historic scripts.
"""

from typing import Final

# Digits and signs come first, because they replace letters where a name is imitated.
_DRAWN_AS: Final = {
    "a": "@αɑ⍺ɐΑ" "аАәӘ" "ᎪᗅꓮⱭ" "𖽀𐊠",
    "b": "8βΒƄɓƀɃʙ" "бвВьЬЪъ" "ᏴᏼᗷꓐᏏᑲᖯꞴ" "𐊂𐊡𐌁৪੪Ȣ𐌚ⳒᏮ",
    "c": "ϲϹςƈȼȻᴄ" "сСҫҪ" "ⲥⲤᏟꮯꓚ" "𐐽𐐕𐊢𐌂𐔜𑣩𑣲",
    "d": "đĐɖɗᴅ" "ԁԀ" "ᎠᗞᗪꓓᏧᑯꓒ",
    "e": "3εΕɇɆɛƐᴇ℮ꬲ" "еЕҽҼєЄэЭ" "եԵ" "ⴹᎬꓰꭼ" "⋿𑢦𑢮𐊆ȜꝪⳌɜ",
    "f": "ƒϜꞘꞙꬵẝ" "ғҒ" "քֆ" "ᖴꓝ" "𝈓𑣂𑢢𐊇𐊥𐔥",
    "g": "9ɡɢᶃƍǥǤɠ" "ԍԌ" "ցգ" "ᏀᏳᏻꓖ" "੧୨৭൭ꝮⳊ𑣌",
    "h": "Ηħĥɦʜⱨ" "һҺнНҥҤңҢԋ" "հի" "ᎻᏂᏲⲎᕼꓧ" "𐋏",
    "j": "ϳͿɉʝ" "јЈ" "յ" "ᎫᒍꓙꞲ",
    "k": "κΚƙʞ" "кКқҚҝҜӄӃԞԟ" "ⲔᏦꓗᛕ" "𐔘",
    "l": "1|!i" "łŁıɩɪιΙϊƖǀɨɭˡ" "іІїӀӏɫ" "լ" "ⲒᎥᏞᒪꓡꓲᛁⵏⳐ" "۱١اו∣⏽│ǃ׀" "𐌠𐊊𐌉𖼨ꙇ⍳𑣃𝈪𖼖𑢣𑢲𐐛𐔦",
    "m": "ΜϺɱᴍ" "мМӎӍ" "ՊՄ" "ⲘᎷᗰꓟᛖ" "𐊰𐌑",
    "n": "ηΝɲŋŊɴ" "пПлЛиИ" "ոռՌմ" "ⲚꓠꞐ" "𐔓",
    "o": "0οΟσøØɵƟᴏᴑΘθ" "оОөӨѳѲ" "օՕ" "ⲟⲞⵔ〇ꓳᎾ" "٥ه۵०০੦૦୦௦౦೦൦๐໐ဝ၀ዐ" "ꬽჿഠ𐓪𑣈𑣗𐐬𑓐𑣠ଠ𐓂𑢵𐊒𐊫𐐄𐔖",
    "p": "ρΡþƿᴘÞ" "рРҏҎ" "թ" "ⲣⲢᏢᑭꓑ" "⍴𐊕",
    "q": "ɋ" "ԛԚ" "գզԳ" "ⵕ",
    "r": "ƦɍɌɼᴦʀꭇ" "гГґҐ" "ր" "ⲅᎡᏒᖇꓣꮁᣘ" "𝈖𐒴𖼵ꭈ",
    "s": "5$§ƽƼꜱʂșş" "ѕЅ" "ՏտԾ" "ᏕᏚꓢꮪ" "𑣁𐑈𖼺𐊖𐐠",
    "t": "7+τΤŧŦƭᴛ" "тТҭҬ" "ե" "ⲦᎢꓔꭲ⊤⟙" "🝨𖼊𑢼𐊗𐊱𐌕",
    "u": "υμʋᴜꞟ" "цЦџ" "սՍԱ" "ᑌꓴሀ∪⋃" "ꭎꭒ𐓶𑣘𐓎𖽂𑢸",
    "v": "νᴠ" "ѵѴ" "Ꮩᐯꓦꮩ∨⋁۷٧ⴸ" "𑜆𑣀ꛟ𖼈𑢠𐔝𝈍",
    "w": "ωɯᴡшɰ" "шШщЩԝԜѡѠ" "աԱ" "ᎳᏔꓪꮃ" "𑜊𑜎𑜏𑣯𑣦",
    "x": "χΧ×" "хХҳҲӽӼ" "ⲬᚷꓫꞳ᙭╳⤫⤬⨯" "᙮ᕁᕽ𐌢𑣬ⵝ𐊐𐊴𐌗𐔧",
    "y": "γΥɣʏƴɏɎỿ" "уУүҮұҰўЎчЧ" "վყ" "ⲨᎩᎽꓬꭚ" "ᶌ𑣜𖽃𑢤𐊲",
    "z": "2Ζʐƶᴢȥ" "ʒƷзЗӡӠ" "ᏃꓜꮓƧϨ" "𑣄𐋵𑣥𑢩Ꝛᒿꙅꛯ",
    "ae": "æÆӕӔ",
    "oe": "œŒ",
}  # fmt: skip

LOOKALIKES: Final[dict[int, str]] = {}
for _letter, _likes in _DRAWN_AS.items():
    for _like in _likes:
        # A character that is listed twice belongs to the line that lists it first.
        LOOKALIKES.setdefault(ord(_like), _letter)
