"""The documentation as a web site: `make docs`."""

project = "Pydron"
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "Pydron"
exclude_patterns = ["build"]
# Links that leave docs/ are for readers of the repository; a test checks that they lead somewhere.
suppress_warnings = ["myst.xref_missing"]
