# Makes reference.csv from cells.csv. Run in this folder: Rscript reference.R
# R 4.2.2, sandwich 3.0-2, clubSandwich 0.5.8.
suppressMessages({library(sandwich); library(clubSandwich)})
cells <- read.csv("cells.csv")
d <- cells$ridge - cells$raw
q <- factor(cells$question); g <- factor(cells$demographic)
n <- length(d); G <- nlevels(q); fit <- lm(d ~ 1)
out <- list()
put <- function(name, value) out[[name]] <<- unname(value)

t <- t.test(cells$ridge, cells$raw, paired = TRUE, conf.level = 0.9)
put("paired.estimate", t$estimate); put("paired.std_error", t$stderr); put("paired.statistic", t$statistic)
put("paired.p_value", t$p.value); put("paired.conf_low", t$conf.int[1]); put("paired.conf_high", t$conf.int[2])

put("cr1.std_error", sqrt(vcovCR(fit, q, "CR1")[1, 1]))
put("cr1.p_value", 2 * pt(-abs(mean(d)) / out$cr1.std_error, G - 1))
put("cr2.std_error", sqrt(vcovCR(fit, q, "CR2")[1, 1]))

# Degrees of freedom of Imbens and Kolesar (2016), by full matrices: cluster effects plus noise.
size <- table(q)
ms <- anova(lm(d ~ q))
noise <- ms["Residuals", "Mean Sq"]
effect <- max(0, (ms["q", "Mean Sq"] - noise) / ((n - sum(size^2) / n) / (G - 1)))
omega <- diag(noise, n) + effect * outer(q, q, "==")
hat <- matrix(1 / n, n, n)
loadings <- sapply(levels(q), function(level) {
  mine <- which(q == level); e <- eigen(diag(length(mine)) - hat[mine, mine, drop = FALSE])
  root <- e$vectors %*% diag(1 / sqrt(e$values), length(mine)) %*% t(e$vectors)
  (diag(n) - hat)[, mine, drop = FALSE] %*% root %*% rep(1 / n, length(mine))
})
M <- t(loadings) %*% omega %*% loadings
put("cr2.df", sum(diag(M))^2 / sum(M^2))
put("cr2.p_value", 2 * pt(-abs(mean(d)) / out$cr2.std_error, out$cr2.df))
put("cr2.conf_low", mean(d) - qt(0.95, out$cr2.df) * out$cr2.std_error)
put("cr2.conf_high", mean(d) + qt(0.95, out$cr2.df) * out$cr2.std_error)

put("two_way.std_error", sqrt(vcovCL(fit, cluster = data.frame(q, g), type = "HC0", cadjust = TRUE)[1, 1]))
put("two_way.p_value", 2 * pt(-abs(mean(d)) / out$two_way.std_error, min(G, nlevels(g)) - 1))

long <- data.frame(score = c(cells$raw, cells$few_shot, cells$ridge), cell = factor(rep(seq_len(n), 3)),
                   condition = factor(rep(c("raw", "few_shot", "ridge"), each = n)))
anova_table <- summary(aov(score ~ condition + Error(cell / condition), long))[["Error: cell:condition"]][[1]]
put("anova.statistic", anova_table["condition", "F value"]); put("anova.p_value", anova_table["condition", "Pr(>F)"])
post <- c(t.test(cells$few_shot, cells$raw, paired = TRUE)$p.value, t.test(cells$ridge, cells$raw, paired = TRUE)$p.value,
          t.test(cells$ridge, cells$few_shot, paired = TRUE)$p.value)
for (way in c("bonferroni", "holm", "BH")) for (i in 1:3) put(paste0("post.", tolower(way), ".", i), p.adjust(post, way)[i])

lower <- t.test(d, mu = -0.12, alternative = "greater"); upper <- t.test(d, mu = 0.12, alternative = "less")
put("tost.p_value", max(lower$p.value, upper$p.value))
put("tost.cr2.p_value", max(pt(-(mean(d) + 0.12) / out$cr2.std_error, out$cr2.df),
                            pt((mean(d) - 0.12) / out$cr2.std_error, out$cr2.df)))
put("noninferior.p_value", t.test(d, mu = -0.02, alternative = "greater")$p.value)

# Minimum detectable difference of 40 questions with standard deviation 0.1 between question means.
put("detectable.40", power.t.test(n = 40, sd = 0.1, power = 0.8, type = "one.sample", strict = TRUE, tol = 1e-14)$delta)
put("detectable.12", power.t.test(n = 12, sd = 0.1, power = 0.9, sig.level = 0.01, type = "one.sample", strict = TRUE, tol = 1e-14)$delta)

# Expected absolute difference of two binomial shares.
for (n1 in c(5, 50, 1000)) for (p in c(0.02, 0.3, 0.5)) {
  x <- dbinom(0:n1, n1, p); put(paste("binomial", n1, p, sep = "."), sum(outer(x, x) * abs(outer(0:n1, 0:n1, "-"))) / n1)
}
write.csv(data.frame(name = names(out), value = sprintf("%.17g", unlist(out))), "reference.csv", row.names = FALSE, quote = FALSE)
