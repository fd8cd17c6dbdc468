"""A private Prometheus on 127.0.0.1, with everything it writes below one directory: for the tests."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

from deploy.local import processes
from deploy.local.ports import freeport
from deploy.local.processes import LocalNodeError, wait_until

Sample = tuple[dict[str, str], float]


class PrivatePrometheus:
    """start, stop, ask; as a context manager: started inside, stopped after.

    :param config: what prometheus.yml says; `rule_files` and `file_sd_configs` are relative to `directory`.
    """

    def __init__(self, directory: Path, config: Mapping[str, Any], rules: Mapping[str, str]) -> None:
        self.directory = directory.absolute()
        self.port = freeport()
        self._config = config
        self._rules = rules
        self._pidfile = self.directory / "prometheus.pid"
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between us and ourselves

    def start(self, *, timeout: float = 30) -> None:
        (self.directory / "rules").mkdir(parents=True, exist_ok=True)
        for name, text in self._rules.items():
            (self.directory / "rules" / name).write_text(text)
        config = self.directory / "prometheus.yml"
        config.write_text(json.dumps(self._config))  # JSON is YAML
        processes.spawn(
            [
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={self.directory / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--log.level=warn",
            ],
            pidfile=self._pidfile,
            log=self.directory / "prometheus.log",
            cwd=self.directory,
        )
        ready = wait_until(lambda: not self._running() or self._is_ready(), timeout) and self._running()
        if not ready:
            said = processes.last_line(self.directory / "prometheus.log")
            self.stop()
            raise LocalNodeError(f"the private Prometheus was not ready within {timeout:.0f} s: {said}")

    def stop(self) -> None:
        processes.end(self._pidfile, grace=5)

    def ask(self, expression: str) -> list[Sample]:
        """The value of an expression now. Raises LocalNodeError where it is wrong."""
        found = self._get("query", query=expression)["result"]
        if isinstance(found, list) and found and not isinstance(found[0], dict):  # a scalar
            return [({}, float(found[1]))]
        return [(one["metric"], float(one["value"][1])) for one in found]

    def alerts(self) -> list[dict[str, Any]]:
        """Those that are pending or firing."""
        found: list[dict[str, Any]] = self._get("alerts")["alerts"]
        return found

    def targets(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get("targets")["activeTargets"]
        return found

    def _get(self, what: str, **parameters: str) -> Any:
        answer = self._session.get(
            f"http://127.0.0.1:{self.port}/api/v1/{what}", params=parameters, timeout=10
        ).json()
        if answer["status"] != "success":
            raise LocalNodeError(f"Prometheus says: {answer['error']}")
        return answer["data"]

    def _running(self) -> bool:
        return processes.running(self._pidfile) is not None

    def _is_ready(self) -> bool:
        try:
            return self._session.get(f"http://127.0.0.1:{self.port}/-/ready", timeout=2).ok
        except requests.RequestException:
            return False

    def __enter__(self) -> "PrivatePrometheus":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def as_targets(addresses: Mapping[str, Sequence[str]]) -> str:
    """For file_sd_configs: what the engine's name service would answer for each service."""
    return json.dumps(
        [{"targets": list(found), "labels": {"__meta_dns_name": name}} for name, found in addresses.items()]
    )
