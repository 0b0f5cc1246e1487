"""Parameters as a user gives them: a study's file, `load`, a notebook's parameters."""

import math
import os
import re
import shlex
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asc_lib.files import ROOT, InputError
from asc_lib.study import METHODS, RunConfig, StudyConfig, load, own
from asc_lib.study_file import validated

WANTED = int(os.environ.get("ASC_FUZZ", "0"))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("dimm: 64", "dimm: no such parameter; did you mean dim"),
        ("epochs: many", "epochs: Input should be a valid integer, unable to parse"),
        ("epochs: 2.5", "epochs: Input should be a valid integer"),
        ("epochs: 0x10", "unable to parse string as an integer ('0x10' given)"),
        ("epochs: 0", "epochs: Input should be greater than or equal to 1 ('0' given)"),
        ("learning_rate: .nan", "learning_rate: Input should be a valid number"),
        ("learning_rate: 1e999", "learning_rate: Input should be a finite number ('1e999' given)"),
        ("device: tpu", "device: String should match pattern"),
        ("icl_layer: x", "icl_layer: Input should be 'after_norm' or 'before_norm' ('x' given)"),
        ("method: magic", "method: 'magic' is no method; known are: plain, vintage"),
        ("beyond_methods: [mmmd]", "beyond_methods: 'mmmd' is no method; did you mean mmd"),
        ("heads: 7", "dim 64 is not a multiple of heads 7"),
        ("patchout_rows: 8", "patchout_rows 8 leaves none of the 8 frequency rows"),
        ("beyond_seeds: 3", "beyond_seeds 3 is more than seeds 2"),
        ("grid_alphas: [0.0, 11]", "grid_alphas.1: Input should be less than or equal to 10"),
        (f"grid_alphas: [{'x, ' * 5000}x]", "and 4981 more"),
        ("study: other", "study: 'other' given, but a study has the name of its file"),
        ("seed: 1\nalpha: 0.1\nseed: 2", "seed is there twice, in lines 1 and 3"),
        ("seed: &one 1\nseeds: *one", "it has an alias (*name); write the value out"),
        ("seed: !!python/object/apply:os.getpid []", "seed: Input should be a valid integer"),
        ("- 1", "no `name: value`"),
        ("a: [", "not readable as YAML"),
        ("grid_alphas: " + "[" * 3000, "not readable as YAML (maximum recursion depth"),
        (f"seed: {'9' * 5000}", "seed: Unable to parse input string as an integer"),
        ("grüße: 1".encode("latin-1"), "not readable as YAML ('utf-8' codec"),
    ],
)
def test_a_wrong_line_is_told_with_file_and_what_is_allowed(
    tmp_path: Path, lines: str | bytes, said: str
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(lines if isinstance(lines, bytes) else lines.encode())
    with pytest.raises(InputError, match=re.escape(said)) as error:
        load(file)
    assert str(error.value).startswith(f"{file}: ") and len(str(error.value)) < 4000


@pytest.mark.parametrize(
    ("line", "value"),
    [
        *((f"learning_rate: {text}", 5e-5) for text in ("5e-5", "5E-5", "5.e-05", ".5e-4")),
        *((f"epochs: {text}", 1000) for text in ("1000", "1_000", "+1000")),
        ("grid_lambdas: [1e-1, 3]", [0.1, 3.0]),
        ("beta: 2", 2.0),
        ('example_pattern: "010"', "010"),
    ],
)
def test_a_number_is_read_however_it_is_written(tmp_path: Path, line: str, value: object) -> None:
    (tmp_path / "mine.yaml").write_text(line, encoding="utf-8-sig")  # editors put a mark there
    config = load(tmp_path / "mine.yaml")
    assert getattr(config, line.split(":")[0]) == value and config.study == "mine"


def test_a_file_that_is_none_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    for name, said in [
        ("nosuch", "nosuch.yaml: no such file; studies in params/ are: .*quick"),
        (tmp_path / "folder.yaml", "folder.yaml: not readable as YAML .*Is a directory"),
    ]:
        with pytest.raises(InputError, match=said) as error:
            load(name)
        assert "\n" not in str(error.value)


def test_an_own_parameter_of_a_notebook_is_held_to_its_range() -> None:
    own(share=(0.5, float, 0, 1), clips=(3, int, 1, 9))
    for wrong, said in [
        ((-1, float, 0, 1), "share: Input should be greater than or equal to 0 (-1 given)"),
        ((math.nan, float, 0, 1), "share: Input should be a finite number (nan given)"),
        ((2.5, int, 0, 9), "share: Input should be a valid integer (2.5 given)"),
        ((True, int, 0, 9), "share: Input should be a valid integer (True given)"),
    ]:
        with pytest.raises(InputError, match=re.escape(f"parameters cell: {said}")):
            own(share=wrong)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("01_dir_analysis", "smoothing_octaves = -1", "smoothing_octaves: "),
        ("01_dir_analysis", "example_distance_m = -1", "example_distance_m"),
        ("00_simulated_benchmark", "clips_per_scene = 0", "clips_per_scene: "),
        ("03_main_training", "run = 'plain-s9'", "run 'plain-s9': study quick has no such run"),
        ("03_main_training", "study = 'nosuch'", "nosuch.yaml: no such file"),
    ],
)
def test_a_notebook_tells_a_wrong_parameter_in_its_first_cells(
    name: str, given: str, said: str
) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    declared, *others = (c.source for c in notebook.cells if c.cell_type == "code")
    setup = re.sub(r"^(style\.)?use_style.*", "", next(c for c in others if "load(study" in c))
    with pytest.raises(InputError, match=re.escape(said)):
        exec(f"{declared}\n{given}\n{setup}", {"load": load, "own": own})


