"""The page on clusters and the profiles that it names: nothing in them is made up."""

import re
import shlex
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement

from asc_lib.files import ROOT
from asc_lib.study import load

PAGE = (ROOT / "docs" / "from_laptop_to_cluster.md").read_text()
BLOCKS = re.findall(r"```\n(.*?)```", PAGE, re.S)


@pytest.mark.parametrize("line", [line for block in BLOCKS for line in block.splitlines()])
def test_each_command_of_the_page_names_what_is_there(line: str) -> None:
    command, *words = shlex.split(line)
    makefile = (ROOT / "Makefile").read_text()
    if command == "make":
        assert all(
            re.search(rf"^{name} \?=", makefile, re.M) for name in re.findall("[A-Z]+(?==)", line)
        )
    for word in words:
        if word.lower().startswith("study="):
            load(word.partition("=")[2])
        elif command != "make" and "/" in word:
            assert (ROOT / word / "config.yaml").is_file(), word


def test_the_slurm_profile_sets_rules_that_are_there_and_needs_a_plugin_that_is_named() -> None:
    profiles = ROOT / "params" / "profiles"
    slurm, local = (
        yaml.safe_load((profiles / name / "config.yaml").read_text()) for name in ("slurm", "local")
    )
    rules = re.findall(r"^rule (\w+):", (ROOT / "Snakefile").read_text(), re.M)
    # what a laptop gives all cores to
    assert slurm["set-threads"].keys() == {"simulate", "bank"} <= set(rules)
    same = ("scheduler", "nolock", "keep-incomplete", "rerun-incomplete")
    assert [slurm[name] for name in same] == [local[name] for name in same]
    assert set(slurm["rerun-triggers"]) == set(local["rerun-triggers"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    plugins = [Requirement(text).name for text in project["optional-dependencies"]["cluster"]]
    assert f"snakemake-executor-plugin-{slurm['executor']}" in plugins
