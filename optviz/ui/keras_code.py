"""The same training in Keras, as a program to copy."""

from collections.abc import Mapping

from optviz.optimizers import OPTIMIZERS
from optviz.ui.trainings import Method, Settings

OPTIMIZER_CALLS: Mapping[str, str] = {
    "sgd": "SGD({lr})",
    "momentum": "SGD({lr} * (1 - {beta}), momentum={beta})",
    "momentum_classical": "SGD({lr}, momentum={beta})",
    "nesterov": "SGD({lr} * (1 - {beta}), momentum={beta}, nesterov=True)",
    "nesterov_keras": "SGD({lr}, momentum={beta}, nesterov=True)",
    "adagrad": "Adagrad({lr}, initial_accumulator_value={initial_accumulator}, epsilon={epsilon})",
    "rmsprop": "RMSprop({lr}, rho={beta}, epsilon={epsilon})",
    "adadelta": "Adadelta({lr}, rho={beta}, epsilon={epsilon})",
    "adam": "Adam({lr}, beta_1={beta1}, beta_2={beta2}, epsilon={epsilon})",
    "nadam": "Nadam({lr}, beta_1={beta1}, beta_2={beta2}, epsilon={epsilon})",
    "amsgrad": "Adam({lr}, beta_1={beta1}, beta_2={beta2}, epsilon={epsilon}, amsgrad=True)",
    "adamax": "Adamax({lr}, beta_1={beta1}, beta_2={beta2}, epsilon={epsilon})",
    "adamw": "AdamW({lr}, weight_decay={weight_decay}, beta_1={beta1}, beta_2={beta2}, epsilon={epsilon})",
    "lion": "Lion({lr}, beta_1={beta1}, beta_2={beta2})",
}
"""The Keras call of each optimizer, with the names of its own parameters."""

SCHEDULE_CALLS: Mapping[str, str] = {
    "constant": "{lr}",
    "exponential_decay": "ExponentialDecay({lr}, {decay_steps}, {rate}, staircase={staircase})",
    "piecewise_constant": (
        "PiecewiseConstantDecay([{first_boundary}, {second_boundary}, {third_boundary}], "
        "[{lr}, {lr} * {first_factor}, {lr} * {second_factor}, {lr} * {third_factor}])"
    ),
    "step_decay": "ExponentialDecay({lr}, {drop_every}, {drop_to}, staircase=True)",
    "inverse_time": "InverseTimeDecay({lr}, {decay_steps}, {rate}, staircase={staircase})",
    "polynomial": "PolynomialDecay({lr}, {decay_steps}, {lr} * {end}, {power}, cycle={cycle})",
    "cosine": "CosineDecay({lr}, {decay_steps}, {alpha})",
    "cosine_restarts": "CosineDecayRestarts({lr}, {first_decay_steps}, {t_mul}, {m_mul}, {alpha})",
}
"""The Keras call of each schedule that Keras has."""

LOSS_CALLS: Mapping[str, str] = {
    "mse": '"mse"',
    "binary_crossentropy": "keras.losses.BinaryCrossentropy(from_logits=True)",
}

INITIALIZERS: Mapping[str, str] = {
    "course": "kernel_initializer=RandomNormal(stddev=1.0), bias_initializer=Constant(0.01)",
    "xavier": 'kernel_initializer=VarianceScaling(1.0, "fan_avg", "untruncated_normal")',
    "he": 'kernel_initializer=VarianceScaling(2.0, "fan_in", "untruncated_normal")',
    "small": "kernel_initializer=RandomNormal(stddev=0.01)",
    "zero": 'kernel_initializer="zeros"',
}

ACTIVATION_CALLS: Mapping[str, str] = {"leaky_relu": "keras.layers.LeakyReLU(negative_slope=0.2)"}
"""The activations whose name alone would mean another slope in Keras."""


def keras_code(settings: Settings, side: int = 0) -> str:
    """Return a program that trains the same net on the same points with Keras; its random numbers are its own."""
    method, sample = settings.methods[side], settings.sample
    activation = ACTIVATION_CALLS.get(settings.activation, f'"{settings.activation}"')
    penalty = _penalty(method)
    options = [part for part in (INITIALIZERS[settings.initialization], penalty) if part]
    rate = _learning_rate(settings, method)
    call = OPTIMIZER_CALLS[method.optimizer].format(lr="learning_rate", **_all_values(method))
    held_out = ["    validation_data=(validation.x, validation.y),"] if sample.share else []
    values = ", ".join(f"{name}={value!r}" for name, value in sample.values)
    lines = [
        "import keras",
        "from keras.initializers import Constant, RandomNormal, VarianceScaling",
        "from optviz.datasets import DATASETS",
        "",
        f'training, validation = DATASETS["{sample.dataset}"]({values}).split({sample.share!r})',
        f"keras.utils.set_random_seed({settings.seed})",
        "options = dict(",
        *[f"    {option}," for option in options],
        ")",
        "model = keras.Sequential([",
        "    keras.Input((2,)),",
        *[f"    keras.layers.Dense({settings.units}, activation={activation}, **options),"] * settings.layers,
        "    keras.layers.Dense(1, **options),",
        "])",
        *rate,
        "model.compile(",
        f"    optimizer=keras.optimizers.{call},",
        f"    loss={LOSS_CALLS[settings.loss]},",
        f"    metrics=[keras.metrics.BinaryAccuracy(threshold={_threshold(settings)})],",
        ")",
        "history = model.fit(",
        "    training.x, training.y,",
        f"    batch_size={settings.batch_size}, epochs={settings.epochs}, shuffle={settings.shuffle}, verbose=0,",
        *held_out,
        ")",
    ]
    return "\n".join(lines)


def _threshold(settings: Settings) -> str:
    # A logit of 0 is a probability of 0.5.
    return "0.0" if "from_logits" in LOSS_CALLS[settings.loss] else "0.5"


def _penalty(method: Method) -> str:
    # Keras leaves out the factor 1/2 of tf.nn.l2_loss.
    if not (method.l1 or method.l2):
        return ""
    return f"kernel_regularizer=keras.regularizers.L1L2(l1={method.l1!r}, l2={method.l2!r} / 2)"


def _learning_rate(settings: Settings, method: Method) -> list[str]:
    call = SCHEDULE_CALLS.get(settings.schedule)
    lines = []
    if call is None or settings.warmup:
        lines.append("# Keras has no schedule like the one chosen: here the learning rate is constant.")
        call = SCHEDULE_CALLS["constant"]
    made = call.format(lr=repr(method.learning_rate), **dict(settings.schedule_values))
    prefix = "" if call == SCHEDULE_CALLS["constant"] else "keras.optimizers.schedules."
    return [*lines, f"learning_rate = {prefix}{made}"]


def _all_values(method: Method) -> dict[str, float]:
    return {**OPTIMIZERS[method.optimizer].defaults, **dict(method.values)}
