"""Clean tables: what the operator's feeds say, typed, checked and pseudonymous."""

from datetime import date

from segmentation.tables.contract import Column, PersonalData, Table, TimeKind

KB = "KB"
SECONDS = "s"
MONEY = "minor currency units"
UNTIL_ERASED = "24 months, or until the person is erased"

# No line reaches these; millions of rows at them can be added up in a bigint.
MOST_THINGS, MOST_KB, MOST_MONEY = 10**9, 10**12, 10**12
MOST_SECONDS = 1000 * 86_400
SINCE, UNTIL = date(1990, 1, 1), date(2100, 12, 31)


def key(name: str, about: str) -> Column:
    """A pseudonymous key."""
    return Column(name, "string", about, personal=PersonalData.KEY)


def count(name: str, about: str) -> Column:
    """A whole number of things."""
    return Column(name, "bigint", about, "count", limits=(0, MOST_THINGS))


def money(name: str, about: str) -> Column:
    """An amount in the smallest currency unit, so that sums are exact; below 0 where it was given back."""
    return Column(name, "bigint", about, MONEY, limits=(-MOST_MONEY, MOST_MONEY))


def data(name: str, about: str) -> Column:
    """A data volume."""
    return Column(name, "bigint", about, KB, limits=(0, MOST_KB))


def duration(name: str, about: str) -> Column:
    """A time that something took."""
    return Column(name, "bigint", about, SECONDS, limits=(0, MOST_SECONDS))


def day(name: str, about: str) -> Column:
    """A date that may lie anywhere: feeds write 9999-12-31 for one that is not known."""
    return Column(name, "date", about)


def event_day(name: str, about: str) -> Column:
    """The date of something that has happened."""
    return Column(name, "date", about, limits=(SINCE, UNTIL))


def day_bits(name: str, about: str) -> Column:
    """Days of a period as bits of a number; the lowest is its last day."""
    return Column(name, "bigint", about, "bits from the last day of the period")


def one_of(name: str, *values: str, without: str = "") -> Column:
    """One of a few words that rules go by; `without` says what no word means."""
    about = f"{', '.join(values[:-1])} or {values[-1]}"
    return Column(name, "string", f"{about}; {without}" if without else about, values=values)


SUBSCRIBER = key("subscriber_id", "One line of service: a SIM or a broadband access")
VALID_FROM = Column("valid_from", "date", "First day on which the row holds", limits=(date(1900, 1, 1), UNTIL))
VALID_TO = day("valid_to", "Last day on which the row holds; null while it holds")
ONE_AFTER_OTHER = (("valid_from", "valid_to"),)
VERTICALS = ("payg", "plan", "home")
ARRIVAL = (
    Column("received_at", "timestamp", "When the feed brought the row"),
    Column("feed_id", "string", "Delivery that brought the row, see feeds"),
)

