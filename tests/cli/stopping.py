"""Runs `hoistway` in a process of its own that stands still before one of its steps, and ends it there."""

import signal
import subprocess
import sys

_STANDS_STILL = """
import importlib, signal, sys
module, name, skip = sys.argv[1], sys.argv[2], int(sys.argv[3])
where = importlib.import_module(module)
*path, name = name.split(".")
for each in path:
    where = getattr(where, each)
original, calls = getattr(where, name), 0
def still(*words, **named):
    global calls
    calls += 1
    if calls <= skip:
        return original(*words, **named)
    print("here", flush=True)
    signal.pause()
setattr(where, name, still)
from hoistway import cli
sys.argv = ["hoistway", *sys.argv[4:]]
cli.main()
"""


def end_before(step: str, number: signal.Signals, *words: str, skip: int = 0) -> int:
    """`step` is module:function, of which the first `skip` calls go on. Returns the exit code."""
    module, _, name = step.partition(":")
    command = [sys.executable, "-c", _STANDS_STILL, module, name, str(skip), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        said = running.stdout.readline()
        assert said == "here\n", said + running.stderr.read()
        running.send_signal(number)
        return running.wait(timeout=60)
