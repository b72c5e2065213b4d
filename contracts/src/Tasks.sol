// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Commitment} from "./Commitment.sol";
import {Committee} from "./Committee.sol";
import {Consensus} from "./Consensus.sol";
import {Family} from "./Family.sol";
import {Fixed} from "./Fixed.sol";
import {ITasks} from "./Interfaces.sol";
import {
    ACCOUNT_KEEPER,
    ACCOUNT_TASK_POT,
    ACCOUNT_VALIDATOR_POT,
    AlreadyCopied,
    AlreadySubmitted,
    BPS,
    CommitmentMismatch,
    DeadlinePassed,
    FAMILY_COUNT,
    FP,
    KIND_TASK,
    KIND_VALIDATOR,
    MAX_INT,
    MOVE_TASK_FEE,
    MembersRecord,
    NoEligibleValidator,
    NotAssigned,
    NotOwner,
    P_VAL_DEADLINE_S,
    P_VAL_GROUP_SIZE,
    P_VAL_LATE_PENALTY,
    P_VAL_MAX_ROUNDS,
    P_VAL_PASS_BPS,
    P_VAL_QUORUM_BPS,
    P_VAL_SLASH_COPY_BPS,
    P_VAL_SLASH_NOSHOW_BPS,
    P_VAL_TASK_FEE,
    ResultsOutstanding,
    TABLE_LENGTH,
    TASK_ASSIGNED,
    TASK_CREATED,
    TASK_KIND_NODE,
    TASK_KIND_NODE_METADATA,
    TASK_KIND_OUTPUT,
    TASK_SETTLED,
    TaskTotalsRecord,
    TasksRecord,
    UnknownEntity,
    VERDICT_FAIL,
    VERDICT_NONE,
    VERDICT_PASS,
    ValueOutOfRange,
    WrongState
} from "./Protocol.sol";

/// @dev A result is late once this part of its window is over: one twentieth. F-6 names lateness and no figure.
uint64 constant LATE_PART = 20;

