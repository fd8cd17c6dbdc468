"""The shipped table of divisions: counties, development zones and streets, and how it is made.

`streets.tsv.gz` is made by `make_table.py`; it is as of 2023 and under the WTFPL (LICENSE, beside it).
`zones.csv` is kept by hand: the statistics bureau's zones, and those that lists name though they have no
code; with customary names, the counties in which they lie, and the streets of those without a code.
"""
