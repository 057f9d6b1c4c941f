# Everything one does with the tree. "make" alone lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export CGO_ENABLED ?= 0
GO ?= go
STATICCHECK := $(GO) tool -modfile=tools.mod staticcheck
# Each fuzz target runs this long: a time, or a number of inputs (2500x), which no deadline cuts off.
FUZZTIME ?= 5s
# More arguments of test/bench: "-rounds 1 -rows 20000 -due 1000" takes two minutes; -h lists them.
BENCH ?=
# More arguments of test/model: "-timeout 0 -seeds 2000" is a long search, "-seed 17" one story.
MODEL ?=
# More arguments of test/crash and of chaos: "-every 1", "-seed 3 -nodes 5".
CRASH ?=
CHAOS ?=
# Go files that are ours.
GOFILES := $(shell find . -name '*.go' -not -path '*/node_modules/*' -not -path './build/*')
# Packages with goroutines or locks of their own.
RACE := ./cmd/... ./internal/jobs ./internal/notify ./internal/vault \
	./internal/rest ./internal/rest/notices ./internal/sandbox/...
# It watches our code and what our code shares, not SQLite, which is C turned into Go: three quarters of the work, and nobody's here to mend.
RACE_TEST := CGO_ENABLED=1 $(GO) test -race -vet=off -gcflags='modernc.org/...=-race=false' -parallel 8 -timeout 15m
# Tests of these packages in which one thing follows the other: command lines, on a file.
IN_TURN := ^TestScripts$$|^TestBackupIsRestored$$|^TestScheduleAndBillingKeyCommands$$|^TestReceiptAndAccountCommands$$
# The store's and the gateway's tests in which several do something at once. The race detector watches on SQLite: PostgreSQL adds the
# driver's goroutines alone. All tests run on both without it.
STORE_AT_ONCE := AtOnce|OfMany|Workers|Racing|OfFifty|WhileItIs|Close|Undoes|GroupCommit|HandOver|ReadOnce|UnderLoad|Caller|SharedTransaction
AT_ONCE := Race|Racing|AtOnce|Hundred|ManyNodes|IssuedOnce|SameInstant|TwoWindows|Stale|HeldKey|AskedForTwice|SentAgain|LateApproval|WhileItsJob|Tokens|BuyerPays
AT_ONCE := $(AT_ONCE)|Everybody|Frozen|AJobAsked|Resealing|Against|UnderFire|Lookups|OurOwnCommit|UnderWay|ThatWaited
ON_POSTGRES := .*/^postgres$$|.*/.*/^postgres$$|.*/.*/.*/^postgres$$
# Packages whose tests run on PostgreSQL as well.
STORED := $(shell grep -rl --include='*_test.go' 'pgtest\.' internal cmd 2>/dev/null | xargs -r -n1 dirname | sort -u | sed 's,^,./,')

.PHONY: help dev build test check fmt fmt/verify vet lint arch generate verify golden test/unit test/race test/pg \
	test/parameters test/model test/crash test/chaos soak chaos test/e2e test/sdk test/clients test/js fuzz bench screenshots deps/system clean

help: ## this list
	@grep -hE '^[a-z0-9/]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

dev: ## start everything on this machine: gateway, sandbox, demo shop
	$(GO) run ./cmd/naru dev

build: ## a static binary at build/naru
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o build/naru ./cmd/naru

test: deps/system ## every test there is; installs what it needs; some thirteen minutes on two processors
	@FUZZTIME=1500x bash test/all.sh fmt/verify vet lint arch verify test/unit test/race -- \
		test/js test/sdk test/parameters test/e2e test/clients test/chaos -- test/model test/crash fuzz

check: fmt/verify vet lint arch verify test/unit ## the quick half of test: before a commit

fmt: ## format the Go files
	gofmt -w $(GOFILES)

fmt/verify: ## fail if a Go file is not formatted
	@bad=$$(gofmt -l $(GOFILES)); \
	if [[ -n $$bad ]]; then echo "not formatted (make fmt):"; echo "$$bad"; exit 1; fi

vet: ## go vet
	$(GO) vet ./...

lint: ## staticcheck, from its own module file so that it stays out of the server's
	$(STATICCHECK) ./...

