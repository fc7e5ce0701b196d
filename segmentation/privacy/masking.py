"""Mask what names a person: free text as far as rules can, values of refused rows, and whole identifiers."""

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from segmentation.privacy.phrases import E_MAIL, E_MAIL_PATTERN, NAME, NUMBER, RULES, WORD

MASKED = "<masked>"

_NO_DATE = r"(?!\d{4}-\d{2}-\d{2}\b)(?!\d{2}-\d{2}-\d{4}\b)"
_PHONE_LIKE = rf"(?<!\d)(?<!\d-){_NO_DATE}\+?\d(?:[ ()\-]{{0,2}}\d){{8,}}"
_IDENTIFYING_WORD_LENGTH = 3
_LONG_WORD = r"(?<![\p{L}'\u2019-])(?!(?:number|e-mail)>)\p{L}[\p{L}'\u2019-]{3,}+"
"""Four letters or more: longer than the name of a month or a currency. Marks set before stay."""


def masked_text(text: Column, known: Sequence[Column] = ()) -> Column:
    """The text with names, addresses, e-mails, links, days of birth and numbers of four digits or more marked.

    `known` are identifiers of the same row (name, street, line number): every word of theirs is masked wherever it
    stands. Without them a name is told by a cue in any letter case ("my name is", "mrs") or by two capitalised words in
    a row; a lone first name without a cue is beyond a rule and stays. The rules are in `phrases`.
    """
    masked = text
    for identifier in known:
        masked = _without_words_of(masked, identifier)
    for pattern, mark in RULES:
        masked = F.regexp_replace(masked, pattern, mark)
    return masked


def masked_value(value: Column, codes: Sequence[str] = ()) -> Column:
    """A value that should not be personal: e-mails, runs of nine digits or more and words are marked; `codes` stay.

    A shifted or mistyped row can hold a phone number, a name or what somebody said in any column.
    """
    masked = F.regexp_replace(masked_numbers(value), _LONG_WORD, WORD)
    return F.when(value.isin(list(codes)), value).otherwise(masked) if codes else masked


def masked_numbers(value: Column) -> Column:
    """A name that the operator gave to something that is no person: e-mails and runs of nine digits or more are marked.

    Words stay, since they tell one thing from another.
    """
    return F.regexp_replace(F.regexp_replace(value, E_MAIL_PATTERN, E_MAIL), _PHONE_LIKE, NUMBER)


def masked_identifier(value: Column) -> Column:
    """A mark where there is a value; null where there is none."""
    return F.when(value.isNotNull(), F.lit(MASKED))


def _without_words_of(text: Column, identifier: Column) -> Column:
    """The text without the words of an identifier, in any letter case; words shorter than three letters stay."""

    def without(masked: Column, word: Column) -> Column:
        pattern = F.concat(F.lit(r"(?iu)(?<![\p{L}\p{N}])\Q"), word, F.lit(r"\E(?![\p{L}\p{N}])"))
        is_telling = F.length(word) >= _IDENTIFYING_WORD_LENGTH
        mark = F.when(word.rlike(r"\p{L}"), F.lit(NAME)).otherwise(F.lit(NUMBER))
        return F.when(is_telling, F.regexp_replace(masked, pattern, mark)).otherwise(masked)

    words = F.split(F.coalesce(F.regexp_replace(identifier, r"\\E", ""), F.lit("")), r"[\s,;@]+")
    return F.aggregate(words, text, without)
