r"""Rules that tell from the words alone what names a person in free text, as patterns of Java with their marks.

People write to care in lower case, without stops and in a hurry, so each rule stands on a cue ("my name is"), on a form
(digits, an @) or on capital letters. Words that care text is about are never taken for a name: without them the text
would be of no use. Scripts without capital letters are read by form and cue alone.

Letters with accents in a cue are looked for as they stand: to fold them as well would take twice the time.
Ends of words are told by letters and digits of any script, as `\b` means other things in other versions of Java. A rule
begins only where a word begins and repeats a bounded number of times: a cell of megabytes without a space is read once
and not once per letter, and no repetition is as deep as the stack.
"""

E_MAIL, NUMBER, ADDRESS, NAME, WORD = "<e-mail>", "<number>", "<address>", "<name>", "<word>"
DATE, LINK, HANDLE = "<date>", "<link>", "<handle>"

_NO_NAMES = (
    "a|an|the|and|but|or|so|if|then|than|that|this|these|those|it|it's|its|he|she|they|we|you|"
    "i|me|my|our|your|his|her|their|us|them|him|is|are|was|were|be|been|am|do|does|did|has|"
    "have|had|will|would|can|could|should|might|must|not|no|yes|never|always|still|again|also|just|"
    "only|very|too|really|now|today|yesterday|tomorrow|here|there|where|when|why|how|what|who|which|"
    "with|without|from|for|to|of|in|on|at|by|up|down|out|off|over|about|into|since|until|after|"
    "before|during|as|all|any|some|every|each|much|many|more|most|less|few|other|another|same|new|"
    "old|last|next|first|please|thanks|thank|sorry|hello|hi|hey|ok|okay|anyone|someone|somebody|"
    "everyone|nobody|sir|madam|team|advance|calling|speaking|writing|want|wants|wanted|need|needs|say|"
    "says|said|ask|asks|asked|called|told|complains|reports|wrong|bad|slow|broken|missing|misspelled|"
    "misspelt|spelled|spelt|furious|angry|happy|pleased"
)
"""Words that are about anything but people, in any letter case."""
_TOPICS = (
    "bill|bills|billing|invoice|invoices|charge|charges|charged|price|fee|payment|pay|pays|paid|refund|"
    "money|credit|balance|recharge|account|line|internet|network|signal|data|coverage|connection|speed|"
    "router|modem|wifi|wi-fi|fibre|broadband|landline|roaming|phone|mobile|device|sim|esim|card|tv|"
    "app|website|contract|plan|tariff|offer|discount|upgrade|renewal|call|calls|text|texts|message|"
    "messages|mail|e-mail|email|number|address|name|password|login|service|help|outage|repair|engineer|"
    "technician|agent|agents|support|colleague|staff|customer|manager|shop|store|order|delivery|home|"
    "house|year|years|month|months|week|weeks|day|days|hour|hours|minute|minutes|min|second|seconds|"
    "sec|time|times|gb|mb|kb|mbps|bars|percent|euro|euros|pound|pounds|dollar|dollars"
)
"""What care text is about, and units; a name only where it begins with a capital letter ("Bill Price")."""
_PARTICLES = "van|von|der|den|de|la|del|della|di|da|dos|al|el|bin|ibn"
_ROADS = "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Square|Court|Way|Place|Close|Terrace|Boulevard|Blvd"
_ROADS_OF_ANY_CASE = "street|road|rd|avenue|ave|lane|terrace|boulevard|blvd"
"""The others ("way", "close") are ordinary words in lower case."""
_ROAD_ENDINGS = "straße|strasse|str\\.|weg|platz|gasse|allee|straat|laan"
_ROADS_FIRST = "ul\\.|al\\.|os\\.|rue|calle|via|viale|rua|avenida|plaza|piazza"
_RESIDENCE = "liv(?:e|es|ed|ing)|resid(?:e|es|ing)|mov(?:e|ed|ing)|deliver(?:ed)?|send|sent|address|house|flat|located"
_CUES = (
    "this is|i am|i'm|speaking with|spoke to|spoke with|called by|signed|thanks,?|dear|hello|hi|miss|herr|frau|pan|"
    "pani|monsieur|madame|señor|señora|husband|wife|son|daughter|mother|father|brother|sister"
)
"""Before a word with a capital letter."""
_SURE_CUES = (
    "(?:my|the|his|her) name(?: is|'s)?|name is|name's|name:|i am called|regards,?|sincerely,?|mr\\.?|mrs\\.?|mister|"
    "(?<!\\d )ms\\.?|dr\\.?|mi nombre es|me llamo|mein name ist|ich heiße|je m'appelle|mi chiamo|nazywam się"
)
"""Before a name in any letter case. "40 ms" is a time."""
_GREETINGS = "hi|hello|hey|dear|thanks|thank you|cheers"
_TALKED = "(?:spoke|spoken|speaking|talked|chatted) (?:to|with)"
_DIGITS_IN_WORDS = (
    "zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    "seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|double|triple|"
    "null|eins|zwei|zwo|drei|vier|fünf|sechs|sieben|acht|neun|jeden|dwa|trzy|cztery|pięć|sześć|siedem|osiem|dziewięć|"
    "zéro|un|deux|trois|quatre|cinq|sept|huit|neuf|cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve"
)
_MONTHS = (
    "(?:jan|feb|fév|mar|mär|apr|avr|abr|may|mai|jun|juin|jul|juil|aug|aoû|ago|sep|oct|okt|nov|dec|dez|déc|dic|sty|lut|"
    "kwi|maj|cze|lip|sie|wrz|paź|lis|gru)\\p{L}*+\\.?"
)
_BIRTH = "born|birthday|birthdate|birth date|date of birth|dob|d\\.o\\.b\\.|geboren|geb\\.|urodz\\p{L}*+|née?|nacid[oa]"
_MAIL_HOUSES = "gmail|googlemail|hotmail|outlook|live|yahoo|icloud|aol|gmx|web|mail|proton|protonmail"

