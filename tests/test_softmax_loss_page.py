"""The page of softmax with cross-entropy: the course's rows, large logits, what may be typed, and its program."""

from functools import partial

import numpy as np
import pytest

from optviz.lessons import softmax_loss
from optviz.lessons.softmax_loss import from_one_hot, from_sparse
from tests.pages import opened, said

FIVE = np.array([[12, 3, 2], [3, 10, 1], [1, 2, 5], [4, 6.5, 1.2], [3, 6, 1]])
FIVE_PRINTED = [1.68795487e-04, 1.03475622e-03, 6.58839038e-02, 2.58349207, 5.49852354e-02]
TWO = np.array([[4.0, 2, 1], [0, 5, 1]])
HUGE = np.array([[1000.0, -1000.0], [-1000.0, 1000.0]])


def settings_of(z, classes, sparse=False):
    pair = from_sparse if sparse else from_one_hot
    labels = np.array(classes, dtype=float) if sparse else np.eye(z.shape[1])[classes]
    settings, wrong = pair(z, labels, 15.0)
    assert wrong == []
    return settings


page = partial(opened, "softmax_loss")


@pytest.mark.parametrize("sparse", [False, True], ids=["one-hot", "sparse"])
@pytest.mark.parametrize(
    ("z", "classes", "printed"),
    [(FIVE, [0, 1, 2, 0, 1], FIVE_PRINTED), (TWO, [0, 1], [0.16984604, 0.02474492])],
    ids=["4.3 five rows", "4.3 two rows"],
)
def test_each_way_gives_what_the_course_prints(z, classes, printed, sparse):
    settings = settings_of(z, classes, sparse)
    losses = softmax_loss.losses_of(settings)
    np.testing.assert_allclose(losses.two_steps, printed, rtol=2e-6)
    np.testing.assert_allclose(losses.fused, printed, rtol=2e-6)
    # The definition in float32 loses digits where p is near 1.
    np.testing.assert_allclose(losses.naive, printed, atol=2e-7)
    assert "All three ways agree." in softmax_loss.say(settings)


def test_the_sentence_begins_with_the_row_that_costs_most_and_its_share():
    losses = np.array(FIVE_PRINTED)
    assert softmax_loss.say(settings_of(FIVE, [0, 1, 2, 0, 1], False)).startswith(
        f"Row 4 has the largest loss: its class gets only p = {np.exp(-losses[3]):.3g}, and −ln p = 2.583492. "
        f"That is {losses[3] / losses.sum():.0%} of the total;"
    )


@pytest.mark.parametrize(("lang", "agree"), [("en", "All three ways agree"), ("zh", "三种算法结果一致")])
def test_the_page_opens_on_the_courses_five_rows_4_3(lang, agree):
    app = page(lang)
    assert agree in said(app) and "2.583492" in said(app)
    (table,) = [html.proto.body for html in app.get("html") if "<table>" in html.proto.body]
    for printed in ("0.0001687955", "0.001034756", "0.0658839", "2.583492", "0.05498524"):
        assert printed in table


def test_at_logits_of_1000_the_definition_breaks_two_steps_stop_and_fused_goes_on_4_3():
    losses = softmax_loss.losses_of(settings_of(HUGE, [0, 0]))
    assert np.isnan(losses.naive[0]) and losses.naive[1] == np.inf
    np.testing.assert_allclose(losses.two_steps, [1e-7, 16.11809565], rtol=1e-6)
    assert losses.fused.tolist() == [0, 2000]
    said = softmax_loss.say(settings_of(HUGE, [0, 0]))
    assert "Row 2: e to the 1000 is infinite in float32" in said and "16.1181" in said and "2000" in said


def test_an_underflow_and_a_clipped_probability_are_told_apart():
    under = softmax_loss.say(settings_of(np.array([[-200.0, 0.0]]), [0]))
    assert "the right class gets the probability 0 in float32" in under and "fused it is 200." in under
    clipped = softmax_loss.say(settings_of(np.array([[-20.0, 0.0]]), [0]))
    assert "Keras keeps a probability at 10⁻⁷ or more" in clipped and "fused it is 20." in clipped


@pytest.mark.parametrize(
    ("logits", "fused"), [([[1e308, -1e308]], 0.0), ([[-1e308, 1e308]], np.inf), ([[0, 0]], np.log(2))]
)
def test_logits_at_the_ends_of_the_number_line_have_a_loss(logits, fused):
    settings = settings_of(np.array(logits, dtype=float), [0])
    assert softmax_loss.losses_of(settings).fused == pytest.approx(fused)
    assert all(np.isfinite(softmax_loss.arrays_of(settings)[f"p{k}"]).all() for k in (0, 1))
    assert softmax_loss.say(settings) and softmax_loss.tex(settings) and softmax_loss.panels_of(settings)