arch: ## who may import whom
	$(GO) test -count 1 .

generate: ## rewrite what is made from code: pages under docs/ and the golden files of our own answers
	NARU_UPDATE=1 $(GO) test -count 1 ./internal/pay ./internal/config ./internal/rest/v1 ./internal/sdk

golden: generate ## the same

verify: ## fail if a module is not what it should be; generated pages and golden files are held by test/unit
	$(GO) mod verify

test/unit: ## unit, golden and conformance tests, on SQLite and PostgreSQL
	test/pg.sh $(GO) test -vet=off -parallel 8 -timeout 15m $$($(GO) list ./... | grep -vE '^naru(/test/|$$)')

test/parameters: ## every row of docs/window-parameters.md, by what the stand-ins of a built naru dev receive
	$(GO) test -count 1 -vet=off -parallel 8 -timeout 10m ./test/parameters

test/race: ## with the race detector, where there are goroutines or locks (needs a C compiler)
	test/pg.sh env $(RACE_TEST) -skip '$(ON_POSTGRES)|$(IN_TURN)' $(RACE)
	$(RACE_TEST) -run '$(STORE_AT_ONCE)' -skip '$(ON_POSTGRES)' ./internal/store
	$(RACE_TEST) -run '$(AT_ONCE)' -skip '$(ON_POSTGRES)' ./internal/gateway

test/pg: ## the tests that use PostgreSQL, alone
	test/pg.sh $(GO) test -count 1 $(STORED)

test/model: ## random stories, each from its seed: V1 calls, deposits, faults and deaths against books and ledgers
	test/pg.sh $(GO) test -count 1 -vet=off -timeout 15m ./test/model $(MODEL)

test/crash: ## a death at every commit and every call of every operation, and each answer lost in each way
	test/pg.sh $(GO) test -count 1 -vet=off -timeout 15m ./test/crash $(CRASH)

test/chaos: ## three nodes on one PostgreSQL, killed, stopped and cut off, for half a minute; a rolling upgrade
	$(GO) test -count 1 -vet=off -timeout 10m ./test/chaos

soak: ## 100,000 random operations with faults, deaths and moves of the clock on every database, and a report
	test/pg.sh $(GO) test -count 1 -timeout 0 -v -run 'TestModel$$' ./test/model -ops 100000 $(MODEL)

chaos: ## test/chaos for three minutes, and a report
	$(GO) test -count 1 -timeout 30m -v -run 'TestChaos$$' ./test/chaos -for 3m $(CHAOS)

test/e2e: test/js/node_modules ## the built binary, driven by a real browser
	$(GO) test -count 1 -vet=off -p 1 -parallel 4 -timeout 15m ./test/browser ./test/e2e/...

test/sdk: ## the browser SDK's own tests, in Node
	node --test $$(find internal examples -name '*.test.js' -o -name '*.test.mjs' -o -name '*.test.cjs')

test/clients: ## public clients of V1, unmodified, against the built binary
	$(GO) test -count 1 -vet=off -timeout 10m ./test/clients/...

test/js: test/js/node_modules ## type-check the plain JavaScript, and a merchant's TypeScript
	test/js/node_modules/.bin/tsc -p test/js

test/js/node_modules: test/js/package-lock.json
	cd test/js && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

fuzz: ## each fuzz target for FUZZTIME
	FUZZTIME=$(FUZZTIME) bash test/fuzz.sh

bench: build ## start-up, memory, payments, lists and booked charges beside a bare handler, as tables, and the first window: an hour and a half
	$(GO) run ./test/bench -bin build/naru $(BENCH) | tee build/bench.md
	$(GO) test -run '^$$' -bench FirstWindow -benchtime 20x ./test/e2e

screenshots: test/js/node_modules ## a picture of every page into build/screenshots
	NARU_SCREENSHOTS=$(CURDIR)/build/screenshots $(GO) test -count 1 -timeout 9m -run Screenshots ./test/e2e/...

deps/system: ## install what the tests need: Chromium, a Korean font, PostgreSQL, Node, curl, a C compiler
	@bash test/deps.sh

clean: ## remove what was built
	rm -rf build test/js/node_modules test/clients/node_modules
