"""Load of the machine while a stage runs, sampled by a thread under the names that MLflow's pages know."""

import os
import threading
from collections.abc import Callable
from typing import Any

from timeshare.tracking.spool import milliseconds

_INTERVAL_SECONDS = 5.0
_MEGABYTE = 1e6


class SystemMetrics:
    """Samples processor, memory, disk and network every few seconds until it is stopped."""

    def __init__(self, write: Callable[[dict[str, Any]], None], interval: float = _INTERVAL_SECONDS) -> None:
        self._write = write
        self._interval = interval
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="system-metrics", daemon=True)

    def start(self) -> None:
        """Begin sampling."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more samples."""
        self._stopped.set()
        self._thread.join()

    def _sample(self) -> None:
        import psutil

        psutil.cpu_percent()  # The first call only sets the mark that the next one measures from.
        network_before = psutil.net_io_counters()
        step = 0
        while not self._stopped.wait(self._interval):
            memory = psutil.virtual_memory()
            disk = psutil.disk_usage(os.sep)
            network = psutil.net_io_counters()
            values = {
                "cpu_utilization_percentage": psutil.cpu_percent(),
                "system_memory_usage_megabytes": memory.used / _MEGABYTE,
                "system_memory_usage_percentage": memory.percent,
                "disk_usage_percentage": disk.percent,
                "disk_available_megabytes": disk.free / _MEGABYTE,
            }
            if network and network_before:  # A container may have no network at all.
                received = network.bytes_recv - network_before.bytes_recv
                sent = network.bytes_sent - network_before.bytes_sent
                values["network_receive_megabytes"] = received / _MEGABYTE
                values["network_transmit_megabytes"] = sent / _MEGABYTE
            self._write(
                {
                    "event": "metrics",
                    "time": milliseconds(),
                    "step": step,
                    "values": {f"system/{name}": value for name, value in values.items()},
                }
            )
            step += 1