def test_the_rows_lie_on_the_curve_over_their_lead():
    settings = settings_of(FIVE, [0, 1, 2, 0, 1])
    arrays = softmax_loss.arrays_of(settings)
    np.testing.assert_allclose(arrays["lead_y"], np.logaddexp(0, -arrays["lead_x"]))
    np.testing.assert_allclose(arrays["way2"], np.logaddexp(0, -arrays["lead"]), rtol=1e-9)
    assert arrays["way1"].max() <= 16.1181 and np.isnan(softmax_loss.leads_of(soft())).all()


def soft():
    return from_one_hot(TWO, np.full((2, 3), 1 / 3), 15.0)[0]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"logits": "1, 2; 3, 4, 5"}, "All rows need 2 numbers, but one is “3, 4, 5”."),
        ({"logits": "1, 2; 3"}, "“3” has too few numbers: at least 2 are needed."),
        ({"logits": "1, 2, 3"}, "There are 1 rows of logits and 5 labels: only the first 1 of both are compared."),
        ({"logits": "1, 2; 1, 2", "onehot": "1, 0, 0; 0, 1, 0"}, "The logits have 2 classes and the labels have 3"),
        ({"onehot": "1, 0, 0; 0, 1, 0; 0, 0, 1; 1, 0, 0; 0, 0.5, 0"}, "Row 5 of the labels sums to 0.5, not to 1"),
        ({"onehot": "2, 0, 0"}, "2 is too large: at most 1."),
        ({"form": "sparse", "sparse": "0, 1, 2, 0, 7"}, "Label 7 is out of range: 3 classes have the labels 0 to 2"),
        ({"form": "sparse", "sparse": "0, 1.5"}, "“1.5” is not a whole number."),
        ({"form": "sparse", "sparse": "-1, 0"}, "-1 is too small: at least 0."),
        ({"logits": "inf, 1"}, "“inf” is not a finite number."),
        ({"logits": "1e400, 1"}, "“1e400” is not a finite number."),
    ],
)
def test_bad_input_gets_a_sentence_and_the_rest_stays(parameters, sentence):
    app = page(**parameters)
    assert any(sentence in error.value for error in app.error), [error.value for error in app.error]
    assert "Row 1" in said(app)


def test_logits_beyond_float32_are_named():
    app = page(logits="1e308, -1e308", onehot="1, 0")
    assert "1e+308 is beyond float32" in app.info[0].value and not app.error


def test_a_drag_sets_the_nearest_logit_and_keeps_the_picture():
    settings = settings_of(FIVE, [0, 1, 2, 0, 1])
    text = softmax_loss.dragged(settings, (3.26, 7.03))
    assert text == "12, 3, 2; 3, 10, 1; 1, 2, 7.05; 4, 6.5, 1.2; 3, 6, 1"
    moved = settings_of(softmax_loss.LOGITS.read(text), [0, 1, 2, 0, 1])
    assert moved.scale == settings.scale


@pytest.mark.parametrize("sparse", [False, True], ids=["one-hot", "sparse"])
@pytest.mark.parametrize(("z", "classes"), [(FIVE, [0, 1, 2, 0, 1]), (HUGE, [0, 0]), (np.array([[-20.0, 0]]), [0])])
def test_the_program_gives_the_same_in_tensorflow(z, classes, sparse):
    tf = pytest.importorskip("tensorflow")
    settings, names = settings_of(z, classes, sparse), {}
    exec(softmax_loss.program(settings), names)
    losses = softmax_loss.losses_of(settings)
    np.testing.assert_allclose(names["fused"], losses.fused, rtol=1e-5, atol=1e-7)
    # Of a sure and right row float32 leaves 1e-7 of the loss, or none.
    np.testing.assert_allclose(names["two_steps"], losses.two_steps, rtol=1e-4, atol=2e-7)
    with np.errstate(divide="ignore"):
        naive = -np.log(names["naive"].numpy()[range(len(z)), classes])
    np.testing.assert_allclose(naive, losses.naive, rtol=1e-4, atol=2e-7)
    with tf.GradientTape() as tape:
        tape.watch(names["logits"])
        shares = tf.nn.softmax(names["logits"])
        value = tf.keras.losses.sparse_categorical_crossentropy(tf.constant(classes), shares)
    clipped = np.abs(losses.two_steps - losses.fused) > 1e-3
    assert (tape.gradient(value, names["logits"]).numpy()[clipped] == 0).all()
