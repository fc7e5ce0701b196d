"""Tables that look after the feeds: deliveries, refused rows, schema changes, quality, the vault."""

from segmentation.tables.clean import SUBSCRIBER, count, day, key
from segmentation.tables.contract import Column, PersonalData, Table, TimeKind

SOURCE = Column("source", "string", "Name of the source, as in conf/sources")
FEED = Column("feed_id", "string", "Delivery: hash of the names, sizes and contents of its files")

FEEDS = Table(
    "feeds",
    ("source", "feed_id"),
    (
        SOURCE,
        FEED,
        Column("table_name", "string", "Clean table it fills"),
        count("n_files", "Files"),
        count("n_read", "Rows read"),
        count("n_filtered", "Rows the mapping leaves out on purpose (not counted as read)"),
        count("n_duplicates", "Exact repeats"),
        count("n_quarantined", "Rows refused"),
        count("n_accepted", "Rows accepted"),
        count("n_written", "Rows written: accepted rows after grouping"),
        Column("named_counts", "map<string,bigint>", "Accepted rows by the named conditions of the source", "count"),
        Column(
            "mapping_hash",
            "string",
            "Hash of mapping, secret and deliveries referred to; another hash takes the feed in again",
        ),
        Column("columns", "map<string,string>", "Columns of the feed with the types they came in"),
        Column("received_at", "timestamp", "Newest arrival in the feed"),
        Column("run_id", "string", "Run that took it in"),
        Column("recorded_at", "timestamp", "When it was taken in"),
    ),
    "Deliveries taken in: read = duplicates + quarantined + accepted",
    retention="36 months",
)
QUARANTINE = Table(
    "quarantine",
    ("source", "feed_id", "row_hash"),
    (
        SOURCE,
        FEED,
        Column("row_hash", "string", "Hash of the row under the secret"),
        count("n_rows", "Equal rows refused"),
        Column("reasons", "array<string>", "Names of the checks that failed, with what they expect"),
        Column("masked_row", "string", "The row as JSON, personal columns masked", personal=PersonalData.TEXT),
        Column("state", "string", "open; replayed: taken in again and accepted; dropped: given up by a person"),
        Column("run_id", "string", "Run that refused it"),
        Column("recorded_at", "timestamp", "When it was refused"),
    ),
    "Rows refused, with the reasons",
    partitioned_by=("source", "feed_id"),
    retention="6 months",
)
SCHEMA_CHANGES = Table(
    "schema_changes",
    ("source", "feed_id", "column_name"),
    (
        SOURCE,
        FEED,
        Column("column_name", "string", "Column of the feed"),
        Column("change", "string", "new, gone, retyped or renamed"),
        Column("detail", "string", "What it was and what it is"),
    ),
    "Columns that came, went or changed between two deliveries",
    retention="36 months",
)
RECORD_QUALITY = Table(
    "record_quality",
    ("subscriber_id", "as_of"),
    (
        SUBSCRIBER,
        day("as_of", "Day of the score"),
        Column("quality", "double", "Completeness, validity, timeliness and consistency together", "0..1"),
    ),
    "How far the data of a line can be trusted",
    TimeKind.SNAPSHOT,
    "as_of",
    ("as_of",),
    retention="13 months",
)
IDENTITY_VAULT = Table(
    "identity_vault",
    ("token",),
    (
        key("token", "Pseudonym used in all other tables"),
        Column("key_kind", "string", "subscriber, customer, account, household or record"),
        Column("original", "string", "Key as the operator writes it", personal=PersonalData.DIRECT),
    ),
    "The way back from a pseudonym to the operator's key; own location, read by nothing but the hand-over",
    retention="until the person is erased",
)
ERASURES = Table(
    "erasures",
    ("receipt",),
    (
        Column("receipt", "string", "Number of the receipt"),
        key("subscriber_id", "Line erased"),
        Column("erased_at", "timestamp", "When"),
        Column("n_rows", "bigint", "Rows erased", "count"),
    ),
    "Proof that a person was erased",
    retention="as long as the law asks for proof",
)

TABLES = (FEEDS, QUARANTINE, SCHEMA_CHANGES, RECORD_QUALITY, IDENTITY_VAULT, ERASURES)
