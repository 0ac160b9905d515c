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
			{By: []Level{{"hormone-therapy", "no"}}, Suppressed: true}}, Dropped: Suppressed, Combined: []Source{{"denbi", Digest([]byte("y")), 686}}},
		LogRank{Time: "recurrence-time", Event: "recurrence", Arm: "hormone-therapy", Strata: 1, Dropped: "12",
			Groups: groups, Variance: 70.98413473521, ChiSquare: 8.564780853539, DF: 1, P: 0.0034268},
		curves,
		Summary{Measure: "age", Dropped: "0", Combined: []Source{{"denbi", Digest([]byte("z")), 686}}, Groups: []Summarised{
			{By: []Level{{"hormone-therapy", "no"}}, N: 440, Mean: 51.1, SD: 10.5, Percentiles: []Percentile{{50, 50}}},
			{By: []Level{{"hormone-therapy", "yes"}}, Percentiles: []Percentile{}, Suppressed: true}}},
		Combination{Method: MethodStratifiedBySite, Time: "recurrence-time", Event: "recurrence", Arm: "hormone-therapy",
			Stratum: "institution", Compared: "yes",
			Sites: []SiteResult{{Site: "denbi", OutputDigest: Digest([]byte("x")), OMinusE: -24.65691704167,
				Variance: 70.98413473521, ChiSquare: 8.564780853539, Direction: FewerEvents}},
			Groups: groups, Variance: 70.98413473521, ChiSquare: 8.564780853539, DF: 1, P: 0.0034268,
			Heterogeneity: Heterogeneity{P: 1, Agree: true}, LeaveOut: []LeftOut{}, Curves: []SiteCurves{{"denbi", curves}}},
	}, genomeKinds()...)}
}
