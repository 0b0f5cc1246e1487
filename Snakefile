"""The study as a table of contents: which run feeds which.

    make study STUDY=quick
    snakemake --profile params/profiles/local --config study=quick [only=05_results]
    snakemake --profile params/profiles/slurm --config study=quick    the same on a cluster
"""

import os
import shlex
import shutil
import sys
import time
from difflib import get_close_matches
from pathlib import Path

from snakemake_interface_executor_plugins.settings import ExecMode

from asc_lib.generator.config import ALL, config_of, folds_of
from asc_lib.methods import METHODS
from asc_lib.train.together import groups_of, training_mb
from asc_lib.files import ROOT, SIMULATED, InputError, alone_on, resolve
from asc_lib.simulate.worlds import World
from asc_lib.study import check

# Jobs may keep compiled Python: torch takes seconds to compile anew. Batches ask for the same tens
# of megabytes again and again: glibc keeps what is given back to it, a tenth of a training's time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ |= {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "2147483647"}
os.environ.setdefault("USER", f"user{os.getuid()}")  # in a container it may have no name

STUDY_FILE = str(config.get("study", "quick"))
ONLY = str(config.get("only", ""))
RUN_FILES = ["history.csv", "predictions.parquet", "weights.safetensors", "provenance.json"]


def refuse(text):
    print(text, file=sys.stderr)
    os._exit(2)  # without Snakemake's own words


try:
    STUDY = check(STUDY_FILE)
    ROOTS = [resolve(root) for root in (STUDY.tau22_root, STUDY.vintage_root, STUDY.multi_root)]
    # real recordings lie elsewhere and are not ours to make
    ROOTS = [root for root in ROOTS if root.is_relative_to(SIMULATED)]
    for root in ROOTS:
        World.named(root.parent.name)
except InputError as error:
    refuse(error)
OUT = f"outputs/{STUDY.study}"
DATA = [f"{root.relative_to(ROOT)}/simulated.json" for root in ROOTS]
RUNS = STUDY.all_runs()
GROUPS = [sorted(run.run_name for run in group) for group in groups_of(STUDY)]
GENERATORS = {config_of(STUDY, fold).name: fold for fold in folds_of(STUDY)}
GENERATED_SET = f"{OUT}/generator/dirs/origin.json"


def names(runs):
    return [run.run_name for run in runs]


def of_method(method):
    return [name for name, run in RUNS.items() if run in STUDY.method_runs() and run.method == method]


def trained(runs):
    return expand(f"{OUT}/runs/{{run}}/{{file}}", run=sorted(set(runs)), file=RUN_FILES)


def trained_generators(folds):
    return [f"{OUT}/generator/{name}/provenance.json" for name, fold in GENERATORS.items() if fold in folds]


def notebook(name):
    return f"{OUT}/notebooks/{name}.ipynb"


COMPARED, GRID = names(STUDY.method_runs()), names(STUDY.grid_runs())
GENERATED, BEYOND = names(STUDY.generated_runs()), names(STUDY.beyond_runs())
PLAIN = of_method("plain")

# what each notebook reads beside the bank, and what others read of it
NOTEBOOKS = {
    "00_simulated_benchmark": (trained(PLAIN), []),
    "01_dir_analysis": ([], ["tables/dir_measures.csv", "figures/figure_1.png"]),
    "02_icl_grid_search": (trained(GRID + PLAIN[:1]), ["tables/table_1.csv"]),
    "04_device_probe": (trained(COMPARED), ["tables/table_2.csv"]),
    "05_results": (trained(COMPARED + GENERATED), ["tables/table_3.csv"]),
    "06_dir_generator": (
        trained_generators(GENERATORS.values()) + ([GENERATED_SET] if GENERATED else []),
        ["tables/generator_differences.csv"],
    ),
    "07_beyond_the_paper": (trained(COMPARED + BEYOND), ["tables/beyond_probes.csv"]),
    "08_claims": ([], ["tables/ledger.csv"]),  # reads the tables of all others
}
if not STUDY.simulated_world:
    del NOTEBOOKS["00_simulated_benchmark"]
if not BEYOND:
    del NOTEBOOKS["07_beyond_the_paper"]