/// @title Tasks
/// @notice Validation tasks (SM-4), as in `sim/protocol/tasks.ts`: opened by the subject's own family, assigned to a
/// group, answered by its members, and settled by consensus (F-5), which scores the members (F-6) and moves the subject
/// once. Times are seconds from genesis, weights and scores FP (10^9), qualities basis points.
contract Tasks is Family, ITasks {
    TasksRecord[TABLE_LENGTH] internal tasks;
    MembersRecord[TABLE_LENGTH] internal members;
    TaskTotalsRecord internal taskTotals;

    /// @dev What the scores of a group depend on besides its members.
    struct Scoring {
        uint64 consensus;
        uint64 assignedS;
        uint64 allowedS;
        uint64 lateScoreFp;
        uint64 noShowBps;
        uint64 copyBps;
    }

    constructor(address[FAMILY_COUNT] memory families) Family(families) {}

    // Actions

    /// @notice Draws the group of a created task and starts its deadline. A member's weight in the consensus is its
    /// reputation now. Keeper only.
    /// Warning: before the first era is settled no weights are fixed, so no group can be drawn.
    /// @custom:rule VAL-4, OP-16, OP-17
    function assignTask(uint64 task) external {
        _onlyKeeperAtRest();
        TasksRecord storage t = _existing(task);
        if (t.state != TASK_CREATED) revert WrongState(t.state, 0);
        (uint64 active,, uint64 weightFp) = VALIDATORS.committee();
        if (weightFp == 0 || active == 0) revert NoEligibleValidator(active, 0);
        Committee.Seat[] memory group = Committee.drawGroup(
            VALIDATORS,
            Committee.Draw({
                beacon: CLOCK.beacon(),
                entity: uint256(task) * Committee.ROUNDS_PER_TASK + t.roundCount,
                seats: _param(P_VAL_GROUP_SIZE),
                subjectOwner: t.owner,
                previous: _previousGroup(t)
            })
        );
        if (group.length == 0) revert NoEligibleValidator(active, 0);

        _seat(task, t, group);
        emit Transition(KIND_TASK, task, ACCOUNT_KEEPER, TASK_CREATED, TASK_ASSIGNED);
        emit TaskAssigned(task, t.kind, t.subject, t.roundCount, uint64(group.length));
        for (uint256 i; i < group.length; ++i) {
            VALIDATORS.engage(group[i].validator);
        }
    }

    /// @notice The owner of an audited node opens what it had committed to. Once for all rounds of the task; a commitment
    /// of 0 is opened by nothing.
    /// @param outputId identifier of the node's output
    /// @param saltId what the commitment was salted with
    /// @param sketchId identifier of the output's sketch under the task's nonce, not 0
    /// @custom:rule VAL-15, OP-22, DFPN-17
    function revealSketch(uint64 task, uint64 outputId, uint64 saltId, uint64 sketchId) external {
        uint64 actor = _agent();
        TasksRecord storage t = _existing(task);
        if (t.kind != TASK_KIND_OUTPUT) revert ValueOutOfRange(t.kind, TASK_KIND_OUTPUT);
        if (t.state == TASK_SETTLED) revert WrongState(TASK_SETTLED, 0);
        if (actor != t.owner) revert NotOwner(actor, t.owner);
        if (t.sketchId != 0) revert AlreadySubmitted(task, t.sketchId);
        if (t.state == TASK_ASSIGNED) {
            uint64 nowS = CLOCK.nowS();
            if (nowS > t.deadlineS) revert DeadlinePassed(nowS, t.deadlineS);
        }
        if (sketchId == 0) revert ValueOutOfRange(0, 0);
        if (outputId > MAX_INT) revert ValueOutOfRange(outputId, uint64(MAX_INT));
        if (saltId > MAX_INT) revert ValueOutOfRange(saltId, uint64(MAX_INT));
        if (sketchId > MAX_INT) revert ValueOutOfRange(sketchId, uint64(MAX_INT));
        uint64 opened = Commitment.commitmentOf(outputId, saltId, actor);
        if (opened != t.commitmentId) revert CommitmentMismatch(opened, t.commitmentId);

        t.outputId = outputId;
        t.sketchId = sketchId;
        emit SketchRevealed(task, t.subject, outputId, sketchId);
    }

    /// @notice A member's signed verdict, measured quality and report. Plain submission: readable by who submits later.
    /// @param verdict VERDICT_PASS or VERDICT_FAIL
    /// @param reportId identifier of the report, not 0
    /// @param qualityBps at most 10 000
    /// @custom:rule VAL-6, OP-17
    function submitResult(uint64 task, uint64 member, uint64 verdict, uint64 reportId, uint64 qualityBps) external {
        uint64 actor = _agent();
        TasksRecord storage t = _existing(task);
        if (t.state != TASK_ASSIGNED) revert WrongState(t.state, 0);
        if (!_isInGroup(t, member)) revert NotAssigned(member, 0);
        MembersRecord storage m = members[member];
        {
            (uint64 owner,,) = VALIDATORS.info(m.validator);
            if (actor != owner) revert NotOwner(actor, owner);
        }
        if (m.verdict != VERDICT_NONE) revert AlreadySubmitted(member, m.verdict);
        uint64 nowS = CLOCK.nowS();
        if (nowS > t.deadlineS) revert DeadlinePassed(nowS, t.deadlineS);
        if (verdict != VERDICT_PASS && verdict != VERDICT_FAIL) revert ValueOutOfRange(verdict, VERDICT_FAIL);
        if (qualityBps > BPS) revert ValueOutOfRange(qualityBps, uint64(BPS));
        if (reportId == 0) revert ValueOutOfRange(0, 0);
        if (reportId > MAX_INT) revert ValueOutOfRange(reportId, uint64(MAX_INT));

        m.verdict = verdict;
        m.submittedS = nowS;
        m.reportId = reportId;
        m.qualityBps = qualityBps;
        ++t.submittedCount;
        t.submittedWeightFp += m.weightFp;
        if (verdict == VERDICT_PASS) t.passWeightFp += m.weightFp;
        emit ResultSubmitted(task, m.validator, verdict, reportId, qualityBps);
    }

    /// @notice The copy detector found the member's report copied. It stays in the consensus, but is worth nothing to
    /// its author. Keeper only.
    /// @custom:rule VAL-9, OP-19
    function flagCopy(uint64 member) external {
        _onlyKeeperAtRest();
        uint64 count = taskTotals.memberCount;
        if (member == 0 || member > count) revert UnknownEntity(member, count);
        MembersRecord storage m = members[member];
        TasksRecord storage t = tasks[m.task];
        if (t.state != TASK_ASSIGNED) revert WrongState(t.state, 0);
        if (m.verdict == VERDICT_NONE || !_isInGroup(t, member)) revert NotAssigned(member, 0);
        if (m.copied != 0) revert AlreadyCopied(member, 0);

        m.copied = 1;
        emit CopyFlagged(m.task, m.validator);
    }

    /// @notice Tallies a task when all members have submitted or the deadline has passed. Decided, or undecided in the
    /// last round (then failed): members are scored, the fee goes to the validators' era pot, and the subject moves.
    /// Undecided before: the task waits for a fresh group, and only no-shows are scored. Keeper only.
    /// @custom:rule VAL-7, VAL-8, VAL-9, VAL-14, F-5, F-6, OP-18, OP-21
    function settleTask(uint64 task) external {
        _onlyKeeperAtRest();
        TasksRecord memory t = _existing(task);
        if (t.state != TASK_ASSIGNED) revert WrongState(t.state, 0);
        if (t.submittedCount < t.memberCount && CLOCK.nowS() <= t.deadlineS) {
            revert ResultsOutstanding(t.submittedCount, t.memberCount);
        }

        MembersRecord[] memory group = _group(t);
        Consensus.Ballots memory ballots = _ballots(t, group);
        uint64 agreeFp = Consensus.agreementFp(ballots);
        uint64 consensus = Consensus.decide(ballots, _param(P_VAL_QUORUM_BPS), _param(P_VAL_PASS_BPS));
        if (consensus == VERDICT_NONE && t.roundCount + 1 < _param(P_VAL_MAX_ROUNDS)) {
            tasks[task].roundCount = t.roundCount + 1;
            tasks[task].state = TASK_CREATED;
            emit Transition(KIND_TASK, task, ACCOUNT_KEEPER, TASK_ASSIGNED, TASK_CREATED);
            emit TaskTallied(task, t.kind, t.subject, VERDICT_NONE, agreeFp, 0);
            _scoreMembers(t, group, consensus);
            return;
        }

        t.outcome = consensus == VERDICT_NONE ? VERDICT_FAIL : consensus;
        t.qualityBps = _agreedQualityBps(group, consensus);
        _finish(task, t, agreeFp);
        _scoreMembers(t, group, consensus);
        TOKEN.move(ACCOUNT_TASK_POT, ACCOUNT_VALIDATOR_POT, t.feeUnits, MOVE_TASK_FEE);
        _advanceSubject(task, t);
    }

    // For the other families

    /// @inheritdoc ITasks
    /// @dev Audits of served outputs carry no fee, and draw the nonce under which the output's sketch is taken, which nobody
    /// knew while the output was committed to. The caller has checked that no task of this kind is open for the subject.
    /// @custom:rule VAL-5, VAL-15, OP-22, OP-23, NUM-6
    function openTask(
        uint64 kind,
        uint64 subject,
        uint64 owner,
        uint64 referenceId,
        uint64 wu,
        uint64 answerId,
        uint64 commitmentId,
        uint64 actor
    ) external returns (uint64 task) {
        _onlyFamily();
        task = ++taskTotals.taskCount;
        ++taskTotals.openCount;
        TasksRecord storage t = tasks[task];
        t.kind = kind;
        t.subject = subject;
        t.owner = owner;
        t.state = TASK_CREATED;
        if (kind == TASK_KIND_OUTPUT) {
            t.commitmentId = commitmentId;
            // A draw is below 2^52.
            t.nonceId = uint64(Fixed.rnd(CLOCK.beacon(), Fixed.PURPOSE_NONCE, task, 0));
        } else {
            t.feeUnits = _param(P_VAL_TASK_FEE);
        }
        t.referenceId = referenceId;
        t.wu = wu;
        t.answerId = answerId;
        t.openedEra = CLOCK.era();
        emit Transition(KIND_TASK, task, actor, 0, TASK_CREATED);
        TOKEN.move(owner, ACCOUNT_TASK_POT, t.feeUnits, MOVE_TASK_FEE);
    }

    // Parts

    /// @dev The record of a task. Reverts UnknownEntity if there is none.
    function _existing(uint64 task) private view returns (TasksRecord storage) {
        uint64 count = taskTotals.taskCount;
        if (task == 0 || task > count) revert UnknownEntity(task, count);
        return tasks[task];
    }

    function _isInGroup(TasksRecord storage t, uint64 member) private view returns (bool) {
        return member >= t.memberStart && member < t.memberStart + t.memberCount;
    }

    /// @dev Validators of the task's last group; empty before its first one.
    function _previousGroup(TasksRecord storage t) private view returns (uint64[] memory previous) {
        (uint256 start, uint256 count) = (t.memberStart, t.memberCount);
        previous = new uint64[](count);
        for (uint256 i; i < count; ++i) {
            previous[i] = members[start + i].validator;
        }
    }

    /// @dev Writes the group and starts the round.
    function _seat(uint64 task, TasksRecord storage t, Committee.Seat[] memory group) private {
        uint64 start = taskTotals.memberCount + 1;
        uint64 assignedWeightFp;
        for (uint256 i; i < group.length; ++i) {
            MembersRecord storage m = members[start + i];
            m.validator = group[i].validator;
            m.weightFp = group[i].weightFp;
            m.task = task;
            assignedWeightFp += group[i].weightFp;
        }
        // Groups are at most 51.
        uint64 size = uint64(group.length);
        uint64 nowS = CLOCK.nowS();
        taskTotals.memberCount += size;
        t.state = TASK_ASSIGNED;
        t.assignedS = nowS;
        t.deadlineS = nowS + _param(P_VAL_DEADLINE_S);
        t.memberStart = start;
        t.memberCount = size;
        t.submittedCount = 0;
        t.assignedWeightFp = assignedWeightFp;
        t.submittedWeightFp = 0;
        t.passWeightFp = 0;
    }

    function _group(TasksRecord memory t) private view returns (MembersRecord[] memory group) {
        group = new MembersRecord[](t.memberCount);
        for (uint256 i; i < group.length; ++i) {
            group[i] = members[t.memberStart + i];
        }
    }

    function _ballots(TasksRecord memory t, MembersRecord[] memory group)
        private
        pure
        returns (Consensus.Ballots memory)
    {
        uint256 passes;
        for (uint256 i; i < group.length; ++i) {
            if (group[i].verdict == VERDICT_PASS) ++passes;
        }
        return Consensus.ballotsOf(
            Consensus.Ballots(t.assignedWeightFp, t.submittedWeightFp, t.passWeightFp),
            Consensus.Ballots(t.memberCount, t.submittedCount, passes)
        );
    }

    /// @dev Lower median of the qualities of the aligned, independent results; 0 if there is none.
    function _agreedQualityBps(MembersRecord[] memory group, uint64 consensus) private pure returns (uint64) {
        if (consensus == VERDICT_NONE) return 0;
        uint64[] memory qualities = new uint64[](group.length);
        uint256 count;
        for (uint256 i; i < group.length; ++i) {
            if (group[i].verdict == consensus && group[i].copied == 0) qualities[count++] = group[i].qualityBps;
        }
        return Consensus.lowerMedian(qualities, count);
    }

    /// @dev Stores outcome and quality of `t` and closes the task.
    function _finish(uint64 task, TasksRecord memory t, uint64 agreeFp) private {
        TasksRecord storage stored = tasks[task];
        stored.outcome = t.outcome;
        stored.qualityBps = t.qualityBps;
        stored.state = TASK_SETTLED;
        --taskTotals.openCount;
        ++taskTotals.settledCount;
        emit Transition(KIND_TASK, task, ACCOUNT_KEEPER, TASK_ASSIGNED, TASK_SETTLED);
        emit TaskTallied(task, t.kind, t.subject, t.outcome, agreeFp, t.qualityBps);
    }

    /// @dev Releases the members and scores them (F-6): no-show 0, copied 0, not aligned 0, aligned 1.0, or less the
    /// late penalty after the first twentieth of the window (LATE_PART). Without consensus only no-shows are scored.
    function _scoreMembers(TasksRecord memory t, MembersRecord[] memory group, uint64 consensus) private {
        Scoring memory scoring = Scoring({
            consensus: consensus,
            assignedS: t.assignedS,
            allowedS: t.deadlineS - t.assignedS,
            // The penalty is at most FP.
            lateScoreFp: uint64(FP) - _param(P_VAL_LATE_PENALTY),
            noShowBps: _param(P_VAL_SLASH_NOSHOW_BPS),
            copyBps: _param(P_VAL_SLASH_COPY_BPS)
        });
        for (uint256 i; i < group.length; ++i) {
            _scoreMember(group[i], scoring);
        }
    }

    function _scoreMember(MembersRecord memory m, Scoring memory scoring) private {
        if (m.verdict == VERDICT_NONE) {
            VALIDATORS.recordResult(m.validator, 0, 0);
            if (scoring.noShowBps > 0) STAKE.addSlash(KIND_VALIDATOR, m.validator, scoring.noShowBps);
        } else if (scoring.consensus != VERDICT_NONE) {
            if (m.verdict == scoring.consensus && m.copied == 0) {
                bool isLate = LATE_PART * (m.submittedS - scoring.assignedS) > scoring.allowedS;
                VALIDATORS.recordResult(m.validator, isLate ? scoring.lateScoreFp : uint64(FP), m.weightFp);
            } else {
                VALIDATORS.recordResult(m.validator, 0, 0);
            }
            if (m.copied != 0 && scoring.copyBps > 0) STAKE.addSlash(KIND_VALIDATOR, m.validator, scoring.copyBps);
        }
        VALIDATORS.disengage(m.validator);
    }

    /// @dev Tells the subject's family, once per task (INV-27).
    function _advanceSubject(uint64 task, TasksRecord memory t) private {
        bool passed = t.outcome == VERDICT_PASS;
        if (t.kind == TASK_KIND_OUTPUT) {
            NODES.onAudit(t.subject, t.wu, t.qualityBps, passed);
        } else if (t.kind == TASK_KIND_NODE_METADATA || t.kind == TASK_KIND_NODE) {
            NODES.onTask(task, t.kind, t.subject, passed, ACCOUNT_KEEPER);
        } else {
            MODELS.onTask(task, t.kind, t.subject, passed, ACCOUNT_KEEPER);
        }
    }
}
