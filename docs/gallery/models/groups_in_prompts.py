"""
What will the model read?
=========================

How a column becomes words in a prompt: classes of a survey of your own, said in your words, and the prompts that come
of them. Look at them before you pay for answers.
"""

import polars as pl

import opinionframe as of

people = pl.DataFrame({"female": [1, 0, 1], "degree": ["School", "None", "University"], "trust": [1, 2, 3]})
people = people.with_columns(pl.col("degree").cast(pl.Enum(["None", "School", "University"])))
codebook = of.codebook({"trust": {"text": "How much do you trust doctors?", "labels": ["A lot", "Some", "Not at all"]}})

# %%
# Without your words a prompt can say no more than a column's name. ``phrases`` go on after "Imagine".

words = {
    "female": {"classes": [1, 0], "labels": ["Women", "Men"], "phrases": ["a woman", "a man"]},
    "degree": {"classes": ["None", "School", "University"], "phrase": "your highest degree is: {label}"},
}
groups = of.groups(people, ["female", "degree"], words=words)
groups

# %%
# A prompt that says nothing of the group, and one that does:

human = of.reference(people, codebook, ["female", "degree"])
prompts = of.prompts(human, codebook, elicitation="verbalized", prompt=["base", "sd"], groups=groups)
said = prompts.filter((pl.col("prompt") == "base") | (pl.col("demographic") == "female=1"))
print(*said["text"], sep="\n\n")

# %%
# One of each template, for an appendix:

of.tables.prompts(prompts)

# sphinx_gallery_thumbnail_number = -1
