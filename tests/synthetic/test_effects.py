"""What befalls the people of the generated operator: at its rate, where it is said, and seen in the feeds."""

from datetime import date

import pytest
from pyspark.sql import functions as F

from segmentation.errors import SettingsError
from segmentation.settings import EffectSettings, Outage, PriceChange, SyntheticSettings
from segmentation.synthetic import (
    base,
    bills,
    campaigns,
    careers,
    consents,
    contacts,
    digital,
    holidays,
    lines,
    months,
    names,
    outages,
    recharges,
    segments,
    spells,
    surveys,
    truth,
    usage,
)
from segmentation.synthetic.behaviour import Behaviour
from segmentation.synthetic.randomness import Streams

SEED, N_LINES = 11, 4000
STREAMS = Streams(SEED)
FIRST, LAST = date(2025, 11, 1), date(2026, 6, 30)
OUTAGE = Outage(region="North", first_day="2026-05-11", n_days=3)
RISE = PriceChange(month="2026-03", vertical="plan", factor=1.5)
EFFECTS = EffectSettings(outages=[OUTAGE], price_changes=[RISE])
OF = Behaviour(STREAMS, EFFECTS)
HOLIDAYS = "array(date'2026-03-01', date'2026-03-02')"
PLAIN = Behaviour(STREAMS, EffectSettings())


def line_months_of(spark, effects=EFFECTS, n_lines=N_LINES, unknown=()):
    settings = SyntheticSettings(seed=SEED, effects=effects, unknown_segments=unknown)
    slots = months.with_careers(base.slots(spark, n_lines), STREAMS, careers.careers(settings), effects)
    return months.line_months(slots, STREAMS, effects, FIRST, LAST, LAST)


def kept(frame, folder):
    """The frame written and read back, as the generator does it: its plan else stands in every one built on it."""
    frame.write.parquet(str(folder))
    return frame.sparkSession.read.parquet(str(folder))


@pytest.fixture(scope="module")
def line_months(spark, tmp_path_factory):
    return kept(line_months_of(spark), tmp_path_factory.mktemp("effects") / "line_months")


@pytest.fixture(scope="module")
def lines_there(line_months, tmp_path_factory):
    return kept(lines.lines(line_months, OF), tmp_path_factory.mktemp("effects") / "lines")


def share(frame, condition) -> float:
    return frame.agg(F.avg(F.expr(condition).cast("double"))).first()[0]


def test_lines_leave_for_the_causes_that_the_settings_name(line_months):
    left = line_months.filter("is_leaving")

    found = {row["cause"]: row["count"] for row in left.groupBy("cause").count().collect()}

    shares = {cause: n / left.count() for cause, n in found.items()}
    assert shares == pytest.approx({"price": 0.35, "service": 0.30, "competitor": 0.20, "need": 0.15}, abs=0.08)
    assert line_months.filter("leaving = 0 and cause is not null").isEmpty()


def test_a_prepaid_line_is_closed_ninety_days_after_its_last_use(line_months):
    left = line_months.filter("is_leaving and vertical = 'payg'").select("line", "last_day")
    closed = spells.spells(line_months, OF, FIRST, LAST).filter("end_cause = 'CEASE' and vertical = 'payg'")
    due = left.withColumn("to_day", F.date_add("last_day", spells.CLOSED_AFTER_DAYS)).filter(F.col("to_day") <= LAST)

    of_them = due.join(closed.select("line", "to_day"), on=["line", "to_day"], how="left_semi").count()

    n_due = due.count()
    assert (n_due > 50, of_them, closed.count()) == (True, n_due, n_due)


def test_who_migrates_goes_on_in_a_plan_on_the_next_day(line_months):
    every = spells.spells(line_months, OF, FIRST, LAST)
    migrated = every.filter("end_cause = 'MIG'").select("line", F.date_add("to_day", 1).alias("from_day"))
    due = migrated.filter(F.col("from_day") <= LAST)

    goes_on = due.join(every.filter("vertical = 'plan'"), on=["line", "from_day"], how="left_semi")

    assert (due.count() > 50, goes_on.count()) == (True, due.count())


