"""The recurrent layers of every cell beside torch's own, and what is theirs alone."""

import copy
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tests.nn.layers import (
    NAMES,
    SCHEMES,
    TWINS,
    WEIGHTS,
    as_tuple,
    bare,
    build,
    draw,
    generator,
    initial_state,
    torch_twin,
)
from timeshare.nn import Sharing, TimeGRU, TimeLSTM, TimeRecurrent, TimeRNN
from timeshare.nn.cells import load_cell

BATCH, STEPS, INPUTS, HIDDEN = 4, 9, 3, 4
LENGTHS = torch.tensor([7, 1, 8, 3])
ALL_CELLS = pytest.mark.parametrize("cell", NAMES)
TORCHS = pytest.mark.parametrize("cell", TWINS)
# Equal sets make these one set for every step, deviations at zero included.
EQUAL = pytest.mark.parametrize("scheme", SCHEMES)


def compare(cell: str, layer: TimeRecurrent, lengths: Tensor | None, total: int = STEPS) -> None:
    """Outputs, final states and every gradient: ours beside torch's, the gradients of all sets added up."""
    twin = torch_twin(cell, layer)
    x, state = draw(BATCH, total, INPUTS).requires_grad_(), initial_state(layer, BATCH)
    output, final = layer(x, lengths, bare(state))
    if lengths is None:
        expected, expected_final = twin(x, bare(state))
    else:
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        expected, expected_final = twin(packed, bare(state))
        expected, _ = pad_packed_sequence(expected, batch_first=True, total_length=total)
    ours, theirs = [output, *as_tuple(final)], [expected, *as_tuple(expected_final)]
    torch.testing.assert_close(ours, theirs, atol=1e-10, rtol=0)

    leaves = [x, *state]
    arriving = [draw(*value.shape, seed=20 + place) for place, value in enumerate(ours)]
    parameters = [getattr(part, name) for part in layer.layers for name in WEIGHTS]
    gradients = torch.autograd.grad(ours, leaves + parameters, arriving)
    expected_gradients = torch.autograd.grad(theirs, leaves + list(twin.parameters()), arriving)
    split = len(leaves)
    torch.testing.assert_close(gradients[:split], expected_gradients[:split], atol=1e-10, rtol=0)
    # Proportions that sum to one pass the shared gradient on in the same proportions; deviations leave it to the first
    # set, which every step has in full.
    deviations = layer.layers[0].sharing.random_sets < layer.layers[0].sharing.num_sets
    shared = [gradient[0] if deviations else gradient.sum(0) for gradient in gradients[split:]]
    torch.testing.assert_close(shared, list(expected_gradients[split:]), atol=1e-10, rtol=0)


@TORCHS
@EQUAL
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["full", "ragged"])
def test_equal_sets_are_torchs_layer(cell: str, scheme: str, lengths: Tensor | None) -> None:
    compare(cell, build(cell, SCHEMES[scheme], INPUTS, HIDDEN), lengths)


@TORCHS
@EQUAL
@pytest.mark.parametrize("align", ["start", "end"])
def test_two_layers_in_both_directions_are_torchs(cell: str, scheme: str, align: str) -> None:
    layer = build(cell, SCHEMES[scheme], INPUTS, HIDDEN, 2, bidirectional=True, align=align)
    compare(cell, layer, LENGTHS)
    compare(cell, layer, None)


@TORCHS
@EQUAL
def test_one_sentence_and_one_step(cell: str, scheme: str) -> None:
    layer = build(cell, SCHEMES[scheme], INPUTS, HIDDEN)
    twin = torch_twin(cell, layer)
    for shape in ((1, 6), (3, 1), (1, 1)):
        x = draw(*shape, INPUTS)
        torch.testing.assert_close(layer(x), twin(x), atol=1e-12, rtol=0)
        torch.testing.assert_close(layer(x, torch.ones(shape[0], dtype=torch.int64))[0][:, :1], twin(x[:, :1])[0])


