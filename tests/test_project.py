"""What lies beside the code agrees with it: dependencies, notebooks, parameter files, citation."""

import ast
import re
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from asc_lib.files import ROOT
from asc_lib.study import StudyConfig, load

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()
DEV_LOCK = (ROOT / "requirements-dev.lock").read_text()
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
STUDIES = sorted((ROOT / "params").glob("*.yaml"))


def name_of(path: Path) -> str:
    return path.stem


def locked(lock: str = LOCK) -> dict[str, list[Requirement]]:
    """Pinned versions by package; several where they differ between Pythons or systems."""
    found: dict[str, list[Requirement]] = {}
    for line in lock.splitlines():
        if re.match(r"[a-z0-9]", line):
            requirement = Requirement(line.removesuffix("\\"))
            found.setdefault(requirement.name, []).append(requirement)
    return found


@pytest.mark.parametrize(
    "wanted", [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
)
def test_lock_holds_each_dependency_in_a_version_that_fits(wanted):
    requirement = Requirement(wanted)
    pins = locked(DEV_LOCK).get(requirement.name.lower(), [])
    assert pins, f"{requirement.name} is not in requirements-dev.lock: make lock"
    for pin in pins:
        (version,) = [s.version for s in pin.specifier if s.operator == "=="]
        assert requirement.specifier.contains(version), f"{pin} does not fit {wanted}: make lock"


@pytest.mark.parametrize("lock", [LOCK, DEV_LOCK])
def test_lock_pins_everything_with_a_hash(lock):
    entries = re.split(r"\n(?=[a-z0-9])", lock.strip())
    assert len(entries) > 50
    for entry in entries:
        assert "==" in entry.splitlines()[0] and "--hash=sha256:" in entry, entry[:80]


def test_conda_environment_takes_its_versions_from_the_lock():
    plain = [d for d in CONDA["dependencies"] if isinstance(d, str)]
    (pip,) = [d["pip"] for d in CONDA["dependencies"] if isinstance(d, dict)]
    assert pip == ["-r requirements.lock"]
    (python,) = [d for d in plain if d.startswith("python")]
    assert set(plain) == {python, "pip"}
    assert Version(python.split("=")[1]) in Requirement(f"x{PROJECT['requires-python']}").specifier


@pytest.mark.parametrize("name", ["requirements.lock", "environment.yml", "pyproject.toml"])
def test_no_registry_and_no_machine_in_what_is_installed(name):
    text = re.sub(r"https://(doi|docs|github)\S*", "", (ROOT / name).read_text())
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|file:|/(home|work)/", text)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_committed_notebook_is_stripped_and_plain(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert "widgets" not in notebook.metadata and "papermill" not in notebook.metadata
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs and cell.execution_count is None, cell.source
            assert "injected-parameters" not in cell.metadata.get("tags", [])
            assert len(cell.source.splitlines()) <= 32, cell.source
            ast.parse(cell.source)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_a_parameters_cell_holds_what_is_the_notebooks_own(path):
    (cell,) = [
        c
        for c in nbformat.read(path, as_version=4).cells
        if "parameters" in c.metadata.get("tags", [])
    ]
    lines = cell.source.splitlines()
    assert lines[0].startswith('study: str = "quick"')
    for line in lines:
        # as papermill finds parameters; a meaning behind each
        assert (found := re.fullmatch(r"(\w+): (str|int|float|bool) = [^=#]+  # \S[^=]*", line)), (
            line
        )
        empty = re.search(r"= (\"\"|0\.0)  #", line)  # the study's is taken
        assert found[1] == "study" or empty or found[1] not in StudyConfig.model_fields, line


def test_every_parameter_has_a_meaning_a_range_and_a_source():
    for name, field in StudyConfig.model_fields.items():
        assert re.search(r"\w.*; (Sec\. \d|Table \d|Figure \d|ours$)", field.description), name
        if field.annotation in (int, float):
            assert len(field.metadata) >= 2, name  # a lower and an upper limit


@pytest.mark.parametrize("path", STUDIES, ids=name_of)
def test_a_study_file_holds_only_what_differs_from_the_defaults(path):
    config, default = load(path), StudyConfig(study=path.stem)
    assert config.all_runs()
    given = yaml.safe_load(path.read_text()) or {}
    same = [name for name in given if getattr(config, name) == getattr(default, name)]
    assert path.stem == "paper" or not same


def test_every_value_of_the_paper_study_has_its_section_or_its_reason():
    text = (ROOT / "params" / "paper.yaml").read_text()
    fields = re.findall(r"^(\w+):[^#\n]*(#.*)?$", text, re.MULTILINE)
    assert len(fields) > 40
    for name, why in fields:
        assert name == "threads" or re.search(r"Sec\. \d|open:|Table \d|Figure \d", why), name