def test_numbers_are_taken_along_by_those_who_leave_for_a_competitor_and_by_no_others(line_months):
    contracts = spells.spells(line_months, OF, FIRST, LAST).filter("vertical != 'payg'")
    ended = contracts.filter("end_cause in ('PORTOUT', 'CEASE')").select("line", "end_cause")

    told = ended.join(line_months.filter("is_leaving").select("line", "cause"), on="line", how="inner")

    assert share(told, "(end_cause = 'PORTOUT') = (cause = 'competitor')") == 1.0
    assert share(told, "end_cause = 'PORTOUT'") == pytest.approx(0.2, abs=0.08)


def test_who_leaves_for_the_price_had_bills_beyond_it_and_for_the_service_complained(line_months):
    leaving = line_months.filter("leaving > 0 and not is_leaving").select("line", "month", "cause")
    billed = bills.billed_months(line_months, OF, 1.0).join(leaving, on=["line", "month"], how="inner")
    tickets = contacts.care_contacts(line_months.filter("leaving > 0"), OF)

    overage = {row["cause"]: row["o"] for row in billed.groupBy("cause").agg(F.avg("overage").alias("o")).collect()}
    line = line_months.filter("leaving > 0").select(base.line_number(F.col("line")).alias("phone"), "cause").distinct()
    about = (
        tickets.join(line, on="phone", how="inner")
        .groupBy("cause")
        .agg(
            F.avg(F.expr("cast(topic = 'NET' as double)")).alias("net"),
            F.avg(F.col("complaint").cast("double")).alias("c"),
        )
    )
    of_cause = {row["cause"]: row for row in about.collect()}

    assert overage["price"] > 2 * overage["need"]
    assert of_cause["service"]["net"] > 1.5 * of_cause["need"]["net"]
    assert of_cause["service"]["c"] > 1.3 * of_cause["need"]["c"]


def test_an_outage_takes_the_data_of_homes_of_its_region_and_brings_them_to_care(line_months):
    may = line_months.filter("month_end = date'2026-05-31'")
    region = base.region(STREAMS).alias("region")
    who = may.select(base.line_number(F.col("line")).alias("svc_no"), "vertical", region)
    daily = usage.usage_daily(may, OF, 1.0).join(who, on="svc_no", how="inner")
    is_hit = F.expr("vertical = 'home' and region = 'North'").alias("is_hit")
    is_then = F.expr("usage_day between date'2026-05-11' and date'2026-05-13'").alias("is_then")

    level = daily.groupBy(is_hit, is_then).agg(F.avg(F.log("vol_kb")).alias("level"))
    found = {(row["is_hit"], row["is_then"]): row["level"] for row in level.collect()}
    asked = contacts.care_contacts(may, OF).join(who.withColumnRenamed("svc_no", "phone"), on="phone", how="inner")
    n_homes = who.filter(is_hit).count()
    n_asking = asked.filter(is_hit).filter("topic = 'NET' and opened between '2026-05-11' and '2026-05-14'")

    assert found[True, True] - found[True, False] == pytest.approx(-2.3, abs=0.1)
    assert found[False, True] - found[False, False] == pytest.approx(0.0, abs=0.1)
    assert n_asking.select("phone").distinct().count() / n_homes == pytest.approx(0.15, abs=0.06)


def test_an_outage_where_nobody_lives_is_refused():
    with pytest.raises(SettingsError, match="of a region that does not exist"):
        outages.check([OUTAGE, Outage(region="Atlantis", first_day="2026-05-11", n_days=3)])


def test_people_talk_more_on_holidays(line_months):
    december = line_months.filter("month_end = date'2025-12-31' and vertical != 'home'")
    is_holiday = F.expr("usage_day between date'2025-12-24' and date'2025-12-26'").alias("is_holiday")

    calls = {
        how: {
            row["is_holiday"]: row["calls"]
            for row in usage.usage_daily(december, of, 1.0)
            .groupBy(is_holiday)
            .agg(F.sum("calls").alias("calls"))
            .collect()
        }
        for how, of in (("as ever", Behaviour(STREAMS, EffectSettings(holiday_factor=1.0))), ("more", OF))
    }

    assert calls["more"][False] == pytest.approx(calls["as ever"][False], rel=0.07)
    assert calls["more"][True] > 1.2 * calls["as ever"][True]


