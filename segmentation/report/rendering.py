"""Turn a template and its content into one HTML text that needs nothing but itself."""

from collections.abc import Mapping

import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs


def rendered(template: str, content: Mapping[str, object]) -> str:
    """The page, the code that draws its charts within it as `plotly_js`."""
    return _environment().get_template(template).render(**content, plotly_js=Markup(get_plotlyjs()))


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("segmentation.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure_json"] = _figure_json
    return environment


def _figure_json(figure: go.Figure) -> Markup:
    """The figure as JSON that cannot end the script element it stands in."""
    text = figure.to_json()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
