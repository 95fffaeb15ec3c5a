"""`timeshare completion`: what makes a shell complete the command, for bash, zsh and fish.

shtab writes it, which DVC needs too. Pressing Tab then starts no Python: what is fixed stands in the script, and the
names in params.yaml awk reads from the lines that stand one step below a section.
"""

import argparse

import shtab

from timeshare.cli.usage import parser

# One function for each shell, in what all have in common: sh's words and awk. It is asked for a section's name.
_AWK = (
    "/^[^ #]/ { inside = index($0, section \":\") == 1; width = 0; next } "
    "inside && match($0, /^ +[A-Za-z0-9]/) { if (!width) width = RLENGTH; "
    "if (RLENGTH == width) { sub(/^ +/, \"\"); sub(/:.*/, \"\"); print } }"
)
_SECTIONS = ("datasets", "models", "studies")
_STAGES = "download ingest prepare size tune train evaluate report"


def main(shell: str) -> None:
    """Print the script.

    Args:
        shell: 'bash', 'zsh' or 'fish'.
    """
    root = parser()
    for action in _actions(root):
        if completes := getattr(action, "completes", ""):
            action.complete = _FILES.get(completes) or _names(completes)  # type: ignore[attr-defined]
    print(shtab.complete(root, shell, preamble={name: _PREAMBLES[name] for name in _PREAMBLES}))


def _actions(root: argparse.ArgumentParser) -> list[argparse.Action]:
    (subparsers,) = (action for action in root._actions if isinstance(action, argparse._SubParsersAction))
    return [action for one in subparsers.choices.values() for action in one._actions]


_FILES = {"file": shtab.FILE, "folder": shtab.DIRECTORY}


def _names(kind: str) -> dict[str, str]:
    """How each shell asks for names of a section, or for stages."""
    return {
        "bash": f"_timeshare_complete_{kind}",
        "zsh": f"_timeshare_complete_{kind}",
        "fish": f"(_timeshare_{'stages' if kind == 'stage' else f'names {kind}'})",
    }


def _preambles() -> dict[str, str]:
    """The functions that those call."""
    names = f"awk -v section=\"$1\" '{_AWK}' params.yaml 2>/dev/null"
    stages = f"echo {_STAGES}; _timeshare_names studies | sed 's/^/study@/'"
    posix = f"_timeshare_names() {{ {names}; }}\n_timeshare_stages() {{ {stages}; }}\n"
    kinds = {**{section: f"_timeshare_names {section}" for section in _SECTIONS}, "stage": "_timeshare_stages"}
    return {
        "bash": posix
        + "\n".join(
            f'_timeshare_complete_{kind}() {{ compgen -W "$({ask})" -- "$1"; }}' for kind, ask in kinds.items()
        ),
        "zsh": posix
        + "\n".join(f"_timeshare_complete_{kind}() {{ compadd -- $({ask}); }}" for kind, ask in kinds.items()),
        "fish": f"function _timeshare_names\n    {names.replace('$1', '$argv[1]')}\nend\n"
        f"function _timeshare_stages\n    string split ' ' '{_STAGES}'\n"
        "    _timeshare_names studies | sed 's/^/study@/'\nend",
    }


_PREAMBLES = _preambles()
