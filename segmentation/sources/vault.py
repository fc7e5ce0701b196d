"""The way back from pseudonyms to keys: new keys of a feed are added to the identity vault."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.privacy.tokens import BLANKS, token
from segmentation.sources.source import Key, Source
from segmentation.tables import Store, care


def keys_of(rows: DataFrame, accepted: DataFrame, source: Source, secret: bytes) -> DataFrame | None:
    """Rows for the vault: keys of accepted rows. Grain: one row per token. None when the source brings no new keys.

    A key that refers to another table was put into the vault by that table's source. Keys of records (a recharge, a
    payment) stay out: nothing is ever handed over by them.
    """
    keys = {
        name: column
        for name, column in source.columns.items()
        if isinstance(column, Key) and column.kind != "record" and name not in source.references
    }
    if not keys:
        return None
    cells = [
        F.struct(F.lit(column.kind).alias("key_kind"), _trimmed(column.key).alias("original"))
        for column in keys.values()
    ]
    originals = rows.select(F.explode(F.array(*cells)).alias("cell")).select("cell.*").distinct()
    is_kind = {column.kind: F.col("key_kind") == column.kind for column in keys.values()}
    tokens = [F.when(condition, token(secret, kind)(F.col("original"))) for kind, condition in is_kind.items()]
    named = originals.withColumn("token", F.coalesce(*tokens))
    stored = accepted.select(F.explode(F.array(*keys)).alias("token")).distinct()
    kept = named.join(stored, on="token", how="left_semi")
    return kept.groupBy("token").agg(F.min("key_kind").alias("key_kind"), F.min("original").alias("original"))


def _trimmed(key: str) -> Column:
    """The key as its token takes it."""
    return F.trim(F.expr(key).cast("string"), F.lit(BLANKS))


def remember(vault: Store, keys: DataFrame) -> None:
    """Add keys that the vault does not hold yet."""
    held = vault.read(care.IDENTITY_VAULT).select("token")
    new = keys.join(held, on="token", how="left_anti").persist()
    try:
        if not new.isEmpty():
            vault.merge(new, care.IDENTITY_VAULT)
    finally:
        new.unpersist()