NOTEBOOKS["08_claims"][0].extend(notebook(name) for name in NOTEBOOKS if name[:2] not in ("00", "08"))
# notebook 03 reports one run: the first seed of each method, or the one that is asked for
REPORTS = {f"03:{run}": f"{OUT}/notebooks/03_{run}.ipynb" for run in RUNS}
WANTED = {name: notebook(name) for name in NOTEBOOKS}
WANTED |= {f"03:{run}": REPORTS[f"03:{run}"] for run in (of_method(m)[0] for m in METHODS)}
if ONLY and ONLY not in WANTED | REPORTS | {"bank": 0}:
    close = get_close_matches(ONLY, WANTED | REPORTS, 3) or [*NOTEBOOKS, "bank", "03:<run>"]
    refuse(f"only: {ONLY!r} is no part of study {STUDY.study}; choose {', '.join(close)}")

if workflow.exec_mode == ExecMode.DEFAULT and not workflow.dryrun:
    LATE = [file for file in (ROOT / "notebooks").glob("*.ipynb") if file.stat().st_mtime > time.time()]
    LATE += [file for file in (ROOT / OUT).rglob("*.json") if file.stat().st_mtime > time.time()]
    if LATE:
        refuse(f"{LATE[0]}: dated ahead of this machine's clock, so that nothing seems newer: touch it")
    held = alone_on(ROOT / OUT / "study", f"{OUT}: another process runs this study; wait for it or stop it")
    try:
        held.__enter__()  # until this process ends
    except InputError as error:
        refuse(error)
    # what Snakemake puts aside to restore after a failure: of a killed study half a copy
    shutil.rmtree(ROOT / ".snakemake" / "backups" / OUT, ignore_errors=True)

PYTHON = shlex.quote(sys.executable)
TIMEOUT = f"--cell-timeout {int(config['cell_timeout'])}" if "cell_timeout" in config else ""
# `exec`: a stop reaches the notebook, not a shell around it; `:q`: a name is never a command
RUN = "exec {PYTHON} -m asc_lib.run {input.source} {output[0]} -p study {STUDY_FILE:q} {TIMEOUT}"
TRAINING = {
    "gpu": int(STUDY.device != "cpu"),
    "mem_mb": training_mb(STUDY.dim, STUDY.runs_together),
    "runtime": 1440,  # minutes; a day need not be enough: the next try goes on from the checkpoint
}


wildcard_constraints:
    run="|".join(RUNS),
    generator="|".join(GENERATORS),
    part="tau22|vintage|multi",
    world="[a-z0-9_]+",


rule all:
    input:
        list(WANTED.values()) + trained(RUNS) if not ONLY else (WANTED | REPORTS | {"bank": f"{OUT}/bank.json"})[ONLY],


rule simulate:
    input:
        "asc_lib/data/simulated.py",  # its version: data of another one are refused, not mixed
    output:
        update("outputs/simulated/{world}/{part}/simulated.json"),  # it says which version
    log:
        f"{OUT}/logs/simulate-{{world}}-{{part}}.log",
    message:
        "simulate {wildcards.part} ({wildcards.world}): {log}"
    # recordings take all cores; both DIR sets, far smaller, go side by side
    threads: lambda wildcards: workflow.cores if wildcards.part == "tau22" else 1
    priority: 50
    shell:
        "exec {PYTHON} -m asc_lib.simulate.benchmark {wildcards.world:q} {wildcards.part}"
        " outputs/simulated/{wildcards.world:q}/{wildcards.part} --workers {threads} > {log:q} 2>&1"


rule bank:
    input:
        DATA,
    output:
        f"{OUT}/bank.json",
    params:
        roots=[STUDY.tau22_root, STUDY.vintage_root, STUDY.multi_root],
    log:
        f"{OUT}/logs/bank.log",
    message:
        "bank of recordings at 32 kHz: {log}"
    threads: lambda wildcards: workflow.cores  # a cluster's profile says how many
    resources:
        gpu=int(STUDY.device.startswith("cuda")),  # it looks whether there is one
    shell:
        "exec {PYTHON} -m asc_lib.train.prepare {STUDY_FILE:q} > {log} 2>&1"


