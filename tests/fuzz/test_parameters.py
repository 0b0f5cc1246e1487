"""Parameters of any content: a value stays a value, in a notebook, in a shell and in YAML."""

import ast
import math
import shlex
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from papermill.parameterize import parameterize_notebook

from asc_lib import explore, study_check
from asc_lib.study import StudyConfig, load
from asc_lib.study_file import validated
from asc_lib.files import InputError
from asc_lib.parameters_cell import parsed_change
from tests.fuzz.test_files import WANTED
from tests.fuzz.words import MARK, YAML

settings.register_profile(
    "fuzz",
    derandomize=not WANTED,
    max_examples=max(40, WANTED // 20),
    deadline=None,
    database=None,
)
settings.load_profile("fuzz")

ORDERS = [
    'a"\nimport os; os.system("touch {m}")\n"', "a'; import os; os.system('touch {m}') #",
    '"""\nopen("{m}", "w")\n"""', "\\", '\\"', "{{open('{m}', 'w')}}", "${{IFS}}touch {m}",
    "$(touch {m})", "`touch {m}`", ";touch {m};", "|touch {m}", "\n touch {m}\n", "&touch {m}&",
    "{output}", "{wildcards.run}", "{{", "%s", "\u2028import os", "\r\nx = 1", "\x00", "--expect",
]  # fmt: skip
MEANT = [order.format(m=MARK.decode(), output="{output}", wildcards="w") if "{m}" in order
         else order for order in ORDERS]  # fmt: skip
TEXTS = st.one_of(st.sampled_from(MEANT), st.text(max_size=60))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.one_of(
    TEXTS, NUMBERS, st.booleans(), st.integers(), st.lists(NUMBERS), st.lists(TEXTS, max_size=4)
)


def _assignments(source: str) -> dict[str, Any]:
    """Names and literals of a cell that does nothing but assign literals."""
    found = {}
    for statement in ast.parse(source).body:
        assert isinstance(statement, ast.Assign), ast.unparse(statement)
        (target,) = statement.targets
        assert isinstance(target, ast.Name)
        found[target.id] = ast.literal_eval(statement.value)
    return found


@given(st.dictionaries(st.sampled_from(["study", "alpha", "seeds", "grid"]), VALUES, min_size=1))
def test_a_notebook_gets_values_and_no_code(values):
    notebook = nbformat.v4.new_notebook()
    tag = {"tags": ["parameters"]}
    notebook.metadata.papermill = {}
    notebook.metadata.kernelspec = {"name": "python3", "language": "python", "display_name": "x"}
    notebook.cells = [nbformat.v4.new_code_cell("alpha: float = 0.2", metadata=tag)]
    made = parameterize_notebook(notebook, values)
    (cell,) = [c for c in made.cells if "injected-parameters" in c.metadata.get("tags", [])]
    assert _assignments(cell.source) == values


@given(TEXTS)
def test_the_classroom_page_gets_its_study_as_a_value(name):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        page = nbformat.read(explore.page(name, Path(folder)), as_version=4)
    (cell,) = [c for c in page.cells if "injected-parameters" in c.metadata.get("tags", [])]
    assert _assignments(cell.source) == {"study": name}


@given(st.one_of(TEXTS, st.sampled_from([word.decode("latin-1") for word in YAML])))
def test_a_value_on_the_command_line_is_read_or_refused(text):
    try:
        name, value = parsed_change("alpha", text)
    except InputError as error:
        assert str(error).startswith("alpha: ") and len(str(error)) < 400
    else:
        assert name == "alpha"
        kinds = str, int, float, bool, list, dict, type(None), bytes, set
        assert isinstance(value, kinds) or type(value).__module__ == "datetime"
    assert not Path(MARK.decode()).exists()


@given(st.one_of(st.floats(0, 100), st.integers(0, 2**31 - 1), st.booleans()))
def test_what_the_snakefile_hands_to_a_run_comes_back(value):
    text = yaml.safe_dump(value).splitlines()[0]  # as `what_differs` in the Snakefile
    assert shlex.split(text) == [text]
    back = parsed_change("alpha", text)[1]
    assert back == value and type(back) is type(value)


@given(TEXTS)
def test_a_study_that_is_taken_has_a_name_that_no_shell_reads_otherwise(name):
    try:
        config = study_check.check(name)
    except InputError:
        return
    assert shlex.quote(config.study) == config.study and shlex.quote(name) == name


@given(TEXTS)
def test_a_quoted_name_is_one_word_for_the_shell(text):
    if "\x00" in text or any(0xD800 <= ord(sign) < 0xE000 for sign in text):
        return  # no argument of any program can be so
    said = subprocess.run(["sh", "-c", f"printf %s {shlex.quote(text)}"], capture_output=True)
    assert said.stdout == text.encode()


FIELDS = sorted(StudyConfig.model_fields)
ODD = st.one_of(
    *(VALUES, st.none(), st.floats(), st.dictionaries(TEXTS, VALUES, max_size=2)),
    st.recursive(st.floats(), lambda inner: st.lists(inner, max_size=3), max_leaves=6),
)


@given(st.dictionaries(st.one_of(st.sampled_from(FIELDS), TEXTS), ODD, min_size=1, max_size=3))
def test_a_study_of_any_values_is_sound_or_refused(changes):
    values = load("smoke").model_dump() | changes
    try:
        config = validated(StudyConfig, values, "file.yaml")
        names = list(config.all_runs())
    except InputError as error:
        assert "file.yaml" in str(error) or "study" in str(error)
        assert len(str(error)) < 4000
        return
    numbers = [value for value in config.model_dump().values() if isinstance(value, float)]
    assert all(map(math.isfinite, numbers))
    assert names and all(shlex.quote(name) == name for name in names)
    assert all(".." not in name and "/" not in name for name in names)
