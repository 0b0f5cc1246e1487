"""The page on clusters and the profiles that it names: nothing in them is made up."""

import re
import shlex
import tomllib
from importlib.util import find_spec

import pytest
import yaml
from asc_lib.experiment.rates import Rates
from asc_lib.memory import training_mb
from packaging.requirements import Requirement

from asc_lib import plan, study
from asc_lib.files import ROOT, InputError
from asc_lib.model import passt
from asc_lib.study import load

PAGE = (ROOT / "docs" / "from_laptop_to_cluster.md").read_text()
COMMANDS = [
    shlex.split(line, comments=True)
    for block in re.findall(r"```\n(.*?)```", PAGE, re.S)
    for line in block.splitlines()
]
PROFILES = sorted((ROOT / "params" / "profiles").iterdir())


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_command_of_the_page_exists(command, capsys):
    match command:
        case ["make", target, *values]:
            makefile = (ROOT / "Makefile").read_text()
            assert re.search(rf"^{re.escape(target)}:", makefile, re.M)
            for name, value in (text.split("=") for text in values):
                assert re.search(rf"^{name} \?=", makefile, re.M)
                if name == "STUDY":
                    load(value)
        case ["python" | ".venv/bin/python", "-m", module, name, *options]:
            load(name)
            assert find_spec(module)
            with pytest.raises(SystemExit):  # it lists all that it takes
                {"asc_lib.study": study, "asc_lib.plan": plan}[module].main(["--help"])
            told = capsys.readouterr().out
            for option in options:
                assert option in told or (ROOT / option / "config.yaml").is_file()
        case [".venv/bin/uv", "pip", "install", *options]:
            assert options[options.index("--extra") + 1] == "cluster"
            assert all((ROOT / o).is_file() for o in options if "." in o)
        case ["docker" | "kubectl", *words]:
            assert all(
                (ROOT / word).exists() for word in words if "/" in word and "job/" not in word
            )
        case _:
            raise AssertionError(f"no test knows {command}")


def test_the_table_is_what_the_command_computes():
    """The rows of assumed GPUs; that of two cores is measured, not computed."""
    clips = plan.count_clips(load("paper", tau22_root="nowhere"))
    bank = 169_300 / 141  # clips/s, as rehearsed: 2:21
    table = plan.time_table(
        load("paper"), clips, Rates("2 cores", 1, 10.0, 8.0, 12.0, 20.0, bank, 0.1)
    )
    for row, name in {"one GPU": "1 GPU (assumed)", "four GPUs": "4 GPUs (assumed)"}.items():
        stages = table.loc[name, ["training", "DIR generator", "judging", "total"]]
        assert f"| {row} (assumed) | {' | '.join(stages)} |" in PAGE


@pytest.mark.parametrize("folder", PROFILES, ids=lambda folder: folder.name)
def test_profiles_set_rules_that_are_there_and_need_a_plugin_that_the_project_names(folder):
    profile = yaml.safe_load((folder / "config.yaml").read_text())
    rules = re.findall(r"^rule (\w+):", (ROOT / "Snakefile").read_text(), re.M)
    assert {*profile.get("set-threads", {}), *profile.get("set-resources", {})} <= set(rules)
    # what a laptop gives all cores to
    assert profile["set-threads"].keys() == {"simulate", "bank"}
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    plugins = [Requirement(text).name for text in extras["optional-dependencies"]["cluster"]]
    assert f"snakemake-executor-plugin-{profile['executor']}" in plugins
    assert profile["retries"] >= 1
    assert f"params/profiles/{folder.name}" in PAGE


def test_a_wrong_profile_starts_nothing(tmp_path, capsys):
    assert study.main(["quick", "--profile", "params/profiles/slrum"]) == 2
    assert "profile: no file" in capsys.readouterr().err
    (tmp_path / "config.yaml").write_text("executor: abacus\n")
    with pytest.raises(InputError, match="needs snakemake-executor-plugin-abacus, which is not"):
        study.cluster(str(tmp_path))
    for unreadable in ("", "jobs: 3\n", "executor: slurm\n  jobs: 3\n", "executor: [slurm]\n"):
        (tmp_path / "config.yaml").write_text(unreadable)
        with pytest.raises(InputError, match=r"config.yaml: not readable as YAML .*compare it"):
            study.cluster(str(tmp_path))


def test_jobs_that_compute_with_networks_ask_for_what_these_need():
    """Embeddings of PaSST-S take a GPU, or hours and gigabytes of the CPU's."""
    text = (ROOT / "Snakefile").read_text()
    rules = dict(re.findall(r"^rule (\w+):(.*?)(?=^rule |\Z)", text, re.M | re.S))
    asking = {name for name, rule in rules.items() if "**EMBEDDING" in rule or "**TRAINING" in rule}
    notebooks = {"simulated_benchmark", "icl_grid_search", "device_probe", "results"}
    assert notebooks | {"beyond_the_paper", "train", "generator"} <= asking
    assert training_mb(64, together=6) == training_mb(64) < training_mb(768)
    further = training_mb(768, together=2) - training_mb(768)
    assert training_mb(768, together=3) - training_mb(768) == 2 * further
    network = passt.from_config(load("paper", checkpoint="").run())
    weights = 4 * sum(p.numel() for p in network.parameters())
    assert further == pytest.approx(5 * weights / 1e6, rel=0.05)
