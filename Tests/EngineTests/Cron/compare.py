"""Compares what OpenClaw makes of cron expressions with croniter, which nobody here wrote.

Standard input has a case a line, as JSON: `text`, `zone`, `start` and `end` in Unix seconds, and
`ticks`, those after the start and up to the end, none at all if the expression was refused. Prints
how much was compared; ends with 1 after a difference that is not in a list below, or when one of
those is not met any more.
"""
import collections, json, operator, re, sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from croniter import croniter

LENGTHS = (60, 24, 31, 12, 7)
NAMES = {3: dict(zip("jan feb mar apr may jun jul aug sep oct nov dec".split(), range(1, 13))),
         4: dict(zip("sun mon tue wed thu fri sat".split(), range(7)))}
RANGE = re.compile(r"(\w+)-(\w+)(/\d+)?")


def parts(text):
    """Each part of each field, with the field's number, in lower case."""
    return [(index, part) for index, field in enumerate(text.lower().split())
            for part in field.split(",")]


def ends(index, part):
    """The two ends of a range, as numbers; None for what is no range."""
    match = RANGE.fullmatch(part)
    names = NAMES.get(index, {})
    numbers = [names[end] if end in names else int(end) for end in match.groups()[:2]
               if end in names or end.isdigit()] if match else []
    return numbers if len(numbers) == 2 else None


# What croniter takes and OpenClaw refuses, so that nobody gets what they did not mean.
REFUSED = {
    "a sixth field: croniter has seconds there, others have years, or seconds in front":
        lambda text: len(text.split()) in (6, 7),
    "a range that ends before it starts, which croniter takes round the end":
        lambda text: any(operator.gt(*(ends(*part) or (0, 0))) for part in parts(text)),
    "a step longer than the field, as */90 minutes, which is not what it does":
        lambda text: any(int(part.split("/")[1]) > LENGTHS[index] for index, part in parts(text)
                         if re.search(r"/\d+$", part)),
    "forms of other programs: ? and L, W, # and random numbers":
        lambda text: any(re.search(r"[?#hr]|\dw|w\d|l\d|-l", re.sub("mar|apr|thu|fri", "", part))
                         for _, part in parts(text)),
    "days that no month has, for which croniter looks in vain for 50 years":
        lambda text: croniter.expand(text)[0][4] == ["*"] and not croniter.is_valid(
            text, strict=True),
}

# Ticks that only one of them has; `fits` is whether clocks show a time that the expression names.
TICKS = {
    "a time of the day that clocks show twice runs at its first occurrence only":
        lambda tick, hours, fits, is_ours:
            not is_ours and hours == "fixed" and fits and tick.fold == 1,
    "a step of hours that meets a gap is not made up for, as it is elapsed time":
        lambda tick, hours, fits, is_ours:
            not is_ours and hours == "stepped" and not fits and is_after_gap(tick),
    # From the last tick of the first pass, croniter goes back by the shift, and on to the next
    # time that fits: it gives up when that is before what is repeated.
    "the first time of a second pass that begins within an hour, which croniter overlooks":
        lambda tick, hours, fits, is_ours:
            is_ours and hours != "fixed" and fits and tick.fold == 1 and second_pass(tick).minute,
}


def is_after_gap(tick):
    before = datetime.fromtimestamp(tick.timestamp() - 1, tick.tzinfo)
    return tick.utcoffset() > before.utcoffset()


def second_pass(tick):
    """When the clocks were put back, as they showed it then."""
    time = tick.timestamp() // 60 * 60
    while datetime.fromtimestamp(time - 60, tick.tzinfo).utcoffset() == tick.utcoffset():
        time -= 60
    return datetime.fromtimestamp(time, tick.tzinfo)


def for_croniter(text):
    """What means the same to croniter: there, `5-5` is the whole field, and L is a 32nd day."""
    fields = [[] for _ in text.split()]
    for index, part in parts(text):
        both = ends(index, part)
        fields[index].append(str(both[0]) if both and both[0] == both[1] else part)
    if "*/1" in fields[2]:
        fields[2] = [day for day in fields[2] if day != "l"]
    return " ".join(map(",".join, fields))


def expected(text, zone, start, end):
    iterator = croniter(text, datetime.fromtimestamp(start, zone))
    ticks = []
    while True:
        tick = iterator.get_next(datetime)
        if tick.timestamp() > end:
            return ticks
        ticks.append(tick.timestamp())


def hours_of(text, hours):
    if "*" in hours:
        return "all"
    return "stepped" if "*" in text.split()[1] else "fixed"


def fits(tick, expanded):
    return all("*" in allowed or value in allowed for value, allowed in
               zip((tick.minute, tick.hour), expanded))


def explanation(tick, is_ours, text, expanded):
    return next((name for name, explains in TICKS.items() if explains(
        tick, hours_of(text, expanded[1]), fits(tick, expanded), is_ours)), None)


def compare(case, counts):
    """What differs without being known, as text; adds up what was compared."""
    text, zone = case["text"], ZoneInfo(case["zone"])
    is_valid = croniter.is_valid(text)
    if "ticks" not in case:
        counts["refused"] += 1
        if not is_valid:
            return []
        name = next((name for name, explains in REFUSED.items() if explains(text)), None)
        counts[name] += bool(name)
        return [] if name else ["refused, but taken by croniter"]
    if not is_valid:
        return ["taken, but refused by croniter"]
    text = for_croniter(text)
    ours, expanded, differences = set(case["ticks"]), croniter.expand(text)[0], []
    theirs = set(expected(text, zone, case["start"], case["end"]))
    for time in sorted(ours ^ theirs):
        tick = datetime.fromtimestamp(time, zone)
        name = explanation(tick, time in ours, text, expanded)
        if name is None:
            differences.append(f"{tick} {'OpenClaw' if time in ours else 'croniter'} only")
        else:
            counts[name] += 1
    first, last = (datetime.fromtimestamp(case[end], zone) for end in ("start", "end"))
    counts["cases"] += 1
    counts["ticks"] += len(ours & theirs)
    counts["over a change of clocks"] += first.utcoffset() != last.utcoffset()
    return differences


def main():
    counts, wrong = collections.Counter(), 0
    for line in sys.stdin:
        case = json.loads(line)
        differences = compare(case, counts)
        wrong += bool(differences)
        if differences and wrong <= 20:
            print(case["text"], case["zone"], datetime.fromtimestamp(case["start"], timezone.utc),
                  *differences[:5], sep="\n    ")
    unmet = [name for name in [*REFUSED, *TICKS] if not counts[name]]
    print(*(f"{count} {name}" for name, count in counts.most_common()), sep="\n")
    print(*(f"not met: {name}" for name in unmet), f"{wrong} cases differ", sep="\n")
    sys.exit(bool(wrong or unmet))


main()
