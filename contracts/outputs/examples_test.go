package outputs

func everyKind() Document {
	groups := []Group{
		{Level: "no", N: 440, Observed: 205, Expected: 180.34308295833, OMinusE: 24.65691704167, Variance: 70.98413473521},
		{Level: "yes", N: 246, Observed: 94, Expected: 118.65691704167, OMinusE: -24.65691704167, Variance: 70.98413473521},
	}
	curves := KaplanMeier{
		Time: "recurrence-time", Event: "recurrence", Arm: "hormone-therapy", Threshold: 10, Dropped: "0",
		Groups: []Curve{
			{Level: "no", N: 440, Steps: []Step{{Time: 98, Survival: 0.9772, AtRisk: 428, Events: 10}, {Time: 169.5, Survival: 0.95, AtRisk: 410, Events: 12}}},
			{Level: "yes", N: 246, Steps: []Step{}},
		},
	}
	return Document{Schema: Schema, Dataset: "gbsg", Results: append([]Result{
		Count{Cells: []Cell{{By: []Level{}, N: 686}, {By: []Level{{"hormone-therapy", "<= 1 year"}}, N: 0},
			{By: []Level{{"hormone-therapy", "no"}}, Suppressed: true}}, Dropped: Suppressed, Combined: []Source{{"denbi", "gbsg", Digest([]byte("y")), 686}}},
		LogRank{Time: "recurrence-time", Event: "recurrence", Arm: "hormone-therapy", Strata: 1, Dropped: "12",
			Groups: groups, Variance: 70.98413473521, ChiSquare: 8.564780853539, DF: 1, P: 0.0034268},
		curves,
		Summary{Measure: "age", Dropped: "0", Combined: []Source{{"denbi", "gbsg", Digest([]byte("z")), 686}}, Groups: []Summarised{
			{By: []Level{{"hormone-therapy", "no"}}, N: 440, Mean: 51.1, SD: 10.5, Percentiles: []Percentile{{50, 50}}},
			{By: []Level{{"hormone-therapy", "yes"}}, Percentiles: []Percentile{}, Suppressed: true}},
			BySite: []SiteSummary{{"denbi", []Summarised{{By: []Level{}, N: 686, Mean: 50.5, SD: 10.25, Percentiles: []Percentile{{25, 43}, {50, 50}}}}}}},
		Combination{Method: MethodStratifiedBySite, Time: "recurrence-time", Event: "recurrence", Arm: "hormone-therapy",
			Stratum: "institution", Compared: "yes",
			Sites: []SiteResult{{Site: "denbi", OutputDigest: Digest([]byte("x")), OMinusE: -24.65691704167,
				Variance: 70.98413473521, ChiSquare: 8.564780853539, Direction: FewerEvents}},
			Groups: groups, Variance: 70.98413473521, ChiSquare: 8.564780853539, DF: 1, P: 0.0034268,
			Heterogeneity: Heterogeneity{P: 1, Agree: true}, LeaveOut: []LeftOut{}, Curves: []SiteCurves{{"denbi", curves}}},
		Model{Regression: logistic(), Terms: []Estimate{{Term: Intercept, Estimate: -7, SE: 0.5, Statistic: -14, P: 1e-44},
			{Term: "gender=male", Estimate: -0.25, SE: 0.125, Statistic: -2, P: 0.0455, Heterogeneity: &Disagreement{Q: 0.5, DF: 0, P: 1}}},
			Deviance: 7954.165205786, DF: 2970, Method: "shared-gradients", Rounds: 6, From: []Source{{Site: "denbi", OutputDigest: Digest([]byte("x")), N: 2972}}},
		Model{Regression: Regression{Analysis: "cox", Time: "time", Event: "death", Stratum: "institution", N: 227, Events: 164, Strata: 18, Levels: []LevelSize{}},
			Dropped: Suppressed, Terms: []Estimate{{Term: "age", Estimate: 0.0192048983, SE: 0.01, Statistic: 1.92, P: 0.0548}}, Deviance: 1200.5, DF: 163},
		ModelPart{Regression: logistic(), Dropped: "0", Round: 2, Terms: []string{Intercept, "gender=male"}, At: []float64{0.5, -0.25},
			Gradient: []float64{12.5, -3}, Information: []float64{400, 190, 195.5}, Deviance: 3000.25},
		RatioPart{Regression: trials(), Method: "random-effects", Dropped: "0", Round: 2, At: []float64{0.25}, Sums: []float64{12.5, -9.25}},
		RatioPart{Regression: trials(), Method: "mantel-haenszel", Dropped: "0", Sums: []float64{50.5, 80.25, 60}},
	}, genomeKinds()...)}
}

func trials() Regression {
	return Regression{Analysis: RiskRatio, Outcome: "tuberculosis", Stratum: "trial", N: 2972, Events: 400, Strata: 5,
		Levels: []LevelSize{{Concept: "vaccination", Level: "no", N: 1500, Reference: true}, {Concept: "vaccination", Level: "yes", N: 1472}}}
}

func logistic() Regression {
	return Regression{Analysis: "logistic-regression", Outcome: "insurance", N: 2972, Events: 400, Strata: 1,
		Levels: []LevelSize{{Concept: "gender", Level: "female", N: 1500, Reference: true}, {Concept: "gender", Level: "male", N: 1472}}}
}
