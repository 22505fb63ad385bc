"""Pictures: data in, `plotly.graph_objects.Figure` out.

A figure carries no theme colors and no numbers of a run. Each trace says in its `meta` which color of the theme it
takes (`color`) and which rows of which array it follows (`follows`), so that a figure stays the same from run to run.
"""