def test_a_new_price_holds_for_bills_and_products_from_its_month_on(spark, line_months):
    plans = line_months.filter("vertical = 'plan'")
    before = bills.billed_months(plans, PLAIN, 1.0).withColumnRenamed("net", "before").select("line", "month", "before")

    billed = bills.billed_months(plans, OF, 1.0).join(before, on=["line", "month"], how="inner")
    ratio = billed.groupBy(F.expr("month_end >= date'2026-03-01'").alias("is_new"))
    found = {row["is_new"]: row["r"] for row in ratio.agg(F.avg(F.col("net") / F.col("before")).alias("r")).collect()}
    medium = spells.products(spark, FIRST, 1.0, [RISE]).filter("product_code = 'PLAN-M'").orderBy("from_day").collect()

    assert found == pytest.approx({False: 1.0, True: 1.5}, abs=0.002)
    assert [(row["fee_minor"], row["from_day"], row["to_day"]) for row in medium] == [
        ("1999", "1995-01-01", "2026-02-28"),
        ("2998", "2026-03-01", None),
    ]


def test_recharges_and_contacts_have_the_rates_that_the_settings_name(line_months):
    asked = EffectSettings(
        lent_share=0.5, reversed_share=0.2, contacts_a_month=0.7, unsolved_share=0.4, rated_share=1.0, offline_share=1.0
    )
    of = Behaviour(STREAMS, asked)
    month = line_months.filter(F.col("month_end") == "2026-03-31")

    topped_up = recharges.recharges(month, of, 1.0)
    care, plain = contacts.care_contacts(month, of), contacts.care_contacts(month, PLAIN)

    assert share(topped_up, "lent = 'Y'") == pytest.approx(0.5, abs=0.03)
    assert share(topped_up, "topup_minor < 0") == pytest.approx(0.2, abs=0.03)
    assert share(care, "solved is null") == pytest.approx(0.4, abs=0.05)
    assert share(care, "score is not null") == 1.0
    assert care.count() / plain.count() == pytest.approx(0.7 / 0.35, rel=0.15)
    assert digital.digital_monthly(month, of).isEmpty()
    assert not digital.digital_monthly(month, PLAIN).isEmpty()


def test_rows_arrive_late_at_the_rate_that_is_named(line_months):
    month = line_months.filter(F.col("month_end") == "2026-03-31")
    waits = {
        rate: recharges.recharges(month, Behaviour(STREAMS, EffectSettings(late_share=rate)), 1.0)
        .select(F.date_diff(F.to_date("delivered"), F.to_date("topup_at")).alias("days"))
        .agg(F.min("days"), F.max("days"))
        .first()
        for rate in (0.0, 1.0)
    }

    assert {rate: tuple(row) for rate, row in waits.items()} == {0.0: (1, 1), 1.0: (2, 5)}


def test_bills_seasons_and_holidays_have_the_size_that_the_settings_name(line_months):
    asked = Behaviour(STREAMS, EffectSettings(bill_shock_factor=1.0, season_factor=0.0, holidays=["03-02"]))
    leaving = line_months.filter("cause = 'price' and vertical != 'payg'")
    march = line_months.limit(1).select(F.lit(26 * 12 + 2).alias("month"), F.explode(F.expr(HOLIDAYS)).alias("day"))

    shocked, calm = (bills.billed_months(leaving, of, 1.0).agg(F.sum("overage")).first()[0] for of in (PLAIN, asked))
    seasons = march.select(asked.season(0.2, 8), PLAIN.season(0.2, 8)).first()
    talk = march.orderBy("day").select(holidays.talk(asked.effects)).collect()

    assert shocked / calm == pytest.approx(4.0, rel=0.01)
    assert seasons[0] == 1.0 != seasons[1]
    assert [row[0] for row in talk] == [1.0, 1.3]


