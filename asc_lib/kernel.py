"""The kernel that executes a study's notebooks, one or several of them."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.channels import HBChannel
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from traitlets import Type, default

from asc_lib.inputs import InputError

_NAME = "python3"
_FORGET = "get_ipython().reset(new_session=True); __import__('gc').collect()"
_FORGET_S = 60


class Heartbeat(HBChannel):
    """Its last beat, which no kernel is there to answer, would hold each notebook for a second."""

    def _create_socket(self) -> None:
        super()._create_socket()
        self.socket.linger = 0


class KernelClient(AsyncKernelClient):
    """The client that nbclient takes, but for its heartbeat."""

    hb_channel_class = Type(Heartbeat)


class Kernel(AsyncKernelManager):
    """A kernel for one notebook after another, each of which finds it empty.

    What a notebook imports stays in memory: the next one need not wait for it.
    """

    _client: KernelClient | None = None

    @default("client_factory")
    def _own_client(self) -> type[KernelClient]:
        return KernelClient

    def client(self, **kwargs: Any) -> KernelClient:
        """A new client; nbclient asks for one a notebook, and leaves it open."""
        self._client = super().client(**kwargs)
        return self._client

    def let_go(self) -> None:
        """End the last notebook's client."""
        if self._client:
            self._client.stop_channels()
            self._client = None

    def forget(self) -> None:
        """Empty the kernel of the last notebook's names."""
        if self.has_kernel:
            run_sync(self._forget)()

    async def _forget(self) -> None:
        client = self.client()
        client.start_channels()
        try:
            await client.execute(_FORGET, silent=True, reply=True, timeout=_FORGET_S)
        finally:
            self.let_go()

    def end(self) -> None:
        """End it, whatever it is doing."""
        self.let_go()
        if self.has_kernel:
            alive = run_sync(self.is_alive)()
            run_sync(self.shutdown_kernel if alive else self.cleanup_resources)()


@contextmanager
def one_kernel() -> Iterator[Kernel]:
    """A kernel, started by the first notebook that it is given to, ended with the context.

    After a notebook that failed take another one.

    Raises:
        InputError: the notebooks' kernel is another Python's.
    """
    check_kernel()
    # Its sockets are files of our own: of ports that look free, a kernel beside takes one before
    # ours does, and ours never answers.
    with tempfile.TemporaryDirectory(prefix="kernel-") as sockets:
        kernel = Kernel(kernel_name=_NAME, transport="ipc", ip=f"{sockets}/socket")
        try:
            yield kernel
        finally:
            kernel.end()


def check_kernel() -> None:
    """Nothing, where the notebooks' kernel is this Python's.

    Raises:
        InputError: it belongs to another one.
    """
    # a kernel of the same name in the user's folder may belong to another Python
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    spec = KernelSpecManager().get_kernel_spec(_NAME)
    python = Path(spec.argv[0])
    if python.is_absolute() and python.parent != Path(sys.executable).parent:
        raise InputError(
            f"{spec.resource_dir}: kernel {_NAME} belongs to {python}, not to {sys.executable}; "
            "remove it or unset JUPYTER_PATH"
        )
