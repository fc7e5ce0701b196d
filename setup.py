"""Package `segmentation`, its jobs as entry points, and what each needs."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r"__version__ = \"(.+)\"", (HERE / "segmentation/__init__.py").read_text(encoding="utf-8"))[1]

# Spark, Delta, GraphFrames and MLflow are given on a cluster and on Databricks: asked for here, the wheel would
# replace the platform's own. `local` brings them to a single machine, `graph` only the Python side of GraphFrames,
# for a cluster that has none (its JVM classes come from conf/spark/).
GRAPH = ["graphframes-py==0.9.2"]
LOCAL = ["pyspark==4.0.5", "delta-spark==4.4.0", "mlflow==3.17.2", *GRAPH]
DEV = [
    "chispa==0.12.0",
    "duckdb>=1.3",
    "hypothesis>=6.100",
    "igraph>=0.11",
    "import-linter>=2.5",
    "mypy>=1.15",
    "pytest>=8",
    "ruff>=0.12",
    "types-PyYAML",
]

# Module in jobs/ -> entry point of the wheel, also the name of a Databricks wheel task.
JOBS = {
    "generate": "segmentation-generate",
    "ingest": "segmentation-ingest",
    "build_features": "segmentation-build-features",
    "fit_segments": "segmentation-fit-segments",
    "assign_segments": "segmentation-assign-segments",
    "report": "segmentation-report",
    "pipeline": "segmentation-run",
    "score": "segmentation-score",
    "compare_base": "segmentation-compare-base",
    "why": "segmentation-why",
    "rank_features": "segmentation-rank-features",
    "cluster": "segmentation-cluster",
    "communities": "segmentation-communities",
    "init": "segmentation-init",
    "check": "segmentation-check",
    "doctor": "segmentation-doctor",
    "status": "segmentation-status",
    "replay": "segmentation-replay",
    "forget": "segmentation-forget",
    "quarantine": "segmentation-quarantine",
    "tables": "segmentation-tables",
    "features": "segmentation-features",
    "sql": "segmentation-sql",
    "settings": "segmentation-settings",
}

setup(
    name="segmentation",
    version=VERSION,
    description="Customer segmentation for telecom operators on Spark",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    # `segmentation init` writes copies of some files of conf/, wherever the package is installed.
    packages=[*find_packages(include=["segmentation", "segmentation.*", "jobs"]), "segmentation.conf"],
    package_dir={"segmentation.conf": "conf"},
    package_data={
        "segmentation": ["py.typed"],
        "segmentation.conf": ["*.yaml", "spark/*.conf"],
        "segmentation.report": ["templates/*"],
    },
    install_requires=[
        "jinja2>=3.1",
        "numpy>=1.26",
        "pandas>=2.2,<3",
        "plotly>=5.24",
        "pyarrow>=18,<26",
        "pydantic>=2.7,<3",
        "pyyaml>=6",
        "rich>=13",
        "scikit-learn>=1.4",
        "scipy>=1.11",
        "threadpoolctl>=3",
        "typer>=0.20",
    ],
    extras_require={"local": LOCAL, "graph": GRAPH, "dev": DEV},
    entry_points={
        "console_scripts": [
            "segmentation = jobs.cli:main",
            *(f"{name} = jobs.{module}:main" for module, name in JOBS.items()),
        ]
    },
)
