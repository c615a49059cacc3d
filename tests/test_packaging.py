"""What makes a wheel, a frozen program and a CI run: one version, all resources, every dependency explained."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import minerdesk
from minerdesk.store.paths import resources_dir

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def distribution(requirement: str) -> str:
    """Give the name in a requirement such as ``numpy>=2``."""
    return re.match(r"[A-Za-z0-9._-]+", requirement)[0]


def test_one_version():
    assert PROJECT["project"]["version"] == minerdesk.__version__


def test_the_wheel_holds_the_resources_where_they_are_looked_for():
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["minerdesk"]
    assert wheel["force-include"] == {"resources": "minerdesk/resources"}
    assert resources_dir() == ROOT / "resources"  # a source tree is where this test runs


def test_the_frozen_program_holds_the_resources_where_they_are_looked_for(monkeypatch, tmp_path):
    destination = re.search(r'\(str\(ROOT / "resources"\), "([^"]+)"\)', text_of("build.spec"))[1]
    (tmp_path / destination / "data").mkdir(parents=True)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resources_dir() == tmp_path / destination


def test_no_resource_would_be_left_out():
    empty = [path for path in (ROOT / "resources").rglob("*") if path.is_file() and path.stat().st_size == 0]
    assert empty == []
    for folder, wanted in (("fonts", ".otf"), ("icons", ".svg"), ("data", ".csv")):
        assert any(path.suffix == wanted for path in (ROOT / "resources" / folder).iterdir()), folder


@pytest.mark.parametrize("requirement", PROJECT["project"]["dependencies"], ids=distribution)
def test_every_runtime_dependency_has_its_reason(requirement):
    rows = [
        line for line in text_of("CONTRIBUTING.md").splitlines() if line.startswith(f"| {distribution(requirement)} ")
    ]
    assert len(rows) == 1, "one row of the table of run-time packages"
    reason = rows[0].strip("|").split("|")[-1].strip()
    assert len(reason) > 20


def test_no_reason_is_left_of_a_dependency_that_is_gone():
    section = text_of("CONTRIBUTING.md").split("## Run-time packages")[1].split("\n## ")[0]
    named = {line.split()[1] for line in section.splitlines() if re.match(r"\| [A-Za-z0-9]", line)} - {"Package"}
    assert named == {distribution(requirement) for requirement in PROJECT["project"]["dependencies"]}


def test_the_extra_for_users_has_its_reason_and_its_place_in_the_frozen_program():
    extras = PROJECT["project"]["optional-dependencies"]
    assert set(extras) == {"keys", "lan", "test"}
    for extra, package in (("lan", "pyasic"), ("keys", "keyring")):
        assert [distribution(requirement) for requirement in extras[extra]] == [package]
        assert f"The extra `{extra}` brings {package}" in text_of("CONTRIBUTING.md")
        assert f'if find_spec("{package}") else []' in text_of("build.spec")


def test_qt_stays_below_the_release_that_aborts():
    pins = [pin for pin in PROJECT["project"]["dependencies"] if pin.startswith("PySide6")]
    assert pins == ["PySide6-Essentials>=6.10.2,<6.12"]


def test_what_pip_installs_as_a_command_is_there():
    module, function = PROJECT["project"]["scripts"]["minerdesk"].split(":")
    assert re.search(rf"^def {function}\(", text_of(module.replace(".", "/") + ".py"), re.MULTILINE)


@pytest.mark.skipif(sys.platform == "win32", reason="a script for bash")
def test_the_ci_script_can_be_run():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    checked = subprocess.run([shutil.which("bash"), "-n", str(script)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_ci_runs_one_command_of_the_readme():
    block = re.search(r"<!-- test-command -->\s*```\w*\n(.*?)```", text_of("README.md"), re.DOTALL)
    commands = block[1].strip().splitlines()
    assert len(commands) == 1
    assert "venv" in commands[0]
    assert "pytest" in commands[0]


def test_the_recipe_of_the_frozen_program_is_python_and_keeps_what_it_must():
    recipe = text_of("build.spec")
    compile(recipe, "build.spec", "exec")
    left_out = recipe.split("UNUSED_MODULES = [")[1].split("\n]")[0]
    for needed in ("PySide6.QtOpenGL", "pyqtgraph.multiprocess", "pandas.plotting", "xlsxwriter", "truststore"):
        assert f'"{needed}"' not in left_out
