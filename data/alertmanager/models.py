"""Alertmanager's answers on the wire (API v2), as far as they are read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from console.alerts import model
from console.readings import Millis


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class AlertStatus(_Wire):
    state: Literal["active", "suppressed", "unprocessed"]
    silencedBy: list[str] = []  # noqa: N815 (the wire's own name, as are those below)
    inhibitedBy: list[str] = []  # noqa: N815


class Alert(_Wire):
    fingerprint: Annotated[str, Field(min_length=1)]
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    startsAt: AwareDatetime  # noqa: N815
    endsAt: AwareDatetime  # noqa: N815
    status: AlertStatus

    def told(self) -> model.Alert:
        return model.Alert(
            self.fingerprint,
            self.labels,
            self.annotations,
            millis(self.startsAt),
            millis(self.endsAt),
            self.status.state,
            tuple(self.status.silencedBy),
            tuple(self.status.inhibitedBy),
        )


class Receiver(_Wire):
    name: str


class Group(_Wire):
    labels: dict[str, str]
    receiver: Receiver
    alerts: list[Alert]

    def told(self) -> model.Group:
        return model.Group(self.labels, self.receiver.name, tuple(one.told() for one in self.alerts))


class Matcher(_Wire):
    name: str
    value: str
    isRegex: bool  # noqa: N815
    isEqual: bool = True  # noqa: N815

    def told(self) -> model.Matcher:
        return model.Matcher(self.name, self.value, self.isRegex, self.isEqual)


class SilenceStatus(_Wire):
    state: Literal["active", "pending", "expired"]


class Silence(_Wire):
    id: Annotated[str, Field(min_length=1)]
    status: SilenceStatus
    matchers: list[Matcher]
    startsAt: AwareDatetime  # noqa: N815
    endsAt: AwareDatetime  # noqa: N815
    createdBy: str = ""  # noqa: N815
    comment: str = ""

    def told(self) -> model.Silence:
        return model.Silence(
            self.id,
            self.status.state,
            tuple(one.told() for one in self.matchers),
            millis(self.startsAt),
            millis(self.endsAt),
            self.createdBy,
            self.comment,
        )


class Made(_Wire):
    silenceID: Annotated[str, Field(min_length=1)]  # noqa: N815


class Cluster(_Wire):
    status: str


class Version(_Wire):
    version: str


class Status(_Wire):
    cluster: Cluster
    versionInfo: Version  # noqa: N815

    def told(self) -> model.Status:
        return model.Status(self.versionInfo.version, self.cluster.status)


def millis(moment: datetime) -> Millis:
    return round(moment.timestamp() * 1000)
