"""Pure functions from small frames to plotly figures."""
