"""The price and the exactness of imitating an unshared net."""

from timeshare.questions.imitation.settings import ImitationSettings
from timeshare.questions.imitation.study import differences


def test_imitation_is_exact_at_every_length_and_as_wide_as_the_steps() -> None:
    settings = ImitationSettings(study="imitation", input_size=3, hidden_size=5)
    records = list(differences(20, 0, settings))
    assert [record["length"] for record in records] == list(range(1, 21))
    assert max(record["difference"] for record in records) < 1e-12
    # H (E + H + 2) a set of weights; 20 sets of H = 5, or one of H = 100.
    assert {record["unshared_parameters"] for record in records} == {20 * 5 * (3 + 5 + 2)}
    assert {record["shared_parameters"] for record in records} == {100 * (3 + 100 + 2)}
