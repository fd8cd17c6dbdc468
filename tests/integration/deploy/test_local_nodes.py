"""The private broker and the private PostgreSQL that everything else is tested on."""

import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from kombu import Connection, Queue
from sqlalchemy import create_engine, text

from deploy.local import LocalNodeError, PrivateBroker, PrivatePostgres, freeport, processes
from deploy.local.ports import accepts


@pytest.fixture
def own_broker(tmp_path: Path):
    with PrivateBroker(tmp_path / "broker") as broker:
        yield broker


def processes_naming(text: str) -> list[bytes]:
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(command.read_bytes().replace(b"\0", b" "))
    return [command for command in found if text.encode() in command]


def listening_addresses(port: int) -> list[str]:
    """As the kernel writes them: hexadecimal, in the machine's byte order."""
    rows = [row for kind in ("tcp", "tcp6") for row in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]]
    local = [fields[1].split(":") for fields in map(str.split, rows) if fields[3] == "0A"]
    return [address for address, number in local if int(number, 16) == port]


@pytest.mark.broker
def test_a_durable_queue_survives_a_killed_broker_and_nothing_runs_after_stop(own_broker: PrivateBroker):
    queue = Queue("kept", queue_arguments={"x-queue-type": "quorum"})
    with Connection(own_broker.url(), transport_options={"confirm_publish": True}) as connection:
        channel = connection.channel()
        queue.bind(channel).declare()
        connection.Producer(channel).publish("still here", routing_key="kept", delivery_mode=2)
    own_broker.write_queues_down()

    own_broker.kill()
    assert not own_broker.running
    own_broker.start()

    with Connection(own_broker.url()) as connection:
        assert queue.bind(connection.channel()).get().payload == "still here"
    own_broker.stop()
    assert not accepts(own_broker.port)
    assert processes_naming(str(own_broker.directory)) == []
    assert processes_naming(f"epmd -port {own_broker._identity['epmd_port']}") == []


@pytest.mark.broker
def test_a_second_object_for_the_same_directory_speaks_of_the_same_node(own_broker: PrivateBroker):
    again = PrivateBroker(own_broker.directory)
    assert again.running and again.url() == own_broker.url()
    again.stop()
    assert not own_broker.running


@pytest.mark.broker
def test_the_broker_listens_on_this_machine_only(broker: PrivateBroker):
    management = urlsplit(broker.management_url()).port
    for port in (broker.port, management):
        assert port and listening_addresses(port) == ["0100007F"]


@pytest.mark.broker
def test_rabbitmqctl_speaks_to_the_private_node(broker: PrivateBroker):
    assert "doorstep" in broker.rabbitmqctl("list_users")
    with pytest.raises(LocalNodeError, match=r"rabbitmqctl delete_vhost failed: .*nowhere"):
        broker.rabbitmqctl("delete_vhost", "nowhere")


def test_a_taken_port_is_said_in_one_line(tmp_path: Path):
    with socket.create_server(("127.0.0.1", freeport())) as taken:
        port = taken.getsockname()[1]
        for node in (
            PrivateBroker(tmp_path / "broker", port),
            PrivatePostgres(Path("/tmp") / tmp_path.name, port),
        ):
            with pytest.raises(LocalNodeError, match=f"port {port} on 127.0.0.1 is taken") as error:
                node.start()
            assert "\n" not in str(error.value)


def test_missing_binaries_are_said_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("deploy.local.broker.DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalNodeError, match="RabbitMQ is not installed: run `make setup`"):
        PrivateBroker(tmp_path / "broker").start()


@pytest.mark.postgresql
def test_committed_rows_survive_a_killed_postgresql(nodes_directory: Path):
    with PrivatePostgres(nodes_directory / "killed") as postgres:
        engine = create_engine(postgres.create_database("kept"))
        with engine.begin() as connection:
            connection.execute(text("create table note (text text)"))
            connection.execute(text("insert into note values ('still here')"))
        engine.dispose()

        postgres.kill()
        assert not postgres.running
        postgres.start()

        with engine.begin() as connection:
            assert connection.scalar(text("select text from note")) == "still here"
        engine.dispose()
    assert not accepts(postgres.port)


@pytest.mark.postgresql
def test_a_paused_postgresql_answers_nobody_until_it_is_resumed(nodes_directory: Path):
    with PrivatePostgres(nodes_directory / "paused", fsync=False) as postgres:
        address = f"host=127.0.0.1 port={postgres.port} user=postgres dbname=postgres connect_timeout=2"
        postgres.pause()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(address)
        postgres.resume()
        psycopg.connect(address).close()


def test_each_test_gets_an_empty_database_with_the_schema(database_url):
    def schema(url: str) -> None:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("create table note (text text)"))
        engine.dispose()

    for _ in range(2):
        engine = create_engine(database_url("registration", schema))
        with engine.begin() as connection:
            assert connection.scalar(text("select count(*) from note")) == 0
            connection.execute(text("insert into note values ('mine')"))
        engine.dispose()


def test_a_killed_process_is_gone_and_not_only_waiting_to_be_reaped(tmp_path: Path) -> None:
    """PostgreSQL does not start as long as its killed predecessor has a process id."""
    for number in range(20):
        pidfile = tmp_path / f"{number}.pid"
        pid = processes.spawn(["sleep", "60"], pidfile=pidfile, log=tmp_path / "log")
        processes.kill(pidfile)
        assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("how", [processes.end, processes.kill])
def test_a_helper_that_ends_later_or_never_does_not_outlive_the_process(
    tmp_path: Path, how: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Erlang's helpers lead groups of their own and end when they notice that the machine is gone."""
    monkeypatch.setattr(processes, "HELPERS_GRACE_S", 0.5)
    own_group = "import os, time; os.setpgid(0, 0); print('here', flush=True); time.sleep(60)"
    log = tmp_path / "log"
    script = f'"{sys.executable}" -c "{own_group}" {tmp_path} & sleep 60'
    processes.spawn(["bash", "-c", script], pidfile=tmp_path / "pid", log=log)
    assert processes.wait_until(lambda: "here" in log.read_text(), 10)

    how(tmp_path / "pid")

    assert processes_naming(str(tmp_path)) == []
