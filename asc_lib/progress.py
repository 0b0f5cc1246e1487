"""What Snakemake says, as one readable line a job."""

import re
import time
from pathlib import Path

from asc_lib.inputs import ROOT


class Progress:
    """Snakemake's messages as one readable line a job.

    `done`, `failed` and `killed` tell after the last line what became of the jobs.
    """

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.done = self.total = 0
        self.jobs: dict[str, tuple[str, Path]] = {}  # running: number -> what, its log
        self.failed: dict[str, tuple[str, Path]] = {}  # and not tried again
        self.killed: set[str] = set()  # those of them that something ended from outside
        self._error = self._killed = False
        self._no_jobs = 0  # that Snakemake counts: the rule `all`

    def read(self, line: str) -> str | None:
        """What to show for a line of Snakemake's, if anything."""
        if match := re.match(r"Job (\d+): (.+) > (\S+)$", line):
            number, what, log = match.groups()
            self.jobs[number] = (what, Path(log))
            return self._line(f"{what} ...")
        if re.match(r"all +1$", line):
            self._no_jobs = 1
        elif match := re.match(r"total +(\d+)$", line):
            self.total = int(match[1]) - self._no_jobs
        elif match := re.match(r"Finished jobid: (\d+) ", line):
            what = self.jobs.pop(match[1], None)
            self.done += 1
            return self._line(f"{what[0]}: done") if what else None
        elif line.endswith("died with <Signals.SIGKILL: 9>."):
            self._killed = True
        elif re.match(r"Error in rule ", line):
            self._error = True
        elif self._error and (match := re.match(r"    jobid: (\d+)", line)):
            killed, self._error, self._killed = self._killed, False, False
            if what := self.jobs.pop(match[1], None):
                self.failed[match[1]] = what
                if killed:
                    self.killed.add(match[1])
                return self._line(f"{what[0]}: FAILED")
        elif match := re.match(r"Trying to restart job (\d+)\.", line):
            what = self.failed.pop(match[1], None)
            self.killed.discard(match[1])
            return self._line(f"{what[0]}: once more") if what else None
        return None

    def still(self) -> list[str]:
        """A sign of life of each running job: the last line of its log."""
        lines = []
        for what, log in self.jobs.values():
            said = "".join(tail(log, 1)).removeprefix(f"{what.split()[-1]}: ")
            lines.append(self._line(f"{what}: {said[:72]}" if said else f"{what} ..."))
        return lines

    def _line(self, text: str) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        done = min(self.done, self.total)
        share = round(100 * done / self.total) if self.total else 0
        return f"[{done:3d}/{self.total} {share:3d} % {minutes:3d}:{seconds:02d}] {text}"


def tail(log: Path, lines: int) -> list[str]:
    """The last lines of a log; of a line that a progress bar overwrote, what was seen last."""
    log = ROOT / log
    if not log.is_file():
        return []
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        text = file.read().decode(errors="replace")
    seen = [line.rstrip("\r ").rsplit("\r", 1)[-1] for line in text.split("\n")]
    return [line for line in seen if line.strip()][-lines:]
