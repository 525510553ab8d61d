"""The tickets of a week, and the answers to the question whether accounts would recommend us."""

from typing import Protocol

import numpy as np

from demo.company.clock import DAY, NEVER, WEEK, Ints, draw


class Accounts(Protocol):
    """The state of all accounts in one week that tickets and answers depend on."""

    seed: int
    week: int
    size: int
    seats: np.ndarray
    mood: np.ndarray
    neglect: np.ndarray
    active: np.ndarray
    begun: np.ndarray


def ask(state: Accounts, begin: int) -> dict[str, Ints]:
    """Make the week's tickets: unhappy accounts write more. An account that waits over five days feels neglected."""
    generator = draw(state.seed, "tickets", state.week)
    rate = 0.05 * (1 + state.seats / 12) * np.exp(-0.35 * state.mood)
    asks = np.repeat(np.arange(state.size), generator.poisson(np.where(state.begun < begin, state.active * rate, 0)))
    count = len(asks)
    luck = generator.random(count)
    reply = np.exp(generator.normal(10.2, 0.9, count)).astype("int64")  # about seven hours
    reply = np.select([luck < 0.05, luck < 0.13], [NEVER, reply + 6 * DAY], reply)
    solve = reply + np.exp(generator.normal(11.3, 1.0, count)).astype("int64")
    created = begin + generator.integers(0, WEEK, count)
    score = 4.3 + 0.5 * state.mood[asks] - 1.2 * (reply > 5 * DAY) + generator.normal(0, 0.7, count)
    rated = np.where(generator.random(count) < 0.4, np.clip(np.rint(score), 1, 5).astype("int64"), 0)
    np.maximum.at(state.neglect, asks, np.where(reply > 5 * DAY, 1.0, 0))
    return {
        "account": asks,
        "created": created,
        "score": rated,
        "who": generator.random(count),
        "reply": np.where(reply >= NEVER, NEVER, created + reply),
        "subject": generator.integers(0, 14, count),
        "solve": np.where((reply >= NEVER) | (luck > 0.97), NEVER, created + solve),
        "priority": generator.integers(0, 4, count),
    }


def answer(state: Accounts, begin: int) -> dict[str, Ints]:
    """Make the week's answers to "would you recommend us?": unhappy and neglected accounts give lower scores."""
    generator = draw(state.seed, "answers", state.week)
    asked = np.flatnonzero(state.active & (state.begun < begin) & (generator.random(state.size) < 0.05))
    count = len(asked)
    score = 7.6 + 1.7 * state.mood[asked] - 1.2 * state.neglect[asked] + generator.normal(0, 1.3, count)
    return {
        "account": asked,
        "time": begin + generator.integers(0, WEEK, count),
        "score": np.clip(np.rint(score), 0, 10).astype("int64"),
        "who": generator.random(count),
    }
