# Doorstep: `make` lists what there is. Everything runs from .venv; nothing outside this folder is changed
# except Debian packages that are missing (rabbitmq-server; for the tests also postgresql, prometheus, chromium,
# fonts-wqy-microhei, age and libfaketime).
SHELL := /bin/bash
BIN := .venv/bin
SETUP := deploy/local/setup.sh

# Tests start a thousand processes; where bytecode is not kept, each compiles the same files again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help venv setup demo test tests test-fast test-compose soak lint bench bench-doors bench-audit bench-timers bench-stranger lock docs pictures texts secrets keys backup restore upgrade images clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

venv: ## the virtual environment with the locked packages, for development
	@$(SETUP) --dev

setup: ## what `doorstep` needs to run here: virtual environment and RabbitMQ
	@$(SETUP) --rabbitmq

demo: setup ## a whole day of arrivals on this machine; Ctrl-C ends it (DAYS=14: plays days; ONCE=1: ends by itself)
	@$(BIN)/doorstep demo $(if $(DAYS),--days '$(DAYS)') $(if $(ONCE),--once)

# Tests wait for a broker or a clock for 40 % of the time: two workers more than cores. In which order they take
# files says tests/conftest.py.
SPREAD = -n $$(($$(nproc) + 2)) --dist loadfile --no-loadscope-reorder

test: ## everything that checks the project: lint, types, arrows, all tests (TESTS=path for some)
ifndef TESTS
	@$(MAKE) --no-print-directory lint
endif
	@$(MAKE) --no-print-directory tests

tests: ## all tests without lint (TESTS=path for some)
	@$(SETUP) --dev --rabbitmq --postgresql --prometheus --chromium --age --faketime
ifdef TESTS
	$(BIN)/pytest $(TESTS)
else
	$(BIN)/pytest $(SPREAD) --durations 20 tests/chaos tests/e2e tests/browser tests/integration tests/contract tests/unit
endif

test-fast: venv ## the tests that need neither broker nor PostgreSQL
	$(BIN)/pytest -n auto $(wildcard tests/unit tests/contract) -m "not broker and not postgresql and not slow"

# KILLS and SEED: `make soak SEED=7` lets the same processes die in the same order as a run that said seed 7.
soak: ## what takes hours: plans on 2,000,000 arrivals, fourteen days of the demo, with and without deaths, and two of many arrivals in which hundreds of processes die (KILLS=400 SEED=7)
	@$(SETUP) --dev --rabbitmq --postgresql --faketime
	DOORSTEP_SOAK_KILLS=$(or $(KILLS),400) DOORSTEP_SOAK_ARRIVALS_IN_STORM=3000 DOORSTEP_STORM_SEED=$(SEED) \
		$(BIN)/pytest -v -s tests/chaos/faults --ignore tests/chaos/faults/test_storm_of_days.py
	DOORSTEP_SOAK_STORMY_DAYS=14 DOORSTEP_SOAK_KILLS_IN_DAYS=80 DOORSTEP_SOAK_ARRIVALS_IN_DAYS=200 \
		DOORSTEP_STORM_SEED=$(SEED) $(BIN)/pytest -v -s tests/chaos/faults/test_storm_of_days.py
	DOORSTEP_SOAK_KILLS_EACH=50 DOORSTEP_SOAK_ARRIVALS_OF_DAY=5000 \
		$(BIN)/pytest -v -s tests/chaos --ignore tests/chaos/faults
	DOORSTEP_SOAK_CHANGES_OF_EACH_TYPE=150 $(BIN)/pytest -v tests/contract/test_quick_reading.py
	DOORSTEP_SOAK_QUIET_MINUTES=5 $(BIN)/pytest -v -s tests/integration/chassis/test_messaging_idle.py
	DOORSTEP_SOAK_ARRIVALS=2000000 $(BIN)/pytest -v -s tests/integration/plans
	DOORSTEP_SOAK_DAYS=14 DOORSTEP_SOAK_BOTH_DATABASES=1 $(BIN)/pytest -v -s tests/e2e

lint: venv ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: ## Doorstep beside its peers, on PostgreSQL (AGAINST=COMMIT: beside that commit; see docs/performance.md)
	@$(SETUP) --dev --bench --rabbitmq --postgresql
	$(BIN)/python -m $(if $(AGAINST),benchmarks.compare '$(AGAINST)',benchmarks) $(BENCH)

bench-doors: ## pages, acts, check-ins and results at the doors, on a full database beside intake (see benchmarks/README.md)
	@$(SETUP) --dev --bench --rabbitmq --postgresql --chromium
	$(BIN)/python -m benchmarks.doors $(BENCH)

bench-audit: ## how long `doorstep audit` takes at 1,000,000 arrivals, and at 200,000 on SQLite
	@$(SETUP) --dev --bench --postgresql
	$(BIN)/python -m benchmarks.audit $(BENCH)

bench-timers: ## what falls due at once of 1,000,000 open cases, beside intake; a laboratory's results (see benchmarks/README.md)
	@$(SETUP) --dev --bench --rabbitmq --postgresql
	$(BIN)/python -m benchmarks.timers $(BENCH)

