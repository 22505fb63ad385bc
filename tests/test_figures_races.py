"""The pictures of a race: what they hold is what they were given."""

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from optviz.figures import races
from optviz.figures.colors import light, oklab
from optviz.figures.panels import tracks_of
from optviz.figures.relief import ASPECT, AWAY, BANDS, FLOOR, Relief, eye, mesh, painted, ramp
from optviz.figures.relief import relief as evaluated
from optviz.figures.style import SERIES, Runner, looks_of
from optviz.surfaces.surfaces import SURFACES

NAMES = ("SGD", "Adam", "Lion")
RUNNERS = tuple(map(Runner, NAMES, looks_of(("sgd", "adam", "lion"))))
PAPERS = {"light": "data:,light", "dark": "data:,dark"}
WORDS = {"start": "Start", "minimum": "Minimum", "ahead": "Look-ahead"}


def relief(name, n=81):
    surface = SURFACES[name]
    return evaluated(surface, surface.domain, surface.levels, n)


def pixels(url):
    return np.asarray(Image.open(BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB")).astype(int)


@pytest.mark.parametrize("name", SURFACES)
def test_a_relief_holds_the_surface(name):
    ground = relief(name)
    x, y = 17, 60
    assert ground.z[y, x] == pytest.approx(float(SURFACES[name].value((ground.xs[x], ground.ys[y]))))
    assert (ground.base, ground.top) == pytest.approx((ground.z.min(), ground.z.max()))
    assert np.isfinite(ground.height(ground.z)).all()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_colors_of_a_landscape_are_even_and_rise_in_lightness(theme):
    lab = oklab(light(ramp(theme)))
    steps = np.linalg.norm(np.diff(lab, axis=0), axis=1)
    assert steps.max() < 1.1 * steps.min() and (np.diff(lab[:, 0]) > 0).all()
    assert lab[-1, 0] - lab[0, 0] > 0.3  # the valley is told from the ridge in the last row


def test_a_slope_towards_the_lamp_is_lighter_than_one_away_from_it():
    xs = np.linspace(-1, 1, 61)
    ridge = Relief(xs, xs, 1 - np.abs(xs[None] - xs[:, None]) / 2, "linear", 0.0, 1.0)  # from the lower left up
    image = pixels(painted(ridge, "light")).sum(-1)
    assert image[30, 30] > 1.1 * image[90, 90]  # equally high, on both sides of it


def test_level_lines_stand_where_the_height_is_a_whole_band():
    xs = np.linspace(0, 1, 301)
    slope = Relief(xs, xs, np.tile(xs, (301, 1)), "linear", 0.0, 1.0)
    row = pixels(painted(slope, "light"))[300].sum(-1).astype(float)
    dips = [i for i in range(4, len(row) - 4) if row[i] < row[i - 4] - 20 and row[i] == row[i - 4 : i + 5].min()]
    wanted = np.arange(1, BANDS) * len(row) / BANDS
    assert np.abs(np.unique(np.round(np.array(dips) / len(row) * BANDS)) / BANDS * len(row) - wanted).max() < 1e-9
    assert all(np.abs(wanted - dip).min() <= 3 for dip in dips)


def test_the_image_is_upright_and_its_low_ground_is_the_deep_color():
    surface = SURFACES["rosenbrock"]
    image = pixels(painted(relief("rosenbrock", 100), "light"))
    (x0, x1), (y0, y1) = surface.domain
    (mx, my) = surface.minima[0]
    row, column = round((y1 - my) / (y1 - y0) * 199), round((mx - x0) / (x1 - x0) * 199)
    lowest, *_between, highest = ramp("light") * 255
    here = image[row - 1 : row + 2, column - 1 : column + 2].reshape(-1, 3)
    assert np.abs(here - lowest).sum(1).min() < 60
    assert np.abs(image[0, 100] - highest).sum() < np.abs(image[0, 100] - lowest).sum()


def test_a_surface_without_height_is_painted_all_the_same():
    flat = Relief(np.arange(9.0), np.arange(9.0), np.full((9, 9), 3.0), "linear", 3.0, 3.0)
    assert np.ptp(pixels(painted(flat, "dark")), axis=(0, 1)).max() <= 3  # WebP rounds


def test_every_run_has_its_own_color_dash_marker_and_place_for_its_name():
    assert all(len({getattr(series, field) for series in SERIES}) == 8 for field in SERIES[0]._fields[:5])


def test_the_contour_marks_the_minima_and_follows_every_run():
    minima = np.array(SURFACES["himmelblau"].minima)
    figure = races.contour(PAPERS, SURFACES["himmelblau"].domain, races.Marks(minima), RUNNERS, WORDS)
    stars = figure.data[0]
    assert np.array_equal(np.c_[stars.x, stars.y], minima)
    followed = {(t.mode, t.x, t.y) for t in tracks_of(figure)}
    for run in range(3):
        for mode in ("grow", "at"):
            assert (mode, ("w", 2 * run), ("w", 2 * run + 1)) in followed
    assert ("at", ("start", 0), ("start", 1)) in followed
    looking = races.contour(PAPERS, SURFACES["himmelblau"].domain, races.Marks(minima), RUNNERS, WORDS, ahead=(2,))
    assert {(t.mode, t.x, t.y) for t in tracks_of(looking)} - followed == {("at", ("ahead", 0), ("ahead", 1))}
    heads = [trace.text[0] for trace in figure.data if trace.text]
    assert heads == list(NAMES)
    assert {image.name: image.source for image in figure.layout.images} == PAPERS
    assert [trace.name for trace in looking.data if trace.showlegend] == ["Minimum", "Start", "Lion: Look-ahead"]
    # What Plotly tells pictures apart by.
    assert len({(image.x, image.sizex, image.y, image.sizey) for image in figure.layout.images}) == 2
    assert (figure.layout.images[0].x, figure.layout.images[0].sizex) == (-5.0, 10.0)


def test_curves_follow_their_columns_and_leave_at_the_ceiling():
    figure = races.curves("loss", RUNNERS, title="Loss", step_title="Step", log=True, faint="own", ceiling=100.0)
    assert [t.y for t in tracks_of(figure)] == [(array, run) for run in range(3) for array in ("loss", "own")]
    assert figure.layout.yaxis.type == "log" and figure.layout.yaxis.autorangeoptions.clipmax == 100.0
    pairs = races.curves("effective", RUNNERS, title="", step_title="", per_run=2)
    assert [t.y for t in tracks_of(pairs)] == [("effective", column) for column in range(6)]


def test_the_relief_in_3d_holds_the_heights_and_follows_the_paths():
    surface = SURFACES["beale"]
    ground = mesh(surface, relief("beale", 31))
    figure = races.relief_3d(ground, surface.domain, RUNNERS, "Loss", (1.0, -1.0, 1.0))
    drawn, *paths = figure.data
    assert np.allclose(drawn.z, ground.height(ground.z), rtol=1e-5)
    assert {t.z for t in tracks_of(figure)} == {("path3d", 3 * run + 2) for run in range(3)}
    assert (ground.lifted(np.array([5.0])) > ground.height(np.array([5.0]))).all()
    # the browser paints them over the scene
    assert not any(trace.visible for trace in paths)
    assert [trace.meta["color"] for trace in paths[::2]] == ["sgd", "adam", "lion"]
    assert [trace.text[0] for trace in paths[1::2]] == list(NAMES) and all(trace.meta["ball"] for trace in paths[1::2])
    floor, top = figure.layout.scene.zaxis.range
    assert floor < drawn.z.min() and drawn.z.max() < top and drawn.contours.z.project.z
    assert figure.layout.scene.camera.eye.to_plotly_json() == {"x": 1.0, "y": -1.0, "z": 1.0}


@pytest.mark.parametrize("name", SURFACES)
def test_a_mesh_is_finer_where_the_surface_bends(name):
    """Between its points it errs less than an even mesh of as many points does."""
    surface = SURFACES[name]
    even = relief(name, 61)
    bent = mesh(surface, even, 61)
    at = np.random.default_rng(0).uniform(*np.transpose(surface.domain), (4000, 2))
    true = even.height(surface.value(at))

    def error(ground):
        xs, ys, z = ground.xs, ground.ys, ground.height(ground.z)
        c, r = (np.clip(np.searchsorted(axis, at[:, i]) - 1, 0, 59) for i, axis in enumerate((xs, ys)))
        u, v = (at[:, 0] - xs[c]) / (xs[c + 1] - xs[c]), (at[:, 1] - ys[r]) / (ys[r + 1] - ys[r])
        low = (1 - u) * z[r, c] + u * z[r, c + 1]
        return np.sqrt(np.mean(((1 - v) * low + v * ((1 - u) * z[r + 1, c] + u * z[r + 1, c + 1]) - true) ** 2))

    assert (bent.xs[[0, -1]] == even.xs[[0, -1]]).all() and (np.diff(bent.ys) > 0).all()
    # what swings everywhere wants an even mesh
    assert error(bent) <= max(1.05 * error(even), 0.02 * np.ptp(true))
    if name in ("plateau", "easom"):  # bent in one place alone
        assert error(bent) < 0.6 * error(even)


def hidden(surface, ground, camera, points):
    """Count the points of a relief that lie behind something higher, from where a camera stands: ray by ray."""
    (x0, x1), (y0, y1) = surface.domain
    height = ground.height(ground.z)
    low, span = height.min(), np.ptp(height)

    def up(z):
        return ((z - low) / span + FLOOR) / (1 + FLOOR + 0.05) * ASPECT[2] - ASPECT[2] / 2

    count = 0
    for x, y in points:
        here = np.array([(x - x0) / (x1 - x0) - 0.5, (y - y0) / (y1 - y0) - 0.5, 0]) * ASPECT
        here[2] = up(ground.height(surface.value((x, y)))) + 0.007
        ray = here + np.linspace(0.02, 1, 300)[:, None] * (camera - here)
        inside = (np.abs(ray[:, :2]) < np.array(ASPECT[:2]) / 2).all(-1)
        at = (ray[inside, :2] / ASPECT[:2] + 0.5) * (x1 - x0, y1 - y0) + (x0, y0)
        count += int((up(ground.height(surface.value(at))) > ray[inside, 2]).any())
    return count


BEHIND = {"himmelblau": 1, "cross_in_tray": 3, "drop_wave": 1}
"""So many minima lie in holes so narrow that they are seen from straight above alone, or from there not all at once."""


@pytest.mark.parametrize("name", SURFACES)
def test_the_camera_of_a_surface_sees_the_start_and_the_minima(name):
    surface, ground = SURFACES[name], relief(name, 300)
    points = np.array([*surface.minima, surface.start])
    camera = np.array(eye(ground, points))
    assert np.linalg.norm(camera) == pytest.approx(AWAY) and 0.8 < camera[2] < 0.96 * AWAY
    assert not hidden(surface, ground, camera, points[-1:])
    assert hidden(surface, ground, camera, points[:-1]) == BEHIND.get(name, 0)


def test_the_legend_of_a_landscape_keeps_clear_of_the_minima_and_the_start():
    for surface in SURFACES.values():
        minima = races.Marks(np.array(surface.minima, dtype=float).reshape(-1, 2))
        legend = races.contour(PAPERS, surface.domain, minima, RUNNERS, WORDS, usual=surface.start).layout.legend
        low, high = np.transpose(surface.domain)
        points = (np.array([*surface.minima, surface.start]) - low) / (high - low)
        assert np.linalg.norm(points - (round(legend.x), round(legend.y)), axis=1).min() > 0.3, surface.name
