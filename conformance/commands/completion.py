"""``completion``: the shell completion of ``iii-conformance``."""

from __future__ import annotations

import argparse

from conformance.commands.parsing import SCRIPT, parser

SHELLS = ("bash", "zsh", "fish")

HOW = """\
bash:  iii-conformance completion bash > ~/.local/share/bash-completion/completions/iii-conformance
zsh:   iii-conformance completion zsh > a file _iii-conformance in a folder of $fpath
fish:  iii-conformance completion fish > ~/.config/fish/completions/iii-conformance.fish
"""


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser.add_argument("shell", choices=SHELLS)
    parser.epilog = HOW
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    import shtab

    whole = parser(whole=True)
    whole.prog = SCRIPT
    print(shtab.complete(whole, shell=options.shell))
    return 0
