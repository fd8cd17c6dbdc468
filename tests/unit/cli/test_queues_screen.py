"""The live table of `doorstep queues --watch` on a screen that is too small for every queue."""

from datetime import UTC, datetime

from rich.console import Console

from cli.operate.queues import screen_of
from operations.queues.picture import Attention, HandlerFigures, Picture, Queue

WIDTH, HEIGHT = 160, 30
IDLE, BUSY, STUCK = "isolation.idle", "isolation.busy", "isolation.stuck"


def _queue(name: str, ready: int = 0, consumers: int = 1) -> Queue:
    return Queue(name, "running", ready, 0, consumers, 0.0, 0.0)


def _picture(idle: int) -> Picture:
    names = [*(f"{IDLE}_{number}" for number in range(idle)), BUSY, STUCK]
    ready = {BUSY: 7}
    return Picture(
        datetime(2022, 10, 1, tzinfo=UTC),
        "ok",
        queues={name: _queue(name, ready.get(name, 0)) for name in names},
        handlers=[HandlerFigures(name, "isolation", 0, None, None, 0, 0, 0) for name in names],
        attention=[Attention(STUCK, "no consumer")],
    )


def _shown(picture: Picture) -> list[str]:
    console = Console(width=WIDTH, height=HEIGHT, record=True, file=None, force_terminal=False)
    with console.capture() as captured:
        console.print(screen_of(picture, False, WIDTH, HEIGHT))
    return captured.get().splitlines()


def test_a_screen_too_small_for_every_queue_shows_what_wants_attention_and_the_busy_ones():
    lines = _shown(_picture(idle=60))
    assert len(lines) <= HEIGHT
    text = "\n".join(lines)
    assert f"! {STUCK}: no consumer" in text and "replicas that answer" in text
    assert [line for line in lines if BUSY in line] and [line for line in lines if f"! {STUCK}  " in line]
    hidden = 62 - sum("isolation." in line for line in lines[2:])
    assert hidden > 0 and f"{hidden} idle queues are not shown" in text


def test_a_screen_with_room_shows_every_queue():
    lines = _shown(_picture(idle=10))
    assert sum("isolation." in line for line in lines[2:]) == 12
    assert "not shown" not in "\n".join(lines)
