# SPDX-FileCopyrightText: The hilft authors
# SPDX-License-Identifier: Apache-2.0

"""Writes due.csv: when so many minutes of service have passed since a moment.

It knows nothing of calendar.go: it goes from minute to minute, asks Python's time zones what the clock on the wall shows,
and counts those in which somebody serves. Run it as `python3 due.py > due.csv`.
"""

import random
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo


def easter(year):
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    l = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * l) // 433
    month = (h + l - 7 * m + 90) // 25
    return date(year, month, (h + l - 7 * m + 33 * month + 19) % 32)


# Month and day, or days after Easter Sunday.
HOLIDAYS = {
    'DE-BE': [(1, 1), (3, 8), -2, 1, (5, 1), 39, 50, (10, 3), (12, 25), (12, 26)],
    'CH-ZH': [(1, 1), -2, 1, (5, 1), 39, 50, (8, 1), (12, 25), (12, 26)],
    'AT': [(1, 1), (1, 6), 1, (5, 1), 39, 50, 60, (8, 15), (10, 26), (11, 1), (12, 8), (12, 25), (12, 26)],
    '': [],
}
PLACES = [('Europe/Berlin', 'DE-BE'), ('Europe/Zurich', 'CH-ZH'), ('Europe/Vienna', 'AT')]

# Spans of each day, Monday first, in minutes.
WEEKDAYS = range(5)
WEEKS = {
    'always': lambda d: [(0, 1440)],
    'office': lambda d: [(480, 1080)] if d in WEEKDAYS else [],
    'split': lambda d: [(540, 750), (810, 1020)] if d in WEEKDAYS else [(600, 840)] if d == 5 else [],
    'night': lambda d: [(0, 360), (1320, 1440)],
    'summertime': lambda d: [(90, 150)],  # in the middle of what is left out in March and comes twice in October
}
KEEPS = {'office', 'split'}  # whose holidays are kept


def is_holiday(day, region):
    for h in HOLIDAYS[region]:
        if (easter(day.year) + timedelta(h) if isinstance(h, int) else date(day.year, *h)) == day:
            return True
    return False


def due(start, minutes, zone, week, region):
    at, closed = start, {}
    while minutes > 0:
        local = at.astimezone(zone)
        day = local.date()
        if day not in closed:
            closed[day] = is_holiday(day, region)
        wall = local.hour * 60 + local.minute
        if not closed[day] and any(a <= wall < b for a, b in WEEKS[week](day.weekday())):
            minutes -= 1
        at += timedelta(minutes=1)
    return at


def main():
    rng = random.Random(7)
    around = [datetime(2027, 3, 28, 0, 30), datetime(2027, 10, 31, 0, 0), datetime(2026, 12, 31, 16), datetime(2028, 2, 28, 15), datetime(2027, 12, 24, 9), datetime(2027, 3, 25, 16), datetime(2027, 5, 5, 16), datetime(2027, 10, 25, 17)]
    print('zone,region,week,start,minutes,due')
    for n in range(500):
        name, region = PLACES[n % 3]
        week = list(WEEKS)[n // 3 % len(WEEKS)]
        kept = region if week in KEEPS else ''
        base = around[n // 15 % len(around)] if n % 4 else datetime(2026, 1, 1)
        start = base + timedelta(minutes=rng.randrange(0, 300 if n % 4 else 3 * 365 * 1440))
        start = start.replace(tzinfo=timezone.utc)
        minutes = rng.choice([1, 15, 60, 60, 120, 240, 480, 1440])
        zone = ZoneInfo(name)
        end = due(start, minutes, zone, week, kept)
        print(','.join([name, kept, week, start.astimezone(zone).isoformat(), str(minutes), end.astimezone(zone).isoformat()]))


main()