_DIGIT = rf"(?:{_DIGITS_IN_WORDS}|\p{{Nd}}{{1,4}})"
_FROM, _TO = r"(?<![\p{L}\p{M}\p{N}<])", r"(?![\p{L}\p{M}\p{N}])"
_LETTERS = r"[\p{L}\p{M}'\u2019-]"
_TITLED = rf"\p{{Lu}}(?={_LETTERS}*\p{{Ll}}){_LETTERS}+"
_CAPITAL = rf"\p{{Lu}}{_LETTERS}+"
_NO_NAME = rf"(?!(?i:{_NO_NAMES}){_TO})"
_PLAIN = rf"(?!(?i:{_NO_NAMES}|{_TOPICS}){_TO})(?!\p{{L}}*ly{_TO})\p{{L}}{_LETTERS}*+"
_PARTICLE = rf"(?:(?i:{_PARTICLES})\s+){{0,2}}"
_PLAIN_NAME = rf"{_PLAIN}(?:\s+{_PARTICLE}{_PLAIN}){{0,2}}"
_TITLED_NAME = rf"(?:\p{{Lu}}\.\s?){{0,3}}{_TITLED}(?:(?:,?\s+{_PARTICLE}{_TITLED}){{1,5}}|\s+{_PARTICLE}{_PLAIN})?"
_SHOUTED = rf"(?!(?i:{_NO_NAMES}|{_TOPICS}){_TO})\p{{Lu}}[\p{{Lu}}\p{{M}}'\u2019-]+{_TO}"

