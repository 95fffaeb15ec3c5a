"""What people do with torch's recurrent layers, done with these: every argument, form of input and transformation."""

import copy
import inspect
import pickle
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from tests.nn.layers import NAMES, SCHEMES, TWINS, as_tuple, bare, build, draw, generator, initial_state
from timeshare.nn import TimeGRU, TimeLSTM, TimeRecurrent, TimeRNN

KINDS: dict[str, type[TimeRecurrent]] = {"lstm": TimeLSTM, "gru": TimeGRU, "rnn": TimeRNN}
BATCH, STEPS, INPUTS, HIDDEN = 4, 6, 3, 5
LENGTHS = torch.tensor([6, 1, 4, 3])
PAIRS = pytest.mark.parametrize("name", KINDS)
ALL_SCHEMES = pytest.mark.parametrize("scheme", SCHEMES)
# Everything that a layer of torch can be told.
TOLD: dict[str, dict[str, Any]] = {
    "plain": {},
    "batch_first": {"batch_first": True},
    "no bias": {"bias": False},
    "deep": {"num_layers": 3, "dropout": 0.5},
    "both directions": {"num_layers": 2, "bidirectional": True, "bias": False, "batch_first": True},
}


def pair(name: str, told: dict[str, Any], scheme: dict[str, Any]) -> tuple[nn.RNNBase, TimeRecurrent]:
    """torch's layer in evaluation mode, float64, and ours made of it."""
    torchs = TWINS[name](INPUTS, HIDDEN, **told, dtype=torch.float64).eval()
    with torch.no_grad():
        for place, parameter in enumerate(torchs.parameters()):
            parameter.copy_(0.5 * draw(*parameter.shape, seed=place))
    return torchs, KINDS[name].from_torch(torchs, **scheme, generator=generator())


def agree(ours: Any, theirs: Any) -> None:
    torch.testing.assert_close(ours, theirs, atol=1e-10, rtol=0)


@PAIRS
@ALL_SCHEMES
@pytest.mark.parametrize("told", TOLD)
def test_from_torch_computes_the_same_in_every_form_of_input(name: str, scheme: str, told: str) -> None:
    torchs, ours = pair(name, TOLD[told], SCHEMES[scheme])
    assert not ours.training
    x = draw(BATCH, STEPS, INPUTS) if ours.batch_first else draw(STEPS, BATCH, INPUTS)
    initial = bare(initial_state(ours, BATCH))
    for given in ((x,), (x, initial), (x, None)):
        agree(ours(*given), torchs(*given))
    output, _ = ours(x)
    assert output.is_contiguous() or ours.batch_first  # as torch's, which people take views of
    agree(ours(x, hx=initial), torchs(x, hx=initial))
    one, alone = x[:, 0] if not ours.batch_first else x[0], bare(tuple(part[:, 0] for part in as_tuple(initial)))
    agree(ours(one), torchs(one))
    agree(ours(one, alone), torchs(one, alone))
    packed = pack_padded_sequence(x, LENGTHS, batch_first=ours.batch_first, enforce_sorted=False)
    agree(ours(packed, initial), torchs(packed, initial))


@PAIRS
@ALL_SCHEMES
@pytest.mark.parametrize("told", TOLD)
def test_to_torch_gives_the_layer_back(name: str, scheme: str, told: str) -> None:
    torchs, ours = pair(name, TOLD[told], SCHEMES[scheme])
    if not ours.is_function_of_time:
        with pytest.raises(ValueError, match="torch has no such layer"):
            ours.to_torch()
        return
    back = ours.to_torch()
    assert repr(back) == repr(torchs)
    assert back.training == torchs.training
    agree(dict(back.named_parameters()), dict(torchs.named_parameters()))


@pytest.mark.parametrize("scheme", ["unshared", "periodic", "fourier", "mixture"])
def test_weights_that_differ_between_steps_are_no_layer_of_torchs(scheme: str) -> None:
    with pytest.raises(ValueError, match=r"weight_ih of sharing .* differs between steps"):
        build("lstm", SCHEMES[scheme], INPUTS, HIDDEN).to_torch()


def test_a_layer_is_made_of_its_own_kind_alone() -> None:
    with pytest.raises(ValueError, match=r"TimeGRU cannot be made from LSTM: make a TimeLSTM of an nn\.LSTM"):
        TimeGRU.from_torch(nn.LSTM(2, 2))
    with pytest.raises(ValueError, match="proj_size is not supported"):
        TimeLSTM.from_torch(nn.LSTM(2, 3, proj_size=2))


