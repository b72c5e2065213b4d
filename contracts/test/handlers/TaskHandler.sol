// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Commitment} from "../../src/Commitment.sol";
import {Consensus} from "../../src/Consensus.sol";
import {
    FAMILY_COUNT,
    KIND_TASK,
    MembersRecord,
    P_VAL_MAX_ROUNDS,
    P_VAL_PASS_BPS,
    P_VAL_QUORUM_BPS,
    TASK_ASSIGNED,
    TASK_CREATED,
    TASK_KIND_OUTPUT,
    TASK_SETTLED,
    TasksRecord,
    VERDICT_FAIL,
    VERDICT_NONE,
    VERDICT_PASS
} from "../../src/Protocol.sol";
import {Tasks} from "../../src/Tasks.sol";
import {A_ASSIGN_TASK, A_FLAG_COPY, A_REVEAL_SKETCH, A_SETTLE_TASK, A_SUBMIT_RESULT} from "../Actions.sol";
import {Handler} from "./Handler.sol";

/// @notice What becomes of validation tasks.
contract TaskHandler is Handler {
    constructor(address[FAMILY_COUNT] memory addresses) Handler(addresses) {}

    /// @inheritdoc Handler
    function turns() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](6);
        list[0] = this.assignTask.selector;
        list[1] = this.submitResult.selector;
        list[2] = this.flagCopy.selector;
        list[3] = this.settleTask.selector;
        list[4] = this.decideTasks.selector;
        list[5] = this.revealSketch.selector;
    }

    function assignTask(uint256 seed) external turn(seed) {
        assignOne(among(KIND_TASK, 1 << TASK_CREATED));
    }

    function submitResult(uint256 seed) external turn(seed) {
        TasksRecord memory t = tasksAt(among(KIND_TASK, 1 << TASK_ASSIGNED));
        submitOne(t.memberStart + chance(t.memberCount + 1));
    }

    function flagCopy(uint256 seed) external turn(seed) {
        TasksRecord memory t = tasksAt(among(KIND_TASK, 1 << TASK_ASSIGNED));
        uint64 member = once(20) ? chance(taskTotals().memberCount + 2) : t.memberStart + chance(t.memberCount + 1);
        act(A_FLAG_COPY, K, address(tasks), abi.encodeCall(Tasks.flagCopy, (member)));
    }

    function settleTask(uint256 seed) external turn(seed) {
        settleOne(among(KIND_TASK, 1 << TASK_ASSIGNED));
    }

    function revealSketch(uint256 seed) external turn(seed) {
        uint64 task = sealedAudit();
        if (rather(tasksAt(task).kind == TASK_KIND_OUTPUT)) revealOne(task);
    }

    /// @notice Whole rounds of some tasks at once, so that life cycles get somewhere: most members submit, some copy.
    function decideTasks(uint256 seed) external turn(seed) {
        for (uint64 count = 1 + chance(3); count > 0; --count) {
            decideOne(among(KIND_TASK, 1 << TASK_CREATED | 1 << TASK_ASSIGNED));
        }
    }

    function decideOne(uint64 task) private {
        if (tasksAt(task).state == TASK_CREATED) assignOne(task);
        TasksRecord memory t = tasksAt(task);
        if (t.state != TASK_ASSIGNED) return;
        if (t.kind == TASK_KIND_OUTPUT && t.sketchId == 0 && !once(4)) revealOne(task);
        bool isPassing = !once(5);
        for (uint64 i; i < t.memberCount; ++i) {
            if (membersAt(t.memberStart + i).verdict != VERDICT_NONE || once(12)) continue;
            submitAs(t.memberStart + i, isPassing != once(12) ? VERDICT_PASS : VERDICT_FAIL);
            if (once(12)) act(A_FLAG_COPY, K, address(tasks), abi.encodeCall(Tasks.flagCopy, (t.memberStart + i)));
        }
        // Past the deadline who has not submitted never will; but the slot must not run out.
        if (once(4)) passTime(901);
        settleOne(task);
    }

    /// @dev An audit whose node has not opened its commitment, now and then or for want of one any task.
    function sealedAudit() private returns (uint64 task) {
        uint64 count = taskTotals().taskCount;
        if (count == 0 || once(20)) return anyOf(count);
        uint64 start = chance(count);
        for (uint64 i; i < count; ++i) {
            task = 1 + (start + i) % count;
            TasksRecord memory t = tasksAt(task);
            if (t.kind == TASK_KIND_OUTPUT && t.state != TASK_SETTLED && t.sketchId == 0) return task;
        }
        return anyOf(count);
    }

    function revealOne(uint64 task) private {
        TasksRecord memory before = tasksAt(task);
        uint64 owner = mostly(before.owner);
        (uint64 outputId, uint64 saltId) = (outputOf(before.answerId), saltOf(before.answerId));
        if (once(12)) saltId = chance(50);
        uint64 sketchId = once(15) ? 0 : 1 + chance(50);
        bytes memory data = abi.encodeCall(Tasks.revealSketch, (task, outputId, saltId, sketchId));
        if (!act(A_REVEAL_SKETCH, owner, address(tasks), data)) return;
        assertEq(owner, before.owner, "VAL-15: opened for another");
        assertEq(before.sketchId, 0, "VAL-15: opened twice");
        uint64 opened = Commitment.commitmentOf(outputId, saltId, owner);
        assertEq(before.commitmentId, opened, "VAL-15: opened what was not committed to");
        assertEq(tasksAt(task).outputId, outputId, "VAL-15: the output is kept");
        assertEq(tasksAt(task).sketchId, sketchId, "VAL-15: the sketch is kept");
    }

    function assignOne(uint64 task) private {
        bytes memory data = abi.encodeCall(Tasks.assignTask, (task));
        if (!act(A_ASSIGN_TASK, K, address(tasks), data)) return;
        TasksRecord memory t = tasksAt(task);
        for (uint64 i; i < t.memberCount; ++i) {
            assertTrue(membersAt(t.memberStart + i).verdict == VERDICT_NONE, "INV-28: a verdict from the start");
        }
    }

    function submitOne(uint64 member) private {
        submitAs(member, once(15) ? chance(4) : once(4) ? VERDICT_FAIL : VERDICT_PASS);
    }

    function submitAs(uint64 member, uint64 verdict) private {
        MembersRecord memory m = membersAt(member);
        uint64 owner = mostly(validatorsAt(m.validator).owner);
        bytes memory data =
            abi.encodeCall(Tasks.submitResult, (m.task, member, verdict, 1 + chance(900), chance(10_050)));
        if (!act(A_SUBMIT_RESULT, owner, address(tasks), data)) return;
        assertEq(m.verdict, VERDICT_NONE, "INV-28: submitted twice");
        assertEq(owner, validatorsAt(m.validator).owner, "INV-28: submitted for another");
        assertTrue(owner != tasksAt(m.task).owner, "INV-28: on its own subject");
    }

    function settleOne(uint64 task) private {
        TasksRecord memory before = tasksAt(task);
        uint64 expected = outcomeOf(before);
        if (!act(A_SETTLE_TASK, K, address(tasks), abi.encodeCall(Tasks.settleTask, (task)))) return;
        TasksRecord memory t = tasksAt(task);
        assertEq(before.state, TASK_ASSIGNED, "INV-27: settled twice");
        bool isLast = before.roundCount + 1 >= param(P_VAL_MAX_ROUNDS);
        if (expected == VERDICT_NONE && isLast) expected = VERDICT_FAIL;
        assertEq(t.outcome, expected, "INV-29: outcome of the multiset of weights and verdicts");
        assertEq(t.state, expected == VERDICT_NONE ? TASK_CREATED : TASK_SETTLED, "INV-27");
    }

    /// @dev What F-5 makes of the group's weights and verdicts, taken backwards.
    function outcomeOf(TasksRecord memory t) private view returns (uint64) {
        Consensus.Ballots memory weights;
        Consensus.Ballots memory counts;
        for (uint64 i = t.memberCount; i > 0; --i) {
            MembersRecord memory m = membersAt(t.memberStart + i - 1);
            weights.assigned += m.weightFp;
            ++counts.assigned;
            if (m.verdict == VERDICT_NONE) continue;
            weights.submitted += m.weightFp;
            ++counts.submitted;
            if (m.verdict != VERDICT_PASS) continue;
            weights.pass += m.weightFp;
            ++counts.pass;
        }
        return Consensus.decide(Consensus.ballotsOf(weights, counts), param(P_VAL_QUORUM_BPS), param(P_VAL_PASS_BPS));
    }
}
