"""The quadrant of strata and the funnel of employees."""

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from pages import alert, judged
from startpages import TIMES, at_random, page, read, section, standing, view

from models.snapshot import Snapshot
from streams.config import PrivacyConfig
from streams.disclosure import disclosed
from streams.metrics.employees import BOUNDS


def picture(snapshot: Snapshot | None = None, key: str = "quadrant", measure: str = "refused") -> ET.Element:
    """Return one of the two."""
    text = page(view(snapshot), measure=measure)
    return next(
        one for one in section(text, "where").iter("svg") if str(one.get("aria-labelledby")).startswith(key)
    )


def marks(of: ET.Element, class_: str) -> list[ET.Element]:
    """Return what is drawn with a class."""
    return [one for one in of.iter() if class_ in str(one.get("class", "")).split()]


def labels(of: ET.Element) -> list[str]:
    """Return the names that are written."""
    return [read(one) for one in marks(of, "name")]


def test_every_stratum_has_a_mark_and_an_alert_another() -> None:
    """A circle each; where an alert stands a diamond, named: shape and words, not colour alone."""
    drawn = picture()
    splits = [one for one in standing() if one.kind == "stratum_split" and one.measure == "refused"]
    names = {f"{one.channel} / {one.issue_type}" for one in splits}
    found = next(one for one in judged().strata_found if (one.measure, one.window) == ("refused", "28d"))

    assert len(marks(drawn, "calm")) == np.count_nonzero(~np.isnan(found.tau2)) - len(splits)
    assert {one.tag for one in marks(drawn, "alarm")} == {"path"}
    assert {read(one).partition(":")[0] for one in marks(drawn, "alarm")} == names
    assert names <= set(labels(drawn))
    described = drawn.find("desc")
    assert described is not None
    assert all(name in read(described) for name in names)
    assert len(marks(drawn, "thin")) == np.count_nonzero((found.employees < 8) & ~np.isnan(found.tau2))


def test_what_splits_lies_above_the_line() -> None:
    """The line is what is tolerated; wider spreads lie above it, and a larger stratum is drawn larger."""
    drawn = picture()
    [line] = marks(drawn, "limit")
    tops = [float(re.findall(r"M[\d.]+ ([\d.]+)", str(one.get("d")))[0]) for one in marks(drawn, "alarm")]

    assert f"{TIMES}1.22 is tolerated" in read(drawn)
    assert max(tops) < float(str(line.get("y1")))
    means = next(one for one in judged().by_stratum if (one.measure, one.window) == ("refused", "28d"))
    names = [f"{channel} / {issue}" for channel, issue in judged().strata]
    sizes = {read(one).partition(":")[0]: float(str(one.get("r"))) for one in marks(drawn, "calm")}
    by_handlings = sorted(sizes, key=lambda name: int(means.handlings[names.index(name)]))
    assert [sizes[name] for name in by_handlings] == sorted(sizes.values())
    assert sizes[by_handlings[-1]] > 2 * sizes[by_handlings[0]]


def test_few_employees_are_points_and_only_who_alerts_is_named() -> None:
    """Everybody judged is drawn; a name stands beside a diamond and nowhere else."""
    [outlier] = [one for one in standing() if one.employee is not None and one.measure == "refused"]
    drawn = picture(key="funnel")
    z = next(one.z for one in judged().employees_found if (one.measure, one.window) == ("refused", "28d"))

    [points] = marks(drawn, "points")
    assert str(points.get("d")).count("M") == np.count_nonzero(~np.isnan(z)) - 1
    assert labels(drawn) == [outlier.employee]
    others = set(judged().employees) - {str(outlier.employee)}
    assert not [name for name in others if name in read(drawn)]


def test_a_crowd_is_drawn_as_shades() -> None:
    """Beyond some hundreds only the outermost are points; the shades hold everybody else."""
    drawn = picture(at_random(20_000), key="funnel")
    [points] = marks(drawn, "points")

    assert 20 <= str(points.get("d")).count("M") <= 200
    assert len(marks(drawn, "shade")) >= 4
    assert sum(len(str(one.get("d"))) for one in marks(drawn, "shade")) < 60_000


def test_who_is_beyond_the_axis_is_drawn_at_its_edge() -> None:
    """An extreme employee does not press all others into a line."""
    snapshot = at_random(50)
    far = tuple(replace(one, z=np.where(np.arange(50) == 7, 90.0, one.z)) for one in snapshot.employees_found)
    drawn = picture(
        replace(snapshot, employees_found=far, alerts=(alert(employee="emp-00007"),)), key="funnel"
    )

    [diamond] = marks(drawn, "alarm")
    [highest] = [float(str(one.get("y"))) for one in drawn.iter("text") if read(one) == "+10"]
    assert _middle(diamond) == pytest.approx(highest - 4, abs=0.1)  # the text stands 4 below its line
    assert "+90.0 standard deviations" in read(diamond)
    assert "+10" in read(drawn)
    assert "+90 " not in read(drawn).replace("+90.0", "")


def test_labels_do_not_cover_each_other() -> None:
    """Where many alert in one place, some are named and the others keep their mark."""
    snapshot = at_random(300)
    same = tuple(
        replace(one, z=np.full(300, 5.0), first_contacts=np.full(300, 400))
        for one in snapshot.employees_found
    )
    accused = tuple(alert(id=f"{n:016x}", employee=f"emp-{n:05}") for n in range(100))
    drawn = picture(replace(snapshot, employees_found=same, alerts=accused), key="funnel")

    assert len(marks(drawn, "alarm")) == 100
    assert 1 <= len(labels(drawn)) <= 4


def test_in_team_mode_the_funnel_is_a_shape() -> None:
    """As many employees in each bar as in the bucket of /metrics, and no point that is somebody."""
    shown = disclosed(judged(), PrivacyConfig(mode="team"))
    drawn = picture(shown, key="funnel")
    z = next(one.z for one in judged().employees_found if (one.measure, one.window) == ("refused", "28d"))

    assert marks(drawn, "points") == marks(drawn, "alarm") == []
    bounds = np.array((-np.inf, *BOUNDS, np.inf))
    buckets = [int(((z > low) & (z <= high)).sum()) for low, high in pairwise(bounds)]
    in_bars = [int(read(one).split()[0]) for one in marks(drawn, "bar")]
    assert in_bars == [number for number in buckets if number]
    [zero] = [
        float(str(one.get("x")))
        for one in drawn.iter("text")
        if read(one) == "0" and "tick" in str(one.attrib)
    ][-1:]
    [first_above] = [one for one in marks(drawn, "bar") if abs(float(str(one.get("x"))) - zero - 0.5) < 0.2]
    assert int(read(first_above).split()[0]) == int(((z > 0.0) & (z <= 0.5)).sum())


def test_everything_lies_within_the_picture() -> None:
    """Marks of all measures, and none at a place that is no number."""
    for measure in ("refused", "log_handle_time", "survey"):
        for key in ("quadrant", "funnel"):
            drawn = picture(key=key, measure=measure)
            _, _, width, height = map(float, str(drawn.get("viewBox")).split())
            for one in drawn.iter():
                for name, most in (
                    ("x", width),
                    ("x1", width),
                    ("cx", width),
                    ("y", height),
                    ("y1", height),
                    ("cy", height),
                ):
                    assert 0 <= float(one.get(name, 0)) <= most


def _middle(diamond: ET.Element) -> float:
    top, half = re.findall(r"M[\d.]+ ([\d.-]+)l([\d.]+)", str(diamond.get("d")))[0]
    return float(top) + float(half)
