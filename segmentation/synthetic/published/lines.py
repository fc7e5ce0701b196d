"""Published about who is there: lines prepaid, lost, gone and silent, what they buy and complain of."""

from segmentation.synthetic.published.fact import Fact, Source, iran

_VERIZON = Source(
    "Verizon Wireless, selected operating statistics, exhibit 99 to the SEC", "2012",
    "https://www.sec.gov/Archives/edgar/data/732712/000119312512416803/d421067dex99.htm",
    "ten quarters to mid-2012: retail postpaid churn 0.84 to 1.07 % a month; 2.34 to 2.56 postpaid connections "
    "an account",
)  # fmt: skip
_T_MOBILE = Source(
    "Converge Digest, T-Mobile US crosses 100 million customers", "2020",
    "https://www.convergedigest.com/2020/11/t-mobile-us-now-has-100-million-mobile.html",
    "third quarter of 2020: postpaid phone churn 0.90 %, prepaid churn 2.86 % a month",
)  # fmt: skip
_PREPAID_ECONOMY = Source(
    "Disruptive.Asia, Report exposes rampant prepaid churn in APAC operators (Strategy Analytics and Juvo)", "2019",
    "https://disruptive.asia/report-prepaid-churn-apac-operators/",
    "71 % of the mobile connections of the world were prepaid in 2018; operators in four Asian markets replace their "
    "whole prepaid base every two years, which is 4.2 % a month",
)  # fmt: skip

FACTS: tuple[Fact, ...] = (
    Fact(
        "prepaid_share", "Of the mobile lines, the part that is prepaid", 0.45, 2905 / 3150, "share",
        (
            Source(
                "Ofcom, Communications Market Report, Northern Ireland, figure 5.9", "2012",
                "http://stakeholders.ofcom.org.uk/market-data-research/market-data/communications-market-reports/"
                "cmr12/northern-ireland/ni-5.9",
                "early 2012: 45 % of the mobile users of the United Kingdom were on pre-pay, in Northern Ireland 60 %",
            ),
            _PREPAID_ECONOMY,
            iran("2,905 of 3,150 customers are on pay as you go"),
        ),
        "Countries differ widely, so the range is wide.",
    ),
    Fact(
        "payg_churn", "Prepaid lines lost in a month", 0.0262, 0.0424, "share",
        (
            Source(
                "Mobile World Live, T-Mobile US continues run", "2023",
                "https://www.mobileworldlive.com/t-mobile-us/t-mobile-us-continues-run/",
                "prepaid churn rose from 2.62 to 2.81 % a month, from one third quarter to the next",
            ),
            _T_MOBILE,
            Source(
                "PhoneArena, Verizon shows rebound in Q2", "2023",
                "https://www.phonearena.com/news/verizon-shows-rebound-q2_id149213",
                "prepaid churn rose from 3.90 to 4.24 % a month within a year",
            ),
            _PREPAID_ECONOMY,
        ),
        "Operators close a silent prepaid line after a time of their own; here it is 90 days.",
    ),
    Fact(
        "plan_churn", "Mobile plans lost in a month", 0.0077, 0.0184, "share",
        (
            _VERIZON,
            Source(
                "Market Realist, T-Mobile's postpaid phone churn expected to keep improving", "2018",
                "https://marketrealist.com/2018/04/t-mobiles-postpaid-phone-churn-expected-to-keep-improving/",
                "end of 2017: Verizon 0.77 %, AT&T 0.89 %, T-Mobile 1.2 %, Sprint 1.7 % a month",
            ),
            Source(
                "Market Realist, T-Mobile's postpaid phone churn rate improved in Q4", "2019",
                "https://marketrealist.com/2019/02/t-mobiles-postpaid-phone-churn-rate-improved-in-q4/",
                "end of 2018: Verizon 0.82 %, T-Mobile 0.99 %, AT&T 1.00 %, Sprint 1.84 % a month",
            ),
            _T_MOBILE,
        ),
    ),
    Fact(
        "home_churn", "Homes with broadband lost in a month", 0.008, 0.03, "share",
        (
            Source(
                "Analysys Mason, There is still scope for many operators to reduce their fixed broadband churn rates",
                "2021",
                "https://www.analysysmason.com/research/content/articles/fixed-churn-reduction-rdmb0/",
                "Western Europe 0.9 to 1.2 % a month, rich markets of Asia 0.8 to 1.0 %, emerging markets 1.5 to 3.0 %",
            ),
            Source(
                "Frontier Communications, results of the second quarter of 2025, exhibit 99.1 to the SEC", "2025",
                "http://archive.fast-edgar.com/20250729/A222662CZM22HZLZ272W2Z4235U78C22Z272/ef20052617_ex99-1.htm",
                "consumer fibre broadband churn 1.29 % a month, 1.40 % a year before",
            ),
        ),
    ),
    Fact(
        "gone_after_three_months", "Mobile lines that are gone three months later", 495 / 3150, 495 / 3150, "share",
        (
            iran(
                "495 of 3,150 customers had churned at the end of month 12; all else known of them ends with month 9"
            ),
        ),
        "What that operator counts as churned is not told.",
    ),
    Fact(
        "lines_per_account", "Mobile plans of one payer", 2.34, 2.56, "lines", (_VERIZON,),
        "Of the United States, where families share a plan.",
    ),
    Fact(
        "days_between_recharges", "Days from one recharge to the next", 28, 63, "days",
        (
            Source(
                "Roy Morgan, 48 days of credit: how often Australia's prepaid mobile phone users recharge", "2015",
                "http://www.roymorgan.com/findings/6500-prepaid-mobile-phone-recharge-frequency-by-provider-june-2015-201510150508",
                "4,756 prepaid users asked: 48 days on average, from 28 (Boost) to 63 (Virgin) by provider",
            ),
        ),
        "Australia sells credit for four weeks at a time; where it is sold in small amounts people recharge oftener.",
    ),
    Fact(
        "complained", "Mobile lines that complained within nine months", 241 / 3150, 241 / 3150, "share",
        (iran("241 of 3,150 customers complained within nine months"),),
        "Where the history is shorter than nine months, all of it.",
    ),
)  # fmt: skip
