"""Published about use: how long calls are, how much data is used, and how few use most of it."""

from segmentation.synthetic.published.fact import Fact, Source, iran

_ARIESO = Source(
    "Advanced Television, 10% use 90% of mobile data (Arieso)", "2012",
    "https://advanced-television.com/2012/01/06/10-use-90-of-mobile-data/",
    "1.1 million customers of a European operator on one day of November 2011: the top 1 % make half of the traffic, "
    "the top 10 % make 90 %; laptops with a modem among them",
)  # fmt: skip
_FCC = Source(
    "Telecom Trends, How we use the internet (FCC technical paper on broadband performance)", "2010",
    "https://mhgoldberg.com/blog/?p=3823",
    "residential lines of the United States: the top 1 % make 25 % of all traffic, the top 10 % make 70 %",
)  # fmt: skip
_OFCOM_2019 = Source(
    "City A.M., A quarter of mobile phone users make fewer than five calls a month (Ofcom, Mobile Matters)", "2019",
    "https://cityam.com/dialling-down-a-quarter-of-mobile-phone-users-make-fewer-than-five-calls-a-month",
    "150,000 Android users, January to March 2019: a quarter made fewer than five calls a month, 6 % none",
)  # fmt: skip

FACTS: tuple[Fact, ...] = (
    Fact(
        "call_seconds", "Length of a call", 4472.459683 / 69.460635, 411, "s",
        (
            iran("4,472 seconds and 69 calls a customer, which is 64 seconds a call"),
            Source(
                "RocketNews, Liverpool is home to the chattiest mobile phone users (Ofcom)", "2019",
                "https://www.rocketnews.com/2019/10/liverpool-is-home-to-the-chattiest-mobile-phone-users/",
                "means of British cities from 3 min 15 s (Bradford) to 6 min 51 s (Liverpool)",
            ),
        ),
    ),
    Fact(
        "hardly_calls", "Mobile lines with fewer than five calls in a month", 0.25, 0.25, "share", (_OFCOM_2019,),
    ),
    Fact(
        "home_data_kb", "Data of a home in a month", 344e6, 698.2e6, "KB",
        (
            Source(
                "Light Reading, Power users consuming 1 TB+ per month have almost doubled (OpenVault)", "2021",
                "https://www.lightreading.com/fttx/-power-users-consuming-1-tb-per-month-have-almost-doubled-openvault",
                "mean of the United States: 344 GB at the end of 2019, 482.6 GB at the end of 2020",
            ),
            Source(
                "TV Technology, Average monthly broadband usage approaches 700 GB (OpenVault)", "2025",
                "https://tvtechnology.com/news/openvault-average-monthly-broadband-usage-approaches-700-gb",
                "mean 698.2 GB at the end of 2024",
            ),
        ),
    ),
    Fact(
        "mobile_data_top_1", "Part of all mobile data that the heaviest 1 % of lines use", 0.20, 0.50, "share",
        (
            Source(
                "Cisco Visual Networking Index, mobile data forecast 2010-2015", "2011",
                "https://www.scribd.com/document/50440819/Cisco",
                "the top 1 % make over 20 % of the traffic, a year before it was 30 %",
            ),
            Source(
                "Cisco Visual Networking Index, mobile data forecast 2011-2016", "2012",
                "http://www.techylib.com/fr/view/arya/cisco_visual_networking_index_global_mobile_data_traffic_forecast",
                "the top 1 % make 24 % of the traffic, a year before it was 35 %",
            ),
            _ARIESO,
        ),
        "From years in which few had a smartphone; Cisco says that use has evened out since.",
        ("mobile data", 0.01),
    ),
    Fact(
        "mobile_data_top_10", "Part of all mobile data that the heaviest 10 % of lines use", 0.80, 0.90, "share",
        (
            Source(
                "Gigaom, 80% of all mobile data is consumed by just 10% of users (Amdocs)", "2015",
                "https://gigaom.com/2015/02/04/report-80-of-all-mobile-data-is-consumed-by-just-10-of-users/",
                "25 million voice and data connections in large cities: 10 % of the users use 80 % of the data",
            ),
            _ARIESO,
        ),
        of_top=("mobile data", 0.1),
    ),
    Fact(
        "home_data_top_10", "Part of all data of homes that the heaviest 10 % use", 0.60, 0.70, "share",
        (
            _FCC,
            Source(
                "Techcrunchies, Average household broadband data consumption (Cisco)", "",
                "http://techcrunchies.com/average-household-broadband-data-consumption/",
                "20 providers around the world: 10 % of the users take 60 %, 1 % take 20 %",
            ),
        ),
        "From before most homes streamed video.",
        ("home data", 0.1),
    ),
    Fact(
        "calls_top_20", "Part of all talking that the fifth that talks most does", 0.515375, 0.515375, "share",
        (iran("630 of 3,150 customers make 51.5 % of the seconds of calls"),),
        of_top=("calls", 0.2),
    ),
    Fact(
        "paid_top_17", "Part of mobile revenue that the 17 % who pay most bring", 0.514960, 0.60, "share",
        (
            Source(
                "IP Carrier, 17% of accounts drive 60% of India mobile operator revenues (CLSA)", "2016",
                "https://ipcarrier.blogspot.com/2016/05/17-of-accounts-drive-60-of-india-mobile.html",
                "17 % of the accounts of India bring 60 % of the industry's revenue",
            ),
            iran("the 17 % most valuable of 3,150 customers hold 51.5 % of the customer value"),
        ),
        of_top=("paid", 0.17),
    ),
)  # fmt: skip
