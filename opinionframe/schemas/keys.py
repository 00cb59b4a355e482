"""The keys of every frame, each written once: what makes a group, a cell, and a row of Opinions."""

GROUP = ("question", "demographic")
"""One group of people asked one question, whoever answered."""

CELL = (*GROUP, "source")
"""One distribution over the choices of one question: a group of people and who answered for it."""

CHOICE = (*GROUP, "choice")
"""One choice of a question in one group, whoever answered."""

SCORE = (*CELL, "metric")
"""One row of Alignment: the score of a cell by one metric."""

ROW = (*CELL, "choice")
"""One row of Opinions: the share of one choice in one cell."""
