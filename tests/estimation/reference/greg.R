# Makes greg.csv from predictions.csv and the people of ../../microdata/reference. Run in this folder: Rscript greg.R
# R 4.2.2, survey 4.1-1.
# Of everybody who chose, by design and choice: the difference estimate and its error (the mean of y - f, plus the known
# mean of f), and the regression estimate by calibrate(), with the error of its residuals under the design's own weights.
suppressMessages(library(survey))
people <- read.csv("../../microdata/reference/people.csv")
cells <- read.csv("predictions.csv")
people <- merge(people, cells, by = c("sex", "stratum"), sort = FALSE)
designs <- list(
  weights = svydesign(~1, weights = ~w, data = people),
  strata = svydesign(~1, strata = ~stratum, weights = ~w, data = people),
  units = svydesign(~unit, weights = ~w, data = people),
  both = svydesign(~unit, strata = ~stratum, weights = ~w, data = people))
calls <- lapply(designs, function(d) d$call)
for (name in names(calls)) calls[[name]]$data <- quote(data)
rows <- list()
for (name in names(designs)) for (choice in 1:3) {
  people$y <- as.numeric(people$trust == choice)
  people$f <- people[[paste0("f", choice)]]
  known <- sum(cells$share * cells[[paste0("f", choice)]])
  design <- update(designs[[name]], y = as.numeric(trust == choice), f = get(paste0("f", choice)))
  chose <- subset(design, trust > 0)
  difference <- svymean(~I(y - f), chose)
  total <- sum(weights(chose))
  # calibrate() takes no weights of zero.
  there <- eval(calls[[name]], list(data = subset(people, trust > 0 & w > 0)))
  greg <- svymean(~y, calibrate(there, ~f, c("(Intercept)" = total, f = total * known)))
  slope <- coef(lm(y ~ f, data = subset(people, trust > 0), weights = w))[["f"]]
  chose <- update(chose, e = y - slope * f)
  rows[[length(rows) + 1]] <- data.frame(
    design = name, choice = choice,
    difference = sprintf("%.17g", coef(difference) + known), difference_error = sprintf("%.17g", SE(difference)),
    regression = sprintf("%.17g", coef(greg)), regression_error = sprintf("%.17g", SE(svymean(~e, chose))),
    calibrated_error = sprintf("%.17g", SE(greg)))
}
write.csv(do.call(rbind, rows), "greg.csv", row.names = FALSE, quote = FALSE)