bench-stranger: ## how long one publisher's report waits while another one floods (see benchmarks/README.md)
	@$(SETUP) --dev --bench --rabbitmq --postgresql
	$(BIN)/python -m benchmarks.stranger $(BENCH)

secrets: ## strong secrets for docker-compose.yml, in deploy/compose/secrets/; what is there stays
	@python3 deploy/compose/make_secrets.py

SEALED_BY = registration isolation notification registration_door isolation_door notification_door

keys: ## the next step from one sealing key to another: DO=add, DO=promote, or DO=retire KEY=k1 (docs/operations/keys.md)
	@[ '$(DO)' != retire ] || docker-compose run --rm doorstep keys status --unused '$(KEY)'
	@python3 -m deploy.keys '$(DO)' "$${DOORSTEP_SECRETS:-deploy/compose/secrets}/seal_keys" $(KEY)
	@docker-compose up -d --force-recreate --no-deps $(SEALED_BY)

backup: ## the deployment's data into a new folder below TO, while it runs (KEEP=7: only the newest 7 stay; FOR=age1…: encrypted)
	@python3 -m deploy.backup backup $(if $(TO),'$(TO)',$(error make backup TO=folder)) $(if $(KEEP),--keep '$(KEEP)') $(foreach key,$(FOR),--for '$(key)')

restore: ## a backup into an empty deployment: FROM=its folder (FORCE=1: its data may be lost; IDENTITY=file of its key; ONLY=publishers)
	@python3 -m deploy.backup restore $(if $(FROM),'$(FROM)',$(error make restore FROM=folder)) $(if $(filter 1 yes,$(FORCE)),--force) $(if $(IDENTITY),--identity '$(IDENTITY)') $(if $(ONLY),--only '$(ONLY)')

upgrade: ## the deployment becomes one of this version: backup below TO, tables, rights, services (KEEP=7; BUILD=no: image is there)
	@python3 -m deploy.upgrade $(if $(TO),'$(TO)',$(error make upgrade TO=folder of the backups)) $(if $(KEEP),--keep '$(KEEP)') $(if $(filter no,$(BUILD)),--no-build)

images: ## every image of docker-compose.yml from Debian's packages and PyPI's wheels, without a registry
	@engine=$$(deploy/registryless/engine.sh start) && eval "$$engine" && deploy/registryless/images.sh && echo "$$engine"

# What it is allowed to take, images included. INT lets pytest take its deployments away.
COMPOSE_LIMIT = 25m

test-compose: ## the deployment on a real Docker engine, which is installed and started if there is none
	@$(SETUP) --dev --age
	@deploy/registryless/engine.sh run timeout --foreground --signal INT --kill-after 2m $(COMPOSE_LIMIT) \
		$(BIN)/pytest -m compose tests/compose || { code=$$?; \
		case $$code in 124 | 137) echo 'test-compose: not done after $(COMPOSE_LIMIT): stopped' >&2 ;; esac; exit $$code; }

docs: venv ## write the documents that are made from the code again
	$(BIN)/doorstep docs
	$(BIN)/python -m deploy.grafana.make_dashboards

PICTURES = docs/guides/pictures

pictures: ## the pictures of docs/guides, made anew by the browser tests
	@$(SETUP) --dev --chromium
	mkdir -p $(PICTURES) && $(BIN)/pytest -q tests/browser --pictures $(PICTURES)

PAGES = services/console/pages

texts: venv ## find the texts of the pages again, and put new ones into the catalogues, where they wait for translation
	@texts=$$(mktemp --suffix .pot) && $(BIN)/pybabel -q extract -F pyproject.toml --no-location --omit-header -o $$texts $(PAGES) && \
	for language in zh_CN en; do \
		$(BIN)/pybabel -q update -i $$texts -o $(PAGES)/translations/$$language.po -l $$language --no-fuzzy-matching --ignore-obsolete --omit-header; \
	done; rm -f $$texts

COMPILE = CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-annotate --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --pip-args="--only-binary :all:"

lock: venv ## resolve the dependencies again (UPGRADE=1: to their newest versions)
	$(COMPILE) $(if $(UPGRADE),--upgrade) --build-deps-for editable -o requirements.lock pyproject.toml
	$(COMPILE) $(if $(UPGRADE),--upgrade) --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	$(COMPILE) $(if $(UPGRADE),--upgrade) --extra bench -c requirements-dev.lock -o requirements-bench.lock pyproject.toml

clean: ## stop what `doorstep up` started, remove var/ except the engine's images and volumes, .venv and caches
	@if [ -x $(BIN)/doorstep ]; then $(BIN)/doorstep down || true; fi
	@if [ -d var ]; then find var -mindepth 1 -maxdepth 1 ! -name engine -exec rm -rf {} + && rmdir --ignore-fail-on-non-empty var; fi
	@! [ -e var/engine ] || echo 'kept: var/engine, images and volumes (deploy/registryless/engine.sh stop, then remove it)'
	rm -rf .venv build *.egg-info clients/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