def test_none_come_back_and_none_are_like_their_neighbours_where_the_settings_say_so(spark):
    found = line_months_of(spark, EffectSettings(returned_share=0.0, blended_share=0.0), n_lines=1500)
    usual = line_months_of(spark, EffectSettings(), n_lines=1500)

    assert found.filter("is_return or blend > 0").isEmpty()
    assert usual.filter("is_return").count() > 0 < usual.filter("blend > 0").count()


@pytest.fixture(scope="module")
def care_notes(line_months, tmp_path_factory):
    tickets = contacts.care_contacts(line_months.filter(F.col("month_end") <= "2026-03-31"), PLAIN)
    return kept(tickets, tmp_path_factory.mktemp("effects") / "care")


@pytest.mark.parametrize(
    ("topic", "talks_of"),
    [
        ("NET", "line|data|router|speed"),
        ("BILL", "bill|charges|item|discount"),
        ("DEVICE", "phone|repair|router|exchange"),
        ("CONTRACT", "contract|cancel|terms?|renewed"),
    ],
)
def test_a_note_talks_of_what_the_contact_was_about(care_notes, topic, talks_of):
    of_topic = care_notes.filter(F.col("topic") == topic)

    assert share(of_topic, f"note rlike '(?i)({talks_of})'") == 1.0
    assert share(care_notes.filter(F.col("topic") != topic), f"note rlike '(?i)({talks_of})'") < 0.5


def test_complaints_about_the_network_are_about_the_network_and_angry(care_notes):
    complaints = care_notes.filter("topic = 'NET' and complaint")

    assert share(complaints, "note rlike '(line drops every evening|slow data)'") > 0.6
    assert share(care_notes.filter("topic != 'NET'"), "note rlike '(line drops|slow data)'") == 0.0


def test_notes_have_three_moods_and_who_complains_is_not_pleased(care_notes):
    angry, pleased = (
        "note rlike '(?i)(furious|rip-off|angry|slow data|enough|bitter|tricked|cancels|upset|nobody)'",
        ("note rlike '(?i)(thank|happy|relieved|pleased|loves|went well|glad|praises)'"),
    )
    complaints, others = care_notes.filter("complaint"), care_notes.filter("not complaint")

    assert share(complaints, angry) > 0.6 > share(others, angry)
    assert share(complaints, pleased) == 0.0
    assert share(others, pleased) > 0.05
    assert share(others, f"not ({angry}) and not ({pleased})") > 0.5


def test_contacts_before_a_line_leaves_are_about_its_cause_at_the_rate_that_is_named(line_months):
    near = line_months.filter("leaving > 0 and cause = 'service'")
    about = {
        rate: share(
            contacts.care_contacts(near, Behaviour(STREAMS, EffectSettings(about_leaving_share=rate))), "topic = 'NET'"
        )
        for rate in (0.0, 1.0)
    }

    assert about[1.0] == 1.0
    assert about[0.0] == pytest.approx(0.30, abs=0.08)


def test_a_segment_appears_and_another_vanishes_and_contracts_follow_without_overlap(spark, tmp_path):
    roamers, budget = "Seasonal Roamers", segments.BUDGET
    effects = EffectSettings(appears={roamers: "2026-03"}, vanishes={segments.AT_RISK: "2026-05"})
    every = line_months_of(spark, effects, unknown=[roamers])
    there = kept(every.filter("not is_leaving"), tmp_path / "line_months")
    number = segments.NAMES.index

    of_month = there.groupBy("month_end", "segment").count().collect()
    found = {(row["month_end"].isoformat(), row["segment"]) for row in of_month}
    moves = there.filter("month_end = date'2026-03-31' and previous != segment").groupBy("previous", "segment").count()
    begun = {(row["previous"], row["segment"]): row["count"] for row in moves.collect()}
    spells_there = kept(spells.spells(there, Behaviour(STREAMS, effects), FIRST, LAST), tmp_path / "spells")
    of_plan = spells_there.filter("vertical = 'plan'")
    pairs = of_plan.alias("a").join(
        of_plan.alias("b"), F.expr("a.line = b.line and a.from_day < b.from_day and b.from_day <= a.to_day"), "inner"
    )

    assert ("2026-02-28", number(roamers)) not in found
    assert ("2026-03-31", number(roamers)) in found
    assert ("2026-04-30", number(segments.AT_RISK)) in found
    assert ("2026-05-31", number(segments.AT_RISK)) not in found
    assert begun[number(budget), number(roamers)] > 50
    assert pairs.isEmpty()


