"""Papermill's engine and its side of a kernel, without what slows a notebook down between cells."""

from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.channels import HBChannel
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from traitlets import Type

NAME = "study"
KERNEL_CLIENT = f"{__name__}.KernelClient"  # for jupyter_client's `KernelManager.client_class`
_SAVE_EVERY_S = 30


class Heartbeat(HBChannel):
    """Its last beat, which no kernel is there to answer, would hold each notebook for a second."""

    def _create_socket(self) -> None:
        super()._create_socket()
        self.socket.linger = 0


class KernelClient(AsyncKernelClient):
    """The client that nbclient takes, but for its heartbeat."""

    hb_channel_class = Type(Heartbeat)


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
