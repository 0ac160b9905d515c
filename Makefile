# Everything that can be done with this repository. Only Go, git and make are needed for demo and test.
.DEFAULT_GOAL := help
.PHONY: help build demo test long check race fuzz bench simulation real certify containers clean ory-tools generate
SHELL := /bin/bash

# no C: one build for all, and none of the seconds that switching costs
export CGO_ENABLED := 0

MODULES := contracts services federation features
PACKAGES := $(MODULES:%=./%/...)
FAIRWAY := bin/fairway

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 20

build: ## build bin/fairway, the one program
	@go build -trimpath -o $(FAIRWAY) ./features/cmd/fairway

demo: build ## play real studies over simulated TREs and write out/report/index.html
	@$(FAIRWAY) demo

test: build ## run the tests of all four modules, long suites in their short form
	FAIRWAY_BIN=$(CURDIR)/$(FAIRWAY) go test -short $(PACKAGES)

long: build ## the tests that test leaves out or shortens, in full
	FAIRWAY_BIN=$(CURDIR)/$(FAIRWAY) go test -count=1 -timeout 2h -p 1 ./features/... ./federation/simulation

check: ## format, vet, lint, who may import whom, generated files, modules, scripts
	@scripts/check.sh

race: ## the tests of what runs concurrently, under the race detector (needs a C compiler)
	@scripts/race.sh

fuzz: ## every decoder against made-up input, FUZZTIME (60s) for each target
	@scripts/fuzz.sh

bench: ## compare with peers in the same run; writes bench/results.json
	@scripts/bench.sh

simulation: ## a month of twelve sites with all faults in virtual time, and 3 to 100 sites in one process; writes federation/simulation/SCALE.md
	FAIRWAY_SIMULATION=twelve FAIRWAY_SCALE=SCALE.md go test -v -count=1 -timeout 30m -run 'Month|HardlyGrows' ./federation/simulation

real: build ## the demo and the suites on Apache Kafka (Java 17, Maven), PostgreSQL (its package), Ory Kratos and Keto (a C compiler)
	@scripts/real.sh

certify: build ## judge an airlock in Python, and broken variants of it (Python 3 and a package index)
	@FAIRWAY_BIN=$(CURDIR)/$(FAIRWAY) scripts/certify.sh

containers: build ## the suites on Kafka, PostgreSQL, Kratos and Keto in containers, and one site by compose; says why where no engine can be had
	@scripts/containers.sh

generate: ## write anew what is generated: contracts, the table of settings, the relation model
	@scripts/generated.sh write

ory-tools: ## build real Ory Kratos and Keto for the conformance tests (needs a C compiler; takes minutes)
	@scripts/ory-tools.sh

clean: ## remove what was built and written; caches stay
	rm -rf bin out compose/fairway
	find . -name '*.test' -type f -not -path './.git/*' -delete
