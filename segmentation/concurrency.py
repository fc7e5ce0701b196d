"""Parts of a step side by side: Spark takes queries from several threads, and plans one while another runs.

Most queries of a run are short, so that planning and committing them takes longer than their rows do.
"""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from pyspark.sql import SparkSession
from pyspark.util import inheritable_thread_target

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

    `after` gives for each part the numbers of earlier ones that must have ended before it begins. `ended` is called
    with the number of parts that have.

    Raises: what the first broken part raised, in the order of the parts; parts that had begun come to their end, others
    do not begin.
    """
    in_thread = inheritable_thread_target(spark)
    waiting = dict(enumerate(parts))
    results: dict[int, Result] = {}
    broken: dict[int, BaseException] = {}
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="part") as pool:
        running: dict[Future[Result], int] = {}
        try:
            while running or (waiting and not broken):
                ready = [n for n in waiting if not after or set(after[n]) <= results.keys()]
                for number in [] if broken else ready[: AT_ONCE - len(running)]:
                    running[pool.submit(in_thread(waiting.pop(number)))] = number
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    number, cause = running.pop(future), future.exception()
                    if cause is None:
                        results[number] = future.result()
                        if ended is not None:
                            ended(len(results))
                    else:
                        broken[number] = cause
        except KeyboardInterrupt:
            spark.interruptAll()
            raise
    if broken:
        raise broken[min(broken)]
    return [results[number] for number in range(len(parts))]
