"""`timeshare completion`: what makes a shell complete the command, for bash, zsh and fish.

shtab writes it, which DVC needs too. Pressing Tab then starts no Python: what is fixed stands in the script, and awk
reads the names of params.yaml from the lines that stand one step below their section.
"""

import argparse

import shtab

from timeshare.cli.commands import STAGES
from timeshare.cli.usage import parser

# Only what can be a name: bash expands the words that it offers, and would run a command that stands among them.
_AWK = (
    '/^[^ #]/ { inside = index($0, section ":") == 1; width = 0; next } '
    "inside && match($0, /^ +[A-Za-z0-9]/) { if (!width) width = RLENGTH; "
    'if (RLENGTH == width) { sub(/^ +/, ""); sub(/ *:.*/, ""); if (/^[A-Za-z0-9_]+$/) print } }'
)
_SECTIONS = ("datasets", "models", "studies")
_STAGES = " ".join(("tune", *STAGES))
_FILES = {"file": shtab.FILE, "folder": shtab.DIRECTORY}
# The functions for names of a section and for stages, and what the shell calls to offer them.
_NAMES = f"_timeshare_names() {{ awk -v section=\"$1\" '{_AWK}' params.yaml 2>/dev/null; }}\n"
_POSIX = f"{_NAMES}_timeshare_stage() {{ echo {_STAGES}; _timeshare_names studies | sed 's/^/study@/'; }}\n" + "".join(
    f"_timeshare_{section}() {{ _timeshare_names {section}; }}\n" for section in _SECTIONS
)
_KINDS = (*_SECTIONS, "stage")
# For bash a word ends at @ too: it is asked for the whole of what is typed, and told what follows the @.
_WORD = "local typed=${COMP_LINE:0:COMP_POINT}; typed=${typed##* }"
_FUNCTIONS = {
    "bash": _POSIX
    + "".join(
        f'_timeshare_offer_{kind}() {{ {_WORD}; compgen -W "$(_timeshare_{kind})" -- "$typed" |'
        ' if [[ $typed == *@* ]]; then sed "s/^.*@//"; else cat; fi; }\n'
        for kind in _KINDS
    ),
    "zsh": _POSIX + "".join(f"_timeshare_offer_{kind}() {{ compadd -- $(_timeshare_{kind}); }}\n" for kind in _KINDS),
    "fish": f"function _timeshare_names\n    awk -v section=$argv[1] '{_AWK}' params.yaml 2>/dev/null\nend\n"
    f"function _timeshare_stage\n    string split ' ' '{_STAGES}'\n"
    "    _timeshare_names studies | sed 's/^/study@/'\nend\n"
    + "".join(f"function _timeshare_{section}\n    _timeshare_names {section}\nend\n" for section in _SECTIONS),
}


def main(shell: str) -> None:
    """Print the script.

    Args:
        shell: 'bash', 'zsh' or 'fish'.
    """
    root = parser()
    for action in _actions(root):
        if kind := getattr(action, "completes", ""):
            action.complete = _FILES.get(kind) or {  # type: ignore[attr-defined]
                "bash": f"_timeshare_offer_{kind}",
                "zsh": f"_timeshare_offer_{kind}",
                "fish": f"(_timeshare_{kind})",
            }
    print(shtab.complete(root, shell, preamble=_FUNCTIONS[shell]))


def _actions(root: argparse.ArgumentParser) -> list[argparse.Action]:
    (commands,) = (action for action in root._actions if isinstance(action, argparse._SubParsersAction))
    return [action for command in commands.choices.values() for action in command._actions]
