// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Family} from "./Family.sol";
import {Fixed} from "./Fixed.sol";
import {IChallenges, IProviders, Resources} from "./Interfaces.sol";
import {
    ACCOUNT_KEEPER,
    AlreadySet,
    BatchMismatch,
    CHALLENGE_ANSWERED,
    CHALLENGE_COMMITTED,
    CHALLENGE_FAILED,
    CHALLENGE_INCONCLUSIVE,
    CHALLENGE_ISSUED,
    CHALLENGE_PASSED,
    CHALLENGE_SCHEDULED,
    CLASS_COUNT,
    ChallengeTotalsRecord,
    ChallengesRecord,
    CommitteesRecord,
    DeadlineNotPassed,
    FAMILY_COUNT,
    InvalidSignature,
    KIND_CHALLENGE,
    MAX_INT,
    MAX_TARGETS,
    NotAssigned,
    PROVIDER_ACTIVE,
    P_CHAL_ATTEST_QUORUM_BPS,
    P_CHAL_COVERAGE_ENFORCED,
    P_CHAL_DRAW_MAX_BPS,
    P_CHAL_DRAW_MIN_BPS,
    P_CHAL_GPU_ROUND,
    P_CHAL_INCONCLUSIVE,
    P_CHAL_N,
    P_CHAL_TARGETS_PER_SLOT,
    P_SLARK_CONFLICT_EXCLUSION,
    P_TIME_SLOTS_PER_ERA,
    P_TIME_SLOT_S,
    ProvidersRecord,
    PuzzleMismatch,
    RankingInvalid,
    ResultsOutstanding,
    SEATS_PER_CLASS,
    SignerRepeated,
    SignersMissing,
    TABLE_LENGTH,
    UnknownEntity,
    ValueOutOfRange,
    WrongState
} from "./Protocol.sol";
import {ProviderView} from "./ProviderView.sol";

