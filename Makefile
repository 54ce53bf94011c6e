# Every target is a few commands of Docker Compose or npm; `make help` lists them. The host needs Docker with
# Compose 2.24 or newer and make; the targets under "Tests" need Node as well.
COMPOSE ?= docker compose
ENV_FILE ?= .env.prod
# A name of its own: the demo's data never mix with those of a real host.
PROD = COMPOSE_PROJECT_NAME=$${COMPOSE_PROJECT_NAME:-mini-soc-prod} $(COMPOSE) --env-file $(ENV_FILE) -f docker-compose.yml -f docker-compose.prod.yml $(PROD_FILES)
SOC = $(COMPOSE) exec -T console node bin/soc.js
# All that stay; a service that ends by itself would make `up --wait` fail.
STAYING = elasticsearch detection response enricher chroma log-generator filebeat console kibana

.DEFAULT_GOAL := help
.PHONY: help up down build logs status trigger alerts blocked demo scale backup restore \
  prod-up prod-down prod-status sensors sensor-add sensor-revoke test test-detection test-generator test-response test-stack

help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^## /{printf "\n%s\n", substr($$0, 4)} /^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## The stack

up: ## Build and start everything, wait until all is healthy
	$(COMPOSE) build
	$(COMPOSE) up --detach --wait $(STAYING)
	$(COMPOSE) run --rm -T kibana-setup
	@printf '\nConsole  http://localhost:%s\nKibana   http://localhost:%s\nGraph    http://localhost:%s/viz\n' \
	  "$${CONSOLE_PORT:-8080}" "$${KIBANA_PORT:-5601}" "$${ENRICHER_PORT:-8003}"
	@printf 'See it work: make demo\n'

down: ## Stop everything and remove containers, networks and volumes
	$(COMPOSE) --profile '*' down --volumes --remove-orphans

build: ## Build all images anew, without the cache
	$(COMPOSE) build --no-cache

logs: ## Follow the logs of all services
	$(COMPOSE) logs --follow --tail 100

scale: ## Several processes of a service: make scale detection=2 enricher=2 response=2
	DETECTION_PORTS=18000-18009 RESPONSE_PORTS=18010-18019 ENRICHER_PORTS=18030-18039 \
	  $(COMPOSE) up --detach --no-build --wait --scale detection=$(or $(detection),1) \
	  --scale response=$(or $(response),1) --scale enricher=$(or $(enricher),1) $(STAYING)

## What it found

status: ## Health of every container and service, and counts
	@$(COMPOSE) ps --all --format 'table {{.Service}}\t{{.Status}}\t{{.Ports}}'
	@echo
	@$(SOC) status

trigger: ## Run one detection cycle now
	@$(SOC) trigger

alerts: ## The newest alerts
	@$(SOC) alerts --size 20

blocked: ## Addresses that are blocked now
	@$(SOC) blocked

demo: ## All of it at a glance: status, newest alerts, blocks
	@$(MAKE) --no-print-directory status
	@printf '\nNewest alerts\n\n'
	@$(SOC) alerts --size 10
	@printf '\nBlocked addresses\n\n'
	@$(SOC) blocked --size 10

## Production

prod-up: ## Start a production installation as .env.prod says: real logs, blocks in the firewall
	@test -f $(ENV_FILE) || { echo 'Copy .env.prod.example to .env.prod and look it through first'; exit 2; }
	$(PROD) build
	$(PROD) up --detach --wait $(filter-out log-generator,$(STAYING))
	$(PROD) run --rm -T kibana-setup
	@printf '\nThe token to sign in to the console: %s\n' "$${SECRETS_DIR:-secrets}/console/api_token"

prod-down: ## Stop it; data, secrets and blocks in force stay
	$(PROD) down --remove-orphans

prod-status: ## Health of its containers and services
	@$(PROD) ps --all --format 'table {{.Service}}\t{{.Status}}\t{{.Ports}}'
	@echo
	@$(PROD) exec -T console node bin/soc.js status

sensors: ## Sensors of other hosts, and which hosts each may speak for
	@$(PROD) run --rm -T --no-deps setup-access sensor list

sensor-add: ## A user for a sensor, or a new password: make sensor-add NAME=web01 [HOSTS="web01 web02"]
	@test -n "$(NAME)" || { echo 'Name the sensor: make sensor-add NAME=web01'; exit 2; }
	@$(PROD) run --rm -T --no-deps setup-access sensor add $(NAME) $(HOSTS)

sensor-revoke: ## Take a sensor's user away: make sensor-revoke NAME=web01
	@test -n "$(NAME)" || { echo 'Name the sensor: make sensor-revoke NAME=web01'; exit 2; }
	@$(PROD) run --rm -T --no-deps setup-access sensor revoke $(NAME)

## Backup

backup: ## Stop, write every volume to backups/, start again
	@mkdir -p backups
	$(COMPOSE) stop
	$(COMPOSE) run --rm --no-deps backup sh -c "cd /volumes && tar -czf /backups/mini-soc-$$(date -u +%Y%m%dT%H%M%SZ).tar.gz *"
	$(COMPOSE) start
	@ls -l backups

restore: ## Replace every volume by a backup: make restore FILE=backups/mini-soc-….tar.gz
	@test -f "$(FILE)" || { echo 'Name the backup: make restore FILE=backups/mini-soc-….tar.gz'; exit 2; }
	$(COMPOSE) stop
	$(COMPOSE) run --rm --no-deps backup sh -c 'tar -tzf "/backups/$(notdir $(FILE))" >/dev/null && find /volumes -mindepth 2 -delete && tar -C /volumes -xzpf "/backups/$(notdir $(FILE))"'
	$(COMPOSE) start

## Tests

test: ## All unit tests (no Docker)
	npm test

test-detection: ## Those of detection
	npx vitest run services/detection

test-generator: ## Those of the log generator
	npx vitest run services/log-generator

test-response: ## Those of response
	npx vitest run services/response

test-stack: ## The whole stack in Docker, from nothing to nothing
	npx vitest run --config vitest.integration.config.ts e2e/stack.integration.test.ts
