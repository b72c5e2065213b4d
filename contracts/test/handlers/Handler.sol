// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ACCOUNT_FIRST_AGENT,
    EraNotSettled,
    FAMILY_COUNT,
    KIND_MODEL,
    KIND_NODE,
    KIND_PROVIDER,
    KIND_SLARK,
    KIND_VALIDATOR,
    OnlyKeeper,
    P_TIME_SLOT_S,
    TokenTotalsRecord,
    UnknownAccount
} from "../../src/Protocol.sol";
import {Accesses} from "../Accesses.sol";
import {ACTION_COUNT, A_OPEN_SLOT, actionsOfSteps, isRejection} from "../Actions.sol";

/// @dev Where a turn leaves, in its first word, the set of the families that it has changed. There must be code there.
address constant CHANGES = address(uint160(uint256(keccak256("families changed by the last turn"))));

/// @title Handler
/// @notice What the handlers of an invariant campaign share: chance, the choice of entities that an action is for,
/// sending an action, and counting what came of it. A refusal must be a rejection of the protocol; anything else fails
/// the campaign. Each function of a handler proposes one kind of action, mostly one that can be accepted.
abstract contract Handler is Accesses {
    uint64[ACTION_COUNT] private called;
    uint64[ACTION_COUNT] private accepted;
    bool[ACTION_COUNT] private isStep;

    /// @dev State of the stream of chance within one call.
    uint256 private random;
    uint256 private callCount;

    constructor(address[FAMILY_COUNT] memory addresses) {
        bind(addresses);
        uint256[] memory steps = actionsOfSteps();
        for (uint256 step = 1; step < steps.length; ++step) {
            isStep[steps[step]] = true;
        }
    }

    /// @notice Begins a call: a fresh stream of chance, and a little time passes. Ends it: tells what it has changed.
    modifier turn(uint256 seed) {
        recordAccesses();
        random = uint256(keccak256(abi.encode(seed, ++callCount)));
        passTime(chance(30));
        _;
        vm.store(CHANGES, 0, bytes32(familiesWritten()));
    }

    /// @return list the functions of this handler that propose an action, each taking a seed
    function turns() external pure virtual returns (bytes4[] memory list);

    /// @return times the action was sent @return successes times it was accepted
    function outcomesOf(uint256 action) external view returns (uint64 times, uint64 successes) {
        return (called[action], accepted[action]);
    }

    // Chance

    /// @return uniform in [0, n)
    function chance(uint256 n) internal returns (uint64) {
        random = uint256(keccak256(abi.encode(random)));
        return uint64(random % n);
    }

    /// @return true once in n times
    function once(uint256 n) internal returns (bool) {
        return chance(n) == 0;
    }

    /// @return true if an action can be accepted, and now and then if it cannot: of what is always refused, few try enough
    function rather(bool canBe) internal returns (bool) {
        return canBe || once(12);
    }

    /// @dev The slot must not run out: only the keeper's handler opens the next one. Near its end less time passes.
    function passTime(uint64 s) internal {
        uint64 lastS = clockTotals().slotCount * param(P_TIME_SLOT_S) - 2;
        if (nowS() < lastS) wait_(nowS() + s < lastS ? s : lastS - nowS());
    }

    // Choice

    function agent() internal returns (uint64) {
        return ACCOUNT_FIRST_AGENT + chance(tokenTotals().accountCount);
    }

    /// @return the account an action belongs to, now and then another
    function mostly(uint64 account) internal returns (uint64) {
        return account < ACCOUNT_FIRST_AGENT || once(30) ? agent() : account;
    }

    /// @return an identifier of 1 … count, now and then none
    function anyOf(uint64 count) internal returns (uint64) {
        return count == 0 || once(30) ? chance(count + 3) : 1 + chance(count);
    }

    function countOf(uint64 kind) internal view returns (uint64) {
        if (kind == KIND_NODE) return nodeTotals().nodeCount;
        if (kind == KIND_MODEL) return modelTotals().modelCount;
        if (kind == KIND_VALIDATOR) return validatorTotals().validatorCount;
        if (kind == KIND_PROVIDER) return providerTotals().providerCount;
        if (kind == KIND_SLARK) return slarkTotals().slarkCount;
        return taskTotals().taskCount;
    }

    function stateOf(uint64 kind, uint64 entity) internal view returns (uint64) {
        if (kind == KIND_NODE) return nodesAt(entity).state;
        if (kind == KIND_MODEL) return modelsAt(entity).state;
        if (kind == KIND_VALIDATOR) return validatorsAt(entity).state;
        if (kind == KIND_PROVIDER) return providersAt(entity).state;
        if (kind == KIND_SLARK) return slarksAt(entity).state;
        return tasksAt(entity).state;
    }

    /// @return entity one whose state is among those whose bits are set, now and then or for want of one any
    function among(uint64 kind, uint256 stateBits) internal returns (uint64 entity) {
        uint64 count = countOf(kind);
        if (count == 0 || once(20)) return anyOf(count);
        uint64 start = chance(count);
        for (uint64 i; i < count; ++i) {
            entity = 1 + (start + i) % count;
            if ((stateBits >> stateOf(kind, entity)) & 1 == 1) return entity;
        }
        return anyOf(count);
    }

    // Sending

    /// @dev Sends an action, counts it, and asserts what two states before and after any action must show.
    function act(uint256 action, uint64 actor, address target, bytes memory data) internal returns (bool ok) {
        TokenTotalsRecord memory before = tokenTotals();
        uint64 emittedBefore = emissionTotals().emittedUnits;
        (uint64 slotsBefore, uint64 settledBefore) = (clockTotals().slotCount, clockTotals().settledEraCount);

        bool wasSettling = isSettling();

        ++called[action];
        bytes memory answer;
        vm.prank(addressOf(actor));
        (ok, answer) = target.call(data);
        if (ok) ++accepted[action];
        // Neither a panic nor a failed assertion, nor any error but those of the list.
        else if (!isRejection(bytes4(answer))) pass(answer);
        if (wasSettling && !isStep[action]) assertRefused(action, ok, answer);

        TokenTotalsRecord memory t = tokenTotals();
        assertGe(t.burntUnits, before.burntUnits, "INV-5: burnt units came back");
        assertLe(t.supplyUnits, before.supplyUnits, "INV-5: the supply rose");
        assertEq(t.maxSupplyUnits, before.maxSupplyUnits, "INV-4: maximum supply");
        assertGe(emissionTotals().emittedUnits, emittedBefore, "INV-47: emitted units fell");
        assertGe(clockTotals().slotCount, slotsBefore, "INV-67: slots went back");
        uint64 settled = clockTotals().settledEraCount;
        assertTrue(settled == settledBefore || settled == settledBefore + 1, "INV-67: eras out of order");
    }

    /// @dev Between the chunks of a settlement nobody may act.
    function assertRefused(uint256 action, bool ok, bytes memory answer) private pure {
        assertFalse(ok, "TIME-4: acted within a settlement");
        bytes4 why = bytes4(answer);
        bool isOfSender = why == OnlyKeeper.selector || why == UnknownAccount.selector;
        assertTrue(why == EraNotSettled.selector || isOfSender || action == A_OPEN_SLOT, "TIME-4: another reason");
    }

    /// @dev Passes an unexpected failure on, as it came.
    function pass(bytes memory answer) private pure {
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }
}
