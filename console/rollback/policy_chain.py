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
        from console.rollback.counting import Counting

        counting = Counting(self._ledger, lambda: old, self._verifier())
        if any(self._approved(counting, one, old, before, after, at) for one in counting.ids()):
            return None
        wanted = "an approval" if rule.approvals == 1 else f"{rule.approvals} approvals"
        return f"Rule {name} of the policy before it asks for {wanted}, and what there is does not count."

    def _approved(
        self,
        counting: Counting,
        request_id: str,
        old: Rulebook,
        before: PolicyAdopted,
        after: PolicyAdopted,
        at: Millis,
    ) -> bool:
        view = counting.view(request_id, at)
        steps = view.plan.steps if view is not None and view.plan is not None else ()
        if view is None or len(steps) != 1 or not isinstance(step := steps[0], PolicyStep):
            return False
        asked = view.request.submitted
        meant = step.mark == mark_of(after) and step.replaces == mark_of(before)
        if not meant or asked is None or asked.policy_sha256 != old.policy_sha256:
            return False
        return view.glass == "" or (view.counted is not None and view.counted.approved)
