"""The command in a process of its own: it collects seldom, and leaves Python's settings to whoever imports it."""

import subprocess
import sys


def test_only_the_command_itself_collects_seldom():
    code = (
        "import gc, sys; usual = gc.get_threshold(); from opinionframe.cli import main\n"
        "assert gc.get_threshold() == usual\n"
        "sys.argv = ['opinionframe', 'example']\n"
        "try: main()\n"
        "except SystemExit as ended: print(ended.code, gc.get_threshold()[0] > usual[0], gc.get_freeze_count())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[survey]" in done.stdout
    assert done.stdout.splitlines()[-1] == "0 True 0"  # frozen at the very end alone
