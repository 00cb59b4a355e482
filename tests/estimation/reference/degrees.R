# Makes degrees.csv from the people of ../../microdata/reference. Run in this folder: Rscript degrees.R
# R 4.2.2, survey 4.1-1.
# Of women, of men and of everybody who chose, by design: degrees of freedom, and by how much svyciprop(method = "beta")
# divides their effective number, the square of Student's quantile over that of as many people.
suppressMessages(library(survey))
people <- subset(read.csv("../../microdata/reference/people.csv"), w > 0 & !is.na(trust) & trust > 0)
fay <- as.matrix(people[paste0("fay", 1:8)])
designs <- list(
  weights = svydesign(~1, weights = ~w, data = people),
  strata = svydesign(~1, strata = ~stratum, weights = ~w, data = people),
  units = svydesign(~unit, weights = ~w, data = people),
  both = svydesign(~unit, strata = ~stratum, weights = ~w, data = people),
  fay = svrepdesign(weights = ~w, repweights = fay, combined.weights = TRUE, type = "Fay", rho = 0.3, data = people, mse = TRUE))
rows <- list()
for (name in names(designs)) for (group in c("all", "sex=F", "sex=M", "sex=F & stratum=1")) {
  chose <- designs[[name]]
  if (group == "sex=F & stratum=1") chose <- subset(chose, sex == "F" & stratum == 1)
  else if (group != "all") chose <- subset(chose, sex == substr(group, 5, 5))
  n <- sum(weights(chose, "sampling") > 0)
  df <- degf(chose)
  rows[[length(rows) + 1]] <- data.frame(design = name, demographic = group, n = n, degrees = df,
    divisor = sprintf("%.17g", (qt(0.025, max(df, 1)) / qt(0.025, n - 1))^2))
}
write.csv(do.call(rbind, rows), "degrees.csv", row.names = FALSE, quote = FALSE)
