"""No circle of imports in the whole tree, not even one that only type checkers go round."""

from __future__ import annotations

from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests")


def circles(graph: grimp.ImportGraph) -> list[list[str]]:
    """Modules are taken away while nothing is imported by them, or they import nothing, of what is left."""
    imports = {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}
    while True:
        imported = set().union(*imports.values()) if imports else set()
        done = {module for module, others in imports.items() if not others or module not in imported}
        if not done:
            break
        imports = {module: others - done for module, others in imports.items() if module not in done}
    return [[module, *sorted(others)] for module, others in sorted(imports.items())]


def test_no_module_imports_itself_by_a_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (ROOT, ROOT / "clients"):
        monkeypatch.syspath_prepend(str(folder))
    graph = grimp.build_graph(
        *PACKAGES, "doorstep_client", exclude_type_checking_imports=False, cache_dir=None
    )
    assert {"chassis", "field", "services"} <= set(PACKAGES)
    assert circles(graph) == [], "a module, and those of a circle that it imports"


def test_a_circle_is_noticed() -> None:
    graph = grimp.ImportGraph()
    for importer, imported in (("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")):
        graph.add_import(importer=importer, imported=imported)
    assert circles(graph) == [["b", "c"], ["c", "b"]]
