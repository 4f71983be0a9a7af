"""Taxi trips to measure with: the City of Chicago's where the file is there, else made-up ones."""

import pathlib

import numpy
import pandas

REAL = pathlib.Path(__file__).parents[2] / "shared/data/taxi/trips.csv"
ROWS = 15_002


def trips(path=None):
    """The file's lines, header first, and where they are from."""
    file = pathlib.Path(path) if path else REAL
    if path or file.is_file():
        return file.read_text().splitlines(), str(file.name)
    return made_up(ROWS, seed=0).to_csv(index=False).splitlines(), "made up"


def made_up(rows, seed):
    """Columns, types, gaps and tails as those of the real trips; who pays by card may tip."""
    draw = numpy.random.default_rng(seed)

    def gaps(values, share):
        return pandas.Series(values).mask(draw.random(rows) < share)

    area = draw.integers(1, 78, (2, rows))
    miles = gaps(draw.lognormal(0.5, 1.1, rows).round(1), 0.0)
    seconds = (miles * 180 + draw.lognormal(5, 0.7, rows)).round(-1)
    fare = (3.25 + 2 * miles + seconds / 150).round(2)
    pays = draw.choice(["Cash", "Credit Card", "Unknown", "No Charge"], rows, p=[0.61, 0.36, 0.02, 0.01])
    tips = numpy.where(
        (pays == "Credit Card") & (draw.random(rows) < 0.9),
        (fare * draw.normal(0.22, 0.06, rows).clip(0)).round(2),
        0.0,
    )
    latitude, longitude = 41.7 + area * 0.004, -87.9 + area * 0.004
    return pandas.DataFrame(
        {
            "pickup_community_area": area[0],
            "fare": fare,
            "trip_start_month": draw.integers(1, 13, rows),
            "trip_start_hour": draw.integers(0, 24, rows),
            "trip_start_day": draw.integers(1, 8, rows),
            "trip_start_timestamp": draw.integers(1_357_000_000, 1_480_000_000, rows) // 900 * 900,
            "pickup_latitude": latitude[0].round(9),
            "pickup_longitude": longitude[0].round(9),
            "dropoff_latitude": gaps(latitude[1].round(9), 0.03),
            "dropoff_longitude": gaps(longitude[1].round(9), 0.03),
            "trip_miles": miles,
            "pickup_census_tract": gaps(area[0], 1.0),
            "dropoff_census_tract": gaps(17_031_000_000 + area[1] * 100, 0.3).astype("Int64"),
            "payment_type": pays,
            "company": gaps(draw.choice([f"Company {i}" for i in range(53)], rows), 0.35),
            "trip_seconds": seconds.astype("Int64"),
            "dropoff_community_area": gaps(area[1], 0.03).astype("Int64"),
            "tips": tips,
        }
    )