@TORCHS
@pytest.mark.parametrize("sort", [True, False])
def test_a_packed_sequence_comes_back_packed_alike(cell: str, sort: bool) -> None:
    layer = build(cell, SCHEMES["unshared"], INPUTS, HIDDEN, 2)
    twin = torch_twin(cell, layer)
    lengths = LENGTHS.sort(descending=True).values if sort else LENGTHS
    packed = pack_padded_sequence(draw(BATCH, STEPS, INPUTS), lengths, batch_first=True, enforce_sorted=sort)
    initial = bare(initial_state(layer, BATCH))
    (output, final), (expected, expected_final) = layer(packed, None, initial), twin(packed, initial)
    torch.testing.assert_close(output.data, expected.data, atol=1e-12, rtol=0)
    assert torch.equal(output.batch_sizes, expected.batch_sizes)
    torch.testing.assert_close(final, expected_final, atol=1e-12, rtol=0)
    torch.testing.assert_close(pad_packed_sequence(output), pad_packed_sequence(expected), atol=1e-12, rtol=0)


@ALL_CELLS
def test_the_end_of_a_sentence_is_where_its_length_says(cell: str) -> None:
    layer = build(cell, SCHEMES["unshared"], INPUTS, HIDDEN)
    x = draw(BATCH, STEPS, INPUTS)
    output, final = layer(x, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone, alone_final = layer(x[row : row + 1, :length])
        torch.testing.assert_close(output[row, :length], alone[0], atol=1e-13, rtol=0)
        for part, expected in zip(as_tuple(final), as_tuple(alone_final), strict=True):
            torch.testing.assert_close(part[0, row], expected[0, 0], atol=1e-13, rtol=0)


@pytest.mark.parametrize(("beyond", "sets"), [("hold", [0, 1, 2, 2, 2, 2, 2]), ("cycle", [0, 1, 2, 0, 1, 2, 0])])
def test_each_step_beyond_the_extent_uses_the_set_its_rule_names(beyond, sets: list[int]) -> None:
    short = build("lstm", {"sharing": "unshared", "extent": 3}, INPUTS, HIDDEN)
    short.beyond = beyond
    long = build("lstm", {"sharing": "unshared", "extent": 7}, INPUTS, HIDDEN)
    with torch.no_grad():
        for name in WEIGHTS:
            getattr(long.layers[0], name).copy_(getattr(short.layers[0], name)[sets])
    x = draw(2, 7, INPUTS)
    torch.testing.assert_close(short(x), long(x), atol=1e-14, rtol=0)


def test_beyond_error_counts_real_steps_and_not_padding() -> None:
    layer = build("lstm", {"sharing": "unshared", "extent": 3, "beyond": "error"}, INPUTS, HIDDEN)
    x = draw(2, 7, INPUTS)
    layer(x, torch.tensor([3, 1]))
    with pytest.raises(ValueError, match="4 steps, but there are weights for 3 only and beyond='error'"):
        layer(x, torch.tensor([3, 4]))


def test_steps_aligned_to_the_end_give_the_last_word_the_last_set() -> None:
    layer = build("lstm", {"sharing": "unshared", "extent": 9}, INPUTS, HIDDEN, align="end")
    started = build("lstm", {"sharing": "unshared", "extent": 9}, INPUTS, HIDDEN)
    x = draw(2, 9, INPUTS)
    output, _ = layer(x, torch.tensor([9, 4]))
    for row, length in enumerate((9, 4)):
        with torch.no_grad():
            for name in WEIGHTS:
                stack = getattr(layer.layers[0], name)
                getattr(started.layers[0], name).copy_(stack.roll(length - 9, 0))
        expected, _ = started(x[row : row + 1, :length])
        torch.testing.assert_close(output[row, :length], expected[0], atol=1e-13, rtol=0)


@ALL_CELLS
@pytest.mark.parametrize("align", ["start", "end"])
@pytest.mark.parametrize("scheme", ["unshared", "unshared, cycled", "segments", "mixture", "fourier"])
def test_the_reverse_direction_is_a_layer_that_reads_each_sentence_from_its_end(
    cell: str, scheme: str, align: str
) -> None:
    both = build(cell, SCHEMES[scheme], INPUTS, HIDDEN, align=align, bidirectional=True)
    single = build(cell, SCHEMES[scheme], INPUTS, HIDDEN, align=align)
    single.layers[0].load_state_dict(both.layers[1].state_dict())
    x = draw(BATCH, STEPS, INPUTS)
    output, final = both(x, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone, alone_final = single(x[row : row + 1, :length].flip(1))
        torch.testing.assert_close(output[row, :length, HIDDEN:], alone[0].flip(0), atol=1e-13, rtol=0)
        for part, expected in zip(as_tuple(final), as_tuple(alone_final), strict=True):
            torch.testing.assert_close(part[1, row], expected[0, 0], atol=1e-13, rtol=0)


def test_a_mixture_far_beyond_its_extent_holds_the_last_proportions() -> None:
    layer = build("lstm", {"sharing": "mixture", "num_sets": 2, "extent": 3}, INPUTS, HIDDEN)
    weights = layer.layers[0].weights_at([2, 50])
    assert torch.equal(weights[0][0], weights[1][0])


def test_similarity_is_the_cosine_of_the_weights_written_out() -> None:
    for scheme in ("unshared, cycled", "periodic", "mixture", "fourier"):
        layer = build("rnn", SCHEMES[scheme], INPUTS, HIDDEN)
        part = layer.layers[0]
        phi = part.sharing.coefficients(part.sharing.step_numbers(6)).double()
        flat = torch.cat(
            [torch.einsum("tk,k...->t...", phi, getattr(part, name)).flatten(1) for name in WEIGHTS], dim=1
        )
        expected = nn.functional.cosine_similarity(flat.unsqueeze(0), flat.unsqueeze(1), dim=2)
        torch.testing.assert_close(layer.similarity(6), expected)
    layers = build("rnn", SCHEMES["mixture"], INPUTS, HIDDEN, 2)
    assert torch.equal(layers.similarity(), layers.similarity(8))  # the extent
    assert not torch.equal(layers.similarity(layer=1), layers.similarity())
    alike = build("rnn", SCHEMES["shared"], 2, 2).similarity(3)
    torch.testing.assert_close(alike, torch.ones(3, 3, dtype=torch.float64))


def test_similarity_says_when_it_cannot_be_had() -> None:
    with pytest.raises(ValueError, match="sharing 'periodic' has no extent: give num_steps"):
        TimeLSTM(2, 2, sharing="periodic", num_sets=2).similarity()
    with pytest.raises(ValueError, match="depend on the input"):
        TimeLSTM(2, 2, sharing="hyper").similarity(3)


@pytest.mark.parametrize("scheme", ["unshared", "segments", "mixture", "fourier"])
def test_the_spread_is_the_squared_distance_from_the_mean_written_out(scheme: str) -> None:
    layers = build("lstm", SCHEMES[scheme], INPUTS, HIDDEN, 2, bidirectional=True)
    expected = torch.zeros(8, dtype=torch.float64)
    for part in layers.layers:
        for weights in zip(*part.weights_at(range(8)), strict=True):
            mean = sum(weights) / 8
            for step, weight in enumerate(weights):
                for distance in (weight - mean).flatten():
                    expected[step] = expected[step] + distance**2
    found = layers.spread(8)
    torch.testing.assert_close(found, expected)
    parameters = [getattr(part, name) for part in layers.layers for name in WEIGHTS]
    torch.testing.assert_close(
        torch.autograd.grad(found.mean(), parameters), torch.autograd.grad(expected.mean(), parameters)
    )


def test_steps_that_share_their_weights_have_no_spread() -> None:
    assert torch.equal(build("gru", SCHEMES["shared"], 2, 2).spread(3), torch.zeros(3, dtype=torch.float64))
    with pytest.raises(ValueError, match="depend on the input"):
        TimeLSTM(2, 2, sharing="hyper").spread(3)


def test_sets_by_step_are_for_schemes_with_a_set_for_each_step() -> None:
    layers = build("rnn", SCHEMES["unshared"], 2, 2, 2)
    assert [id(stack) for stack in layers.sets_by_step()] == [
        id(getattr(part, name)) for part in layers.layers for name in WEIGHTS
    ]
    for scheme in ("shared", "segments", "periodic", "mixture", "basis", "hyper"):
        with pytest.raises(ValueError, match=r"sharing \w+ has no set of weights for each step"):
            build("rnn", SCHEMES[scheme], 2, 2).sets_by_step()


class Turns(Sharing):
    """A scheme of one's own, with proportions that it learns."""

    def __init__(self, num_sets: int) -> None:
        super().__init__(num_sets)
        self.shares = nn.Parameter(torch.empty(num_sets))

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        nn.init.normal_(self.shares, generator=generator)

    def coefficients(self, numbers: Sequence[int]) -> Tensor:
        places = (torch.tensor(numbers).unsqueeze(1) + torch.arange(self.num_sets)) % self.num_sets
        return self.shares.softmax(0)[places]


@ALL_CELLS
def test_a_scheme_of_ones_own_is_copied_into_each_layer(cell: str) -> None:
    own = Turns(2)
    layer = build(cell, {"sharing": own}, INPUTS, HIDDEN, 2, bidirectional=True)
    shares = [part.sharing.shares for part in layer.layers]
    assert len({float(share[0].detach()) for share in shares}) == 4
    output, _ = layer(draw(BATCH, STEPS, INPUTS), LENGTHS)
    output.square().sum().backward()
    assert all(share.grad.any() for share in shares)
    assert own.shares.grad is None


def test_a_scheme_of_ones_own_has_its_options_itself() -> None:
    with pytest.raises(ValueError, match="num_sets is for schemes that are named; give it to Turns"):
        TimeLSTM(2, 2, sharing=Turns(2), num_sets=3)


def test_each_layer_has_its_cell() -> None:
    for kind, cell in ((TimeLSTM, "lstm"), (TimeGRU, "gru"), (TimeRNN, "rnn")):
        assert kind(2, 2).cell is load_cell(cell)


@ALL_CELLS
def test_initial_weights_are_torchs_distribution_and_the_generators_alone(cell: str) -> None:
    before = torch.random.get_rng_state()
    one, other = (
        TimeRecurrent(30, 25, cell=load_cell(cell), sharing="unshared", extent=6, generator=generator(3))
        for _ in range(2)
    )
    assert torch.equal(torch.random.get_rng_state(), before)
    for parameter, twin in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(parameter, twin)
        assert 0.19 < parameter.detach().abs().max() <= 0.2  # 1 / sqrt(25)
        assert parameter.detach().mean().abs() < 0.02
    assert not torch.equal(one.layers[0].weight_hh[0], one.layers[0].weight_hh[1])


def test_a_fourier_layer_starts_as_a_shared_one() -> None:
    layer = TimeLSTM(INPUTS, HIDDEN, batch_first=True, sharing="basis", num_sets=3, scale=4.0)
    assert not layer.layers[0].weight_hh[1:].any()
    x = torch.randn(2, 6, INPUTS, generator=generator())
    shared = TimeLSTM(INPUTS, HIDDEN, batch_first=True)
    with torch.no_grad():
        for name in WEIGHTS:
            getattr(shared.layers[0], name).copy_(getattr(layer.layers[0], name)[:1])
    torch.testing.assert_close(layer(x)[0], shared(x)[0])


def test_layer_norm_is_ba_kiros_and_hintons() -> None:
    layer = build("lstm", SCHEMES["unshared"], INPUTS, HIDDEN, layer_norm=True)
    part, norms = layer.layers[0], layer.layers[0].norms
    x = draw(1, 2, INPUTS)

    def normalise(value: Tensor, gain: Tensor) -> Tensor:
        centred = value - value.mean(-1, keepdim=True)
        return gain * centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()

    hidden = cell = torch.zeros(1, HIDDEN, dtype=torch.float64)
    for step in range(2):
        gates = (
            normalise(x[:, step] @ part.weight_ih[step].t(), norms.inputs.weight)
            + normalise(hidden @ part.weight_hh[step].t(), norms.hidden.weight)
            + part.bias_ih[step]
            + part.bias_hh[step]
        )
        i, f, g, o = gates.chunk(4, dim=1)
        cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
        hidden = o.sigmoid() * (normalise(cell, norms.state.weight) + norms.state.bias).tanh()
    output, (h_n, c_n) = layer(x)
    torch.testing.assert_close(output[:, 1], hidden)
    torch.testing.assert_close((h_n[0], c_n[0]), (hidden, cell))


@ALL_CELLS
def test_dropout_falls_between_layers_in_training_only(cell: str) -> None:
    layer = build(cell, SCHEMES["unshared"], INPUTS, HIDDEN, 2, dropout=0.9)
    same = build(cell, SCHEMES["unshared"], INPUTS, HIDDEN, 2)
    x = draw(2, 5, INPUTS)
    trained = layer(x)
    assert not torch.equal(trained[0], same(x)[0])
    first = [as_tuple(final)[0][0] for final in (trained[1], same(x)[1])]
    assert torch.equal(*first)
    assert torch.equal(layer.eval()(x)[0], same(x)[0])


@pytest.mark.parametrize("layer_norm", [False, True])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_float32_is_float64_to_rounding_and_autocast_to_its_own(scheme: str, layer_norm: bool) -> None:
    layer = build("lstm", SCHEMES[scheme], INPUTS, HIDDEN, 2, layer_norm=layer_norm)
    x = draw(BATCH, STEPS, INPUTS)
    exact, _ = layer(x, LENGTHS)
    single = copy.deepcopy(layer).float()
    output, _ = single(x.float(), LENGTHS)
    torch.testing.assert_close(output.double(), exact, atol=2e-6, rtol=0)
    with torch.autocast("cpu", torch.bfloat16):
        output, (h_n, _) = single(x.float(), LENGTHS, (torch.zeros(2, BATCH, HIDDEN),) * 2)
    torch.testing.assert_close(output.double(), exact, atol=0.05, rtol=0)
    assert h_n.dtype == output.dtype
    output.float().sum().backward()
    assert all(parameter.grad.dtype == torch.float32 for parameter in single.parameters())


def test_state_dicts_name_a_layers_sets_and_load_again() -> None:
    layer = build("lstm", SCHEMES["mixture"], INPUTS, HIDDEN)
    other = TimeLSTM(INPUTS, HIDDEN, batch_first=True, **SCHEMES["mixture"]).double()
    assert set(layer.state_dict()) == {f"layers.0.{name}" for name in (*WEIGHTS, "sharing.logits")}
    other.load_state_dict(layer.state_dict())
    x = draw(1, 4, INPUTS)
    assert torch.equal(other(x)[0], layer(x)[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_size": 0}, "input_size must be at least 1; it is 0"),
        ({"hidden_size": 0}, "hidden_size must be at least 1"),
        ({"num_layers": 0}, "num_layers must be at least 1"),
        ({"align": "middle"}, "align must be one of start, end; it is 'middle'"),
        ({"truncate": 0}, "truncate must be at least 1 step"),
        ({"dropout": 1.5}, "dropout must be in 0 .. 1; it is 1.5"),
        # What else build_sharing refuses: test_schemes.
        ({"sharing": "hyper", "hyper_size": 0}, "hyper_size must be at least 1; it is 0"),
        ({"sharing": "hyper", "hyper_embedding_size": -1}, "hyper_embedding_size must be at least 1; it is -1"),
    ],
)
def test_arguments_out_of_range_are_refused_by_name(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TimeLSTM(**{"input_size": 2, "hidden_size": 2, **arguments})


def test_inputs_that_do_not_fit_are_refused_with_their_sizes() -> None:
    layer = TimeLSTM(3, 4, batch_first=True, sharing="unshared", extent=5)
    x = torch.zeros(2, 5, 3)
    with pytest.raises(ValueError, match=r"x must be \[batch, steps, 3\]; it is \(2, 5, 2\)"):
        layer(x[..., :2])
    with pytest.raises(ValueError, match=r"lengths\[1\] is 0; each must be in 1 \.\. 5"):
        layer(x, torch.tensor([5, 0]))
    with pytest.raises(ValueError, match="the batch is empty: it has 0 sequences"):
        layer(x[:0])
    with pytest.raises(ValueError, match="its sequences have 0 steps"):
        layer(x[:, :0])
    with pytest.raises(ValueError, match=r"initial state must be \(1, 2, 4\); one is \(1, 1, 4\)"):
        layer(x, None, (torch.zeros(1, 1, 4), torch.zeros(1, 2, 4)))
    with pytest.raises(ValueError, match="a PackedSequence carries its lengths"):
        layer(pack_padded_sequence(x, torch.tensor([5, 2]), batch_first=True), torch.tensor([5, 2]))
    with pytest.raises(ValueError, match="beyond must be one of"):
        layer.beyond = "loop"
    with pytest.raises(ValueError, match="the initial state must have 2 parts; it has 1"):
        layer(x, None, torch.zeros(1, 2, 4))


def test_parameters_can_be_counted_without_memory() -> None:
    with torch.device("meta"):
        layer = TimeLSTM(2, 256, sharing="unshared", extent=500, generator=generator())
    assert sum(parameter.numel() for parameter in layer.parameters()) == 500 * 4 * 256 * (2 + 256 + 2)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["shared", "unshared, held", "mixture", "hyper"])
def test_one_graph_serves_every_batch_of_a_padded_length(scheme: str) -> None:
    layer = build("lstm", SCHEMES[scheme], INPUTS, HIDDEN, align="end", bidirectional=True)
    graphs = []

    def count(graph: torch.fx.GraphModule, examples: list[Tensor]) -> torch.fx.GraphModule:
        graphs.append(graph)
        return graph

    compiled = torch.compile(layer, backend=count, fullgraph=True)
    x = draw(BATCH, STEPS, INPUTS)
    for lengths in (LENGTHS, LENGTHS.flip(0), torch.full((BATCH,), STEPS)):
        torch.testing.assert_close(compiled(x, lengths), layer(x, lengths), atol=1e-12, rtol=0)
    assert len(graphs) == 1


def test_it_runs_where_there_are_shapes_and_no_numbers() -> None:
    with torch.device("meta"):
        layer = TimeLSTM(3, 4, batch_first=True, sharing="unshared", extent=5)
        output, (hidden, _) = layer(torch.empty(2, 5, 3))
    assert output.shape == (2, 5, 4)
    assert hidden.shape == (1, 2, 4)


@ALL_CELLS
@pytest.mark.parametrize("scheme", SCHEMES)
def test_equal_sets_start_as_the_shared_net(cell: str, scheme: str) -> None:
    """Whatever the scheme: as many different sets as there are steps give the outputs of one."""
    layer = build(cell, SCHEMES[scheme], INPUTS, HIDDEN, start="equal")
    shared = build(cell, {}, INPUTS, HIDDEN)
    layer.layers[0].reset_parameters(generator(5))
    with torch.no_grad():
        for name in WEIGHTS:
            getattr(shared.layers[0], name).copy_(getattr(layer.layers[0], name)[:1])
    x = draw(3, 9, INPUTS)
    torch.testing.assert_close(layer(x, LENGTHS[:3])[0], shared(x, LENGTHS[:3])[0])


@pytest.mark.parametrize("init", ["uniform", "orthogonal"])
def test_equal_sets_start_as_the_shared_net_of_their_seed(init: str) -> None:
    shared, free = (
        TimeLSTM(INPUTS, HIDDEN, 2, **scheme, start="equal", recurrent_init=init, generator=generator(5))
        for scheme in ({}, {"sharing": "unshared", "extent": 3})
    )
    for one, several in zip(shared.parameters(), free.parameters(), strict=True):
        assert torch.equal(several, one.expand_as(several))


def test_independent_sets_start_different() -> None:
    weights = TimeLSTM(INPUTS, HIDDEN, sharing="unshared", extent=3, generator=generator()).layers[0].weight_hh
    assert not torch.equal(weights[0], weights[1])
    with pytest.raises(ValueError, match="start must be one of independent, equal; it is 'same'"):
        TimeLSTM(INPUTS, HIDDEN, start="same")  # type: ignore[arg-type]


@ALL_CELLS
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("start", ["independent", "equal"])
def test_orthogonal_recurrent_weights(cell: str, scheme: str, start: str) -> None:
    """Each gate's [H, H] of each set that is drawn; of deviations nothing is, and all else stays as torch draws it."""
    options = {**SCHEMES[scheme], "cell": load_cell(cell), "start": start}
    layer = TimeRecurrent(INPUTS, HIDDEN, 2, **options, recurrent_init="orthogonal", generator=generator())
    plain = TimeRecurrent(INPUTS, HIDDEN, 2, **options, generator=generator())
    assert torch.equal(layer.layers[0].weight_ih, plain.layers[0].weight_ih)
    for part in layer.layers:
        drawn = part.weight_hh[: part.sharing.random_sets].detach()
        gates = drawn.unflatten(1, (-1, HIDDEN)).flatten(0, 1)
        torch.testing.assert_close(gates @ gates.transpose(1, 2), torch.eye(HIDDEN).expand(len(gates), -1, -1))
        different = len({tuple(gate.flatten().tolist()) for gate in gates})
        assert different == (len(gates) if start == "independent" else layer.cell.num_gates)
        assert not part.weight_hh[part.sharing.random_sets :].any()
    assert not torch.equal(layer.layers[0].weight_hh, layer.layers[1].weight_hh)


def test_orthogonal_weights_are_no_rotations_alone() -> None:
    """Q of a QR would have signs of its own: half of uniform orthogonal matrices mirror."""
    gates = TimeRNN(2, 3, sharing="unshared", extent=400, recurrent_init="orthogonal", generator=generator()).layers[0]
    mirrored = torch.linalg.det(gates.weight_hh.detach()) < 0
    assert 0.42 < mirrored.double().mean() < 0.58
    assert gates.weight_hh.mean(0).abs().max() < 0.1


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("start", ["independent", "equal"])
def test_the_forget_gates_bias_is_what_it_is_said_to_be_at_every_step(scheme: str, start: str) -> None:
    layer = TimeLSTM(INPUTS, HIDDEN, **SCHEMES[scheme], start=start, forget_bias=1.5, generator=generator())
    plain = TimeLSTM(INPUTS, HIDDEN, **SCHEMES[scheme], start=start, generator=generator())
    rows = torch.zeros(4 * HIDDEN, dtype=torch.bool)
    rows[HIDDEN : 2 * HIDDEN] = True
    part, untouched = layer.layers[0], plain.layers[0]
    for (*_, bias_ih, bias_hh), (*_, plain_ih, plain_hh) in zip(
        part.weights_at(range(12)), untouched.weights_at(range(12)), strict=True
    ):
        torch.testing.assert_close((bias_ih + bias_hh)[rows], torch.full((HIDDEN,), 1.5))
        assert torch.equal(bias_ih[~rows], plain_ih[~rows])
        assert torch.equal(bias_hh[~rows], plain_hh[~rows])


def test_a_start_that_a_cell_cannot_have_is_refused() -> None:
    with pytest.raises(ValueError, match="forget_bias is for cells that have a forget gate"):
        TimeGRU(INPUTS, HIDDEN, forget_bias=1.0)
    with pytest.raises(ValueError, match="recurrent_init must be one of uniform, orthogonal; it is 'identity'"):
        TimeGRU(INPUTS, HIDDEN, recurrent_init="identity")  # type: ignore[arg-type]


def test_an_orthogonal_start_needs_no_memory_to_be_counted() -> None:
    with torch.device("meta"):
        TimeLSTM(2, 256, sharing="unshared", extent=500, recurrent_init="orthogonal", forget_bias=1.0)
