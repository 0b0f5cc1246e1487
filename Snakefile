"""The study as a table of contents: which run feeds which.

    make study STUDY=quick               the usual way (asc_lib/study.py calls this file)
    snakemake --cores 2 --config study=quick
    python -m asc_lib.study quick --profile params/profiles/slurm    the same on a cluster

A job's message is "what > its log"; asc_lib/study.py shows the one and finds the other by it.
"""

import shlex
import sys

from asc_lib.study import load
from asc_lib.experiment.generator_config import ALL, config_of, folds_of
from asc_lib.experiment.method_source import method_source
from asc_lib.experiment.methods import ALL_METHODS
from asc_lib.experiment.together import groups_of
from asc_lib.files import ROOT, SIMULATED, resolve
from asc_lib.memory import training_mb
from asc_lib.run_notebooks import RUN_FILES

STUDY_FILE = str(config.get("study", "quick"))
STUDY = load(STUDY_FILE)
OUT = f"outputs/{STUDY.study}"
PARAMETERS = STUDY_FILE if STUDY_FILE.endswith((".yaml", ".yml")) else f"params/{STUDY_FILE}.yaml"

RUNS = STUDY.all_runs()
METHOD_RUNS = [run.run_name for run in STUDY.method_runs()]
PLAIN_RUNS = [run.run_name for run in STUDY.method_runs() if run.method == "plain"]
MULTI_RUNS = [run.run_name for run in STUDY.method_runs() if run.method == "multi"]
GRID_RUNS = [run.run_name for run in STUDY.grid_runs()]
BEYOND_RUNS = [run.run_name for run in STUDY.beyond_runs()]
GENERATED_RUNS = [run.run_name for run in STUDY.generated_runs()]
# the DIR generator's trainings by their folders, and the set of DIRs that it makes
GENERATORS = {config_of(STUDY, fold).name: fold for fold in folds_of(STUDY)}
GENERATED_SET = f"{OUT}/generator/dirs/origin.json"
# trained in one process each, since they hear the same batches; notebook 03 then reports each run
TOGETHER = [
    sorted(run.run_name for run in some)
    for some in groups_of(STUDY)
    if len(some) > 1
]
# reported by notebook 03 in one kernel, five at most: the first takes twice as long as the others
IN_ORDER = [run for some in TOGETHER for run in some]
PARTS = -(-len(IN_ORDER) // 5)
ENDS = [len(IN_ORDER) * part // PARTS for part in range(1, PARTS + 1)]
REPORTED = [IN_ORDER[begin:end] for begin, end in zip([0, *ENDS], ENDS, strict=False)]
# what a training asks for; a day need not be enough: the next try goes on from the checkpoint
TRAINING = {
    "gpu": int(STUDY.device != "cpu"),
    "mem_mb": training_mb(STUDY.dim, STUDY.runs_together),
    "runtime": 1440,  # minutes
}
# notebooks that embed clips by many networks, or measure training steps
EMBEDDING = TRAINING | {"mem_mb": training_mb(STUDY.dim)}
SEARCH_RUNS = [run.run_name for run in [*STUDY.alpha_runs(), *STUDY.lambda_runs()]]

ROOTS = [STUDY.tau22_root, STUDY.vintage_root, STUDY.multi_root]
# real recordings lie elsewhere and are not ours to make
DATA = [
    f"{resolve(root).relative_to(ROOT)}/simulated.json"
    for root in ROOTS
    if resolve(root).is_relative_to(SIMULATED)
]

PYTHON = shlex.quote(sys.executable)
NOTEBOOK = f"{PYTHON} -m asc_lib.notebook"
if "cell_timeout" in config:  # seconds; a limit changes no result
    NOTEBOOK_LIMIT = f"--cell-timeout {int(config['cell_timeout'])}"
else:
    NOTEBOOK_LIMIT = ""
# `exec`: a stop reaches the notebook, not a shell around it; `:q`: a name is never a command
RUN_NOTEBOOK = (
    "exec {NOTEBOOK} {input.source} {output.notebook} -f {STUDY_FILE:q} {NOTEBOOK_LIMIT}"
)
# notebook 03 of the runs that the rule names
RUN_NOTEBOOKS = (
    "exec {PYTHON} -m asc_lib.run_notebooks {STUDY_FILE:q} {params.runs} {NOTEBOOK_LIMIT}"
    " > {log} 2>&1"
)


def trained(runs):
    return expand(f"{OUT}/runs/{{run}}/{{file}}", run=sorted(set(runs)), file=RUN_FILES)


def code_of(runs):
    # of the methods' own functions: where it has changed, their runs are trained again
    return [method_source(ALL_METHODS[RUNS[run].method]) for run in runs]


def dirs_of(wildcards):
    return GENERATED_SET if wildcards.run in GENERATED_RUNS else []


wildcard_constraints:
    run="|".join(RUNS),
    generator="|".join(GENERATORS),
    part="tau22|vintage|multi",
    world="[a-z0-9_]+",


rule all:
    input:
        f"{OUT}/notebooks/00_simulated_benchmark.ipynb" if STUDY.simulated_world else [],
        f"{OUT}/notebooks/01_dir_analysis.ipynb",
        f"{OUT}/notebooks/02_icl_grid_search.ipynb",
        trained(RUNS),
        expand(f"{OUT}/runs/{{run}}/03_main_training.ipynb", run=RUNS),
        f"{OUT}/notebooks/04_device_probe.ipynb",
        f"{OUT}/notebooks/05_results.ipynb",
        f"{OUT}/notebooks/06_dir_generator.ipynb",
        f"{OUT}/notebooks/07_beyond_the_paper.ipynb" if BEYOND_RUNS else [],


rule simulate:
    input:
        "asc_lib/data/simulated.py",  # its version: data of another one are refused, not mixed
    output:
        update("outputs/simulated/{world}/{part}/simulated.json"),  # it says which version
    log:
        f"{OUT}/logs/simulate-{{world}}-{{part}}.log",
    message:
        "simulate {wildcards.part} ({wildcards.world}) > {log}"
    # recordings take all cores; both DIR sets, far smaller, go side by side
    threads: lambda wildcards: workflow.cores if wildcards.part == "tau22" else 1
    shell:
        "exec {PYTHON} -m asc_lib.simulate.benchmark {wildcards.world:q} {wildcards.part}"
        " outputs/simulated/{wildcards.world:q}/{wildcards.part} --workers {threads}"
        " > {log:q} 2>&1"


rule bank:
    input:
        DATA,
    output:
        f"{OUT}/bank.json",
    params:
        roots=ROOTS,
    log:
        f"{OUT}/logs/bank.log",
    message:
        "bank of recordings at 32 kHz > {log}"
    threads: lambda wildcards: workflow.cores  # a cluster's profile says how many
    resources:
        gpu=int(STUDY.device.startswith("cuda")),  # it looks whether there is one
    shell:
        "exec {PYTHON} -m asc_lib.experiment.prepare {STUDY_FILE:q} > {log} 2>&1"


rule simulated_benchmark:
    input:
        DATA,
        PARAMETERS,
        trained(PLAIN_RUNS),
        f"{OUT}/bank.json",
        source="notebooks/00_simulated_benchmark.ipynb",
    output:
        notebook=f"{OUT}/notebooks/00_simulated_benchmark.ipynb",
        made=[f"{OUT}/tables/benchmark_plain.csv", f"{OUT}/figures/benchmark_spectra.png"],
    log:
        f"{OUT}/logs/00_simulated_benchmark.log",
    message:
        "notebook 00_simulated_benchmark > {log}"
    threads: STUDY.threads
    resources:
        **EMBEDDING,
    shell:
        RUN_NOTEBOOK + " --expect {output.made} > {log} 2>&1"


rule dir_analysis:
    input:
        DATA,
        PARAMETERS,
        f"{OUT}/bank.json",
        source="notebooks/01_dir_analysis.ipynb",
    output:
        notebook=f"{OUT}/notebooks/01_dir_analysis.ipynb",
        made=[
            *expand(f"{OUT}/figures/figure_{{n}}.{{kind}}", n=[1, 2], kind=["png", "pdf", "csv"]),
            f"{OUT}/tables/dir_measures.csv",
        ],
    log:
        f"{OUT}/logs/01_dir_analysis.log",
    message:
        "notebook 01_dir_analysis > {log}"
    threads: STUDY.threads
    shell:
        RUN_NOTEBOOK + " --expect {output.made} > {log} 2>&1"


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
        "train DIR generator {wildcards.generator} > {log}"
    threads: STUDY.threads
    resources:
        **TRAINING,
    shell:
        "exec {PYTHON} -m asc_lib.experiment.generator_training {STUDY_FILE:q} {params.fold}"
        " > {log} 2>&1"


rule generated_set:
    input:
        [f"{OUT}/generator/{name}/provenance.json" for name, fold in GENERATORS.items() if fold == ALL],
    output:
        update(GENERATED_SET),
    log:
        f"{OUT}/logs/generated_set.log",
    message:
        "generated DIRs > {log}"
    threads: STUDY.threads
    shell:
        "exec {PYTHON} -m asc_lib.experiment.generated_set {STUDY_FILE:q} > {log} 2>&1"


rule dir_generator:
    input:
        expand(f"{OUT}/generator/{{name}}/provenance.json", name=GENERATORS),
        # Table 3's row of the method that the paper dropped, where the study trains it
        trained(GENERATED_RUNS + PLAIN_RUNS + MULTI_RUNS) if GENERATED_RUNS else [],
        PARAMETERS,
        f"{OUT}/bank.json",
        source="notebooks/06_dir_generator.ipynb",
    output:
        notebook=f"{OUT}/notebooks/06_dir_generator.ipynb",
        made=[
            f"{OUT}/tables/generator_scores.csv",
            f"{OUT}/tables/generator_differences.csv",
            f"{OUT}/figures/generator_scores.png",
        ],
    log:
        f"{OUT}/logs/06_dir_generator.log",
    message:
        "notebook 06_dir_generator > {log}"
    threads: STUDY.threads
    shell:
        RUN_NOTEBOOK + " --expect {output.made} > {log} 2>&1"


# `update`: Snakemake deletes outputs before a job; a finished training is only loaded again.
# What an interrupted one goes on from is no output, so it stays.
for first, *others in TOGETHER:

    rule:
        name:
            f"train_{first}_and_{len(others)}_more"
        input:
            f"{OUT}/bank.json",
            GENERATED_SET if first in GENERATED_RUNS else [],
        output:
            update(expand(f"{OUT}/runs/{{run}}/{{file}}", run=[first, *others], file=RUN_FILES)),
        params:
            runs=[first, *others],
            code=code_of([first, *others]),
        log:
            f"{OUT}/logs/train-{first}-and-{len(others)}-more.log",
        message:
            f"train {first} and {len(others)} more > {{log}}"
        threads: STUDY.threads
        resources:
            **TRAINING,
        shell:
            "exec {PYTHON} -m asc_lib.experiment.together {STUDY_FILE:q} {params.runs}"
            " > {log} 2>&1"


for first, *others in REPORTED:

    rule:
        name:
            f"report_{first}_and_{len(others)}_more"
        input:
            trained([first, *others]),
            f"{OUT}/bank.json",
            source="notebooks/03_main_training.ipynb",
        output:
            expand(f"{OUT}/runs/{{run}}/03_main_training.ipynb", run=[first, *others]),
        params:
            runs=[first, *others],
        log:
            f"{OUT}/logs/report-{first}-and-{len(others)}-more.log",
        message:
            f"report of {first} and {len(others)} more > {{log}}"
        threads: STUDY.threads
        priority: -1  # no other job waits for it
        resources:
            mem_mb=training_mb(STUDY.dim),
        shell:
            RUN_NOTEBOOKS


rule train:
    input:
        f"{OUT}/bank.json",
        dirs_of,
        source="notebooks/03_main_training.ipynb",
    output:
        notebook=f"{OUT}/runs/{{run}}/03_main_training.ipynb",
        made=update(expand(f"{OUT}/runs/{{{{run}}}}/{{file}}", file=RUN_FILES)),
    wildcard_constraints:
        run="|".join(set(RUNS) - {run for some in TOGETHER for run in some}) or "none",
    params:
        runs=lambda wildcards: [wildcards.run],
        code=lambda wildcards: code_of([wildcards.run]),
    log:
        f"{OUT}/logs/train-{{run}}.log",
    message:
        "train {wildcards.run} > {log}"
    threads: STUDY.threads
    resources:
        **TRAINING,
    shell:
        RUN_NOTEBOOKS


rule icl_grid_search:
    input:
        trained(GRID_RUNS + PLAIN_RUNS[:1]),
        PARAMETERS,
        source="notebooks/02_icl_grid_search.ipynb",
    output:
        notebook=f"{OUT}/notebooks/02_icl_grid_search.ipynb",
        made=[f"{OUT}/tables/table_1.csv", f"{OUT}/figures/icl_grid.png"],
    log:
        f"{OUT}/logs/02_icl_grid_search.log",
    message:
        "notebook 02_icl_grid_search > {log}"
    threads: STUDY.threads
    resources:
        **EMBEDDING,
    shell:
        RUN_NOTEBOOK + " --expect {output.made} > {log} 2>&1"


rule device_probe:
    input:
        trained(METHOD_RUNS),
        PARAMETERS,
        source="notebooks/04_device_probe.ipynb",
    output:
        notebook=f"{OUT}/notebooks/04_device_probe.ipynb",
        made=[
            f"{OUT}/tables/table_2.csv",
            f"{OUT}/tables/probe_ladder.csv",
            f"{OUT}/tables/probe_differences.csv",
            f"{OUT}/tables/probe_depth.csv",
            f"{OUT}/figures/device_probe.png",
        ],
    log:
        f"{OUT}/logs/04_device_probe.log",
    message:
        "notebook 04_device_probe > {log}"
    threads: STUDY.threads
    resources:
        **EMBEDDING,
    shell:
        RUN_NOTEBOOK + " --expect {output.made} > {log} 2>&1"


rule results:
    input:
        trained(METHOD_RUNS),
        PARAMETERS,
        # what the ledger of claims holds them against
        trained(SEARCH_RUNS),
        f"{OUT}/tables/dir_measures.csv",
        f"{OUT}/tables/generator_differences.csv",
        trained(GENERATED_RUNS + BEYOND_RUNS),
        f"{OUT}/notebooks/04_device_probe.ipynb",
        f"{OUT}/tables/beyond_probes.csv" if BEYOND_RUNS else [],
        source="notebooks/05_results.ipynb",
    output:
        notebook=f"{OUT}/notebooks/05_results.ipynb",
        made=[
            *expand(f"{OUT}/tables/{{name}}.csv", name=["table_3", "ledger", "audit"]),
            f"{OUT}/figures/table_3.png",
        ],
    log:
        f"{OUT}/logs/05_results.log",
    message:
        "notebook 05_results > {log}"
    threads: STUDY.threads
    resources:
        **EMBEDDING,
    shell:
        RUN_NOTEBOOK + " --expect {output.made} > {log} 2>&1"


rule beyond_the_paper:
    input:
        PARAMETERS,
        trained(METHOD_RUNS + BEYOND_RUNS),
        f"{OUT}/bank.json",
        source="notebooks/07_beyond_the_paper.ipynb",
    output:
        notebook=f"{OUT}/notebooks/07_beyond_the_paper.ipynb",
        made=[
            f"{OUT}/tables/beyond_table.csv",
            f"{OUT}/tables/beyond_probes.csv",
            f"{OUT}/figures/beyond_trade_off.png",
        ],
    log:
        f"{OUT}/logs/07_beyond_the_paper.log",
    message:
        "notebook 07_beyond_the_paper > {log}"
    threads: STUDY.threads
    resources:
        **EMBEDDING,
    shell:
        RUN_NOTEBOOK + " --expect {output.made} > {log} 2>&1"
