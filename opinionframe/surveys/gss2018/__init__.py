"""General Social Survey 2018: counts of 47 groups over 18 spending items, and the script that made them."""
