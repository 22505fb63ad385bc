"""The controls of a network and its training, as the pages of digits and tables have them."""

from optviz.lessons import ranges
from optviz.lessons.nets import BATCH, EPOCHS, L2, L2S, read_hidden
from optviz.lessons.words import field_error
from optviz.locale.spoken import _, titled
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.network import INITIALIZATIONS
from optviz.networks.training_plan import Plan
from optviz.optimization.optimizers import TRAINERS
from optviz.recipes import Range
from optviz.typed_numbers import FieldError
from optviz.ui import controls, optimizers
from optviz.ui.links import Link


def choose_plan(link: Link, default: Plan) -> Plan:
    """Draw the controls of a network and its training."""
    hidden = controls.typed(
        link,
        "hidden",
        _("Units of the hidden layers, such as 32, 16; empty for none"),
        ", ".join(map(str, default.hidden)),
        read_hidden,
        FieldError,
        field_error,
    )
    titles = titled(TRAINERS)
    optimizer = optimizers.choose(link, "optimizer", _("Optimizer"), titles, default.optimizer.name, net=True)
    rate = controls.dial(
        link, "lr", _("Learning rate"), ranges.LEARNING_RATE, default.learning_rate, ranges.LEARNING_RATES
    )
    epochs = controls.whole(link, "epochs", _("Epochs"), EPOCHS, default.epochs)
    with controls.folded(link, "network", _("Network and optimizer"), ":material/hub:"):
        activation = controls.recipe(link, "activation", _("Activation"), ACTIVATIONS, default.activation.name)
        initialization = controls.choice(
            link,
            "init",
            _("Initial weights"),
            titled(INITIALIZATIONS),
            default.initialization,
        )
        trainer = controls.chosen_of(link, TRAINERS, optimizer)
        l2 = controls.dial(link, "l2", _("L2 strength"), L2, default.l2, L2S)
        batch = controls.whole(link, "batch", _("Batch size"), BATCH, default.batch_size, step=16)
        seed = controls.whole(link, "seed", _("Seed of the weights and batches"), Range(0, 99, "s"), default.seed)
        shuffle = controls.switch(link, "shuffle", _("Shuffle each epoch"), default.shuffle)
    return Plan(
        hidden=hidden,
        activation=activation,
        initialization=initialization,
        optimizer=trainer,
        learning_rate=rate,
        l2=l2,
        batch_size=batch,
        epochs=epochs,
        seed=seed,
        shuffle=shuffle,
    )