def test_a_segment_drifts_as_a_whole_and_the_others_stay(spark, line_months):
    effects = EffectSettings(drifts={segments.BULK: {"voice": 0.5}}, drifts_from="2026-02")
    moved = Behaviour(STREAMS, effects)
    june = line_months.filter("month_end = date'2026-06-30' and ramp = 0 and blend = 0")

    both = june.select("segment", (moved.latent("voice") - PLAIN.latent("voice")).alias("change"))
    found = {
        row["segment"]: row["change"] for row in both.groupBy("segment").agg(F.avg("change").alias("change")).collect()
    }

    assert found.pop(segments.NAMES.index(segments.BULK)) == pytest.approx(0.5 * 4)
    assert set(found.values()) == {0.0}


@pytest.mark.parametrize(
    ("effects", "told"),
    [
        ({"appears": {"Nobody": "2026-03"}}, "Nobody is not planted"),
        ({"appears": {"Night Gamers": "2026-03"}}, "Night Gamers is not planted"),
        ({"vanishes": {segments.FAMILY: "2026-03"}}, "of homes, whose ties do not change"),
        ({"vanishes": {segments.VIP: "2026-03", segments.HIGH_VALUE: "2026-04"}}, "is not there all the time"),
        ({"appears": {segments.VIP: "2026-05"}, "vanishes": {segments.VIP: "2026-03"}}, "vanishes before it appears"),
        ({"drifts": {segments.VIP: {"speed": 1.0}}}, "has no attribute speed"),
        ({"treatment_effects": {"Nobody": 0.1}}, "Nobody is not planted"),
    ],
)
def test_changes_of_segments_that_cannot_be_are_refused(effects, told):
    settings = SyntheticSettings(seed=SEED, effects=EffectSettings.model_validate(effects))

    with pytest.raises(SettingsError, match=told):
        careers.careers(settings)


def test_some_people_are_known_under_two_numbers_and_the_truth_knows_who(lines_there):
    persons = truth.truth_persons(lines_there, b"a key for the tests only")
    further = lines_there.filter(base.is_further_line(F.col("slot")))

    several = persons.groupBy("person_id").count().filter("count > 1").count()

    assert share(further, "known_as != customer") == pytest.approx(0.03, abs=0.015)
    assert several == lines_there.filter("known_as != customer").select("customer").distinct().count() > 10
    assert persons.count() == persons.select("customer_id").distinct().count()


def test_a_misspelt_name_has_two_letters_changed_about(spark):
    people = spark.range(200).select(F.col("id").alias("customer"))

    pairs = people.select(
        names.full_name(STREAMS).alias("right"),
        names.misspelt(names.full_name(STREAMS), STREAMS, "typo", F.col("customer")).alias("wrong"),
    ).collect()

    assert all(sorted(row["right"]) == sorted(row["wrong"]) for row in pairs)
    differing = [sum(a != b for a, b in zip(row["right"], row["wrong"], strict=True)) for row in pairs]
    assert set(differing) <= {0, 2}
    assert sum(n == 2 for n in differing) > 150


def test_people_agree_at_their_rates_and_some_take_it_back(lines_there):
    told = consents.consents(lines_there, OF)

    marketing = (
        told.filter("purpose = 'MARKETING'")
        .groupBy("cust_no")
        .agg(
            F.min_by("agreed", "from_day").alias("first"),
            F.max_by("agreed", "from_day").alias("last"),
            F.count("*").alias("n"),
        )
    )
    n_customers = marketing.count()

    assert share(marketing, "first = 'Y'") == pytest.approx(0.70, abs=0.04)
    assert share(marketing.filter("first = 'Y'"), "last = 'N'") == pytest.approx(0.05, abs=0.03)
    assert share(told.filter("purpose = 'PARTNER_DATA'"), "agreed = 'Y'") == pytest.approx(0.97, abs=0.02)
    assert told.filter("purpose = 'ANALYTICS' and agreed = 'Y'").isEmpty()
    assert told.filter("purpose = 'ANALYTICS'").count() / n_customers == pytest.approx(0.005, abs=0.005)


