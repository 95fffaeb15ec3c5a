import pytest

from timeshare.tools.look.writing import scripts_of, suits_whitespace


@pytest.mark.parametrize(
    ("text", "scripts"),
    [
        ("Größe 12!", {"Latin": 1.0}),
        ("да no", {"Cyrillic": 0.5, "Latin": 0.5}),
        ("カタ ひら 漢字", {"Katakana": 1 / 3, "Hiragana": 1 / 3, "Chinese characters": 1 / 3}),
        ("한글 สวย हिन्दी", None),
        ("12 🙂 ...", {}),
    ],
)
def test_letters_are_told_by_their_scripts(text: str, scripts: dict[str, float] | None) -> None:
    found = scripts_of([text])
    if scripts is None:
        assert set(found) == {"Hangul", "Thai", "Devanagari"}
    else:
        assert found == pytest.approx(scripts)


@pytest.mark.parametrize(
    ("text", "suits"),
    [
        ("simplistic , silly and tedious . ", True),
        ("it 's so laddish and juvenile , only teenage boys could find it funny .", True),
        ("Simplistic, silly and tedious.", False),
        ("What County Is Modesto , California In ?", False),
        ("no marks at all", False),
    ],
)
def test_text_that_is_cut_and_lowered_is_cut_at_spaces(text: str, suits: bool) -> None:
    assert suits_whitespace([text] * 5) == suits