def test_a_run_is_found_by_its_name() -> None:
    study = load("quick")
    assert study.run_named() == study.run(method="plain", seed=0)
    for name, run in study.all_runs().items():
        assert study.run_named(name) == run
    icl = study.run(method="icl").run_name
    with pytest.raises(InputError, match=f"no such run; the nearest: {icl}"):
        study.run_named(icl[:-1])


def test_a_run_has_another_name_where_its_result_may_differ() -> None:
    study = load("quick")
    plain, icl, multi = (study.run(method=m).run_name for m in ("plain", "icl", "multi"))
    assert study.run(method="plain", alpha=0.7, dir_probability=0.1).run_name == plain
    assert study.run(method="plain", threads=4, device="cpu", study="other").run_name == plain
    assert study.run(method="plain", epochs=5).run_name != plain
    assert study.run(method="icl", alpha=0.7).run_name != icl
    assert study.run(method="icl", dir_probability=0.1).run_name == icl
    assert study.run(method="multi", multi_root="elsewhere").run_name != multi
    # a loss of a method's own sees the layer
    norms = [load("standard").run(method="mmd", icl_layer=f"{n}_norm") for n in ("after", "before")]
    assert norms[0].run_name != norms[1].run_name


def test_a_joint_grid_and_a_warm_up_add_their_runs_once() -> None:
    grid = {"grid_alphas": [0.0, 0.4], "grid_lambdas": [0.5, 3.0], "grid_seeds": 2}
    study, joint = load("smoke", **grid), load("smoke", **grid, grid_joint=True)
    points = {(run.alpha, run.lambda_icl, run.seed) for run in joint.joint_runs()}
    # the fixed alpha 0.2 and the fixed lambda 10 belong to the searches
    assert points == {(a, w, s) for a in (0.0, 0.2, 0.4) for w in (0.5, 3.0, 10.0) for s in (0, 1)}
    assert study.all_runs().keys() <= joint.all_runs().keys()
    assert len(joint.all_runs()) == len(study.all_runs()) + 18 - 8
    without, with_it = load("smoke", grid_warmup_steps=30).warmup_runs()
    assert without in load("smoke").alpha_runs() and with_it.icl_warmup_steps == 30


FIELDS = sorted(StudyConfig.model_fields)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=6,
)


@settings(max_examples=WANTED or 100, derandomize=not WANTED, deadline=None, database=None)
@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(), VALUES, min_size=1, max_size=3))
def test_a_study_of_any_values_is_sound_or_refused(changes: dict[str, object]) -> None:
    try:
        config = validated(StudyConfig, load("smoke").model_dump() | changes, "file.yaml")
        names = list(config.all_runs())
    except InputError as error:
        assert str(error).startswith("file.yaml: ") and len(str(error)) < 4000
        return
    numbers = [value for value in config.model_dump().values() if isinstance(value, float)]
    assert all(map(math.isfinite, numbers))
    assert len(names) >= len(METHODS) and all(shlex.quote(name) == name for name in names)
    run = config.run_named()
    assert validated(RunConfig, run.model_dump(mode="json"), "config.json") == run
