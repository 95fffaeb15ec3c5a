"""Processes that tokenise chunks of a table, and the order of the chunks kept."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_all_start_methods, get_context
from types import TracebackType
from typing import Self

import pyarrow as pa

from timeshare.core.config.errors import UserError
from timeshare.prepare.tokens import TokenisedTexts, tokenise_all
from timeshare.stopping import end_with_parent


class Workers:
    """A context of processes that tokenise; with one worker, it is this process that does.

    Args:
        count: number of processes.
        tokeniser: by its name (`core.prepared.tokenisers`).
    """

    def __init__(self, count: int, tokeniser: str) -> None:
        self._count = count
        self._tokeniser = tokeniser
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self._count > 1:
            # Not fork: Arrow and the progress bar run threads, and the fork of a threaded process can hang.
            method = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"
            self._executor = ProcessPoolExecutor(self._count, get_context(method), initializer=end_with_parent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)

    def tokenised(self, chunks: Iterable[pa.RecordBatch]) -> Iterator[tuple[pa.RecordBatch, TokenisedTexts]]:
        """Each chunk with its tokens, in the order of the chunks, whichever process is done first.

        Args:
            chunks: batches with a column `text`, read only a few ahead of what has been yielded.
        Raises:
            UserError: a process was killed.
        """
        if self._executor is None:
            for chunk in chunks:
                yield chunk, tokenise_all(chunk.column("text"), self._tokeniser)
            return
        waiting: deque[tuple[pa.RecordBatch, Future[TokenisedTexts]]] = deque()
        try:
            for chunk in chunks:
                waiting.append((chunk, self._executor.submit(tokenise_all, chunk.column("text"), self._tokeniser)))
                if len(waiting) > 2 * self._count:
                    first, tokens = waiting.popleft()
                    yield first, tokens.result()
            for first, tokens in waiting:
                yield first, tokens.result()
        except BrokenProcessPool:
            raise UserError("a process that tokenised was killed, perhaps for memory; lower prepare.workers") from None
