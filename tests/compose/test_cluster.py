"""Three brokers: any of them may die, stop or freeze under load; nothing is lost and nobody waits for long.

The tests build on each other, in this order.
"""

import time
from collections import Counter

import pytest

from tests.compose.deployment import MORNING, Deployment, service_of
from tests.compose.load import NAME, Load

pytestmark = [pytest.mark.compose, pytest.mark.timeout(600)]

NODES = ("rabbitmq", "rabbitmq-2", "rabbitmq-3")
PER_SECOND = 50
# A frozen node is given up after 7 s, then its queues choose other leaders: 9 to 15 s were seen on two cores.
MOST_PAUSE_S = 20
# Longer than that, so that a flow that has not come back by then is seen as too long a pause.
WATCHED_S = 21


def test_three_nodes_run_and_every_queue_has_a_member_on_each(cluster: Deployment) -> None:
    cluster.set_clock(MORNING)
    cluster.add_publisher(NAME)
    cluster.doorstep("policy", "import", "/policies/2022-06-ninth-edition.json")
    wait_whole(cluster)
    queues = cluster.management("queues")
    assert len(queues) > 20
    assert {queue["type"] for queue in queues} == {"quorum"}
    assert {tuple(sorted(queue["members"])) for queue in queues} == {
        tuple(f"rabbit@{node}" for node in NODES)
    }
    assert min(leaders(cluster)[node] for node in NODES) >= len(queues) // 4, "spread"


def test_the_nodes_are_as_closed_as_the_one_was(cluster: Deployment) -> None:
    cookie = (cluster.secrets / "erlang_cookie").read_text().strip()
    for one in cluster.running():
        assert one["HostConfig"]["ReadonlyRootfs"] and one["HostConfig"]["CapDrop"] == ["ALL"], one["Name"]
        assert one["HostConfig"]["Memory"] > 0, one["Name"]
        bound = [b["HostIp"] for ports in one["NetworkSettings"]["Ports"].values() for b in ports or ()]
        assert set(bound) <= {"127.0.0.1"}, one["Name"]
        assert cookie not in str((one["Config"], one["Args"])), one["Name"]
    for node in NODES:
        assert cluster.execute(node, "id", "-u").strip() != "0"


def test_one_node_is_killed_another_stopped_and_nothing_is_lost_doubled_or_late(cluster: Deployment) -> None:
    with Load(cluster, seed=1, per_second=PER_SECOND) as load:
        load.until_confirmed(PER_SECOND)
        killed = busiest(cluster)
        cluster.docker("kill", container(cluster, killed))
        time.sleep(WATCHED_S)
        assert leaders(cluster)[killed] == 0
        cluster.docker("start", container(cluster, killed))
        wait_whole(cluster)
        stopped = busiest(cluster, other_than=killed)
        cluster.docker("stop", "-t", "60", container(cluster, stopped))
        time.sleep(WATCHED_S)
    cluster.docker("start", container(cluster, stopped))
    tell_and_check(load, f"{killed} killed, {stopped} stopped")


def test_a_node_that_freezes_is_left_and_joins_again_when_it_thaws(cluster: Deployment) -> None:
    wait_whole(cluster)
    with Load(cluster, seed=2, per_second=PER_SECOND) as load:
        load.until_confirmed(PER_SECOND)
        frozen = busiest(cluster)
        cluster.docker("pause", container(cluster, frozen))
        time.sleep(WATCHED_S)
    cluster.docker("unpause", container(cluster, frozen))
    tell_and_check(load, f"{frozen} frozen")
    wait_whole(cluster)


def tell_and_check(load: Load, what: str) -> None:
    pauses = {"confirms": load.longest_between_confirms(), **load.longest_between_commits()}
    told = ", ".join(f"{where} {seconds:.1f}" for where, seconds in pauses.items())
    print(f"\n{what}, {load.sent} arrivals; longest pauses in seconds: {told}")
    load.assert_all_came_of_it()
    assert max(pauses.values()) < MOST_PAUSE_S, told


def leaders(cluster: Deployment) -> Counter[str]:
    """How many queues each node leads."""
    return Counter(queue["leader"].partition("@")[2] for queue in cluster.management("queues"))


def busiest(cluster: Deployment, other_than: str = "") -> str:
    return next(node for node, _ in leaders(cluster).most_common() if node != other_than)


def container(cluster: Deployment, node: str) -> str:
    (found,) = [one["Id"] for one in cluster.containers() if service_of(one) == node]
    return str(found)


def wait_whole(cluster: Deployment, limit: float = 120) -> None:
    """Until all nodes see one another and every queue has its three members."""
    deadline = time.monotonic() + limit
    while True:
        nodes = {
            node["name"]: (node["running"], tuple(node.get("partitions", [])))
            for node in cluster.management("nodes")
        }
        online = Counter(len(queue["online"]) for queue in cluster.management("queues"))
        if set(nodes.values()) == {(True, ())} and set(online) == {3}:
            return
        assert time.monotonic() < deadline, (nodes, online, cluster.logs())
        time.sleep(1)
