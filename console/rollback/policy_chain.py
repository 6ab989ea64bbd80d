"""Whether each policy came into force as the one before it asks: where that wants approvals, with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from console.events import PolicyAdopted
from console.policy import PolicyFault, Rulebook, load_rulebook
from console.ports import Ledger
from console.readings import Millis
from console.rollback.policy_step import PolicyStep, mark_of

if TYPE_CHECKING:
    from console.rollback.counting import Counting
    from console.signing import Verifier


class PolicyChain:
    """Reads the requests of one ledger. Blocking; looks at signatures only where a quorum was asked for.

    ``verifier`` makes what checks them. What was found right once is not looked at again.
    """

    def __init__(self, ledger: Ledger, verifier: Callable[[], Verifier] | None) -> None:
        self._ledger, self._verifier = ledger, verifier
        self._right: set[tuple[str, str, Millis]] = set()
        self._countings: dict[str, Counting] = {}
        """By the policy before; each keeps the signatures that it has looked at."""

    def amiss(self, before: PolicyAdopted, after: PolicyAdopted, at: Millis) -> str | None:
        """Why ``after`` must not have taken the place of ``before``; ``None`` where it was right.

        An appended event is easily written by whoever may write to the file. What it needs is a request whose
        plan is just that, answered by those whom the policy before names, with the keys listed then.
        """
        one = mark_of(before), mark_of(after), at
        if one in self._right:
            return None
        wrong = self._amiss(before, after, at)
        if wrong is None:
            self._right.add(one)
        return wrong

    def _amiss(self, before: PolicyAdopted, after: PolicyAdopted, at: Millis) -> str | None:
        try:
            old = load_rulebook(before.policy, "", before.people, "", before.signers)
        except PolicyFault as error:
            return f"The policy before it cannot be read: {error.faults[0]}"
        found = old.rule_for(*PolicyStep.policy_name)
        if found is None:
            return "The policy before it lets nobody change it."
        name, rule = found
        if not rule.approvals:
            return None
        if self._verifier is None:
            return "Signatures cannot be checked here."
        counting = self._counting(mark_of(before), old, self._verifier)
        if any(self._approved(counting, one, old, before, after, at) for one in counting.ids()):
            return None
        wanted = "an approval" if rule.approvals == 1 else f"{rule.approvals} approvals"
        return f"Rule {name} of the policy before it asks for {wanted}, and what there is does not count."

    def _counting(self, mark: str, old: Rulebook, verifier: Callable[[], Verifier]) -> Counting:
        if mark not in self._countings:
            from console.rollback.counting import Counting

            self._countings[mark] = Counting(self._ledger, lambda: old, verifier())
        return self._countings[mark]

    def _approved(
        self,
        counting: Counting,
        request_id: str,
        old: Rulebook,
        before: PolicyAdopted,
        after: PolicyAdopted,
        at: Millis,
    ) -> bool:
        request = counting.request(request_id)
        asked = request.submitted if request is not None else None
        if request is None or asked is None or asked.policy_sha256 != old.policy_sha256:
            return False
        plan = counting.plan(request)
        steps = () if isinstance(plan, str) else plan.steps
        if len(steps) != 1 or not isinstance(step := steps[0], PolicyStep):
            return False
        if step.mark != mark_of(after) or step.replaces != mark_of(before):
            return False
        view = counting.of(request, at)  # signatures are looked at of this one alone
        return view.glass == "" or (view.counted is not None and view.counted.approved)
