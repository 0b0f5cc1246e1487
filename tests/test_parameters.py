import re
from pathlib import Path

import pytest

from asc_lib.study import METHODS, RunConfig, load
from asc_lib.study_file import validated
from asc_lib.files import ROOT, InputError, resolve

QUICK = (ROOT / "params" / "quick.yaml").read_text()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dimm: 64", "dimm: no such parameter; did you mean dim?"),
        ("epochs: many", "epochs: 'many' given; should be a valid integer"),
        ("epochs: 2.5", "epochs: 2.5 given"),
        ("epochs: true", "epochs: True given"),
        ("epochs: 010", "epochs: YAML reads 010 as octal"),
        ("epochs: 0", "epochs: 0 given; should be greater than or equal to 1"),
        ("learning_rate: 1e-3", "YAML reads '1e-3' as text: write 0.001"),
        ("learning_rate: .nan", "learning_rate: nan given"),
        ("example_distance_m: .inf", "example_distance_m: inf given"),
        ('checkpoint: "a\\0b"', "checkpoint: 'a\\x00b' given; no path can be so"),
        (f"bank_root: /{'x' * 300}", "bank_root: '/xxx"),
        ("seed: 2001-99-99", "not readable as YAML (month must be in 1..12)"),
        ("seed: !!int x", "not readable as YAML (invalid literal"),
        ("seed: !!python/object/apply:os.getpid []", "not readable as YAML (could not determine"),
        ("grid_alphas: " + "[" * 3000, "not readable as YAML (maximum recursion depth"),
        ("seed: &one 1\ngrid_seeds: *one", "it has an alias (*name); write the value out"),
        ("1: 2", "'1' is no name of a parameter"),
        (f"seed: {'9' * 5000}", "not readable as YAML (Exceeds the limit"),
        (f"seed: 0x{'9' * 5000}", "seed: a very long number given"),
        (f"method: {'x' * 10_000}", "method: 'xxx"),
        ("method: magic", "method: 'magic' given; known are: plain, vintage"),
        ("device: tpu", "device: 'tpu' given"),
        ("study: ../../elsewhere", "study: '../../elsewhere' given"),
        ("heads: 7", "dim 64 is not a multiple of heads 7"),
        ("patchout_rows: 8", "patchout_rows 8 leaves none of the 8 frequency rows"),
        ("grid_alphas: [0.0, high]", "grid_alphas"),
        ("grid_alphas: 0.2", "grid_alphas: 0.2 given; should be a valid list"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    name = line.split(":")[0]
    file = tmp_path / "mine.yaml"
    file.write_text(re.sub(rf"^{name}:.*$", "", QUICK, flags=re.MULTILINE) + line + "\n")
    with pytest.raises(InputError, match=re.escape(said)) as error:
        load(file)
    assert str(file) in str(error.value)


def test_a_missing_or_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nosuch.yaml: no such parameter file; .*quick"):
        load("nosuch")
    for content, said in [
        (b"a: [", "not readable as YAML"),
        (b"\xff\xfe\x00", "YAML"),
        (b"- 1", "lines of"),
    ]:
        (tmp_path / "bad.yaml").write_bytes(content)
        with pytest.raises(InputError, match=f"bad.yaml: .*{said}"):
            load(tmp_path / "bad.yaml")
    (tmp_path / "short.yaml").write_text("study: short")
    with pytest.raises(InputError, match="tau22_root: missing"):
        load(tmp_path / "short.yaml")


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "quick.yaml").write_bytes(b"\xef\xbb\xbf" + QUICK.encode())
    assert load(tmp_path / "quick.yaml") == load("quick")


def test_a_run_has_another_name_where_its_result_may_differ() -> None:
    study = load("quick")
    plain, icl, multi = (study.run(method=m).run_name for m in ("plain", "icl", "multi"))
    assert study.run(method="plain", alpha=0.7, dir_probability=0.1).run_name == plain
    assert study.run(method="plain", threads=4, device="cpu", study="other").run_name == plain
    assert study.run(method="plain", epochs=5).run_name != plain
    assert study.run(method="plain", seed=1).run_name != plain
    assert study.run(method="icl", alpha=0.7).run_name != icl
    assert study.run(method="icl", dir_probability=0.1).run_name == icl
    assert study.run(method="multi", dir_probability=0.1).run_name != multi
    assert study.run(method="multi", multi_root="elsewhere").run_name != multi


def test_a_study_lists_shared_points_once() -> None:
    study = load("quick")
    runs = study.all_runs()
    assert len(study.method_runs()) == len(METHODS) * study.seeds
    # alpha 0.2 at lambda 0.5 stands in Table 1 and, with seed 0, in Table 3
    both = {r.run_name for r in study.lambda_runs()} & {r.run_name for r in study.method_runs()}
    assert len(both) == 1
    assert (
        len(runs)
        == len(study.method_runs())
        + len(study.alpha_runs())
        + len(study.lambda_runs())
        + len(study.beyond_runs())
        - 1
    )


def test_a_joint_grid_holds_both_searches_and_adds_the_other_pairs() -> None:
    grid = {"grid_alphas": [0.0, 0.4], "grid_lambdas": [0.5, 3.0], "grid_seeds": 2}
    study = load("smoke", **grid)
    assert not study.joint_runs()
    joint = load("smoke", **grid, grid_joint=True)
    points = {(run.alpha, run.lambda_icl, run.seed) for run in joint.joint_runs()}
    # the fixed alpha 0.2 and the fixed lambda 10 belong to the searches
    assert points == {(a, w, s) for a in (0.0, 0.2, 0.4) for w in (0.5, 3.0, 10.0) for s in (0, 1)}
    names = {run.run_name for run in joint.joint_runs()}
    searched = {run.run_name for run in (*study.alpha_runs(), *study.lambda_runs())}
    assert searched <= names
    added = joint.all_runs().keys() - study.all_runs().keys()
    assert added == names - searched - {run.run_name for run in study.method_runs()}
    assert study.all_runs().keys() <= joint.all_runs().keys()


