# Makes haven.sav and haven.dta, an invented panel of ten as R's haven writes it. Run in this folder:
# Rscript make_labelled.R   (R 4.2.2, haven 2.5.1)
suppressMessages(library(haven))
people <- data.frame(
  trust = labelled_spss(c(0, 3, 10, 10, 5, 77, 88, 99, 0, NA),
    c("No trust" = 0, "Complete trust" = 10, Refusal = 77, "Don't know" = 88), na_range = c(77, Inf), label = "Trust in parliament"),
  tax = labelled_spss(c(1, 2, 2, 8, 9, 1, 1, 2, -1, 8), c(" Too low " = 1, "Too high" = 2, "Weiß nicht" = 8), na_values = c(8, 9, -1)),
  sex = labelled(c(1, 2, 1, 2, 1, 2, 1, 2, 1, 2), c(Männer = 1, Frauen = 2)),
  party = labelled_spss(c("a", "b", "a", "zz", "b", "a", "", "b", "a", "b"), c(Arbeid = "a", Bonde = "b", Vet_ikke = "zz"), na_values = "zz"),
  day = as.Date("2026-05-01") + c(0, 0, 0, 0, 0, 1, 1, 1, 1, NA),
  degree = factor(c("None", "BA", "MA", "BA", "None", "BA", "MA", "None", "BA", "MA"), levels = c("None", "BA", "MA")),
  weight = c(1, 2, 1, 1, 1, 1, 1, 1, 1, 0))
write_sav(people, "haven.sav")
people$trust <- labelled(c(0, 3, 10, 10, 5, tagged_na("a"), tagged_na("b"), tagged_na("z"), 0, NA),
  c("No trust" = 0, "Complete trust" = 10, Refusal = tagged_na("a"), "Don't know" = tagged_na("b")), label = "Trust in parliament")
people$tax <- labelled(c(1, 2, 2, tagged_na("d"), tagged_na("e"), 1, 1, 2, tagged_na("f"), tagged_na("d")),
  c(" Too low " = 1, "Too high" = 2, "Weiß nicht" = tagged_na("d")))
people$party <- as.character(people$party)
write_dta(people, "haven.dta", version = 14)
