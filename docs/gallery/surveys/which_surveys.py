"""
Which surveys are at hand?
==========================

One is shipped as counts of groups, others are read from the files that their archives hand out, and some of those can
be fetched. Nothing is downloaded here.
"""

from pathlib import Path

import opinionframe as of

surveys = of.available()
surveys.select("name", "access", "redistribution")

# %%
# What is shipped loads at once:

of.load("gss2018")

# %%
# The others have readers, ``of.read_wgm``, ``of.read_wvs`` and ``of.read_opinionqa``, which take the path of the file.
# ``of.fetch`` gives that path, and says what to do where it cannot:

for name in ("wgm2018", "wvs7"):
    try:
        print(of.fetch(name, offline=True))
    except of.OpinionFrameError as refusal:
        print(str(refusal).replace(str(Path.home()), "~"), end="\n\n")

# %%
# How to cite each:

surveys.select("name", "citation")
