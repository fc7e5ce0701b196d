"""Parts of a step side by side: Spark takes queries from several threads, and plans one while another runs.

Most queries of a run are short, so that planning and committing them takes longer than their rows do.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from pyspark.sql import SparkSession
from pyspark.util import inheritable_thread_target

from segmentation.errors import told_to_a_log

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
AT_ONCE = 3
"""Parts that run at once. Spark shares its cores among them, so more would only hold more in memory."""


def side_by_side(
    spark: SparkSession,
    parts: Sequence[Callable[[], Result]],
    *,
    after: Sequence[Collection[int]] = (),
    ended: Callable[[int], None] | None = None,
) -> list[Result]:
    """The results of independent parts, in their order.

    `after` gives for each part the numbers of those that must have ended before it begins. `ended` is called
    with the number of parts that have.

    Raises: what the first broken part raised, in the order of the parts; parts that had begun come to their end, others
    do not begin. The log names every broken part. When the process is asked to end, what runs is cancelled.
    """
    waiting = dict(enumerate(parts))
    results: dict[int, Result] = {}
    broken: dict[int, BaseException] = {}
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="part") as pool:
        running: dict[Future[Result], int] = {}
        try:
            while running or (waiting and not broken):
                ready = [n for n in waiting if not after or set(after[n]) <= results.keys()]
                may_begin = 0 if broken else AT_ONCE - len(running)
                for number in ready[:may_begin]:
                    running[_begun(pool, spark, waiting.pop(number))] = number
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    number, cause = running.pop(future), future.exception()
                    if cause is not None:
                        broken[number] = cause
                        logger.info("a part broke off: %s", told_to_a_log(cause))
                        continue
                    results[number] = future.result()
                    if ended is not None:
                        ended(len(results))
        except BaseException:
            _cancel(spark, running)
            raise
    if broken:
        raise broken[min(broken)]
    return [results[number] for number in range(len(parts))]


def _begun(pool: ThreadPoolExecutor, spark: SparkSession, part: Callable[[], Result]) -> Future[Result]:
    # Made for each part: it carries one copy of Spark's local properties, which threads must not share.
    in_thread = inheritable_thread_target(spark)
    return pool.submit(in_thread(part))


def _cancel(spark: SparkSession, running: Collection[Future[Result]]) -> None:
    """Cancel the queries of all parts, and those they begin afterwards, until every part has ended."""
    while True:
        spark.interruptAll()
        if not wait(running, timeout=1).not_done:
            return
