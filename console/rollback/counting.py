"""A request as it stands now: its plan read, its signatures checked, its answers counted. Blocking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from console import events
from console.adopted import STREAM as POLICY_STREAM
from console.authorise import Refused
from console.envelope import Actor, Recorded
from console.numbering import number_of
from console.policy import PolicyFault, Rule, Rulebook, load_rulebook
from console.ports import Ledger
from console.readings import Millis
from console.rollback.approval import Need, Proof, Tally, glass_amiss, tally
from console.rollback.happened import STREAM, GlassBroken, RequestAnswered, stream_of
from console.rollback.plan import Plan, Unreadable, plan_of, rules_of
from console.rollback.request import CLOCK_BACK_MS, RawAnswer, RawGlass, Request, State, request_of, state_of
from console.signing import APPROVAL, Verified, Verifier


@dataclass(frozen=True, slots=True)
class View:
    """One request as it stood at ``now``."""

    request: Request
    plan: Plan | None
    wrong: str
    """Why nothing can be done about it: an unreadable or changed plan, no policy; empty if nothing is."""
    rules: tuple[tuple[str, Rule], ...]
    """The rules in force now that its steps come under."""
    counted: Tally | None
    state: State
    now: Millis
    glass: str | None = None
    """Of a broken glass: why it does not count, empty where it does; ``None`` where none was broken."""

    @property
    def id(self) -> str:
        return self.request.id


class Counting:
    """Reads requests. A signature once looked at is not looked at again while the signers are the same."""

    def __init__(
        self,
        ledger: Ledger,
        book: Callable[[], Rulebook | str],
        verifier: Verifier,
    ) -> None:
        self._ledger, self._book, self._verifier = ledger, book, verifier
        self._proofs: dict[tuple[str, str, str, str], Proof | str] = {}
        self._folded: dict[str, Request] = {}
        self._plans: dict[str, Plan | str] = {}
        self._books: dict[tuple[str, str], Rulebook] = {}

    def ids(self) -> list[str]:
        """Of every request, the newest first."""
        names = [name.removeprefix(STREAM) for name in self._ledger.streams(STREAM)]
        return sorted(names, key=number_of, reverse=True)

    def view(self, request_id: str, now: Millis) -> View | None:
        """The request, or ``None`` if there is none of that name."""
        request = self.request(request_id)
        return None if request is None else self.of(request, now)

    def request(self, request_id: str) -> Request | None:
        """The fold of its stream; read again only when something was appended."""
        stream, kept = stream_of(request_id), self._folded.get(request_id)
        if kept is not None and self._ledger.version(stream) == kept.version:
            return kept
        found = request_of(self._ledger.read(stream=stream))
        if found is not None:
            self._folded[request_id] = found
        return found

    def of(self, request: Request, now: Millis) -> View:
        """What the recorded request amounts to at ``now``."""
        wrong, rules = request.blocked, tuple[tuple[str, Rule], ...]()
        counted: Tally | None = None
        found = self.plan(request)
        plan = None if isinstance(found, str) else found
        if isinstance(found, str):
            wrong = wrong or found
        if now < request.newest_at - CLOCK_BACK_MS:
            wrong = wrong or "This machine's clock is behind the ledger's newest entry: set it first."
        book = self._book()
        if isinstance(book, str):
            wrong = wrong or book
        elif plan is not None:
            covered = rules_of(plan, book, request.under)
            if isinstance(covered, Refused):
                wrong = wrong or covered.says
            else:
                rules = covered
                counted, fault = self._count(request, plan, rules, book)
                wrong = wrong or fault
        glass = self._glass(request, rules, book)
        state = state_of(request, counted, now, broken=glass == "")
        return View(request, plan, wrong, rules, counted, state, now, glass)

    def plan(self, request: Request) -> Plan | str:
        """The recorded plan, or why it is none; taken apart once, for each is read every few moments."""
        opened = request.opened
        if opened.uid not in self._plans:
            try:
                found: Plan | str = plan_of(opened.plan)
            except Unreadable as error:
                found = f"Its plan cannot be read here: {error}."
            if isinstance(found, Plan) and found.sha256 != opened.plan_sha256:
                found = "Its plan is not the one that its digest stands for: it was changed."
            self._plans[opened.uid] = found
        return self._plans[opened.uid]

    def _glass(self, request: Request, rules: Sequence[tuple[str, Rule]], book: Rulebook | str) -> str | None:
        raw, asked = request.glass, request.asked
        if raw is None or asked is None:
            return None
        if isinstance(book, str):
            return book
        event = raw.event
        proof = self._proof(event.payload, event.signature, event.person, raw.at, book.signers_text)
        return glass_amiss(raw.proven(proof), asked, rules, book)

    def with_answer(self, view: View, event: RequestAnswered, actor: Actor, now: Millis) -> Tally:
        """What would be counted if ``event`` were recorded as well. Raises ``ValueError`` of a draft."""
        book, plan = self._book(), view.plan
        raw = RawAnswer(0, now, event, actor.person)
        request = replace(view.request, answers=(*view.request.answers, raw))
        if plan is None or isinstance(book, str):
            raise ValueError("nothing to count against")
        counted, fault = self._count(request, plan, view.rules, book)
        if counted is None:
            raise ValueError(fault or "a draft")
        return counted

    def with_glass(self, view: View, event: GlassBroken, actor: Actor, now: Millis) -> View:
        """The request as it would stand if ``event`` were recorded as well."""
        return self.of(replace(view.request, glass=RawGlass(0, now, event, actor.person)), now)

    def _count(
        self, request: Request, plan: Plan, rules: Sequence[tuple[str, Rule]], book: Rulebook
    ) -> tuple[Tally | None, str]:
        asked, submitted = request.asked, request.submitted
        if asked is None or submitted is None:
            return None, ""
        then = self._then(submitted.policy_sha256, submitted.people_sha256)
        if then is None:
            return None, "The policy that it was asked under is not in this ledger."
        old = rules_of(plan, then, request.under)
        if isinstance(old, Refused):
            return None, f"The policy that it was asked under does not cover it: {old.says}"
        needs = {Need.of(name, rule) for name, rule in (*rules, *old)}
        answers = [raw.proven(self._proof_of(raw, book)) for raw in request.answers]
        wanted = sorted(needs, key=lambda need: (need.rule, need.approvals))
        return tally(asked, answers, request.revoked, wanted, book), ""

    def _then(self, policy_sha256: str, people_sha256: str) -> Rulebook | None:
        """The rulebook of these digests, from the ledger; parsed once."""
        wanted = (policy_sha256, people_sha256)
        if wanted not in self._books:
            found = next(
                filter(None, (_rulebook(one, wanted) for one in self._ledger.read(stream=POLICY_STREAM))),
                None,
            )
            if found is None:
                return None
            self._books[wanted] = found
        return self._books[wanted]

    def _proof_of(self, raw: RawAnswer, book: Rulebook) -> Proof | str | None:
        event = raw.event
        return self._proof(event.payload, event.signature, event.person, raw.at, book.signers_text)

    def _proof(
        self, payload: str, signature: str, person: str, at: Millis, signers: str | None
    ) -> Proof | str | None:
        if not signature:
            return None
        if signers is None:
            return "there is no allowed_signers: no signature counts"
        key = (payload, signature, person, signers)
        if key not in self._proofs:
            found = self._verifier.verify(APPROVAL, payload.encode(), signature, person, signers, at)
            self._proofs[key] = (
                Proof(found.fingerprint, found.hardware and found.touched)
                if isinstance(found, Verified)
                else found.says
            )
        return self._proofs[key]


def _rulebook(one: Recorded, wanted: tuple[str, str]) -> Rulebook | None:
    """The rulebook that an event adopted, if its texts have these digests."""
    try:
        event = events.read(one)
    except events.Unknown:
        return None
    if not isinstance(event, events.PolicyAdopted) or (event.policy_sha256, event.people_sha256) != wanted:
        return None
    try:
        book = load_rulebook(event.policy, "policy.yaml", event.people, "people.yaml")
    except PolicyFault:
        return None
    return book if (book.policy_sha256, book.people_sha256) == wanted else None
