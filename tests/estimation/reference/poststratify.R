# Makes poststratify.csv from the people of ../../microdata/reference who chose. Run in this folder: Rscript poststratify.R
# R 4.2.2, survey 4.1-1.
suppressMessages(library(survey))
people <- subset(read.csv("../../microdata/reference/people.csv"), trust > 0 & w > 0)
people$zone <- ifelse(people$stratum <= 2, "N", "S")
people$same <- 1
cells <- data.frame(sex = c("F", "F", "M", "M"), zone = c("N", "S", "N", "S"), Freq = c(0.2, 0.3, 0.35, 0.15))
sexes <- data.frame(sex = c("F", "M"), Freq = c(0.55, 0.45))
zones <- data.frame(zone = c("N", "S"), Freq = c(0.4, 0.6))
rows <- list()
for (weight in c("w", "same")) {
  design <- svydesign(~1, weights = as.formula(paste0("~", weight)), data = people)
  made <- list(
    cells = postStratify(design, ~ sex + zone, cells),
    raked = rake(design, list(~sex, ~zone), list(sexes, zones), control = list(maxit = 1000, epsilon = 1e-13)))
  for (name in names(made)) for (choice in 1:3) {
    mean <- svymean(as.formula(sprintf("~I(as.numeric(trust == %d))", choice)), made[[name]])
    rows[[length(rows) + 1]] <- data.frame(
      weight = weight, kind = name, choice = choice,
      prob = sprintf("%.17g", coef(mean)), std_error = sprintf("%.17g", SE(mean)))
  }
}
write.csv(do.call(rbind, rows), "poststratify.csv", row.names = FALSE, quote = FALSE)
