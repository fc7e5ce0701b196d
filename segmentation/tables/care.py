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
        Column("feed", "string", "snapshot, full_month, append or upsert: how its rows go into the table"),
        count("n_files", "Files"),
        Column("files", "array<string>", "Each file as a hash of its name, size and content; empty for a snapshot"),
        Column("read_again_in", "string", "Later delivery of which its files are part; null while it stands"),
        count("n_read", "Rows read"),
        count("n_filtered", "Rows left out on purpose, by the mapping or as of an erased line (not counted as read)"),
        count("n_erased", "Those of them that are of an erased line, or the person that only it had"),
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
        Column("referred", "string", "Hash of the deliveries its keys were looked up in"),
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
        Column(
            "file",
            "string",
            "Name of the file it came in, without folder, e-mails and long numbers in it masked; of several the first, "
            "null in a Delta table",
        ),
        count("n_rows", "Equal rows refused"),
        Column("reasons", "array<string>", "Names of the checks that failed, with what they expect"),
        Column("masked_row", "string", "The row as JSON, personal columns masked", personal=PersonalData.TEXT),
        key("subscriber_id", "Line it is about; null where that cannot be read"),
        day("day", "Day it is about; null where that cannot be read"),
        Column("received_at", "timestamp", "When it arrived; null where that cannot be read"),
        Column(
            "state",
            "string",
            "open; dropped: given up by a person. Taken in again and not refused any more: replayed (accepted), "
            "filtered (the mapping leaves it out) or duplicate (an exact repeat of an accepted row)",
        ),
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
CLEAN_DAYS = Table(
    "clean_days",
    ("table_name", "day"),
    (
        Column("table_name", "string", "Clean table"),
        day("day", "Day on which something came true: an event, the begin or the end of what holds"),
        count("n_facts", "Facts of the day"),
        Column("content", "string", "Hash of the facts, arrival and delivery left out: another one, other facts"),
        Column(
            "run_id", "string", "Run that took them in, the last one that changed the day; ids of runs sort by time"
        ),
    ),
    "What each clean table holds of each day: what was made from days that have changed since is stale",
    partitioned_by=("table_name",),
    retention="as long as the clean tables",
)
RECORD_QUALITY = Table(
    "record_quality",
    ("subscriber_id", "as_of"),
    (
        SUBSCRIBER,
        day("as_of", "Day of the score"),
        Column("completeness", "double", "Share of the features that can be fitted on which have a value", "0..1"),
        Column("validity", "double", "Accepted rows of 6 periods over those and the refused ones", "0..1"),
        Column("consistency", "double", "Share of the rules between tables that hold", "0..1"),
        Column("timeliness", "double", "1 less the mean lag of families over that of a missing one", "0..1"),
        Column("quality", "double", "Their mean with the weights 0.4, 0.3, 0.2 and 0.1", "0..1"),
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
    has_statistics=False,
    retention="until the person is erased",
)
ERASURES = Table(
    "erasures",
    ("receipt",),
    (
        Column("receipt", "string", "Number of the receipt"),
        key("subscriber_id", "Line erased"),
        Column(
            "person_tokens",
            "array<string>",
            "Tokens of the person, the payer and the dwelling, where no other line had them: erased too",
            personal=PersonalData.KEY,
        ),
        Column("erased_at", "timestamp", "When; rows of the line that arrived before are never taken in again"),
        Column("n_due", "map<string,bigint>", "Rows to erase by table, counted before the first was", "count"),
        Column("n_rows", "map<string,bigint>", "Rows erased by table; null until all are", "count"),
        Column(
            "kept_hours", "int", "Files of older versions that were left: those of so many hours; 0 ends it", "hours"
        ),
    ),
    "Proof that a line was erased, and the list that keeps it from coming back",
    retention="as long as the law asks for proof",
)

TABLES = (FEEDS, QUARANTINE, SCHEMA_CHANGES, CLEAN_DAYS, RECORD_QUALITY, IDENTITY_VAULT, ERASURES)
