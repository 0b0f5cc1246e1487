"""Papermill's engine, without what slows a notebook down between its cells."""

from typing import Any

from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

NAME = "study"
_SAVE_EVERY_S = 30


class Engine(NBClientEngine):
    """Papermill's own, but what was executed is written now and then and at the end.

    Before and after each cell, as papermill does, it takes a tenth of a short notebook's time.
    """

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, **kwargs: Any
    ) -> None:
        """Execute all cells; the caller writes the notebook once more, however it ends."""
        save = nb_man.save

        def save_now_and_then(**_: Any) -> None:
            if (nb_man.now() - nb_man.last_save_time).total_seconds() > _SAVE_EVERY_S:
                save()

        nb_man.save = save_now_and_then
        try:
            super().execute_managed_notebook(nb_man, kernel_name, **kwargs)
        finally:
            nb_man.save = save


papermill_engines.register(NAME, Engine)
