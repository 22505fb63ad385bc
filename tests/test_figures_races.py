"""The pictures of a race: what they hold is what they were given."""

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from optviz.figures import races
from optviz.figures.style import SERIES
from optviz.surfaces import SURFACES
from optviz.ui.panels import tracks_of

NAMES = ("SGD", "Adam", "Lion")
WORDS = {"start": "Start", "minimum": "Minimum", "ahead": "Look-ahead"}


def relief(name, n=81):
    surface = SURFACES[name]
    return races.relief(surface, surface.domain, surface.levels, n)


def pixels(url):
    return np.asarray(Image.open(BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB")).astype(int)


@pytest.mark.parametrize("name", SURFACES)
def test_a_relief_holds_the_surface(name):
    ground = relief(name)
    x, y = 17, 60
    assert ground.z[y, x] == pytest.approx(float(SURFACES[name].value((ground.xs[x], ground.ys[y]))))
    assert (ground.base, ground.top) == pytest.approx((ground.z.min(), ground.z.max()))
    assert np.isfinite(ground.height(ground.z)).all()


def test_the_image_is_upright_and_its_low_ground_is_the_deep_color():
    surface = SURFACES["rosenbrock"]
    image = pixels(races.banded(relief("rosenbrock", 200), "light"))
    (x0, x1), (y0, y1) = surface.domain
    (mx, my) = surface.minima[0]
    row, column = round((y1 - my) / (y1 - y0) * 199), round((mx - x0) / (x1 - x0) * 199)
    lowest, highest = races.PALETTES["light"]
    here = image[row - 1 : row + 2, column - 1 : column + 2].reshape(-1, 3)
    assert np.abs(here - lowest).sum(1).min() < 30
    assert np.abs(image[0, 100] - highest).sum() < np.abs(image[0, 100] - lowest).sum()


def test_a_surface_without_height_is_painted_all_the_same():
    flat = races.Relief(np.arange(9.0), np.arange(9.0), np.full((9, 9), 3.0), "linear", 3.0, 3.0)
    assert len(np.unique(pixels(races.banded(flat, "dark")).reshape(-1, 3), axis=0)) == 1


def test_every_run_has_its_own_color_dash_marker_and_place_for_its_name():
    assert all(len({getattr(series, field) for series in SERIES}) == 8 for field in SERIES[0]._fields)


def test_the_contour_marks_the_minima_and_follows_every_run():
    minima = np.array(SURFACES["himmelblau"].minima)
    figure = races.contour(relief("himmelblau"), SURFACES["himmelblau"].domain, races.Marks(minima), NAMES, WORDS)
    stars = figure.data[0]
    assert np.array_equal(np.c_[stars.x, stars.y], minima)
    followed = {(t.mode, t.x, t.y) for t in tracks_of(figure)}
    for run in range(3):
        for mode in ("grow", "at"):
            assert (mode, ("w", 2 * run), ("w", 2 * run + 1)) in followed
    assert ("at", ("start", 0), ("start", 1)) in followed
    looking = races.contour(
        relief("himmelblau"), SURFACES["himmelblau"].domain, races.Marks(minima), NAMES, WORDS, ahead=(2,)
    )
    assert {(t.mode, t.x, t.y) for t in tracks_of(looking)} - followed == {("at", ("ahead", 0), ("ahead", 1))}
    heads = [trace.text[0] for trace in figure.data if trace.text]
    assert heads == list(NAMES)
    assert {image.name for image in figure.layout.images} == {"light", "dark"}
    assert (figure.layout.images[0].x, figure.layout.images[0].sizex) == (-5.0, 10.0)


def test_curves_follow_their_columns_and_leave_at_the_ceiling():
    figure = races.curves("loss", NAMES, title="Loss", step_title="Step", log=True, faint="own", ceiling=100.0)
    assert [t.y for t in tracks_of(figure)] == [(array, run) for run in range(3) for array in ("loss", "own")]
    assert figure.layout.yaxis.type == "log" and figure.layout.yaxis.autorangeoptions.clipmax == 100.0
    pairs = races.curves("effective", NAMES, title="", step_title="", per_run=2)
    assert [t.y for t in tracks_of(pairs)] == [("effective", column) for column in range(6)]


def test_the_relief_in_3d_holds_the_heights_and_follows_the_paths():
    ground = relief("beale", 31)
    figure = races.relief_3d(ground, SURFACES["beale"].domain, NAMES, "Loss")
    assert np.allclose(figure.data[0].z, ground.height(ground.z), rtol=1e-5)
    assert {t.z for t in tracks_of(figure)} == {("path3d", 3 * run + 2) for run in range(3)}
    assert (ground.lifted(np.array([5.0])) > ground.height(np.array([5.0]))).all()