SUBSCRIBERS = Table(
    "subscribers",
    ("subscriber_id", "valid_from"),
    (
        SUBSCRIBER,
        VALID_FROM,
        VALID_TO,
        key("customer_id", "Person or company that uses the line"),
        key("account_id", "Payer"),
        key("household_id", "Dwelling; null when unknown"),
        Column("birth_year", "int", "Year of birth", "year", PersonalData.QUASI, (1850, 2100)),
        Column("gender", "string", "Gender as told by the customer", personal=PersonalData.QUASI),
        Column("region", "string", "Region of the address", personal=PersonalData.QUASI),
        Column("is_urban", "boolean", "Whether the address is in a town", personal=PersonalData.QUASI),
        Column(
            "latitude", "double", "Latitude of the address; null when unknown", "degrees", PersonalData.QUASI, (-90, 90)
        ),
        Column(
            "longitude",
            "double",
            "Longitude of the address; null when unknown",
            "degrees",
            PersonalData.QUASI,
            (-180, 180),
        ),
        *ARRIVAL,
    ),
    "Who uses, who pays and where, for every line of service, over time",
    TimeKind.VALIDITY,
    in_order=ONE_AFTER_OTHER,
    retention=UNTIL_ERASED,
)
SERVICE_SPELLS = Table(
    "service_spells",
    ("subscriber_id", "valid_from"),
    (
        SUBSCRIBER,
        VALID_FROM,
        VALID_TO,
        one_of("vertical", *VERTICALS),
        Column("product_id", "string", "Product of the spell"),
        one_of("status", "active", "suspended", "closed"),
        one_of("start_reason", "activation", "migration", "port_in", "return", "renewal"),
        one_of("end_reason", "migration", "port_out", "disconnection", "renewal", without="null while open"),
        day("contract_end", "Last day of the contract; null without one"),
        *ARRIVAL,
    ),
    "Which vertical and product a line was in, and why it came and went; at most one open spell a line",
    TimeKind.VALIDITY,
    end_columns=("end_reason",),
    in_order=(*ONE_AFTER_OTHER, ("valid_from", "contract_end")),
    needed=("vertical",),
    retention=UNTIL_ERASED,
)
PRODUCTS = Table(
    "products",
    ("product_id", "valid_from"),
    (
        Column("product_id", "string", "Product"),
        VALID_FROM,
        VALID_TO,
        Column("product_name", "string", "Name that customers know"),
        one_of("vertical", *VERTICALS),
        money("monthly_fee", "Fee of a month, without tax"),
        data("allowance_kb", "Data included in a month; null when unlimited"),
        Column("speed_mbps", "int", "Broadband speed; null for mobile", "Mbit/s", limits=(0, 1_000_000)),
        *ARRIVAL,
    ),
    "The catalogue of products over time",
    TimeKind.VALIDITY,
    in_order=ONE_AFTER_OTHER,
    retention="36 months after the last line has left the product",
)
USAGE_DAILY = Table(
    "usage_daily",
    ("subscriber_id", "day"),
    (
        SUBSCRIBER,
        event_day("day", "Day of use in the operator's time zone"),
        duration("voice_seconds", "Outgoing calls"),
        duration("voice_offnet_seconds", "Outgoing calls to other operators"),
        duration("voice_night_seconds", "Outgoing calls 00:00-06:00"),
        count("n_calls", "Outgoing calls"),
        count("n_peers", "Different numbers called"),
        count("n_sms", "Messages sent"),
        data("data_kb", "All data"),
        data("data_night_kb", "Data 00:00-06:00"),
        data("data_work_kb", "Data 09:00-17:00"),
        data("data_evening_kb", "Data 18:00-24:00"),
        data("upload_kb", "Data sent"),
        data("streaming_kb", "Video and music streaming"),
        data("social_kb", "Social media"),
        data("gaming_kb", "Games"),
        data("roaming_kb", "Data abroad"),
        count("n_devices", "Devices seen on the broadband line"),
        money("charged_amount", "Usage charged to prepaid credit, without tax"),
        *ARRIVAL,
    ),
    "Use of a line on a day, by kind and part of the day; a day without use has no row",
    TimeKind.EVENT,
    "day",
    sorted_by=("subscriber_id", "day"),
    retention=UNTIL_ERASED,
)
DEVICES = Table(
    "devices",
    ("subscriber_id", "valid_from"),
    (
        SUBSCRIBER,
        VALID_FROM,
        VALID_TO,
        Column("device_class", "string", "basic, smartphone, flagship or router"),
        Column("is_5g", "boolean", "Whether the device can use 5G"),
        Column("release_year", "int", "Year in which the model was released", "year", limits=(1990, 2100)),
        *ARRIVAL,
    ),
    "The device of a line over time",
    TimeKind.VALIDITY,
    in_order=ONE_AFTER_OTHER,
    retention=UNTIL_ERASED,
)
RECHARGES = Table(
    "recharges",
    ("recharge_id",),
    (
        key("recharge_id", "Recharge"),
        SUBSCRIBER,
        event_day("day", "Day of the recharge in the operator's time zone"),
        money("recharge_amount", "Amount bought; negative when taken back"),
        Column("channel", "string", "app, web, shop, voucher or care"),
        Column("is_emergency_credit", "boolean", "Whether credit was lent, not paid"),
        day("expires_on", "Last day on which the credit bought can be used; null when it does not run out"),
        *ARRIVAL,
    ),
    "Prepaid credit bought",
    TimeKind.EVENT,
    "day",
    needed=("recharge_amount",),
    retention=UNTIL_ERASED,
)
INVOICES = Table(
    "invoices",
    ("subscriber_id", "period"),
    (
        SUBSCRIBER,
        event_day("period", "Last day of the billed month"),
        money("bill_amount", "Billed without tax, discounts taken off"),
        money("overage_amount", "Part of the bill for use beyond the plan"),
        money("discount_amount", "Discount taken off"),
        day("due_on", "Last day to pay"),
        *ARRIVAL,
    ),
    "Monthly bills of plan and home lines",
    TimeKind.EVENT,
    "period",
    needed=("bill_amount",),
    retention=UNTIL_ERASED,
)
PAYMENTS = Table(
    "payments",
    ("payment_id",),
    (
        key("payment_id", "Payment"),
        SUBSCRIBER,
        event_day("day", "Day of the payment or of the failed try"),
        day("due_on", "Last day to pay"),
        money("paid_amount", "Amount paid"),
        Column("is_failed", "boolean", "Whether the try failed"),
        *ARRIVAL,
    ),
    "Payments of bills, failed tries included",
    TimeKind.EVENT,
    "day",
    retention=UNTIL_ERASED,
)
SUBSCRIPTION_EVENTS = Table(
    "subscription_events",
    ("event_id",),
    (
        key("event_id", "Event"),
        SUBSCRIBER,
        event_day("day", "Day of the event"),
        one_of("event_kind", "upgrade", "downgrade", "addon_on", "addon_off", "port_request", "renewal"),
        Column("product_id", "string", "Product or add-on that changed"),
        *ARRIVAL,
    ),
    "Changes to what a line has subscribed to",
    TimeKind.EVENT,
    "day",
    needed=("event_kind",),
    retention=UNTIL_ERASED,
)
CARE_CONTACTS = Table(
    "care_contacts",
    ("contact_id",),
    (
        key("contact_id", "Contact"),
        SUBSCRIBER,
        event_day("day", "Day of the contact"),
        Column("topic", "string", "billing, network, device, contract or other"),
        Column("channel", "string", "phone, chat, shop or e-mail"),
        Column("is_complaint", "boolean", "Whether the customer complained"),
        day("resolved_on", "Day it was resolved; null while open"),
        Column(
            "satisfaction",
            "int",
            "Answer of the customer, 1 bad to 5 good; null without an answer",
            "1..5",
            limits=(1, 5),
        ),
        Column("masked_text", "string", "What was said, names and numbers masked", personal=PersonalData.TEXT),
        *ARRIVAL,
    ),
    "Contacts with customer care",
    TimeKind.EVENT,
    "day",
    later_columns=("resolved_on",),
    in_order=(("day", "resolved_on"),),
    retention=UNTIL_ERASED,
)
SURVEYS = Table(
    "surveys",
    ("answer_id",),
    (
        key("answer_id", "Answer"),
        SUBSCRIBER,
        event_day("day", "Day of the answer"),
        Column("survey", "string", "Name of the survey"),
        Column("question", "string", "recommend, price or novelty are read as features; others are kept"),
        Column("answer", "int", "Answer on the scale of the survey; of those three 0 not at all to 10 very much"),
        *ARRIVAL,
    ),
    "Answers to surveys",
    TimeKind.EVENT,
    "day",
    needed=("question", "answer"),
    retention=UNTIL_ERASED,
)
DIGITAL_MONTHLY = Table(
    "digital_monthly",
    ("subscriber_id", "period"),
    (
        SUBSCRIBER,
        event_day("period", "Last day of the month"),
        count("n_app_logins", "Logins to the app"),
        count("n_web_visits", "Visits to the self-care site"),
        count("n_emails_opened", "E-mails of the operator opened"),
        *ARRIVAL,
    ),
    "Use of the operator's digital channels in a month",
    TimeKind.EVENT,
    "period",
    retention=UNTIL_ERASED,
)
LIFESTYLE_MONTHLY = Table(
    "lifestyle_monthly",
    ("subscriber_id", "period"),
    (
        SUBSCRIBER,
        event_day("period", "Last day of the month"),
        count("streaming_minutes", "Minutes of video and music streaming"),
        count("social_minutes", "Minutes on social media"),
        count("gaming_minutes", "Minutes of games"),
        count("nightlife_visits", "Evenings at bars, clubs and concerts"),
        money("supermarket_amount", "Bought in supermarkets"),
        count("travel_days", "Days outside the home region"),
        *ARRIVAL,
    ),
    "Lifestyle of a month, from partners and consented data",
    TimeKind.EVENT,
    "period",
    retention=UNTIL_ERASED,
)
SALARY_BRACKETS = Table(
    "salary_brackets",
    ("subscriber_id", "valid_from"),
    (
        SUBSCRIBER,
        VALID_FROM,
        VALID_TO,
        Column(
            "salary_bracket",
            "int",
            "Salary in ten equal groups of the country",
            "1..10",
            PersonalData.SENSITIVE,
            (1, 10),
        ),
        *ARRIVAL,
    ),
    "Salary bracket over time",
    TimeKind.VALIDITY,
    in_order=ONE_AFTER_OTHER,
    needed=("salary_bracket",),
    retention=UNTIL_ERASED,
)
HOME_TIES = Table(
    "home_ties",
    ("subscriber_a", "subscriber_b", "tie_kind", "valid_from"),
    (
        key("subscriber_a", "One line; the smaller key of the two"),
        key("subscriber_b", "Other line"),
        one_of("tie_kind", "household", "address", "payer", "device", "support"),
        VALID_FROM,
        VALID_TO,
        *ARRIVAL,
    ),
    "Ties between lines: same dwelling, building, payer, device, or the same trouble at the same time",
    TimeKind.VALIDITY,
    in_order=ONE_AFTER_OTHER,
    retention=UNTIL_ERASED,
)
CONSENTS = Table(
    "consents",
    ("customer_id", "purpose", "valid_from"),
    (
        key("customer_id", "Person or company"),
        one_of("purpose", "analytics", "marketing", "partner_data"),
        VALID_FROM,
        VALID_TO,
        Column("is_granted", "boolean", "Whether the person agreed"),
        *ARRIVAL,
    ),
    "What a person agreed to, over time",
    TimeKind.VALIDITY,
    in_order=ONE_AFTER_OTHER,
    needed=("is_granted",),
    retention="as long as the law asks for proof",
)
CAMPAIGN_CONTACTS = Table(
    "campaign_contacts",
    ("contact_id",),
    (
        key("contact_id", "Contact"),
        SUBSCRIBER,
        event_day("day", "Day of the contact"),
        Column("campaign", "string", "Campaign"),
        Column("offer", "string", "Offer made"),
        Column("channel", "string", "sms, app, e-mail, phone or shop"),
        Column("arm", "string", "Arm of the experiment"),
        Column("is_control", "boolean", "Whether the line was held back on purpose"),
        Column("response", "string", "accepted, declined or none"),
        *ARRIVAL,
    ),
    "Marketing contacts and what came of them",
    TimeKind.EVENT,
    "day",
    retention=UNTIL_ERASED,
)
ACQUISITION = Table(
    "acquisition",
    ("subscriber_id",),
    (
        SUBSCRIBER,
        event_day("day", "Day of the first activation"),
        Column("channel", "string", "Where the line was sold"),
        money("acquisition_cost", "What winning the line cost"),
        Column("came_from", "string", "Operator the number was ported from; null when new"),
        *ARRIVAL,
    ),
    "How a line was won",
    TimeKind.EVENT,
    "day",
    retention=UNTIL_ERASED,
)

TABLES = (
    SUBSCRIBERS,
    SERVICE_SPELLS,
    PRODUCTS,
    USAGE_DAILY,
    DEVICES,
    RECHARGES,
    INVOICES,
    PAYMENTS,
    SUBSCRIPTION_EVENTS,
    CARE_CONTACTS,
    SURVEYS,
    DIGITAL_MONTHLY,
    LIFESTYLE_MONTHLY,
    SALARY_BRACKETS,
    HOME_TIES,
    CONSENTS,
    CAMPAIGN_CONTACTS,
    ACQUISITION,
)
