# SPDX-FileCopyrightText: The hilft authors
# SPDX-License-Identifier: Apache-2.0

# `make help` lists what there is. Every target sets up what it needs, given Go, Node and make.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unreleased)
LDFLAGS := -s -w -X main.version=$(VERSION)
WEB     := $(shell find web -type d \( -name node_modules -o -name dist -o -name dist-widget -o -path web/tools -o -path web/widget -o -path web/e2e \) -prune -o -type f -print 2>/dev/null)
WIDGET  := $(shell find web/widget -type d -name node_modules -prune -o -type f -print 2>/dev/null)
LINT    := bin/golangci-lint

# Tests wait for disks, sockets and clocks more than they compute, so more of them run than there are cores. Those that run
# the binary take turns where they compute (apptest.Turn), and may all wait at once.
PARALLEL ?= 8
WAITING  ?= 256
# Tests are built as the binary is, so that nothing is compiled twice, and without what nobody needs: make check vets, and
# nobody debugs them. Those that run the binary run the one that is there. Three packages at a time, as some wait longer than
# they compute.
# The compiler, and tests that look at nobody's memory, have enough of it to collect garbage seldom.
ROOMY    := GOGC=400
TESTS    := HILFT_BIN=$(CURDIR)/bin/hilft CGO_ENABLED=0 FSYNC=off scripts/with-postgres go test -p 3 -trimpath -vet=off -ldflags='-s -w' \
	-count=1 -shuffle=on -timeout 20m
# Rooms without a database are quick enough to be watched by the race detector on every check.
PURE     := . ./channel/... ./internal/blob/... ./internal/bus/... ./internal/faults/...
# What is written by a machine and committed. `make generate` writes it, `make check` fails when that changes it.
GENERATED := internal/httpapi/openapi.json web/src/api/schema.gen.ts

# make soak: how long each fuzz target runs, how long load is kept up, and how often what breaks is broken. The words are
# explained in docs/reliability.md.
FUZZTIME   ?= 1m
DURATION   ?= 5m
KILLS      ?= 200
WEBHOOKS   ?= 100000
CUTS       ?= 100
HOLD       ?= 60
NTH        ?= 500
RESTARTS   ?= 15
DUPLICATES ?= 100000
ORDERS     ?= 160
FORGED     ?= 10000
JUMPS      ?= 10
SOAK_TABLE ?= $(CURDIR)/bin/soak.md
DOSES      := KILLS WEBHOOKS CUTS HOLD NTH RESTARTS DUPLICATES ORDERS FORGED JUMPS SOAK_TABLE

# What the binary consists of is made at the same time: the browser app and the widget, and all Go that has neither in it.
MAKEFLAGS += --jobs=3
.DEFAULT_GOAL := build
.PHONY: build rooms demo test check bench soak faults generate fmt clean help need

build: need web/dist/index.html web/dist-widget/widget.js rooms ## build bin/hilft (what `make` alone does)
	$(ROOMY) CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/hilft ./cmd/hilft

rooms: need
	$(ROOMY) CGO_ENABLED=0 go build -trimpath ./internal/httpapi ./connectors/... ./sandbox/...

demo: build ## build, then open the house with made-up customers; ARGS='--quiet --listen 127.0.0.1:9000' is passed on
	bin/hilft demo $(ARGS)

test: build ## pass all tests: browser app, rooms on SQLite and Postgres, stories, browser journeys
	npm --prefix web test
	npm --prefix web/widget test
	$(ROOMY) $(TESTS) -parallel $(PARALLEL) $$(go list ./... | grep -vE '/(soak|stories)$$')
	$(TESTS) -parallel $(WAITING) ./soak ./stories

check: need web/node_modules/.package-lock.json web/widget/node_modules/.package-lock.json ## format, vet, lint, arrows, races in pure rooms, generated files unchanged
	scripts/lint $(LINT)
	go vet ./...
	go test -count=1 ./internal
	scripts/race $(PURE)
	scripts/unchanged $(GENERATED)
	npm --prefix web run check
	npm --prefix web/widget run check

bench: build ## print the table of speeds, SQLite and Postgres; ARGS are passed on
	scripts/with-postgres go run ./bench $(ARGS)

soak: build ## the long tests with the race detector; docs/reliability.md has the doses; prints what was found
	HILFT_SOAK=1 DURATION=$(DURATION) $(foreach d,$(DOSES),$(d)=$($(d))) \
		scripts/with-postgres scripts/race -shuffle=on -parallel $(PARALLEL) -timeout 0 ./...
	@cat $(SOAK_TABLE)
	scripts/fuzz $(FUZZTIME)

faults: build ## of make soak, what docs/reliability.md lists: break things under the binary; ONLY= names one test
	HILFT_SOAK=1 $(foreach d,$(DOSES),$(d)=$($(d))) \
		scripts/with-postgres go test -count=1 -v -parallel $(PARALLEL) -timeout 0 -run '$(ONLY)' ./soak
	@cat $(SOAK_TABLE)

generate: need web/node_modules/.package-lock.json ## write the generated files anew
	go generate ./...
	npm --prefix web run types

fmt: need $(LINT) ## format all Go files
	$(LINT) fmt ./...

clean: ## remove what was built
	rm -rf bin web/node_modules web/tools/node_modules web/widget/node_modules
	find web/dist web/dist-widget -mindepth 1 ! -name '.git*' -delete

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

need:
	@scripts/need go node

web/node_modules/.package-lock.json: web/package-lock.json
	npm --prefix web ci --no-audit --no-fund
	@touch $@

web/widget/node_modules/.package-lock.json: web/widget/package-lock.json
	npm --prefix web/widget ci --no-audit --no-fund
	@touch $@

web/dist-widget/widget.js: web/widget/node_modules/.package-lock.json $(WIDGET)
	npm --prefix web/widget run build
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(WEB)
	npm --prefix web run build
	@touch $@

# In a module of its own, so that the tool's dependencies are not ours.
$(LINT): tools/go.mod tools/go.sum
	cd tools && go build -o ../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
