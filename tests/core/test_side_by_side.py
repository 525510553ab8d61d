"""Jobs side by side: each place has its limit, a fault or an interrupt ends all."""

import _thread
import threading
import time

import pytest

from weir.core.side_by_side import SideBySide


def test_a_place_does_a_few_at_a_time_and_its_largest_first() -> None:
    jobs, begun, most, at_work, turn = SideBySide(8, 2), [], [0], [0], threading.Lock()

    def work(number: int) -> None:
        with turn:
            begun.append(number)
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        time.sleep(0.05)
        with turn:
            at_work[0] -= 1

    for number in range(6):
        jobs.add("app", lambda number=number: work(number), size=number)
    jobs.run()
    assert set(begun) == set(range(6)) and set(begun[:2]) == {5, 4} and most == [2]


def test_places_take_turns_and_a_job_may_add_others() -> None:
    jobs, begun = SideBySide(1, 1), []
    jobs.add("large", lambda: begun.append("large"), size=9)
    jobs.add("small", lambda: (begun.append("small"), jobs.add("later", lambda: begun.append("later"))))
    jobs.run()
    assert begun == ["large", "small", "later"]


def test_a_fault_ends_the_others_and_is_raised() -> None:
    jobs, ended, waits = SideBySide(2, 2), [], threading.Event()

    def wait() -> None:
        with jobs.ended_by(lambda: (ended.append("told"), waits.set())):
            waits.wait(30)

    def fail() -> None:
        raise ValueError("no")

    jobs.add("a", wait, size=2)
    jobs.add("a", fail, size=1)
    jobs.add("a", lambda: ended.append("never begun"))
    with pytest.raises(ValueError, match="no"):
        jobs.run()
    assert ended == ["told"]


def test_an_interrupt_ends_the_jobs_before_it_is_raised() -> None:
    jobs, ended, waits = SideBySide(2, 2), [], threading.Event()

    def wait() -> None:
        with jobs.ended_by(waits.set):
            threading.Timer(0.1, _thread.interrupt_main).start()
            ended.append(waits.wait(30))

    jobs.add("a", wait)
    with pytest.raises(KeyboardInterrupt):
        jobs.run()
    assert ended == [True]
