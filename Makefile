# Everything a newcomer needs: `make demo` shows what Pydron does, `make test` checks that it does.
# Both make their own virtual environment in .venv the first time. Another interpreter: make PYTHON=/path/to/python3 test

export PYTHON

.PHONY: demo test check unit coverage branches bench docs changelog clean

demo:       ## calibrate real telescope frames, sequentially and in parallel, and compare
	@tools/venv .venv demo
	@.venv/bin/python -m examples.calibration

test:       ## every check: style, types, layers, all tests on each supported Python found
	@tools/gate

check:      ## style, types and layers only
	@tools/venv .venv test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache

unit:       ## the tests that need no processes
	@tools/venv .venv test
	.venv/bin/python -m pytest tests/unit tests/golden tests/typing

coverage:   ## all tests, with the coverage of workers included
	@tools/venv .venv test
	.venv/bin/coverage erase
	PYDRON=on .venv/bin/coverage run -m pytest
	.venv/bin/coverage combine --quiet
	.venv/bin/coverage report

branches:   ## which branches of the runtime and of the translation generated programs execute
	@tools/venv .venv test
	.venv/bin/coverage erase
	PYDRON=on .venv/bin/coverage run -m tests.property.run --jobs 0 --seconds 300
	.venv/bin/coverage combine --quiet
	.venv/bin/coverage report --include='pydron/runtime/*,pydron/translation/*' --sort=cover

bench:      ## the numbers of bench/README.md, on a machine that does nothing else
	@tools/venv .venv demo
	@for script in $(filter-out bench/__init__.py bench/machine.py,$(wildcard bench/*.py)); do \
	    echo "== $$script"; .venv/bin/python -m "bench.$$(basename $$script .py)" || exit 1; \
	done

docs:       ## the documentation as a web site, in build/docs
	@tools/venv .venv docs
	.venv/bin/python -m sphinx --nitpicky --fail-on-warning --keep-going --quiet docs build/docs

changelog:  ## what the next release will say
	@tools/venv .venv test
	.venv/bin/towncrier build --draft --version next

clean:
	rm -rf .venv .venv-3.* build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*
