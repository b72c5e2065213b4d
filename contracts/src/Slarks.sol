// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Family} from "./Family.sol";
import {Fixed} from "./Fixed.sol";
import {ISlarks} from "./Interfaces.sol";
import {
    ACCOUNT_FIRST_AGENT,
    ACCOUNT_FOUNDATION,
    ACCOUNT_KEEPER,
    ACCOUNT_SLARK_POOL,
    AmountTooSmall,
    BatchMismatch,
    CapacityExhausted,
    FAMILY_COUNT,
    InsufficientBalance,
    InvalidKey,
    KIND_SLARK,
    KeyMissing,
    MAX_INT,
    MOVE_DELEGATE,
    MOVE_LICENCE,
    MOVE_SLARK_REWARD,
    NotOwner,
    NotRunner,
    PROVIDER_ACTIVE,
    PROVIDER_REGISTERED,
    PROVIDER_SUSPENDED,
    P_SLARK_ACC_PCT_1,
    P_SLARK_BAN_ACCURACY_BPS,
    P_SLARK_BAN_ERAS,
    P_SLARK_BUY_DEST,
    P_SLARK_BUY_TOKENS_1,
    P_SLARK_DELEGATE_BPS,
    P_SLARK_DEMO_ERAS,
    P_SLARK_FOUNDATION_NODES,
    P_SLARK_LICENCES_PER_MACHINE,
    P_SLARK_MULT_MIL_1,
    P_SLARK_POOL_ERA,
    P_SLARK_PROMO_ERAS,
    P_SLARK_RESP_MS_1,
    P_SLARK_SEATS_1,
    P_SLARK_SOULBOUND_S,
    RankingInvalid,
    SLARK_BANNED,
    SLARK_OFFLINE,
    SLARK_OWNED,
    SLARK_PENDING,
    SLARK_RUNNING,
    SLARK_TIERS,
    STEP_PAY_SLARKS,
    STEP_POST_SLARKS,
    STEP_UPDATE_SLARKS,
    SlarkTotalsRecord,
    SlarksRecord,
    Soulbound,
    TABLE_LENGTH,
    UnknownAccount,
    UnknownEntity,
    ValueOutOfRange,
    WrongState
} from "./Protocol.sol";

