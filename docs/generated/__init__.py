"""Pages made from the code: one file each, with its `HEADING` and ``page()``, which gives the Markdown.

``edgebench docs`` prints them and ``mkdocs build`` adds them to the site, so none is kept as text.
"""
