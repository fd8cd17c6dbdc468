"""Small sample data that ships with the project, and the generator of a sample day (demo.day).

Everything about persons is invented. China sets no telephone numbers aside for fiction: the samples use the
block 165, which phonenumbers accepts as mobile and knows no operator or area for (travellers 1650-1658,
staff 1659). Identity numbers have right checksums and end in the sequence codes 996-999, which were kept for
people over a hundred and are given to nobody else. Community codes end in 8xx, streets' real communities
begin at 001. Street codes and names are real; the risk areas are an excerpt of the list that the National
Health Commission published on 2022-10-01 at 8:00.
"""

from importlib import resources
from importlib.resources.abc import Traversable

PLACES = "places.csv"
STAFF = "staff.csv"
RISK_AREAS = "risk-areas-2022-10-01.json"
ARRIVALS = "arrivals.csv"
CENTRES = "centres.csv"


def sample(name: str) -> Traversable:
    """One of the files above; works from a checkout and from an installed wheel."""
    return resources.files(__name__) / name
