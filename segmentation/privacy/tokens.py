"""Pseudonyms of personal keys: the same key under the same secret is always the same token, and nothing leads back."""

import hmac
from collections.abc import Callable
from typing import Literal

import numpy as np
import pandas as pd
from pyspark.sql import Column
from pyspark.sql import functions as F

TokenKind = Literal["subscriber", "customer", "account", "household", "record"]
TOKEN_KINDS: tuple[TokenKind, ...] = ("subscriber", "customer", "account", "household", "record")
TOKEN_LENGTH = 32
"""Hex digits kept of the HMAC: 128 bits, so that two keys of 10^9 share a token with probability below 10^-20."""
BLANKS = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace())
"""Signs that do not count around a value, tabs and no-break spaces among them: what `str.strip` takes."""


def token_of(secret: bytes, kind: TokenKind, original: str | None) -> str | None:
    """Token of one key; null for a null or blank key. Blanks around the key do not count."""
    trimmed = (original or "").strip(BLANKS)
    if not trimmed:
        return None
    return hmac.digest(secret, f"{kind}:{trimmed}".encode(), "sha256").hex()[:TOKEN_LENGTH]


def token(secret: bytes, kind: TokenKind) -> Callable[[Column], Column]:
    """A function from a column of keys to the column of their tokens; null and blank keys become null.

    The key is cast to string first, so 17850 and "17850" are the same key.
    """

    # The native sha2(concat(secret, ...)) would print the secret in every query plan and in the Spark UI.
    @F.pandas_udf("string")
    def pseudonym(keys: pd.Series) -> pd.Series:
        # The same few keys come again and again in a batch of daily rows.
        codes, originals = pd.factorize(keys)
        tokens = np.array([*(token_of(secret, kind, key) for key in originals), None], dtype=object)
        return pd.Series(tokens[codes])

    return lambda keys: pseudonym(keys.cast("string"))
