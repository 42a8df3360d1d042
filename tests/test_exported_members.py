"""What `pydron` offers is what it declares, and importing it brings nothing that a program might never need."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import pydron
import pydron.config
import pydron.errors

if TYPE_CHECKING:
    from types import ModuleType

HEAVY = ["asyncio", "click", "cloudpickle", "cryptography", "msgspec", "networkx", "numpy", "psutil", "twisted"]


@pytest.mark.parametrize("module", [pydron, pydron.config, pydron.errors], ids=lambda module: module.__name__)
def test_what_is_declared_is_there(module: ModuleType) -> None:
    assert len(set(module.__all__)) == len(module.__all__)
    missing = [name for name in module.__all__ if not hasattr(module, name)]
    assert missing == []


def test_what_is_there_is_declared() -> None:
    ours = {name for name, value in vars(pydron).items() if getattr(value, "__module__", "").startswith("pydron")}
    public = {name for name in ours if not name.startswith("_")}
    assert public - set(pydron.__all__) == set()


def test_no_module_takes_the_place_of_a_name() -> None:
    program = (
        "import pkgutil, importlib, types, pydron\n"
        "for module in pkgutil.walk_packages(pydron.__path__, 'pydron.'):\n"
        "    if not module.name.endswith('__main__'):\n"
        "        importlib.import_module(module.name)\n"
        "print([name for name in pydron.__all__ if isinstance(getattr(pydron, name), types.ModuleType)])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    assert not hasattr(pydron, "no_such_name")
    assert not hasattr(pydron.config, "no_such_name")


def test_importing_brings_nothing_heavy() -> None:
    program = f"import sys, pydron; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_functions_are_decorated_without_bringing_anything_heavy() -> None:
    heavy = {*HEAVY, "pydron.compiled", "pydron.runtime.effects"}
    program = (
        "import sys, pydron\n@pydron.functional\ndef f(): pass\n@pydron.schedule\ndef g(): f()\n"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
