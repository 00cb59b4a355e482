"""
Does alignment grow from stage to stage of training?
====================================================

Alignment of a model's checkpoints in their order, raw and calibrated. The four stages of OLMo-2-7B are those of the
paper's Table 7; scores of your own checkpoints go in as ``of.align`` gives them.
"""

import opinionframe as of

names = ["Base", "SFT", "DPO", "Instruct"]
printed = of.paper.published().filter(table=7)
of.figures.stages(printed, [f"OLMo-2-7B-{name}" for name in names], labels=names)

# %%
# The models of the paper, and where to get them:

of.paper.models().filter(family="OLMo-2").select("name", "hub")

# sphinx_gallery_thumbnail_number = 1