def test_the_relu_net_is_torchs() -> None:
    torchs = nn.RNN(INPUTS, HIDDEN, nonlinearity="relu", dtype=torch.float64)
    for scheme in ("shared", "unshared", "mixture"):
        ours = TimeRNN.from_torch(torchs, **SCHEMES[scheme])
        x, leaves = draw(STEPS, BATCH, INPUTS).requires_grad_(), initial_state(ours, BATCH)
        (output, final), (expected, expected_final) = ours(x, *leaves), torchs(x, *leaves)
        agree((output, final), (expected, expected_final))
        found, wanted = (torch.autograd.grad(made.square().sum(), (x, *leaves)) for made in (output, expected))
        agree(found, wanted)
        assert repr(ours.to_torch()) == repr(torchs)


@PAIRS
def test_the_arguments_have_torchs_order(name: str) -> None:
    theirs = list(inspect.signature(nn.RNNBase).parameters)[1:]
    ours = list(inspect.signature(KINDS[name]).parameters)
    assert ours[: len(theirs)] == theirs
    defaults = {one.name: one.default for one in inspect.signature(nn.RNNBase).parameters.values()}
    assert all(inspect.signature(KINDS[name]).parameters[one].default == defaults[one] for one in theirs)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"proj_size": 2}, ValueError, "proj_size is not supported: put nn.Linear"),
        (
            {"bias": "relu"},
            TypeError,
            r"bias must be True or False; it is 'relu' \(nonlinearity is given by its name\)",
        ),
        ({"nonlinearity": "relu"}, ValueError, "nonlinearity is for the plain net"),
        ({"bias": False, "forget_bias": 1.0}, ValueError, "forget_bias needs biases"),
    ],
    ids=["proj_size", "positional nonlinearity", "nonlinearity", "forget_bias"],
)
def test_what_cannot_be_had_is_refused_with_what_to_do(arguments: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        TimeLSTM(2, 2, **arguments)


def test_inputs_of_another_form_are_refused_with_what_to_do() -> None:
    layer, x = TimeLSTM(3, 4), torch.zeros(5, 2, 3)
    state = (torch.zeros(1, 2, 4),) * 2
    with pytest.raises(ValueError, match=r"lengths must be 2 whole numbers.*or give the layer batch_first=True"):
        layer(x, torch.tensor([1, 2, 3, 4, 5]))
    with pytest.raises(ValueError, match="the initial state is given twice"):
        layer(x, state, hx=state)
    with pytest.raises(ValueError, match=r"lengths are for a batch; x is one sentence, \(5, 3\): cut it"):
        layer(x[:, 0], torch.tensor([3]))
    with pytest.raises(ValueError, match=r"x must be \[steps, batch, 3\]; it is \(5, 2, 2\)"):
        layer(x[..., :2])
    with pytest.raises(TypeError, match=r"lengths must be a tensor, not list: torch\.tensor\(lengths\)"):
        layer(x, [5, 2])


@ALL_SCHEMES
def test_device_and_dtype_are_those_asked_for_and_the_seed_is_the_same(scheme: str) -> None:
    like = TimeLSTM(INPUTS, HIDDEN, **SCHEMES[scheme], generator=generator())
    moved = TimeLSTM(INPUTS, HIDDEN, device="cpu", dtype=torch.float32, **SCHEMES[scheme], generator=generator())
    assert all(torch.equal(one, other) for one, other in zip(like.parameters(), moved.parameters(), strict=True))
    shapes = TimeLSTM(INPUTS, HIDDEN, device="meta", dtype=torch.bfloat16, **SCHEMES[scheme], generator=generator())
    assert {(one.device.type, one.dtype) for one in shapes.parameters()} == {("meta", torch.bfloat16)}
    double = TimeLSTM(INPUTS, HIDDEN, dtype=torch.float64, **SCHEMES[scheme])
    assert double(draw(STEPS, BATCH, INPUTS))[0].dtype == torch.float64


@ALL_SCHEMES
def test_biases_that_are_not_there_are_no_parameters(scheme: str) -> None:
    layer = TimeLSTM(INPUTS, HIDDEN, bias=False, **SCHEMES[scheme])
    own = [name for name, _ in layer.named_parameters() if name.endswith(("bias_ih", "bias_hh"))]
    assert not own
    assert not [name for name in layer.state_dict() if name.endswith(("bias_ih", "bias_hh"))]
    layer(torch.ones(STEPS, BATCH, INPUTS))[0].sum().backward()
    assert all(parameter.grad is not None for parameter in layer.parameters())
    assert not layer.layers[0].bias_ih.any()


@ALL_SCHEMES
def test_copies_and_pickles_are_the_layer(scheme: str, tmp_path) -> None:
    layer = KINDS["lstm"](INPUTS, HIDDEN, 2, dtype=torch.float64, bias=False, **SCHEMES[scheme])
    x = draw(STEPS, BATCH, INPUTS)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(twin(x, LENGTHS.clamp(max=STEPS))[0], layer(x, LENGTHS)[0])
        assert repr(twin) == repr(layer)
    torch.save(layer.state_dict(), tmp_path / "weights.pt")
    twin = KINDS["lstm"](INPUTS, HIDDEN, 2, dtype=torch.float64, bias=False, **SCHEMES[scheme])
    twin.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    assert torch.equal(twin(x)[0], layer(x)[0])


@ALL_SCHEMES
def test_data_parallel_and_flattening_change_nothing(scheme: str) -> None:
    layer = build("gru", SCHEMES[scheme], INPUTS, HIDDEN)
    layer.flatten_parameters()
    x = draw(BATCH, STEPS, INPUTS)
    assert torch.equal(nn.DataParallel(layer)(x, LENGTHS)[0], layer(x, LENGTHS)[0])


@pytest.mark.parametrize("cell", NAMES)
@ALL_SCHEMES
def test_torch_func_finds_the_plain_loop_by_itself(cell: str, scheme: str) -> None:
    layer = build(cell, SCHEMES[scheme], INPUTS, HIDDEN)
    x = draw(BATCH, STEPS, INPUTS)
    parameters = dict(layer.named_parameters())

    def loss(parameters: dict[str, Tensor], x: Tensor) -> Tensor:
        output, *_ = torch.func.functional_call(layer, parameters, (x, LENGTHS))
        return output.square().sum()

    expected = torch.autograd.grad(loss(parameters, x), list(parameters.values()), allow_unused=True)
    found = torch.func.grad(loss)(parameters, x)
    for one, other in zip(found.values(), expected, strict=True):
        agree(one, torch.zeros_like(one) if other is None else other)
    agree(torch.func.vmap(lambda sentence: layer(sentence)[0])(x), layer(x)[0])


@pytest.mark.parametrize("cell", NAMES)
@ALL_SCHEMES
@pytest.mark.parametrize("align", ["start", "end"])
def test_gradients_can_be_differentiated(cell: str, scheme: str, align: str) -> None:
    """Those of the fast loop, which has the plain one make them; a plain layer says what they are."""
    layer = build(cell, SCHEMES[scheme], INPUTS, HIDDEN, align=align)

    def second() -> tuple[Tensor, ...]:
        x, state = draw(BATCH, STEPS, INPUTS).requires_grad_(), initial_state(layer, BATCH)
        leaves = [x, *state, *layer.parameters()]
        output, final = layer(x, LENGTHS, bare(state))
        made = output.square().sum() + as_tuple(final)[-1].sum()
        first = torch.autograd.grad(made, leaves, create_graph=True, allow_unused=True)
        penalty = sum(one.square().sum() for one in first if one is not None)
        return torch.autograd.grad(penalty, leaves, allow_unused=True)

    found, layer.plain = second(), True
    agree(found, second())


def test_the_layer_prints_as_torchs_do() -> None:
    assert repr(TimeLSTM(3, 4)) == "TimeLSTM(3, 4, sharing='shared')"
    layer = TimeGRU(3, 4, 2, batch_first=True, sharing="basis", num_sets=2, scale=9.0)
    assert (
        repr(layer)
        == "TimeGRU(3, 4, num_layers=2, batch_first=True, sharing='basis', basis='fourier', num_sets=2, scale=9.0)"
    )


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is:DeprecationWarning")
def test_torch_jit_script_is_refused_in_one_line() -> None:
    for net in (TimeLSTM(3, 4), nn.Sequential(TimeGRU(3, 4))):
        with pytest.raises(TypeError, match=r"torch\.export") as refused:
            torch.jit.script(net)
        assert "\n" not in str(refused.value)