/// @title Challenges
/// @notice Challenges of providers (SM-7): whom a slot challenges and by what requirement (F-12), which Slarks answer for
/// the outcome, their certificates, what becomes of each challenge, and the epoch's attestation of the committees drawn;
/// the rules of `sim/protocol/{challenges,certificates}.ts`. What an outcome costs or earns is the business of Providers
/// and Slarks. Times are seconds from genesis.
contract Challenges is Family, IChallenges {
    using ProviderView for IProviders;

    uint64[TABLE_LENGTH] internal newTargets;
    uint64[TABLE_LENGTH] internal poorTargets;
    uint64[TABLE_LENGTH] internal restTargets;
    uint64[TABLE_LENGTH] internal retryTargets;
    ChallengesRecord[TABLE_LENGTH] internal challenges;
    CommitteesRecord[TABLE_LENGTH] internal committees;
    uint64[TABLE_LENGTH] internal seats;
    ChallengeTotalsRecord internal challengeTotals;

    uint256 private constant PURPOSE_TARGET = 10;
    uint256 private constant PURPOSE_REQUIREMENT = 12;
    /// @notice Entries of the lists and draws that one slot looks at: a list may hold many that have left since.
    uint256 private constant MAX_LOOKS = 2 * MAX_TARGETS;
    /// @dev Draws for one target beyond the lists, and where their numbers start.
    uint256 private constant ATTEMPTS = 16;
    uint256 private constant LEFTOVER_DRAWS = 256;
    /// @dev Entries of the poorly rated that are compared at once.
    uint256 private constant POOR_WINDOW = 64;
    uint256 private constant RESOURCES = 4;
    uint256 private constant GPU = 3;
    /// @dev When a slot's certificates with a majority of signers are taken, and its challenges closed.
    uint64 private constant CLOSING_S = 420;
    uint64 private constant ON = 1;
    uint64 private constant GPU_ROUND_CEIL = 0;
    uint64 private constant INCONCLUSIVE_PASS = 0;
    uint64 private constant INCONCLUSIVE_FAIL = 1;
    /// @dev Results in one word, two bits each.
    uint256 private constant RESULTS_PER_WORD = 24;
    uint256 private constant RESULT_PASS = 1;
    uint256 private constant RESULT_FAIL = 2;
    uint256 private constant SIGNATURE_WORDS = 32;
    uint64 private constant MAX_WORD = 2 ** 48 - 1;

    constructor(address[FAMILY_COUNT] memory families) Family(families) {}

    // A slot's challenges

    /// @dev What the choice of a slot's targets is made from, and what it has come to.
    struct Slot {
        uint64 slot;
        uint64 beacon;
        uint64 firstId;
        uint256 count;
        uint64[] providers;
        uint64[] classes;
        uint64 drawMaxBps;
        uint64 drawMinBps;
        bool gpuCeil;
    }

    /// @notice Keeper. Chooses the targets of the slot in progress and their requirements, and draws a committee for each class
    /// of them: first those to be challenged again, then new providers, poorly rated ones, others not challenged in this
    /// epoch, and with what is left any active one. A class for which no full committee can be drawn stays undecided.
    /// @custom:rule SM-7, CHAL-1, CHAL-3, CHAL-4, CHAL-6, CHAL-9, F-12, OP-70, OP-72
    function scheduleChallenges() external {
        _onlyKeeperAtRest();
        uint64 slotCount = CLOCK.slotCount();
        if (challengeTotals.slot == slotCount) revert AlreadySet(slotCount, 0);

        _closeOpen();
        Slot memory s = _openSlot(slotCount);
        _chooseTargets(s);
        challengeTotals.challengeCount = uint64(s.count); // at most MAX_TARGETS
        _drawCommittees(s);
    }

    /// @notice Keeper. Registers the hash of a class's puzzle before its challenges are issued: two numbers below 2^52, not
    /// both 0.
    /// @custom:rule SM-7, CHAL-5
    function commitPuzzle(uint64 class, uint64 hash0, uint64 hash1) external {
        _onlyKeeperAtRest();
        CommitteesRecord storage committee = _committeeIn(class, CHALLENGE_SCHEDULED);
        uint64 limit = uint64(Fixed.TWO_52 - 1);
        if (hash0 > limit) revert ValueOutOfRange(hash0, limit);
        if (hash1 > limit) revert ValueOutOfRange(hash1, limit);
        if (hash0 == 0 && hash1 == 0) revert ValueOutOfRange(0, limit);

        committee.puzzleHash0 = hash0;
        committee.puzzleHash1 = hash1;
        _moveClass(committee, class, CHALLENGE_COMMITTED);
    }

    /// @notice Keeper. The class's challenges are with their targets.
    /// @custom:rule SM-7
    function issueChallenges(uint64 class) external {
        _onlyKeeperAtRest();
        _moveClass(_committeeIn(class, CHALLENGE_COMMITTED), class, CHALLENGE_ISSUED);
    }

    /// @notice Keeper. Ends what is left of the slot's challenges without a majority. There may be nothing left.
    /// @custom:rule SM-7, OP-75
    function closeChallenges() external {
        _onlyKeeperAtRest();
        uint64 slotCount = CLOCK.slotCount();
        (uint64 nowS, uint64 closesS) = (CLOCK.nowS(), _closesS(slotCount));
        if (nowS < closesS) revert DeadlineNotPassed(nowS, closesS);
        if (challengeTotals.slot != slotCount) revert WrongState(challengeTotals.slot, slotCount);
        _closeOpen();
        for (uint256 class = 1; class <= CLASS_COUNT; ++class) {
            committees[class].state = 0;
        }
    }

    // Certificates

    /// @dev What a certificate says, read from its words.
    struct Certificate {
        uint64 class;
        uint256 groups;
        uint256 wordsPerGroup; // with its mask
        uint256 targets;
        uint256 signers;
        uint256 seatCount;
        uint64[] alignedCounts; // by group, as the targets are decided
    }

    /// @notice Keeper. Decides the challenges of a class by one certificate: the puzzle, and groups of seats with equal results.
    /// @param words for each group its seats (one bit each) and its results, two bits a target in the order of the
    /// records, 1 passed and 2 failed, 24 to a word; then the aggregate signature, 32 words of 48 bits
    /// @custom:rule SM-7, CHAL-9, CHAL-10, CHAL-11, SLARK-13, INV-32
    function certifyResults(
        uint64 class,
        uint64 puzzle0,
        uint64 puzzle1,
        uint64 groupCount,
        uint64[] calldata words
    ) external {
        _onlyKeeperAtRest();
        CommitteesRecord storage committee = _committeeIn(class, CHALLENGE_ISSUED);
        uint64 slot = challengeTotals.slot;
        uint64 slotCount = CLOCK.slotCount();
        if (slot != slotCount) revert WrongState(slot, slotCount);
        --slot;
        _checkPuzzle(committee, class, slot, puzzle0, puzzle1);
        Certificate memory c = _readCertificate(committee, class, groupCount, words);
        _checkSignature(c, slot, words);

        committee.signerCount = uint64(c.signers); // at most SEATS_PER_CLASS
        ++challengeTotals.certificateCount;
        emit ResultsCertified(slot, class, groupCount, uint64(c.signers), uint64(c.targets));
        _moveClass(committee, class, CHALLENGE_ANSWERED);
        _decide(c, words);
    }

    /// @notice Keeper. The era's unselected Slarks have signed the list of all committees that were drawn in it.
    /// @param words the signers' licences in ascending order, then, if there are any, their aggregate signature: 32 words of
    /// 48 bits
    /// @custom:rule CHAL-2, OP-71
    function attestSubsets(uint64 signerCount, uint64[] calldata words) external {
        _onlyKeeperAtRest();
        uint64 era = CLOCK.era();
        uint64 endSlot = (era + 1) * _param(P_TIME_SLOTS_PER_ERA);
        {
            (uint64 nowS, uint64 closesS) = (CLOCK.nowS(), _closesS(endSlot));
            if (CLOCK.slotCount() != endSlot || nowS < closesS) revert DeadlineNotPassed(nowS, closesS);
        }
        if (challengeTotals.attestedEraCount == era + 1) revert AlreadySet(era + 1, 0);
        _checkScheduled(endSlot);
        if (signerCount > MAX_INT - SIGNATURE_WORDS) revert ValueOutOfRange(signerCount, SLARKS.slarkCount());
        if (signerCount + words.length > 0) _checkWords(words, signerCount + SIGNATURE_WORDS);
        _checkAttesters(signerCount, words);
        (uint64 listed, uint64 selected) = (SLARKS.orderedCount(), challengeTotals.selectedCount);
        uint64 unselected = listed > selected ? listed - selected : 0;
        // A share of unselected, rounded up.
        uint64 needed = uint64(Fixed.mulDivUp(unselected, _param(P_CHAL_ATTEST_QUORUM_BPS), Fixed.BPS));
        if (signerCount < needed) revert SignersMissing(signerCount, needed);
        if (signerCount > 0) _checkAttestation(era, words[:signerCount], words[signerCount:]);

        challengeTotals.attestedEraCount = era + 1;
        emit SubsetsAttested(era, signerCount, unselected);
    }

    // For the other families

    /// @inheritdoc IChallenges
    /// @custom:rule CHAL-3
    function queueNew(uint64 provider) external {
        _onlyFamily();
        newTargets[++challengeTotals.newCount] = provider;
    }

    /// @inheritdoc IChallenges
    /// @custom:rule CHAL-3, CHAL-4, FB-5, OP-72
    function queueTargets(uint64[] calldata fresh, uint64[] calldata poor, uint64[] calldata rest, uint64 missed)
        external
    {
        _onlyFamily();
        challengeTotals.missedCount += missed;
        challengeTotals.newCount = _append(newTargets, challengeTotals.newCount, fresh);
        challengeTotals.poorCount = _append(poorTargets, challengeTotals.poorCount, poor);
        challengeTotals.restCount = _append(restTargets, challengeTotals.restCount, rest);
    }

    /// @inheritdoc IChallenges
    /// @custom:rule CHAL-4, OP-72
    function resetTargets() external {
        _onlyFamily();
        challengeTotals.newHead = 0;
        challengeTotals.newCount = 0;
        challengeTotals.poorCount = 0;
        challengeTotals.restCount = 0;
    }

    // Guards

    /// @dev Reverts ValueOutOfRange for a class that there is not, WrongState if its committee is in another state.
    function _committeeIn(uint64 class, uint64 state) private view returns (CommitteesRecord storage committee) {
        if (class == 0 || class > CLASS_COUNT) revert ValueOutOfRange(class, CLASS_COUNT);
        committee = committees[class];
        if (committee.state != state) revert WrongState(committee.state, 0);
    }

    /// @dev When the last of `slotCount` slots may be closed.
    function _closesS(uint64 slotCount) private view returns (uint64) {
        return (slotCount == 0 ? 0 : slotCount - 1) * _param(P_TIME_SLOT_S) + CLOSING_S;
    }

    /// @dev Without a slot of this era in the tables there are no subsets of this era to attest. `endSlot` slots are open.
    function _checkScheduled(uint64 endSlot) private view {
        uint64 scheduled = challengeTotals.slot;
        if (scheduled + _param(P_TIME_SLOTS_PER_ERA) <= endSlot) revert WrongState(scheduled, endSlot);
    }

    /// @dev Reverts BatchMismatch or ValueOutOfRange unless the list has this length and its words 48 bits.
    function _checkWords(uint64[] calldata words, uint256 expected) private pure {
        // A list is shorter than 2^64.
        if (words.length != expected) revert BatchMismatch(uint64(words.length), uint64(expected));
        for (uint256 i; i < words.length; ++i) {
            if (words[i] > MAX_WORD) revert ValueOutOfRange(words[i], MAX_WORD);
        }
    }

    function _checkPuzzle(
        CommitteesRecord storage committee,
        uint64 class,
        uint64 slot,
        uint64 puzzle0,
        uint64 puzzle1
    ) private view {
        uint256 hash = uint256(keccak256(abi.encodePacked(slot, class, puzzle0, puzzle1)));
        uint256 mask = Fixed.TWO_52 - 1;
        if (((hash >> 52) & mask) != committee.puzzleHash0 || (hash & mask) != committee.puzzleHash1) {
            revert PuzzleMismatch(class, slot);
        }
    }

    // Certificates

    /// @dev Reverts ValueOutOfRange, BatchMismatch, NotAssigned, SignerRepeated, ResultsOutstanding, SignersMissing.
    function _readCertificate(
        CommitteesRecord storage committee,
        uint64 class,
        uint64 groupCount,
        uint64[] calldata words
    ) private view returns (Certificate memory c) {
        c.class = class;
        c.groups = groupCount;
        c.seatCount = committee.seatCount;
        c.targets = committee.targetCount;
        c.wordsPerGroup = 1 + (c.targets + RESULTS_PER_WORD - 1) / RESULTS_PER_WORD;
        if (groupCount == 0 || groupCount > c.seatCount) revert ValueOutOfRange(groupCount, committee.seatCount);
        uint256 expected = c.groups * c.wordsPerGroup + SIGNATURE_WORDS;
        _checkWords(words, expected);

        uint256 seen;
        for (uint256 group; group < c.groups; ++group) {
            uint256 mask = words[group * c.wordsPerGroup];
            _checkMask(mask, seen, c.seatCount);
            seen |= mask;
            _checkResults(c, words[group * c.wordsPerGroup + 1:(group + 1) * c.wordsPerGroup]);
        }
        c.signers = _bitCount(seen);
        _checkSigners(c.signers, c.seatCount);
    }

    /// @dev Reverts for the first seat that is none, or that a group before has signed for.
    function _checkMask(uint256 mask, uint256 seen, uint256 seatCount) private pure {
        if (mask == 0) revert SignersMissing(0, 1);
        uint256 free = (1 << seatCount) - 1 - seen;
        uint256 wrong = mask & ~free;
        if (wrong == 0) return;
        uint64 seat; // below 48, the bits of a word
        while ((wrong >> seat) & 1 == 0) ++seat;
        if (seat >= seatCount) revert NotAssigned(seat, uint64(seatCount));
        revert SignerRepeated(seat, 0);
    }

    function _checkResults(Certificate memory c, uint64[] calldata results) private pure {
        for (uint256 target; target < c.targets; ++target) {
            uint256 value = _resultAt(results, target);
            if (value != RESULT_PASS && value != RESULT_FAIL) revert ValueOutOfRange(uint64(value), 2);
        }
        uint256 last = c.targets % RESULTS_PER_WORD;
        uint64 word = results[results.length - 1];
        if (word >> (last == 0 ? 2 * RESULTS_PER_WORD : 2 * last) != 0) revert ValueOutOfRange(word, 0);
    }

    function _checkSigners(uint256 signers, uint256 seatCount) private view {
        if (signers < seatCount && CLOCK.nowS() < _closesS(challengeTotals.slot)) {
            revert ResultsOutstanding(uint64(signers), uint64(seatCount));
        }
        uint256 majority = (seatCount + 1) / 2;
        if (signers < majority) revert SignersMissing(uint64(signers), uint64(majority));
    }

    /// @dev Reverts InvalidSignature unless each seat of each group has signed the group's results.
    function _checkSignature(Certificate memory c, uint64 slot, uint64[] calldata words) private view {
        uint64[][] memory groups = new uint64[][](c.groups);
        bytes32[] memory messages = new bytes32[](c.groups);
        for (uint256 group; group < c.groups; ++group) {
            uint256 start = group * c.wordsPerGroup;
            groups[group] = _licencesOf(c, words[start]);
            messages[group] = _messageOf(slot, c.class, words[start + 1:start + c.wordsPerGroup]);
        }
        if (!_isSigned(groups, messages, words[c.groups * c.wordsPerGroup:])) revert InvalidSignature(c.class, slot);
    }

    /// @return message keccak256 of slot, class and the packed results, eight bytes each
    function _messageOf(uint64 slot, uint64 class, uint64[] calldata results) private pure returns (bytes32 message) {
        bytes memory packed = abi.encodePacked(slot, class);
        for (uint256 i; i < results.length; ++i) {
            packed = abi.encodePacked(packed, results[i]);
        }
        return keccak256(packed);
    }

    function _isSigned(uint64[][] memory groups, bytes32[] memory messages, uint64[] calldata signature)
        private
        view
        returns (bool)
    {
        // Words that are no point of the curve's field revert there.
        try LICENCES.isSigned(groups, messages, signature) returns (bool signed) {
            return signed;
        } catch {
            return false;
        }
    }

    /// @return licences on the seats of a mask, ascending by seat
    function _licencesOf(Certificate memory c, uint256 mask) private view returns (uint64[] memory licences) {
        licences = new uint64[](_bitCount(mask));
        uint256 next;
        for (uint256 seat; seat < c.seatCount; ++seat) {
            if ((mask >> seat) & 1 == 1) licences[next++] = seats[c.class * SEATS_PER_CLASS + seat];
        }
    }

    /// @dev Reverts InvalidSignature unless all signers have signed the era's subsets.
    function _checkAttestation(uint64 era, uint64[] calldata signers, uint64[] calldata signature) private view {
        uint64[][] memory groups = new uint64[][](1);
        bytes32[] memory messages = new bytes32[](1);
        groups[0] = signers;
        messages[0] = keccak256(abi.encodePacked(era, _subsets()));
        if (!_isSigned(groups, messages, signature)) revert InvalidSignature(0, era);
    }

    function _checkAttesters(uint64 signerCount, uint64[] calldata words) private view {
        uint64 count = SLARKS.slarkCount();
        uint64 last;
        for (uint64 i; i < signerCount; ++i) {
            uint64 licence = words[i];
            if (licence <= last) revert RankingInvalid(i, licence);
            if (licence > count) revert UnknownEntity(licence, count);
            if (!SLARKS.isUnselected(licence)) revert NotAssigned(licence, 0);
            last = licence;
        }
    }

    /// @dev Takes the value that a majority of the seats found for each target; then the signers' part in it.
    function _decide(Certificate memory c, uint64[] calldata words) private {
        c.alignedCounts = new uint64[](c.groups);
        uint64 decided;
        uint256 target;
        uint256 last = challengeTotals.challengeCount;
        for (uint256 i = 1; i <= last; ++i) {
            if (challenges[i].class == c.class && _decideOne(c, words, i, target++)) ++decided;
        }
        challengeTotals.decidedCount += decided;
        _creditSigners(c, words, decided);
    }

    /// @return isDecided false if no value has a majority
    function _decideOne(Certificate memory c, uint64[] calldata words, uint256 i, uint256 target)
        private
        returns (bool isDecided)
    {
        uint64 pass;
        uint64 fail;
        for (uint256 group; group < c.groups; ++group) {
            uint64 votes = _bitCount(words[group * c.wordsPerGroup]);
            if (_resultIn(c, words, group, target) == RESULT_PASS) pass += votes;
            else fail += votes;
        }
        uint256 majority = (c.seatCount + 1) / 2;
        isDecided = pass >= majority || fail >= majority;
        if (!isDecided) {
            _end(i, CHALLENGE_INCONCLUSIVE, pass, fail);
            _settleInconclusive(i);
            return false;
        }
        bool isPassed = pass >= majority;
        uint64 outcome = isPassed ? CHALLENGE_PASSED : CHALLENGE_FAILED;
        _end(i, outcome, pass, fail);
        _recordOutcome(i, outcome);
        for (uint256 group; group < c.groups; ++group) {
            if ((_resultIn(c, words, group, target) == RESULT_PASS) == isPassed) ++c.alignedCounts[group];
        }
    }

    function _creditSigners(Certificate memory c, uint64[] calldata words, uint64 decided) private {
        uint64[] memory licences = new uint64[](c.signers);
        uint64[] memory counts = new uint64[](c.signers);
        uint256 next;
        for (uint256 group; group < c.groups; ++group) {
            uint256 mask = words[group * c.wordsPerGroup];
            for (uint256 seat; seat < c.seatCount; ++seat) {
                if ((mask >> seat) & 1 == 0) continue;
                licences[next] = seats[c.class * SEATS_PER_CLASS + seat];
                counts[next++] = c.alignedCounts[group];
            }
        }
        SLARKS.recordResults(licences, decided, counts);
    }

    /// @dev What the seats of a group found for a target.
    function _resultIn(Certificate memory c, uint64[] calldata words, uint256 group, uint256 target)
        private
        pure
        returns (uint256)
    {
        return _resultAt(words[group * c.wordsPerGroup + 1:], target);
    }

    /// @dev Result `target` of packed results.
    function _resultAt(uint64[] calldata results, uint256 target) private pure returns (uint256) {
        return (results[target / RESULTS_PER_WORD] >> (2 * (target % RESULTS_PER_WORD))) & 3;
    }

    function _bitCount(uint256 mask) private pure returns (uint64 count) {
        for (; mask != 0; mask &= mask - 1) ++count;
    }

    // The life of a challenge

    function _moveChallenge(uint256 i, uint64 to) private {
        uint64 from = challenges[i].state;
        challenges[i].state = to;
        emit Transition(KIND_CHALLENGE, challengeTotals.firstId + uint64(i), ACCOUNT_KEEPER, from, to);
    }

    /// @dev Committee and challenges of a class enter a state together.
    function _moveClass(CommitteesRecord storage committee, uint64 class, uint64 to) private {
        committee.state = to;
        uint256 last = challengeTotals.challengeCount;
        for (uint256 i = 1; i <= last; ++i) {
            if (challenges[i].class == class) _moveChallenge(i, to);
        }
    }

    /// @dev Enters the outcome, and tells it with the votes.
    function _end(uint256 i, uint64 outcome, uint64 passCount, uint64 failCount) private {
        ChallengesRecord storage challenge = challenges[i];
        _moveChallenge(i, outcome);
        emit ChallengeDecided(
            challengeTotals.firstId + uint64(i), challenge.provider, challenge.class, outcome, passCount, failCount
        );
    }

    function _recordOutcome(uint256 i, uint64 outcome) private {
        if (outcome == CHALLENGE_PASSED) ++challengeTotals.passedCount;
        else ++challengeTotals.failedCount;
        PROVIDERS.recordChallenge(challenges[i].provider, outcome);
    }

    /// @dev No value has a majority: passed, failed, or tried once more and then passed.
    /// @custom:rule OP-75
    function _settleInconclusive(uint256 i) private {
        uint64 provider = challenges[i].provider;
        ++challengeTotals.inconclusiveCount;
        PROVIDERS.recordChallenge(provider, CHALLENGE_INCONCLUSIVE);
        uint64 treatment = _param(P_CHAL_INCONCLUSIVE);
        if (treatment != INCONCLUSIVE_PASS && treatment != INCONCLUSIVE_FAIL && challenges[i].retried == 0) {
            retryTargets[++challengeTotals.retryCount] = provider;
            return;
        }
        uint64 outcome = treatment == INCONCLUSIVE_FAIL ? CHALLENGE_FAILED : CHALLENGE_PASSED;
        _moveChallenge(i, outcome);
        _recordOutcome(i, outcome);
    }

    function _leaveUndecided(uint256 i) private {
        _end(i, CHALLENGE_INCONCLUSIVE, 0, 0);
        _settleInconclusive(i);
    }

    /// @dev Whatever is left of the challenges without an outcome ends without one.
    function _closeOpen() private {
        uint256 last = challengeTotals.challengeCount;
        for (uint256 i = 1; i <= last; ++i) {
            if (challenges[i].state < CHALLENGE_PASSED) _leaveUndecided(i);
        }
    }

    // Targets

    function _openSlot(uint64 slotCount) private returns (Slot memory s) {
        s.slot = slotCount - 1;
        s.beacon = CLOCK.beacon();
        s.drawMaxBps = _param(P_CHAL_DRAW_MAX_BPS);
        s.drawMinBps = _param(P_CHAL_DRAW_MIN_BPS);
        s.gpuCeil = _param(P_CHAL_GPU_ROUND) == GPU_ROUND_CEIL;
        s.firstId = challengeTotals.firstId + challengeTotals.challengeCount;
        s.providers = new uint64[](MAX_TARGETS);
        s.classes = new uint64[](MAX_TARGETS);
        ChallengeTotalsRecord storage totals = challengeTotals;
        uint64 eraBefore = totals.slot == 0 ? 0 : (totals.slot - 1) / _param(P_TIME_SLOTS_PER_ERA);
        if (eraBefore != CLOCK.era()) {
            totals.selectedCount = 0;
            _setSubsets(0);
        }
        totals.slot = slotCount;
        totals.firstId = s.firstId;
        totals.challengeCount = 0;
    }

    /// @dev All that are tried again; then, while places are left, from the lists or any. Entries that are no longer Active,
    /// or are targets already, are dropped.
    function _chooseTargets(Slot memory s) private {
        uint64 retries = challengeTotals.retryCount;
        challengeTotals.retryCount = 0;
        for (uint256 i = 1; i <= retries; ++i) {
            _choose(s, retryTargets[i], 1);
        }
        uint256 end = s.count + _wantedCount();
        if (end > MAX_TARGETS) end = MAX_TARGETS;
        bool isCovering = _param(P_CHAL_COVERAGE_ENFORCED) == ON;
        Poor memory poor;
        for (uint256 looks; looks < MAX_LOOKS && s.count < end; ++looks) {
            uint64 provider = isCovering ? _takeListed(s, poor) : 0;
            if (provider == 0) provider = _drawLeftover(s);
            if (provider == 0) break;
            _choose(s, provider, 0);
        }
    }

    /// @return wanted as many as cover all providers in an epoch, or those still waiting in the slots that are left
    function _wantedCount() private view returns (uint256 wanted) {
        wanted = _param(P_CHAL_TARGETS_PER_SLOT);
        if (wanted > 0) return wanted;
        uint256 slotsPerEra = _param(P_TIME_SLOTS_PER_ERA);
        wanted = Fixed.mulDivUp(PROVIDERS.activeCount(), 1, slotsPerEra);
        if (_param(P_CHAL_COVERAGE_ENFORCED) != ON) return wanted;
        ChallengeTotalsRecord storage totals = challengeTotals;
        uint256 slotsLeft = slotsPerEra - (totals.slot - 1) % slotsPerEra;
        uint256 waiting = totals.newCount - totals.newHead + totals.poorCount + totals.restCount;
        uint256 late = Fixed.mulDivUp(waiting, 1, slotsLeft);
        if (late > wanted) wanted = late;
    }

    /// @dev Makes a provider a target of the slot, if it is Active and not one already.
    function _choose(Slot memory s, uint64 provider, uint64 retried) private {
        ProvidersRecord memory target = _target(provider);
        if (target.state != PROVIDER_ACTIVE || _isTarget(s, provider)) return;
        uint64 class = target.tier >= 6 ? 1 : 7 - target.tier;
        s.providers[s.count] = provider;
        s.classes[s.count] = class;
        uint256 i = ++s.count;
        uint64[RESOURCES] memory asked = _drawRequirement(s, provider, target);
        challenges[i] = ChallengesRecord(
            provider, class, CHALLENGE_SCHEDULED, retried, asked[0], asked[1], asked[2], asked[GPU]
        );
        PROVIDERS.markChallenged(provider);
        emit Transition(KIND_CHALLENGE, s.firstId + uint64(i), ACCOUNT_KEEPER, 0, CHALLENGE_SCHEDULED);
    }

    function _target(uint64 provider) private view returns (ProvidersRecord memory) {
        return PROVIDERS.read(provider);
    }

    /// @return free of the provider's resources, and of its fizz nodes that wait for a lease, what no lease uses; one CPU is in
    /// use for each model that the linked node serves
    /// @custom:rule F-12, CHAL-6
    function _freeOf(uint64 provider, ProvidersRecord memory target)
        private
        view
        returns (uint64[RESOURCES] memory free)
    {
        (Resources memory used,) = LEASES.useOf(provider);
        if (target.node != 0) used.cpuCount += NODES.loadOf(target.node);
        Resources memory more = FIZZ.freeOf(provider);
        free[0] = _less(target.cpuCount + more.cpuCount, used.cpuCount);
        free[1] = _less(target.memoryGb + more.memoryGb, used.memoryGb);
        free[2] = _less(target.storageGb + more.storageGb, used.storageGb);
        free[GPU] = _less(target.gpuCount + more.gpuCount, used.gpuCount);
    }

    function _less(uint64 value, uint64 used) private pure returns (uint64) {
        return value > used ? value - used : 0;
    }

    /// @custom:rule F-12, CHAL-6, CHAL-7, OP-73, OP-74
    function _drawRequirement(Slot memory s, uint64 provider, ProvidersRecord memory target)
        private
        view
        returns (uint64[RESOURCES] memory asked)
    {
        uint64[RESOURCES] memory free = _freeOf(provider, target);
        for (uint256 resource; resource < RESOURCES; ++resource) {
            uint256 random = Fixed.rnd(s.beacon, PURPOSE_REQUIREMENT, provider, s.slot * RESOURCES + resource);
            uint256 hi = resource == GPU && s.gpuCeil
                ? Fixed.mulDivUp(free[resource], s.drawMaxBps, Fixed.BPS)
                : Fixed.mulDivDown(free[resource], s.drawMaxBps, Fixed.BPS);
            uint256 lo = Fixed.mulDivDown(free[resource], s.drawMinBps, Fixed.BPS);
            if (lo > hi) lo = hi;
            // At most what is free.
            asked[resource] = uint64(lo + Fixed.pick(random, hi - lo + 1));
        }
    }

    /// @return provider next entry of the lists in the order of CHAL-3, 0 if they are empty
    function _takeListed(Slot memory s, Poor memory poor) private returns (uint64 provider) {
        uint64 head = challengeTotals.newHead;
        if (head < challengeTotals.newCount) {
            challengeTotals.newHead = head + 1;
            return newTargets[head + 1];
        }
        uint64 waiting = challengeTotals.poorCount;
        if (waiting > 0) return _takePoor(poor, waiting);
        waiting = challengeTotals.restCount;
        if (waiting == 0) return 0;
        uint256 position = 1 + Fixed.pick(Fixed.rnd(s.beacon, PURPOSE_TARGET, s.slot, s.count), waiting);
        provider = restTargets[position];
        restTargets[position] = restTargets[waiting];
        challengeTotals.restCount = waiting - 1;
    }

    /// @dev The first entries of the list of the poorly rated with their ratings, so that each is asked for once.
    struct Poor {
        uint256 known;
        uint64[POOR_WINDOW] provider;
        uint64[POOR_WINDOW] sumTenths;
        uint64[POOR_WINDOW] ratingCount;
    }

    /// @dev The lowest mean rating of the window, on a tie the lowest number; the last entry takes its place.
    function _takePoor(Poor memory poor, uint64 waiting) private returns (uint64 provider) {
        uint256 scans = waiting > POOR_WINDOW ? POOR_WINDOW : waiting;
        for (; poor.known < scans; ++poor.known) {
            _readPoor(poor, poor.known, poorTargets[poor.known + 1]);
        }
        uint256 best;
        for (uint256 i = 1; i < scans; ++i) {
            if (_isWorse(poor, i, best)) best = i;
        }
        provider = poor.provider[best];
        uint64 moved = poorTargets[waiting];
        poorTargets[best + 1] = moved;
        challengeTotals.poorCount = waiting - 1;
        _readPoor(poor, best, moved);
        if (poor.known > waiting - 1) poor.known = waiting - 1;
    }

    function _readPoor(Poor memory poor, uint256 i, uint64 provider) private view {
        ProvidersRecord memory target = _target(provider);
        (poor.provider[i], poor.sumTenths[i]) = (provider, target.ratingSumTenths);
        poor.ratingCount[i] = target.ratingCount == 0 ? 1 : target.ratingCount;
    }

    function _isWorse(Poor memory poor, uint256 a, uint256 b) private pure returns (bool) {
        int256 order = Fixed.compareProducts(
            poor.sumTenths[a], poor.ratingCount[b], poor.sumTenths[b], poor.ratingCount[a]
        );
        return order < 0 || (order == 0 && poor.provider[a] < poor.provider[b]);
    }

    /// @return provider any Active one that is not a target yet, 0 if the draws found none
    /// @custom:rule OP-72
    function _drawLeftover(Slot memory s) private view returns (uint64 provider) {
        uint64 count = PROVIDERS.providerCount();
        if (count == 0) return 0;
        for (uint256 attempt; attempt < ATTEMPTS; ++attempt) {
            uint256 k = LEFTOVER_DRAWS + s.count * ATTEMPTS + attempt;
            // A pick is below count.
            provider = 1 + uint64(Fixed.pick(Fixed.rnd(s.beacon, PURPOSE_TARGET, s.slot, k), count));
            if (PROVIDERS.stateOf(provider) == PROVIDER_ACTIVE && !_isTarget(s, provider)) return provider;
        }
        return 0;
    }

    function _isTarget(Slot memory s, uint64 provider) private pure returns (bool) {
        for (uint256 i; i < s.count; ++i) {
            if (s.providers[i] == provider) return true;
        }
        return false;
    }

    /// @return count entries of a list after more have joined it
    function _append(uint64[TABLE_LENGTH] storage list, uint64 count, uint64[] calldata more) private returns (uint64) {
        for (uint256 i; i < more.length; ++i) {
            list[++count] = more[i];
        }
        return count;
    }

    // Committees

    /// @custom:rule CHAL-1, CHAL-9, INV-32, INV-33
    function _drawCommittees(Slot memory s) private {
        uint64 size = 2 * _param(P_CHAL_N) + 1;
        bool isExclusive = _param(P_SLARK_CONFLICT_EXCLUSION) == ON;
        for (uint64 class = 1; class <= CLASS_COUNT; ++class) {
            uint64[] memory targets = _targetsOf(s, class);
            delete committees[class];
            if (targets.length == 0) continue;
            (uint64[] memory licences, uint64 foundationSeats) =
                SLARKS.drawCommittee(s.slot, class, size, isExclusive ? targets : new uint64[](0));
            if (licences.length == size) {
                _seat(s.slot, class, uint64(targets.length), licences, foundationSeats); // at most MAX_TARGETS
            } else {
                _leaveClassUndecided(class);
            }
        }
    }

    function _seat(uint64 slot, uint64 class, uint64 targets, uint64[] memory licences, uint64 foundationSeats)
        private
    {
        bytes memory packed = abi.encodePacked(_subsets(), slot, class);
        for (uint256 seat; seat < licences.length; ++seat) {
            seats[class * SEATS_PER_CLASS + seat] = licences[seat];
            packed = abi.encodePacked(packed, licences[seat]);
        }
        _setSubsets(uint256(keccak256(packed)));
        challengeTotals.selectedCount += SLARKS.recordSelected(licences);
        uint64 size = uint64(licences.length); // at most SEATS_PER_CLASS
        committees[class] = CommitteesRecord(CHALLENGE_SCHEDULED, targets, size, 0, 0, 0);
        emit CommitteeDrawn(slot, class, size, targets, foundationSeats);
    }

    function _leaveClassUndecided(uint64 class) private {
        uint256 last = challengeTotals.challengeCount;
        for (uint256 i = 1; i <= last; ++i) {
            if (challenges[i].class == class) _leaveUndecided(i);
        }
    }

    /// @return targets providers of a class among the slot's targets
    function _targetsOf(Slot memory s, uint64 class) private pure returns (uint64[] memory targets) {
        targets = new uint64[](s.count);
        uint256 count;
        for (uint256 i; i < s.count; ++i) {
            if (s.classes[i] == class) targets[count++] = s.providers[i];
        }
        assembly ("memory-safe") {
            // Only ever shorter than it was allocated.
            mstore(targets, count)
        }
    }

    // The hash of the era's subsets: the totals' last eight fields, 32 bits each, most significant first

    function _subsets() private view returns (bytes32) {
        ChallengeTotalsRecord storage t = challengeTotals;
        uint256 high = (uint256(t.subsets0) << 96) | (uint256(t.subsets1) << 64) | (uint256(t.subsets2) << 32) | t.subsets3;
        uint256 low = (uint256(t.subsets4) << 96) | (uint256(t.subsets5) << 64) | (uint256(t.subsets6) << 32) | t.subsets7;
        return bytes32((high << 128) | low);
    }

    /// @dev The casts keep the 32 bits of one word each.
    function _setSubsets(uint256 value) private {
        ChallengeTotalsRecord storage t = challengeTotals;
        t.subsets0 = uint32(value >> 224);
        t.subsets1 = uint32(value >> 192);
        t.subsets2 = uint32(value >> 160);
        t.subsets3 = uint32(value >> 128);
        t.subsets4 = uint32(value >> 96);
        t.subsets5 = uint32(value >> 64);
        t.subsets6 = uint32(value >> 32);
        t.subsets7 = uint32(value);
    }
}