_LABEL = r"[^\s@.,;:!?()\[\]{}<>/]++"
_AT_SIGN = r"[@\uFF20\uFE6B]"
_DOT = r"(?:\.|\s\.\s|\s*[(\[{]\s*(?:dot|\.)\s*[)\]}]\s*|\s+(?:dot|punkt|punto|point|kropka)\s+)"
_SAID_DOT = r"(?:\s*[(\[{]\s*(?:dot|\.)\s*[)\]}]\s*|\s+(?:dot|punkt|punto|point|kropka)\s+)"
_SAID_AT = r"\s+(?:at|ät|arroba|małpa|chiocciola)\s+"
_LOCAL = rf"(?<![^\s,;:!?()\[\]{{}}]){_LABEL}(?:(?:{_DOT}|\s+(?:underscore|dash|hyphen|minus)\s+){_LABEL}){{0,5}}"
_BETWEEN = r"[\s\p{Z}\p{Cc}\p{Cf}\p{M}\p{Pd}().,/_*#|'\u2019\u2022]"
"""What stands between the digits of a number; no colon, which is in times of the day."""
_HOUSE_NUMBER = r"\p{Nd}{1,5}\p{L}?"
_DAY = r"\p{Nd}{1,2}(?:st|nd|rd|th|er|\.)?"
_DATE_IN_WORDS = (
    rf"(?:{_DAY}\s+(?:of\s+|de\s+)?{_MONTHS}|(?=\p{{L}}++\.?\s++(?:the\s)?\p{{Nd}}){_MONTHS}\s+(?:the\s+)?{_DAY})"
)