def test_what_has_the_rate_nought_does_not_happen_and_at_one_it_always_does(spark, tmp_path):
    never = dict.fromkeys(("withdrawn_share", "declined_share", "port_request_share", "port_request_else_share"), 0.0)
    of = Behaviour(STREAMS, EffectSettings(**never, answered_share=1.0, duplicate_share=1.0, misspelt_share=1.0))
    there = kept(line_months_of(spark, of.effects, n_lines=400), tmp_path / "line_months")
    lines_of_them = kept(lines.lines(there, of), tmp_path / "lines")
    nowhere = spark.createDataFrame([], "slot bigint, home bigint, dwelling bigint")
    named = lines.subscribers(lines_of_them, nowhere, of, FIRST, LAST).select("line_no", "birth_date")
    right = lines_of_them.filter("known_as != customer").select(
        base.line_number(F.col("line")).alias("line_no"),
        F.date_format(base.birth_date(STREAMS), "dd.MM.yyyy").alias("right"),
    )

    answers = surveys.surveys(there, of)
    events = contacts.subscription_events(there, spells.spells(there, of, FIRST, LAST), of)
    sent = campaigns.campaign_contacts(there, of)

    on_survey_day = there.filter(
        F.date_add(F.trunc("month_end", "month"), surveys.SURVEY_DAY - 1).between(F.col("first_day"), F.col("last_day"))
    )
    assert answers.count() == 3 * on_survey_day.count()
    assert events.filter("what = 'PORT_REQ'").isEmpty()
    assert (sent.filter("answer = 'NO'").count(), sent.filter("answer = 'YES'").count() > 0) == (0, True)
    assert consents.consents(lines_of_them, of).filter("purpose = 'MARKETING' and to_day is not null").isEmpty()
    born = named.join(right, on="line_no", how="inner").filter("substring(right, 1, 2) != substring(right, 4, 2)")
    assert (born.count() > 20, born.filter("birth_date = right").count()) == (True, 0)


def test_offers_go_to_those_who_agreed_and_do_in_each_segment_what_the_settings_say(spark, tmp_path):
    effects = EffectSettings(campaign_share=1.0, treatment_effects={segments.VIP: 0.5})
    of = Behaviour(STREAMS, effects)
    there = kept(line_months_of(spark, effects), tmp_path / "line_months")
    who = there.select(
        base.line_number(F.col("line")).alias("phone"),
        F.concat_ws("-", F.upper("vertical"), F.date_format("month_end", "yyyy-MM")).alias("campaign"),
        "segment",
        consents.agrees_to_marketing(of).alias("agrees"),
    )
    sent = campaigns.campaign_contacts(there, of).join(who, on=["phone", "campaign"], how="inner")

    rates = sent.groupBy("segment", "arm").agg(F.avg(F.expr("cast(coalesce(answer, '') = 'YES' as double)")).alias("r"))
    found = {(segments.NAMES[row["segment"]], row["arm"]): row["r"] for row in rates.collect()}

    assert share(sent, "agrees") == 1.0
    assert share(sent, "arm = 'CONTROL'") == pytest.approx(0.2, abs=0.02)
    for name, effect in ((segments.VIP, 0.5), (segments.MIGRATORS, 0.14), (segments.CORPORATE, 0.0)):
        assert found[name, "CONTROL"] == pytest.approx(0.05, abs=0.03)
        assert found[name, "OFFER"] - found[name, "CONTROL"] == pytest.approx(effect, abs=0.05)
    assert sent.filter("arm = 'CONTROL' and answer = 'NO'").isEmpty()