/// @title Slarks
/// @notice Slark licences (SM-5): purchase, owner and runner, key, tier (SM-10), pay (F-11), and the draw of committees
/// from the list by tier; the rules of `sim/protocol/{slarks,slarkTiers,slarkRewards}.ts`. What a committee has to do is
/// the business of Challenges. Amounts are base units, times seconds from genesis, eras and tiers numbers.
contract Slarks is Family, ISlarks {
    SlarksRecord[TABLE_LENGTH] internal slarks;
    uint64[TABLE_LENGTH] internal slarkOrder;
    uint64[TABLE_LENGTH] internal runners;
    SlarkTotalsRecord internal slarkTotals;

    /// @dev The foundation's licences, ascending: `slark.foundation_nodes` of them at most.
    uint64[] internal foundationLicences;

    /// @dev Draws for one seat.
    uint256 private constant ATTEMPTS = 16;
    uint256 private constant PURPOSE_SLARK_SEAT = 11;
    uint64 private constant KEY_AND_PROOF_WORDS = 48;
    uint64 private constant MAX_WORD = 2 ** 48 - 1;
    uint64 private constant DEST_BURN = 1;
    /// @dev Places of the fields classCount1 and tierCount1 in the totals, less one.
    uint256 private constant CLASS_COUNTS = 3;
    uint256 private constant TIER_COUNTS = 9;
    uint64 private constant REASON_METRICS = 1;

    constructor(address[FAMILY_COUNT] memory families) Family(families) {}

    // What owners do

    /// @notice Buys a licence of tier 1 at its price. It is soulbound from now for `slark.soulbound_s`.
    /// @custom:rule SM-5, SLARK-2, SLARK-6, OP-63
    function buyLicence() external {
        uint64 actor = _agent();
        uint64 priceUnits = _param(P_SLARK_BUY_TOKENS_1);
        _checkBalance(actor, priceUnits);

        (uint64 licence, SlarksRecord storage z) = _open(actor, 1);
        z.buyUnits = priceUnits;
        z.soulboundUntilS = CLOCK.nowS() + _param(P_SLARK_SOULBOUND_S);
        _shiftTier(0, 1);
        _pay(actor, priceUnits);
        _setState(z, licence, actor, SLARK_OWNED);
        LICENCES.mint(licence, actor, z.soulboundUntilS);
    }

    /// @notice Adds to what the licence has cost, which promotions ask for.
    /// @custom:rule SM-5, OP-63
    function topUpLicence(uint64 licence, uint64 units) external {
        uint64 actor = _agent();
        SlarksRecord storage z = _owned(licence, actor);
        uint64 state = z.state;
        if (state != SLARK_OWNED && state != SLARK_RUNNING && state != SLARK_OFFLINE) revert WrongState(state, 0);
        if (units == 0) revert AmountTooSmall(0, 1);
        _checkBalance(actor, units);

        z.buyUnits += units;
        _pay(actor, units);
    }

    /// @notice Whoever runs the licence, or is to run it, registers the client's key: 16 words of it and 32 of the proof of
    /// possession, of 48 bits each, made for the sender's account. It replaces the key before.
    /// @custom:rule CHAL-10, SLARK-4
    function registerSlarkKey(uint64 licence, uint64[] calldata words) external {
        uint64 actor = _agent();
        SlarksRecord storage z = _existing(licence);
        uint64 state = z.state;
        if (state == SLARK_BANNED) revert WrongState(state, 0);
        uint64 expected = state == SLARK_OWNED ? z.owner : state == SLARK_PENDING ? z.pendingRunner : z.runner;
        if (actor != expected) revert NotRunner(actor, expected);
        z.keyId = _registerKey(licence, actor, words);
    }

    /// @notice The owner runs the licence himself; its reward is delegated to `provider`.
    /// @custom:rule SM-5, SLARK-4
    function selfOperate(uint64 licence, uint64 provider) external {
        uint64 actor = _agent();
        SlarksRecord storage z = _owned(licence, actor);
        if (z.state != SLARK_OWNED) revert WrongState(z.state, 0);
        _checkProvider(provider);
        if (z.keyId == 0) revert KeyMissing(licence, 0);

        z.provider = provider;
        _run(z, licence, actor, actor);
    }

    /// @notice Names the provider to which the licence's rewards are delegated from now on. What has been delegated stays
    /// where it is; Stake.redelegate moves it.
    /// @custom:rule SLARK-11, DELEG-8
    function chooseProvider(uint64 licence, uint64 provider) external {
        SlarksRecord storage z = _owned(licence, _agent());
        _checkProvider(provider);
        if (z.state == SLARK_BANNED) revert WrongState(SLARK_BANNED, 0);

        z.provider = provider;
    }

    /// @notice Asks another account to run the licence; the key is then its own.
    /// @custom:rule SM-5, SLARK-2, SLARK-4
    function requestRunner(uint64 licence, uint64 runner, uint64 provider) external {
        uint64 actor = _agent();
        SlarksRecord storage z = _owned(licence, actor);
        if (z.state != SLARK_OWNED) revert WrongState(z.state, 0);
        _checkAgent(runner);
        _checkProvider(provider);

        z.pendingRunner = runner;
        _dropKey(z, licence);
        z.provider = provider;
        _setState(z, licence, actor, SLARK_PENDING);
    }

    /// @notice The one who was asked runs the licence, if its machine has room and its key is there.
    /// @custom:rule SM-5, SLARK-3, SLARK-4, INV-19
    function acceptRunner(uint64 licence) external {
        uint64 actor = _agent();
        SlarksRecord storage z = _pending(licence, actor);
        if (z.keyId == 0) revert KeyMissing(licence, 0);
        uint64 count = runners[actor];
        uint64 limit = _param(P_SLARK_LICENCES_PER_MACHINE);
        if (count >= limit) revert CapacityExhausted(count, limit);

        z.pendingRunner = 0;
        _run(z, licence, actor, actor);
    }

    /// @notice The one who was asked will not run the licence.
    /// @custom:rule SM-5, SLARK-4
    function rejectRunner(uint64 licence) external {
        uint64 actor = _agent();
        SlarksRecord storage z = _pending(licence, actor);

        z.pendingRunner = 0;
        _dropKey(z, licence);
        _setState(z, licence, actor, SLARK_OWNED);
    }

    /// @notice The owner or the runner ends the running of the licence; rewards so far stay with the owner.
    /// @custom:rule SM-5, SLARK-4
    function endRunner(uint64 licence) external {
        uint64 actor = _agent();
        SlarksRecord storage z = _existing(licence);
        uint64 state = z.state;
        if (state != SLARK_RUNNING && state != SLARK_OFFLINE) revert WrongState(state, 0);
        uint64 runner = z.runner;
        if (actor != z.owner && actor != runner) revert NotRunner(actor, runner);

        --runners[runner];
        z.runner = 0;
        _setState(z, licence, actor, SLARK_OWNED);
        _dropKey(z, licence);
    }

    /// @notice Says whether the licence is to be promoted (1) or not (0).
    /// @custom:rule SLARK-8
    function setOptIn(uint64 licence, uint64 optIn) external {
        SlarksRecord storage z = _owned(licence, _agent());
        if (optIn > 1) revert ValueOutOfRange(optIn, 1);
        z.optIn = optIn;
    }

    /// @notice Gives the licence to another agent, from the end of its soulbound time on. What it has earned stays
    /// delegated in the name of the owner before.
    /// @custom:rule SM-5, SLARK-6, INV-18
    function transferLicence(uint64 licence, uint64 to) external {
        uint64 actor = _agent();
        SlarksRecord storage z = _owned(licence, actor);
        if (z.state != SLARK_OWNED) revert WrongState(z.state, 0);
        (uint64 nowS, uint64 untilS) = (CLOCK.nowS(), z.soulboundUntilS);
        if (nowS < untilS) revert Soulbound(nowS, untilS);
        _checkAgent(to);
        if (to == actor) revert UnknownAccount(to, 0);

        z.owner = to;
        z.delegation = 0;
        _dropKey(z, licence);
        LICENCES.move(licence, to);
    }

    // What the keeper does

    /// @notice Keeper. A running licence's client is lost: it is not drawn.
    /// @custom:rule SM-5
    function loseClient(uint64 licence) external {
        _onlyKeeperAtRest();
        SlarksRecord storage z = _existing(licence);
        if (z.state != SLARK_RUNNING) revert WrongState(z.state, 0);
        _setState(z, licence, ACCOUNT_KEEPER, SLARK_OFFLINE);
    }

    /// @notice Keeper. The client is back.
    /// @custom:rule SM-5
    function restoreClient(uint64 licence) external {
        _onlyKeeperAtRest();
        SlarksRecord storage z = _existing(licence);
        if (z.state != SLARK_OFFLINE) revert WrongState(z.state, 0);
        _setState(z, licence, ACCOUNT_KEEPER, SLARK_RUNNING);
    }

    /// @notice Keeper. A Slark of the foundation, of tier 6: for seats that nobody else can fill.
    /// @custom:rule SLARK-15, OP-69
    function grantLicence() external {
        _onlyKeeperAtRest();
        uint64 granted = slarkTotals.foundationCount;
        uint64 limit = _param(P_SLARK_FOUNDATION_NODES);
        if (granted >= limit) revert CapacityExhausted(granted, limit);

        slarkTotals.foundationCount = granted + 1;
        (uint64 licence, SlarksRecord storage z) = _open(ACCOUNT_FOUNDATION, SLARK_TIERS);
        z.runner = ACCOUNT_FOUNDATION;
        z.isFoundation = 1;
        foundationLicences.push(licence);
        _setState(z, licence, ACCOUNT_KEEPER, SLARK_RUNNING);
        LICENCES.mint(licence, ACCOUNT_FOUNDATION, 0);
    }

    /// @notice Keeper. Key of a Slark of the foundation, with its proof of possession, as in registerSlarkKey; the account is
    /// the foundation's.
    /// @custom:rule CHAL-10, SLARK-15
    function registerFoundationKey(uint64 licence, uint64[] calldata words) external {
        _onlyKeeperAtRest();
        SlarksRecord storage z = _existing(licence);
        if (z.isFoundation == 0) revert NotOwner(ACCOUNT_KEEPER, z.owner);
        z.keyId = _registerKey(licence, ACCOUNT_FOUNDATION, words);
    }

    /// @notice Keeper. Mean delay with which the licences at positions [from, to) have submitted their results of the era,
    /// in ms; 0 is none.
    /// @custom:rule CHAL-13, SLARK-7
    function reportSlarks(uint64 from, uint64 to, uint64[] calldata delaysMs) external {
        _onlyKeeperAtRest();
        _checkSlice(from, to, slarkTotals.slarkCount, delaysMs.length);
        for (uint256 i; i < delaysMs.length; ++i) {
            if (delaysMs[i] > MAX_INT) revert ValueOutOfRange(delaysMs[i], uint64(MAX_INT));
        }
        for (uint256 i; i < delaysMs.length; ++i) {
            slarks[from + 1 + i].meanDelayMs = delaysMs[i];
        }
    }

    // Settlement

    /// @notice Keeper. Settlement step 6, over licences: shares the era's pool (its fixed part, forfeits and slashes) by
    /// aligned results times the tier's multiplier. `slark.delegate_bps` of a share joins the delegation to the chosen
    /// provider in the owner's name, the rest goes to his wallet. Without any score the foundation keeps the pool.
    /// @custom:rule F-11, SLARK-5, SLARK-10, SLARK-11, DELEG-8, INV-44
    function paySlarks(uint64 from, uint64 to) external {
        _onlyKeeper();
        uint64 count = slarkTotals.slarkCount;
        CLOCK.enterStep(STEP_PAY_SLARKS, from, to, count);

        if (from == 0) _openPool();
        uint64 scoreSum = slarkTotals.scoreSum;
        if (scoreSum > 0) {
            uint64 poolUnits = slarkTotals.poolUnits;
            uint64 running = slarkTotals.runningScore;
            uint64[SLARK_TIERS + 1] memory multipliers = _perTier(P_SLARK_MULT_MIL_1);
            uint64 delegateBps = _param(P_SLARK_DELEGATE_BPS);
            for (uint64 licence = from + 1; licence <= to; ++licence) {
                SlarksRecord storage z = slarks[licence];
                if (z.isFoundation == 1) continue;
                uint64 score = z.alignedCount * multipliers[z.tier];
                if (score == 0) continue;
                // A share of poolUnits.
                uint64 shareUnits = uint64(Fixed.allocShare(poolUnits, running, running + score, scoreSum));
                running += score;
                _payLicence(z, licence, shareUnits, delegateBps);
            }
            slarkTotals.runningScore = running;
        }
        if (to == count) {
            slarkTotals.scoreSum = 0;
            slarkTotals.runningScore = 0;
            slarkTotals.poolUnits = 0;
        }
    }

    /// @notice Keeper. Settlement step 17, over licences in descending order of their accuracy, on a tie by number: promotes,
    /// demotes and bans by the era's results, so that free seats of a tier go to the most accurate.
    /// @dev Between two chunks the last licence and its counts are kept in the totals' fields that no step needs now.
    /// @custom:rule SM-10, SLARK-8, SLARK-9, SLARK-3, SLARK-13, INV-20
    function updateSlarks(uint64 from, uint64 to, uint64[] calldata licences) external {
        _onlyKeeper();
        uint64 count = slarkTotals.slarkCount;
        CLOCK.enterStep(STEP_UPDATE_SLARKS, from, to, count);
        // A list is shorter than 2^64.
        if (licences.length != to - from) revert BatchMismatch(uint64(licences.length), to - from);

        // Of a licence that has been judged in this era: its counts are cleared and say nothing any more.
        uint64 mark = CLOCK.era() + 1;
        _checkAccuracies(from, licences, count, mark);
        TierRules memory rules = _tierRules();
        for (uint256 i; i < licences.length; ++i) {
            _judge(slarks[licences[i]], licences[i], rules, mark);
        }
        if (to == count) {
            slarkTotals.scoreSum = 0;
            slarkTotals.runningScore = 0;
            slarkTotals.poolUnits = 0;
        }
    }

    /// @notice Keeper. Settlement step 18, over the licences that can be drawn, by descending tier, on a tie by number: the list
    /// from which the next era's committees are drawn.
    /// @custom:rule SLARK-7, INV-33
    function postSlarks(uint64 from, uint64 to, uint64[] calldata licences) external {
        _onlyKeeper();
        uint64 listed = slarkTotals.drawableCount;
        CLOCK.enterStep(STEP_POST_SLARKS, from, to, listed);
        // A list is shorter than 2^64.
        if (licences.length != to - from) revert BatchMismatch(uint64(licences.length), to - from);

        uint64[SLARK_TIERS + 1] memory classCounts;
        for (uint64 class = 1; from > 0 && class <= SLARK_TIERS; ++class) {
            classCounts[class] = _total(CLASS_COUNTS + class);
        }
        uint64 count = slarkTotals.slarkCount;
        uint64 last = from == 0 ? 0 : slarkOrder[from];
        uint64 lastTier = from == 0 ? 0 : slarks[last].tier;
        for (uint64 position = from; position < to; ++position) {
            uint64 licence = licences[position - from];
            if (licence == 0 || licence > count || !_isDrawable(slarks[licence])) {
                revert RankingInvalid(position, licence);
            }
            uint64 tier = slarks[licence].tier;
            bool isAfter = last == 0 || tier < lastTier || (tier == lastTier && licence > last);
            if (!isAfter) revert RankingInvalid(position, licence);
            slarkOrder[position + 1] = licence;
            classCounts[tier] = position + 1;
            (last, lastTier) = (licence, tier);
        }
        uint64 reached;
        for (uint64 class = SLARK_TIERS; class >= 1; --class) {
            if (classCounts[class] > reached) reached = classCounts[class];
            _setTotal(CLASS_COUNTS + class, reached);
        }
        if (to == listed) slarkTotals.orderedCount = listed;
    }

    // For the other families

    /// @inheritdoc ISlarks
    /// @dev Each seat has ATTEMPTS draws from the licences of the list that the class may have. A licence that comes up
    /// again, cannot be drawn any more or has a conflict of interest is passed over; then the foundation's follow.
    /// @custom:rule SM-7, CHAL-1, CHAL-9, SLARK-7, SLARK-14, SLARK-15, INV-33
    function drawCommittee(uint64 slot, uint64 class, uint64 size, uint64[] calldata excluded)
        external
        view
        returns (uint64[] memory licences, uint64 foundationSeats)
    {
        licences = new uint64[](size);
        uint256 filled;
        Draw memory draw = Draw(CLOCK.beacon(), slot * 8 + class, _total(CLASS_COUNTS + class));
        for (; filled < size; ++filled) {
            uint64 licence = _drawSeat(draw, licences, filled, excluded);
            if (licence == 0) {
                licence = _foundationFor(licences, filled);
                if (licence == 0) break;
                ++foundationSeats;
            }
            licences[filled] = licence;
        }
        assembly ("memory-safe") {
            // Only ever shorter than it was allocated.
            mstore(licences, filled)
        }
    }

    /// @inheritdoc ISlarks
    function recordSelected(uint64[] calldata licences) external returns (uint64 firstTimes) {
        _onlyFamily();
        uint64 mark = CLOCK.era() + 1;
        for (uint256 i; i < licences.length; ++i) {
            SlarksRecord storage z = slarks[licences[i]];
            ++z.selectedCount;
            if (z.selectedEra == mark) continue;
            z.selectedEra = mark;
            if (z.isFoundation == 0) ++firstTimes;
        }
    }

    /// @inheritdoc ISlarks
    /// @custom:rule SLARK-13, F-11
    function recordResults(uint64[] calldata licences, uint64 resultCount, uint64[] calldata alignedCounts) external {
        _onlyFamily();
        uint64[SLARK_TIERS + 1] memory multipliers = _perTier(P_SLARK_MULT_MIL_1);
        uint64 scoreSum = slarkTotals.scoreSum;
        for (uint256 i; i < licences.length; ++i) {
            SlarksRecord storage z = slarks[licences[i]];
            z.resultCount += resultCount;
            z.alignedCount += alignedCounts[i];
            if (z.isFoundation == 0) scoreSum += alignedCounts[i] * multipliers[z.tier];
        }
        slarkTotals.scoreSum = scoreSum;
    }

    /// @inheritdoc ISlarks
    function isUnselected(uint64 licence) external view returns (bool eligible) {
        SlarksRecord storage z = slarks[licence];
        return _isDrawable(z) && z.selectedEra != CLOCK.era() + 1;
    }

    /// @inheritdoc ISlarks
    function slarkCount() external view returns (uint64) {
        return slarkTotals.slarkCount;
    }

    /// @inheritdoc ISlarks
    function orderedCount() external view returns (uint64) {
        uint64 drawable = slarkTotals.drawableCount;
        uint64 ordered = slarkTotals.orderedCount;
        return ordered < drawable ? ordered : drawable;
    }

    /// @inheritdoc ISlarks
    function soulboundUntilSOf(uint64 licence) external view returns (uint64 soulboundUntilS) {
        return slarks[licence].soulboundUntilS;
    }

    // Guards

    /// @dev Reverts UnknownEntity(licence, count) if there is no such licence.
    function _existing(uint64 licence) private view returns (SlarksRecord storage) {
        uint64 count = slarkTotals.slarkCount;
        if (licence == 0 || licence > count) revert UnknownEntity(licence, count);
        return slarks[licence];
    }

    /// @dev Reverts UnknownEntity or NotOwner.
    function _owned(uint64 licence, uint64 actor) private view returns (SlarksRecord storage z) {
        z = _existing(licence);
        if (actor != z.owner) revert NotOwner(actor, z.owner);
    }

    /// @dev Reverts UnknownEntity, WrongState or NotRunner unless `actor` was asked to run the licence.
    function _pending(uint64 licence, uint64 actor) private view returns (SlarksRecord storage z) {
        z = _existing(licence);
        if (z.state != SLARK_PENDING) revert WrongState(z.state, 0);
        if (actor != z.pendingRunner) revert NotRunner(actor, z.pendingRunner);
    }

    function _checkBalance(uint64 account, uint64 units) private view {
        uint64 balance = TOKEN.unitsOf(account);
        if (balance < units) revert InsufficientBalance(balance, units);
    }

    /// @dev Reverts UnknownAccount unless the account is an agent's.
    function _checkAgent(uint64 account) private view {
        if (account < ACCOUNT_FIRST_AGENT || TOKEN.addressOf(account) == address(0)) revert UnknownAccount(account, 0);
    }

    /// @dev Reverts UnknownEntity, or WrongState if the provider has left or is not there yet.
    function _checkProvider(uint64 provider) private view {
        uint64 count = PROVIDERS.providerCount();
        if (provider == 0 || provider > count) revert UnknownEntity(provider, count);
        uint64 state = PROVIDERS.stateOf(provider);
        if (state != PROVIDER_REGISTERED && state != PROVIDER_ACTIVE && state != PROVIDER_SUSPENDED) {
            revert WrongState(state, 0);
        }
    }

    function _checkSlice(uint64 from, uint64 to, uint64 count, uint256 length) private pure {
        if (from > to) revert ValueOutOfRange(from, to);
        if (to > count) revert ValueOutOfRange(to, count);
        // A list is shorter than 2^64.
        if (length != to - from) revert BatchMismatch(uint64(length), to - from);
    }

    // Parts of licences' lives

    function _open(uint64 owner, uint64 tier) private returns (uint64 licence, SlarksRecord storage z) {
        licence = ++slarkTotals.slarkCount;
        z = slarks[licence];
        z.owner = owner;
        z.tier = tier;
    }

    function _pay(uint64 from, uint64 units) private {
        if (_param(P_SLARK_BUY_DEST) == DEST_BURN) TOKEN.burnUnits(from, units);
        else TOKEN.move(from, ACCOUNT_FOUNDATION, units, MOVE_LICENCE);
    }

    function _run(SlarksRecord storage z, uint64 licence, uint64 runner, uint64 actor) private {
        z.runner = runner;
        ++runners[runner];
        _setState(z, licence, actor, SLARK_RUNNING);
    }

    /// @dev Writes the state, keeps the number of licences that can be drawn and leaves the event. One of the foundation
    /// never can; of the others, Running ones always have a key.
    function _setState(SlarksRecord storage z, uint64 licence, uint64 actor, uint64 to) private {
        uint64 from = z.state;
        if (z.isFoundation == 0) {
            if (from == SLARK_RUNNING) --slarkTotals.drawableCount;
            if (to == SLARK_RUNNING) ++slarkTotals.drawableCount;
        }
        z.state = to;
        emit Transition(KIND_SLARK, licence, actor, from, to);
    }

    function _isDrawable(SlarksRecord storage z) private view returns (bool) {
        return z.state == SLARK_RUNNING && z.keyId != 0 && z.isFoundation == 0;
    }

    /// @dev Reverts BatchMismatch, ValueOutOfRange, InvalidKey, in this order.
    /// @param account who registers the key, which the proof must be made for
    function _registerKey(uint64 licence, uint64 account, uint64[] calldata words) private returns (uint64 keyId) {
        // A list is shorter than 2^64.
        if (words.length != KEY_AND_PROOF_WORDS) revert BatchMismatch(uint64(words.length), KEY_AND_PROOF_WORDS);
        for (uint256 i; i < words.length; ++i) {
            if (words[i] > MAX_WORD) revert ValueOutOfRange(words[i], MAX_WORD);
        }
        // Words that are no point of the curve's field revert there.
        try LICENCES.registerKey(licence, account, words) returns (uint64 id) {
            return id;
        } catch {
            revert InvalidKey(licence, 0);
        }
    }

    function _dropKey(SlarksRecord storage z, uint64 licence) private {
        z.keyId = 0;
        LICENCES.dropKey(licence);
    }

    // Parts of the settlement

    function _openPool() private {
        PROVIDERS.closeLiveness();
        if (slarkTotals.scoreSum > 0) {
            uint64 fixedUnits = _param(P_SLARK_POOL_ERA);
            uint64 availableUnits = TOKEN.unitsOf(ACCOUNT_FOUNDATION);
            if (availableUnits < fixedUnits) fixedUnits = availableUnits;
            TOKEN.move(ACCOUNT_FOUNDATION, ACCOUNT_SLARK_POOL, fixedUnits, MOVE_SLARK_REWARD);
            slarkTotals.poolUnits = TOKEN.unitsOf(ACCOUNT_SLARK_POOL);
        } else {
            uint64 restUnits = TOKEN.unitsOf(ACCOUNT_SLARK_POOL);
            TOKEN.move(ACCOUNT_SLARK_POOL, ACCOUNT_FOUNDATION, restUnits, MOVE_SLARK_REWARD);
            slarkTotals.poolUnits = 0;
        }
        slarkTotals.runningScore = 0;
    }

    /// @dev If the chosen provider has left, the delegated part is withheld and goes to the foundation.
    /// @custom:rule F-11, SLARK-11, INV-44
    function _payLicence(SlarksRecord storage z, uint64 licence, uint64 shareUnits, uint64 delegateBps) private {
        (uint64 owner, uint64 provider) = (z.owner, z.provider);
        uint64 delegatedUnits;
        // A share of shareUnits.
        if (provider != 0) delegatedUnits = uint64(Fixed.mulDivDown(shareUnits, delegateBps, Fixed.BPS));
        uint64 liquidUnits = shareUnits - delegatedUnits;
        TOKEN.move(ACCOUNT_SLARK_POOL, owner, liquidUnits, MOVE_SLARK_REWARD);
        if (liquidUnits > 0) emit RewardPaid(KIND_SLARK, licence, owner, liquidUnits, MOVE_SLARK_REWARD);
        if (delegatedUnits == 0) return;
        if (PROVIDERS.holderOf(provider) == 0) {
            TOKEN.move(ACCOUNT_SLARK_POOL, ACCOUNT_FOUNDATION, delegatedUnits, MOVE_SLARK_REWARD);
            return;
        }
        z.delegation = STAKE.delegateReward(licence, owner, z.delegation, provider, delegatedUnits);
        emit RewardPaid(KIND_SLARK, licence, owner, delegatedUnits, MOVE_DELEGATE);
    }

    /// @dev What step 17 needs of the parameters; lists are by tier.
    struct TierRules {
        uint64[SLARK_TIERS + 1] accuracyPct;
        uint64[SLARK_TIERS + 1] delayMs;
        uint64[SLARK_TIERS + 1] buyUnits;
        uint64[SLARK_TIERS + 1] seats;
        uint64 promoEras;
        uint64 demoEras;
        uint64 banBps;
        uint64 banEras;
    }

    function _tierRules() private view returns (TierRules memory rules) {
        rules.accuracyPct = _perTier(P_SLARK_ACC_PCT_1);
        rules.delayMs = _perTier(P_SLARK_RESP_MS_1);
        rules.buyUnits = _perTier(P_SLARK_BUY_TOKENS_1);
        rules.seats = _perTier(P_SLARK_SEATS_1);
        rules.promoEras = _param(P_SLARK_PROMO_ERAS);
        rules.demoEras = _param(P_SLARK_DEMO_ERAS);
        rules.banBps = _param(P_SLARK_BAN_ACCURACY_BPS);
        rules.banEras = _param(P_SLARK_BAN_ERAS);
    }

    /// @dev Reverts RankingInvalid unless the chunk continues the order by accuracy, before any count is reset.
    function _checkAccuracies(uint64 from, uint64[] calldata licences, uint64 count, uint64 mark) private {
        (uint64 last, uint64 lastAligned, uint64 lastResults) =
            (slarkTotals.poolUnits, slarkTotals.runningScore, slarkTotals.scoreSum);
        if (from == 0) last = 0;
        for (uint64 i; i < licences.length; ++i) {
            uint64 licence = licences[i];
            if (licence == 0 || licence > count || slarks[licence].judgedEra == mark) {
                revert RankingInvalid(from + i, licence);
            }
            (uint64 aligned, uint64 results) = (slarks[licence].alignedCount, slarks[licence].resultCount);
            if (last != 0) {
                // 0 of 0 counts as 0 of 1.
                int256 order = Fixed.compareProducts(
                    lastAligned, results == 0 ? 1 : results, aligned, lastResults == 0 ? 1 : lastResults
                );
                if (order < 0 || (order == 0 && licence <= last)) revert RankingInvalid(from + i, licence);
            }
            (last, lastAligned, lastResults) = (licence, aligned, results);
        }
        (slarkTotals.poolUnits, slarkTotals.runningScore, slarkTotals.scoreSum) = (last, lastAligned, lastResults);
    }

    /// @dev SM-10 for one licence, the ban of SM-5, and the end of its era.
    function _judge(SlarksRecord storage z, uint64 licence, TierRules memory rules, uint64 mark) private {
        uint64 results = z.resultCount;
        uint64 state = z.state;
        if (z.isFoundation == 0 && state != SLARK_BANNED) {
            if (results > 0 || z.selectedCount > 0) _judgeTier(z, licence, rules);
            if (results > 0) _judgeBan(z, licence, rules);
        }
        z.selectedCount = 0;
        z.resultCount = 0;
        z.alignedCount = 0;
        z.meanDelayMs = 0;
        z.judgedEra = mark;
    }

    function _judgeTier(SlarksRecord storage z, uint64 licence, TierRules memory rules) private {
        uint64 tier = z.tier;
        if (tier < SLARK_TIERS && _meets(z, tier + 1, rules)) {
            z.demoEraCount = 0;
            uint64 promo = z.promoEraCount + 1;
            if (promo > rules.promoEras) promo = rules.promoEras;
            z.promoEraCount = promo;
            uint64 seats = rules.seats[tier + 1];
            bool hasSeat = seats == 0 || _total(TIER_COUNTS + tier + 1) < seats;
            if (promo == rules.promoEras && z.buyUnits > rules.buyUnits[tier + 1] && hasSeat && z.optIn == 1) {
                _enterTier(z, licence, tier + 1);
            }
        } else if (_meets(z, tier, rules)) {
            z.promoEraCount = 0;
            z.demoEraCount = 0;
        } else {
            z.promoEraCount = 0;
            uint64 demo = z.demoEraCount + 1;
            if (demo > rules.demoEras) demo = rules.demoEras;
            z.demoEraCount = demo;
            if (demo == rules.demoEras && tier > 1) _enterTier(z, licence, tier - 1);
        }
    }

    /// @dev Without a result no tier is met.
    /// @custom:rule SLARK-7
    function _meets(SlarksRecord storage z, uint64 tier, TierRules memory rules) private view returns (bool) {
        uint64 results = z.resultCount;
        return results > 0
            && Fixed.compareProducts(z.alignedCount, 100, rules.accuracyPct[tier], results) > 0
            && z.meanDelayMs < rules.delayMs[tier];
    }

    /// @dev Also of a licence whose running was ended before the settlement.
    /// @custom:rule SLARK-3, SM-5
    function _judgeBan(SlarksRecord storage z, uint64 licence, TierRules memory rules) private {
        if (Fixed.compareProducts(z.alignedCount, Fixed.BPS, rules.banBps, z.resultCount) >= 0) {
            z.lowEraCount = 0;
            return;
        }
        uint64 low = z.lowEraCount + 1;
        z.lowEraCount = low;
        uint64 state = z.state;
        if (low >= rules.banEras) {
            if (state == SLARK_RUNNING || state == SLARK_OFFLINE) --runners[z.runner];
            z.pendingRunner = 0;
            _setState(z, licence, ACCOUNT_KEEPER, SLARK_BANNED);
        }
    }

    function _enterTier(SlarksRecord storage z, uint64 licence, uint64 tier) private {
        uint64 from = z.tier;
        z.tier = tier;
        z.promoEraCount = 0;
        z.demoEraCount = 0;
        _shiftTier(from, tier);
        emit TierChanged(KIND_SLARK, licence, from, tier, REASON_METRICS);
    }

    // The totals by tier and class

    /// @dev Moves one licence between the numbers per tier; 0 is none.
    function _shiftTier(uint64 from, uint64 to) private {
        if (from != 0) _setTotal(TIER_COUNTS + from, _total(TIER_COUNTS + from) - 1);
        _setTotal(TIER_COUNTS + to, _total(TIER_COUNTS + to) + 1);
    }

    /// @dev Field `place` of the totals, four to a word.
    function _total(uint256 place) private view returns (uint64 value) {
        assembly ("memory-safe") {
            let word := sload(add(slarkTotals.slot, shr(2, place)))
            value := and(shr(shl(6, and(place, 3)), word), 0xffffffffffffffff)
        }
    }

    function _setTotal(uint256 place, uint64 value) private {
        assembly ("memory-safe") {
            let slot := add(slarkTotals.slot, shr(2, place))
            let shift := shl(6, and(place, 3))
            let cleared := and(sload(slot), not(shl(shift, 0xffffffffffffffff)))
            sstore(slot, or(cleared, shl(shift, and(value, 0xffffffffffffffff))))
        }
    }

    /// @return values of the parameters of each tier, by tier
    function _perTier(uint256 first) private view returns (uint64[SLARK_TIERS + 1] memory values) {
        for (uint256 tier = 1; tier <= SLARK_TIERS; ++tier) {
            values[tier] = _param(first + tier - 1);
        }
    }

    // The draw

    /// @dev What the draws of a committee depend on.
    struct Draw {
        uint64 beacon;
        uint64 entity; // slot · 8 + class
        uint64 classCount;
    }

    /// @return licence for the next seat, 0 if no attempt has found one
    function _drawSeat(Draw memory draw, uint64[] memory licences, uint256 filled, uint64[] calldata excluded)
        private
        view
        returns (uint64 licence)
    {
        if (draw.classCount == 0) return 0;
        for (uint256 attempt; attempt < ATTEMPTS; ++attempt) {
            uint256 random = Fixed.rnd(draw.beacon, PURPOSE_SLARK_SEAT, draw.entity, filled * ATTEMPTS + attempt);
            licence = slarkOrder[1 + Fixed.pick(random, draw.classCount)];
            SlarksRecord storage z = slarks[licence];
            if (_isDrawable(z) && !_isSeated(licences, filled, licence) && !_isIn(excluded, z.provider)) return licence;
        }
        return 0;
    }

    /// @return licence the first of the foundation's that has a key and no seat yet, 0 if there is none
    function _foundationFor(uint64[] memory licences, uint256 filled) private view returns (uint64 licence) {
        for (uint256 i; i < foundationLicences.length; ++i) {
            licence = foundationLicences[i];
            SlarksRecord storage z = slarks[licence];
            if (z.state == SLARK_RUNNING && z.keyId != 0 && !_isSeated(licences, filled, licence)) return licence;
        }
        return 0;
    }

    function _isSeated(uint64[] memory licences, uint256 filled, uint64 licence) private pure returns (bool) {
        for (uint256 i; i < filled; ++i) {
            if (licences[i] == licence) return true;
        }
        return false;
    }

    function _isIn(uint64[] calldata list, uint64 value) private pure returns (bool) {
        for (uint256 i; i < list.length; ++i) {
            if (list[i] == value) return true;
        }
        return false;
    }
}
