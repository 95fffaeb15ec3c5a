"""Load of the machine while a stage runs, sampled by a thread under the names that MLflow's pages know."""

import threading
from collections.abc import Callable
from typing import Any

from timeshare.train.tracking.spool import milliseconds

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
        disk, network = psutil.disk_io_counters(), psutil.net_io_counters()
        step = 0
        while not self._stopped.wait(self._interval):
            memory = psutil.virtual_memory()
            values = {
                "cpu_utilization_percentage": psutil.cpu_percent(),
                "system_memory_usage_megabytes": memory.used / _MEGABYTE,
                "system_memory_usage_percentage": memory.percent,
            }
            if disk:  # Containers may lack the counters.
                now = psutil.disk_io_counters()
                values["disk_read_megabytes"] = (now.read_bytes - disk.read_bytes) / _MEGABYTE
                values["disk_write_megabytes"] = (now.write_bytes - disk.write_bytes) / _MEGABYTE
            if network:
                now = psutil.net_io_counters()
                values["network_receive_megabytes"] = (now.bytes_recv - network.bytes_recv) / _MEGABYTE
                values["network_transmit_megabytes"] = (now.bytes_sent - network.bytes_sent) / _MEGABYTE
            self._write(
                {
                    "event": "metrics",
                    "time": milliseconds(),
                    "step": step,
                    "values": {f"system/{name}": value for name, value in values.items()},
                }
            )
            step += 1