def test_the_highest_lambda_is_trained_with_and_without_warm_up() -> None:
    study = load("smoke", grid_warmup_steps=30)
    without, with_it = study.warmup_runs()
    assert without in study.alpha_runs()  # so it costs one run more, not two
    assert (without.icl_warmup_steps, with_it.icl_warmup_steps) == (0, 30)
    assert with_it.lambda_icl == 10 and with_it.alpha == 0.2
    assert study.all_runs().keys() - load("smoke").all_runs().keys() == {with_it.run_name}
    assert not load("smoke").warmup_runs()


def test_the_standard_study_searches_jointly_and_the_paper_does_not() -> None:
    standard = load("standard")
    assert len(standard.joint_runs()) == 6 * 6 - 6 and standard.warmup_runs()
    for name in ("quick", "smoke", "tau22_mini", "paper"):
        assert not load(name).joint_runs() and not load(name).warmup_runs()


def test_the_papers_values_are_the_papers() -> None:
    paper = load("paper")
    stated = {
        **{"alpha": 0.2, "beta": 1.0, "lambda_icl": 0.5, "batch_size": 64, "epochs": 250},
        **{"learning_rate": 0.00042, "adam_beta1": 0.957, "adam_beta2": 0.9514, "adam_eps": 0.038},
        **{"plateau_patience": 10, "plateau_factor": 0.5, "seeds": 3, "grid_fixed_lambda": 10.0},
        **{"dim": 768, "depth": 12, "heads": 12, "patchout_rows": 6, "cutoff_jitter_hz": 500},
        **{"freq_mask_bins": 48, "time_mask_frames": 24, "icl_weighting": "pairs"},
    }
    assert {name: getattr(paper, name) for name in stated} == stated
    assert paper.grid_alphas == [0.0, 0.2, 0.4, 0.8, 1.5]
    assert paper.grid_lambdas == [0.1, 0.5, 1.0, 3.0, 6.0]


def test_a_run_reads_back_what_it_wrote() -> None:
    config = load("quick").run(method="icl", seed=3)
    assert validated(RunConfig, config.model_dump(mode="json"), "file") == config


@pytest.mark.parametrize(
    ("study", "base", "mark"),
    [
        ("paper_protocol", "paper", "protocol"),
        ("paper_mini", "paper", "mini"),
        ("rehearsal", "paper", "rehearsal"),
        ("rehearsal_small", "rehearsal", "small"),
    ],
)
def test_a_derived_study_differs_only_where_it_says_so(study: str, base: str, mark: str) -> None:
    def lines(name: str) -> dict[str, str]:
        text = (ROOT / "params" / f"{name}.yaml").read_text()
        return dict(re.findall(r"^(\w+): *(.*)$", text, re.MULTILINE))

    def values(name: str) -> dict[str, str]:
        return {key: line.partition("  #")[0].strip() for key, line in lines(name).items()}

    marked = {key for key, line in lines(study).items() if f"# {mark}" in line}
    differ = {key for key, value in values(study).items() if value != values(base)[key]}
    assert values(study).keys() == values(base).keys()
    assert differ == marked


def test_every_value_of_the_paper_study_has_its_section_or_its_reason() -> None:
    text = (ROOT / "params" / "paper.yaml").read_text()
    fields = re.findall(r"^(\w+):[^#\n]*(#.*)?$", text, re.MULTILINE)
    ours = {"study", "bank_root", "max_steps", "bootstrap_draws", "device", "threads", "compile"}
    told = {name for name, why in fields if re.search(r"Sec\. \d|open:|Table \d|Figure \d", why)}
    assert {name for name, _ in fields} - told == ours


def test_a_bomb_of_aliases_is_told_in_few_words(tmp_path: Path) -> None:
    lines = [
        "k: &k [x]",
        *(
            f"{b}: &{b} [{', '.join(['*' + a] * 9)}]"
            for a, b in zip("kabcdefgh", "abcdefghi", strict=True)
        ),
    ]
    file = tmp_path / "bomb.yaml"
    file.write_text("\n".join([*lines, "grid_alphas: *i"]))
    with pytest.raises(InputError, match=r"bomb.yaml: not readable as YAML .*alias") as told:
        load(file)
    assert len(str(told.value)) < 500


def test_many_mistakes_are_not_all_told(tmp_path: Path) -> None:
    file = tmp_path / "long.yaml"
    file.write_text(f"{QUICK}\ngrid_alphas: [{', '.join(['x'] * 5000)}]\n")
    with pytest.raises(InputError, match="and 4980 more") as told:
        load(file)
    assert len(str(told.value)) < 4000


def test_nobodys_folder_is_told() -> None:
    with pytest.raises(InputError, match="~nobody-here/x: no such user here"):
        resolve("~nobody-here/x")


def test_a_loss_of_a_methods_own_depends_on_the_layer_it_reads() -> None:
    def names(method: str) -> set[str]:
        layers = ("after_norm", "before_norm")
        return {load("quick").run(method=method, icl_layer=layer).run_name for layer in layers}

    assert {method: len(names(method)) for method in ("plain", "balanced", "icl", "mmd")} == {
        "plain": 1, "balanced": 1, "icl": 2, "mmd": 2,
    }  # fmt: skip
    assert "mmd-s0-11d9c275" in {  # a run's name stays when the table of methods grows
        load("standard").run(method="mmd", icl_layer=layer).run_name
        for layer in ("after_norm", "before_norm")
    }
