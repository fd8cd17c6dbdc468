"""axe-core 4.14.1 (https://github.com/dequelabs/axe-core), as it is published; licence MPL-2.0 beside it.

It looks for what people cannot read or reach on a page, and is used by these tests only.
"""

from pathlib import Path

SCRIPT = Path(__file__).with_name("axe.min.js")
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