rule generator:
    input:
        DATA,
        f"{OUT}/bank.json",  # the sets are read once, there
    output:
        update(f"{OUT}/generator/{{generator}}/provenance.json"),
    params:
        fold=lambda wildcards: GENERATORS[wildcards.generator],
    log:
        f"{OUT}/logs/generator-{{generator}}.log",
    message:
        "train DIR generator {wildcards.generator}: {log}"
    threads: STUDY.threads
    priority: 20
    resources:
        **TRAINING,
    shell:
        "exec {PYTHON} -m asc_lib.generator.training {STUDY_FILE:q} {params.fold} > {log} 2>&1"


rule generated_set:
    input:
        trained_generators([ALL]),
    output:
        update(GENERATED_SET),
    log:
        f"{OUT}/logs/generated_set.log",
    message:
        "generated DIRs: {log}"
    threads: STUDY.threads
    shell:
        "exec {PYTHON} -m asc_lib.generator.generated_set {STUDY_FILE:q} > {log} 2>&1"


# `update`: Snakemake deletes outputs before a job; a finished training is only loaded again.
for first, *others in GROUPS:

    rule:
        name:
            f"train_{first}_and_{len(others)}_more"
        input:
            f"{OUT}/bank.json",
            GENERATED_SET if first in GENERATED else [],
        output:
            update(trained([first, *others])),
        params:
            runs=[first, *others],
        log:
            f"{OUT}/logs/train-{first}-and-{len(others)}-more.log",
        message:
            f"train {first} and {len(others)} more: {{log}}"
        threads: STUDY.threads
        priority: 10 if first in COMPARED else 5
        resources:
            **TRAINING,
        shell:
            "exec {PYTHON} -m asc_lib.train.together {STUDY_FILE:q} {params.runs} > {log} 2>&1"


for name, (needed, made) in NOTEBOOKS.items():

    rule:
        name:
            name
        input:
            DATA,
            needed,
            f"{OUT}/bank.json",
            source=f"notebooks/{name}.ipynb",
        output:
            notebook(name),
            [f"{OUT}/{file}" for file in made],
        params:
            study=STUDY.model_dump_json(),
        log:
            f"{OUT}/logs/{name}.log",
        message:
            f"notebook {name}: {{log}}"
        threads: STUDY.threads
        priority: 40 if name in ("01_dir_analysis", "04_device_probe", "06_dir_generator") else 0
        resources:
            **(TRAINING | {"mem_mb": training_mb(STUDY.dim)}),
        shell:
            RUN + " > {log} 2>&1"


rule report:
    input:
        lambda wildcards: trained([wildcards.run]),
        f"{OUT}/bank.json",
        source="notebooks/03_main_training.ipynb",
    output:
        f"{OUT}/notebooks/03_{{run}}.ipynb",
    log:
        f"{OUT}/logs/03_{{run}}.log",
    message:
        "notebook 03_main_training of {wildcards.run}: {log}"
    threads: STUDY.threads
    resources:
        mem_mb=training_mb(STUDY.dim),
    shell:
        RUN + " -p run {wildcards.run} > {log} 2>&1"


onsuccess:
    if not ONLY or ONLY == "05_results":
        import pandas as pd

        table = pd.read_csv(f"{OUT}/tables/table_3.csv")
        shown = table[["label"]].rename(columns={"label": "method"})
        for family in ("real", "simulated", "unseen", "overall", "further"):
            if family in table:
                bounds = zip(table[family], table[f"{family}_low"], table[f"{family}_high"])
                shown[family] = [f"{value:.3f} [{low:.2f}, {high:.2f}]" for value, low, high in bounds]
        print(f"\n{OUT}/tables/table_3.csv: log-loss on the test side in nats [95 % interval]")
        print(f"measured on: {', '.join(table['measured_on'].unique())}; guessing: 2.303")
        print(shown.to_string(index=False))
    if ONLY != "bank":
        print(f"\nexecuted notebooks: {OUT}/notebooks/; figures and tables beside them")
        print("next: `make lab` opens them, begin with 01; `make explore`: microphones to turn and hear")


onerror:
    print(f"\nnot finished; mended, the same command goes on from here (logs: {OUT}/logs/)", file=sys.stderr)