E_MAIL_PATTERN = rf"(?<!\S)\S*{_AT_SIGN}\S*[\p{{L}}\p{{N}}]>?"
"""A word with an @ in it, dot or no dot."""
_SPOKEN_E_MAIL = (
    rf"(?i){_LOCAL}(?:"
    rf"(?:\s*{_AT_SIGN}\s*|\s*[(\[{{]\s*at\s*[)\]}}]\s*){_LABEL}(?:{_DOT}{_LABEL}){{1,5}}"
    rf"|{_SAID_AT}{_LABEL}(?:\.{_LABEL}){{0,5}}(?:{_SAID_DOT}{_LABEL}){{1,5}}"
    rf"|{_SAID_AT}(?:{_MAIL_HOUSES})\.{_LABEL})"
)
_HANDLE = rf"(?<![\p{{L}}\p{{N}}\p{{P}}\p{{S}}]){_AT_SIGN}[\p{{L}}\p{{N}}_.-]*[\p{{L}}\p{{N}}_]"
_ACCOUNT = rf"(?i){_FROM}((?:user ?name|handle|nick ?name|password|passcode)(?: is|:)\s+){_NO_NAME}\S+"
_LINK = r"(?i)(?<![^\s\p{P}])(?:https?://|www\.|(?:[\w-]{2,}+\.){1,8}[a-z]{2,}+/)\S*[\p{L}\p{N}/]"
_DATE = (
    rf"(?i){_FROM}(?:{_DATE_IN_WORDS},?\s+(?:de\s+)?\p{{Nd}}{{4}}"
    rf"|((?:{_BIRTH})(?:\s+(?:is|was|on|in|the|am|le|el|w|dnia)){{0,3}}:?\s+)"
    rf"(?:{_DATE_IN_WORDS}(?:,?\s+\p{{Nd}}{{4}})?|\p{{Nd}}{{1,4}}(?:[\s./-]{{1,2}}\p{{Nd}}{{1,4}}){{0,2}}|{_MONTHS})){_TO}"
)
_WRITTEN_ADDRESS = (
    rf"{_FROM}(?:{_HOUSE_NUMBER},?\s+(?:{_CAPITAL}\s+){{1,3}}(?:{_ROADS}){_TO}\.?"
    rf"|(?:{_CAPITAL}\s+){{1,3}}(?:{_ROADS})\.?\s+{_HOUSE_NUMBER}{_TO}"
    rf"|(?i:{_ROADS_FIRST})\s+(?:{_CAPITAL}\s*){{1,3}}{_HOUSE_NUMBER}{_TO})"
)
_ADDRESS_OF_ANY_CASE = (
    rf"(?i){_FROM}(?:{_HOUSE_NUMBER},?\s+(?:{_PLAIN}\s+){{1,3}}?(?:{_ROADS_OF_ANY_CASE}){_TO}\.?"
    rf"|(?={_LETTERS}++\s+(?:{_ROADS_OF_ANY_CASE})\s+\p{{Nd}}){_PLAIN}\s+\p{{L}}+\s+{_HOUSE_NUMBER}{_TO}"
    rf"|(?=\p{{L}}++\.?\s*+\p{{Nd}})\p{{L}}*(?:{_ROAD_ENDINGS})\s*{_HOUSE_NUMBER}{_TO}"
    rf"|(?:ul\.|calle|rue|viale)\s+(?:{_PLAIN},?\s+){{1,3}}?{_HOUSE_NUMBER}{_TO}"
    rf"|((?:{_RESIDENCE})(?:\s+(?:at|to|is|on|it|them|number|no)){{0,3}}:?\s+)"
    rf"{_HOUSE_NUMBER}(?:,?\s+{_PLAIN}){{1,4}}"
    rf"|p\.?\s?o\.?\s?box\s+\p{{Nd}}+"
    rf"|[a-z]{{1,2}}\d[a-z\d]?\s?\d(?!gb|mb|kb|ms)[a-z]{{2}}{_TO})"
)
_COINED_NUMBER = (
    rf"{_FROM}(?:(?=[A-Za-z]{{2}}\d)"
    rf"(?i:[a-z]{{2}}\d{{2}}[ -]?(?:[a-z]{{4}}[ -]?)?(?:[ -]?[a-z]{{0,3}}\d[a-z\d]{{0,3}}){{2,8}})"
    rf"|(?i:[0-9a-f]{{2}}(?:[:-][0-9a-f]{{2}}){{3,15}})"
    rf"|\p{{Lu}}{{1,4}}(?=\p{{Nd}}{{4}})[\p{{Lu}}\p{{Nd}}]+{_TO}"
    rf"|(?i:\+?{_DIGIT}(?:[\s,.-]+{_DIGIT}){{3,30}}){_TO})"
)
"""An account, a passport, a device, or digits in words."""
_NUMBER = rf"\+?\p{{Nd}}(?:{_BETWEEN}{{0,3}}\p{{Nd}}){{3,30}}\p{{Nd}}*+"
_CUED_NAME = (
    rf"{_FROM}(?:((?i:name:)\s+){_PLAIN},\s+{_PLAIN}"
    rf"|((?i:{_SURE_CUES})\s+)(?:{_TITLED_NAME}|{_PLAIN_NAME})"
    rf"|((?i:{_CUES})\s+){_NO_NAME}(?:{_TITLED_NAME}|{_CAPITAL}(?:\s+{_CAPITAL}){{0,5}})"
    rf"|((?i:{_GREETINGS}),?\s+){_PLAIN}(?:\s+{_PLAIN})?(?=\h*(?:[,.!;]|\R|$))"
    rf"|((?i:{_TALKED})\s+){_PLAIN}(?:\s+{_PLAIN})?"
    rf"|((?i:this is|i am|i'm|im|it's)\s+){_PLAIN}(?:\s+{_PLAIN})?(?=\s+(?i:calling|speaking|writing){_TO}))"
)
_BARE_NAME = (
    rf"{_FROM}(?=\p{{Lu}})(?:(?:\p{{Lu}}\.\s?){{1,3}}{_TITLED}"
    rf"|{_NO_NAME}{_TITLED}(?:\s+{_PARTICLE}{_NO_NAME}{_CAPITAL}){{1,5}}"
    rf"|{_SHOUTED}\s+{_NO_NAME}{_TITLED}"
    rf"|(?<!\p{{Lu}}[\s,.!]){_SHOUTED}(?:\s+{_SHOUTED}){{1,2}}(?![\s,.!]+\p{{Lu}}))"
)

RULES: tuple[tuple[str, str], ...] = (
    (_HANDLE, HANDLE),
    (E_MAIL_PATTERN, E_MAIL),
    (_SPOKEN_E_MAIL, E_MAIL),
    (_LINK, LINK),
    (_ACCOUNT, f"$1{HANDLE}"),
    (_DATE, f"$1{DATE}"),
    (_WRITTEN_ADDRESS, ADDRESS),
    (_ADDRESS_OF_ANY_CASE, f"$1{ADDRESS}"),
    (_COINED_NUMBER, NUMBER),
    (_NUMBER, NUMBER),
    (_CUED_NAME, f"$1$2$3$4$5$6{NAME}"),
    (_BARE_NAME, NAME),
)
"""In this order: an e-mail holds words and numbers, an address holds a number and words that look like a name.

Few and long ones, as the text is read once for each."""
