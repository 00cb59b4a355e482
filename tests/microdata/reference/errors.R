# Makes errors.csv from people.csv. Run in this folder: Rscript errors.R
# R 4.2.2, survey 4.1-1.
suppressMessages(library(survey))
people <- read.csv("people.csv")
people$one <- 1
weights_of <- function(kind) as.matrix(people[, grep(paste0("^", kind, "_?[0-9]+$"), names(people))])
replicated <- function(kind, scale, rscales) svrepdesign(
  data = people, weights = ~w, repweights = weights_of(kind), type = "other", scale = scale, rscales = rscales,
  combined.weights = TRUE, mse = TRUE)

designs <- list(
  weights = svydesign(~1, weights = ~w, data = people),
  strata = svydesign(~1, strata = ~stratum, weights = ~w, data = people),
  units = svydesign(~unit, weights = ~w, data = people),
  both = svydesign(~unit, strata = ~stratum, weights = ~w, data = people),
  brr = replicated("brr", 1 / 8, rep(1, 8)),
  fay = replicated("fay", 1 / (8 * (1 - 0.3)^2), rep(1, 8)),
  jk1 = replicated("jk1", 7 / 8, rep(1, 8)),
  jkn = replicated("jkn", 1, c(1, 1, rep(5 / 3, 6)) / 2),
  boot = replicated("boot", 1 / 5, rep(1, 6)))
# The jackknifes by R's own weights.
people$first <- pmin(people$stratum, 2)
options(survey.replicates.mse = TRUE)
own <- list(
  jk1 = as.svrepdesign(designs$units, type = "JK1"),
  jkn = as.svrepdesign(svydesign(~unit, strata = ~first, weights = ~w, data = people), type = "JKn"))
for (name in names(own)) stopifnot(all.equal(
  SE(svymean(~trust, own[[name]])), SE(svymean(~trust, designs[[name]])), tolerance = 1e-12, check.attributes = FALSE))
second <- subset(people, !is.na(w_b))
designs$wave <- svydesign(~unit, strata = ~stratum, weights = ~w_b, data = second)

rows <- list()
for (name in names(designs)) {
  question <- if (name == "wave") "fear" else "trust"
  for (group in c("all", "F", "M")) {
    d <- subset(designs[[name]], get(question) > 0)
    if (group != "all") d <- subset(d, sex == group)
    for (choice in sort(unique(people[[question]][people[[question]] > 0]))) {
      mean <- svymean(as.formula(sprintf("~I(as.numeric(%s == %d))", question, choice)), d)
      rows[[length(rows) + 1]] <- data.frame(
        design = name, question = question, group = group, choice = choice,
        prob = sprintf("%.17g", coef(mean)), std_error = sprintf("%.17g", SE(mean)))
    }
  }
}
write.csv(do.call(rbind, rows), "errors.csv", row.names = FALSE, quote = FALSE)
