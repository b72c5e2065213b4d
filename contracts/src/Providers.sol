// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Family, OnlyFamily} from "./Family.sol";
import {Feedback} from "./Feedback.sol";
import {Fixed} from "./Fixed.sol";
import {IProviders} from "./Interfaces.sol";
import {Liveness} from "./Liveness.sol";
import {ParamSlice} from "./ParamSlice.sol";
import {
    ACCOUNT_FIRST_AGENT,
    ACCOUNT_FOUNDATION,
    ACCOUNT_KEEPER,
    ACCOUNT_SLARK_POOL,
    ACCOUNT_SLASH_POT,
    ACCOUNT_TREASURY,
    AlreadySet,
    AmountTooSmall,
    BPS,
    BatchMismatch,
    BudgetExhausted,
    CHALLENGE_FAILED,
    CHALLENGE_PASSED,
    ChangeRequired,
    FAMILY_COUNT,
    InsufficientBalance,
    InsufficientStake,
    KIND_PROVIDER,
    LeasesOpen,
    MAX_INT,
    MOVE_FORFEIT,
    MOVE_LIVENESS_REWARD,
    MOVE_RESTITUTION,
    MOVE_SLASH,
    NotOwner,
    P_ATTR_GPU_TIER11,
    P_DELEG_POOL_SHARE_BPS,
    P_DELEG_UNBOND_ERAS,
    P_FB_MIN_SAMPLES,
    P_FB_WINDOW,
    P_FDELEG_AMOUNT,
    P_FDELEG_BUDGET,
    P_FDELEG_MIN_GPU_SUBTIER,
    P_FDELEG_RECLAIM_UTIL_BPS,
    P_LIVE_POOL_ERA,
    P_PROV_AUTO_APPROVE,
    P_PROV_CURATE_AFTER,
    P_SLASH_MISCONDUCT_BPS,
    P_SLASH_MISCONDUCT_DEST,
    P_SLASH_SLARK_SHARE_BPS,
    P_STAKE_SCALE_BPS_P,
    P_TIER_COUNT_DELEGATIONS,
    P_TIER_DELEG_CAP_X_OWN,
    P_TIER_FEEDBACK_TENTHS_1,
    P_TIER_INITIAL,
    P_TIER_STAKE_TOKENS_1,
    P_TIME_SLOTS_PER_ERA,
    PROVIDER_ACTIVE,
    PROVIDER_DEACTIVATED,
    PROVIDER_PROPOSED,
    PROVIDER_REGISTERED,
    PROVIDER_REJECTED,
    PROVIDER_SUSPENDED,
    ProviderEraRecord,
    ProviderReportsRecord,
    ProviderTotalsRecord,
    ProvidersRecord,
    STEP_ASSESS_PROVIDERS,
    STEP_PAY_PROVIDERS,
    STEP_UPDATE_TIERS,
    TABLE_LENGTH,
    TierTooLow,
    UnknownAccount,
    UnknownEntity,
    ValueOutOfRange,
    WrongState
} from "./Protocol.sol";
import {ProviderReport} from "./ProviderReport.sol";
import {Tiers} from "./Tiers.sol";

/// @title Providers
/// @notice The life of a provider of capacity (SM-14): proposal, stake, activation, misconduct, and the three steps of the
/// settlement that assess, pay and re-tier it, as in `sim/protocol/providers.ts`, `liveness.ts` and `tiers.ts`. Challenges
/// and Slarks are other families'.
/// @dev Function by function the same guards in the same order as the core, then the same events in the same order.
contract Providers is Family, IProviders {
    using Feedback for ProvidersRecord;
    using ParamSlice for uint64[];
    using Tiers for ProvidersRecord;

    ProvidersRecord[TABLE_LENGTH] internal providers;
    ProviderEraRecord[TABLE_LENGTH] internal providerEra;
    ProviderReportsRecord[TABLE_LENGTH] internal providerReports;
    /// @dev Rating i of the window of a provider is entry provider · 1000 + i.
    uint64[TABLE_LENGTH] internal providerRatings;
    /// @dev Provider that a node is linked to.
    uint64[TABLE_LENGTH] internal nodeProviders;
    ProviderTotalsRecord internal providerTotals;

    // Most that a provider may declare (ATTR-1, PROV-1).
    uint64 private constant MAX_CPU_COUNT = 4_096;
    uint64 private constant MAX_MEMORY_GB = 65_536;
    uint64 private constant MAX_STORAGE_GB = 1_000_000;
    uint64 private constant MAX_GPU_COUNT = 64;
    uint64 private constant MAX_REGION = 63;
    uint64 private constant MAX_GPU_TIER = 10; // one more with sub-tier 11
    uint64 private constant MAX_COMPUTE_TIER = 3;
    uint64 private constant MAX_STORAGE_TIER = 3;
    uint64 private constant MAX_NET_TIER = 4;
    uint64 private constant MAX_COMPLIANCE = 15;

    // Options of parameters, by their index.
    uint64 private constant ON = 1;
    uint64 private constant DEST_HARMED = 0;
    uint64 private constant DEST_TREASURY = 1;

    /// @param families addresses of all families, in the order of the FAMILY_ constants
    constructor(address[FAMILY_COUNT] memory families) Family(families) {}

    // What owners do

    /// @notice Proposes a provider with what it declares to have; `node` is a node of the sender that it is linked to, or 0.
    /// It is Registered at once where proposals need no vote.
    /// @dev Reverts UnknownEntity, NotOwner, AlreadySet, ValueOutOfRange, in this order.
    /// @custom:rule PROV-1, PROV-2, OP-32, OP-35, ATTR-1, ATTR-4
    function proposeProvider(
        uint64 node,
        uint64 region,
        uint64 cpuCount,
        uint64 memoryGb,
        uint64 storageGb,
        uint64 gpuCount,
        uint64 gpuTier,
        uint64 computeTier,
        uint64 storageTier,
        uint64 netTier,
        uint64 compliance
    ) external {
        uint64 provider = _openProposal(node);
        uint256 slot = _slotOf(providers[provider]);
        _within(cpuCount, 1, MAX_CPU_COUNT);
        _within(memoryGb, 1, MAX_MEMORY_GB);
        _within(storageGb, 0, MAX_STORAGE_GB);
        _within(gpuCount, 0, MAX_GPU_COUNT);
        _within(region, 0, MAX_REGION);
        _within(gpuTier, 0, MAX_GPU_TIER + _param(P_ATTR_GPU_TIER11));
        if ((gpuCount > 0) != (gpuTier > 0)) revert ValueOutOfRange(gpuTier, gpuCount);
        _within(computeTier, 1, MAX_COMPUTE_TIER);
        _within(storageTier, 1, MAX_STORAGE_TIER);
        _within(netTier, 1, MAX_NET_TIER);
        _within(compliance, 0, MAX_COMPLIANCE);
        // Words 2 to 4 of the record, in the order of its fields.
        _store(slot + 2, cpuCount, memoryGb, storageGb, gpuCount);
        _store(slot + 3, gpuTier, computeTier, storageTier, netTier);
        _store(slot + 4, region, compliance, 0, 0);
        _announceProposal(provider);
    }

    /// @notice Adds units to the provider's own stake. A Registered one that has enough for its tier becomes Active: it can be
    /// challenged from now on and earns from the next era on.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, AmountTooSmall, InsufficientBalance, in this order.
    /// @custom:rule PROV-3, SM-14
    function stakeProvider(uint64 provider, uint64 units) external {
        uint64 actor = _agent();
        ProvidersRecord storage p = _owned(provider, actor);
        uint64 state = p.state;
        if (state != PROVIDER_REGISTERED && state != PROVIDER_ACTIVE && state != PROVIDER_SUSPENDED) {
            revert WrongState(state, 0);
        }
        if (units == 0) revert AmountTooSmall(0, 1);
        uint64 balanceUnits = _walletUnits(actor);
        if (balanceUnits < units) revert InsufficientBalance(balanceUnits, units);

        STAKE.lockStake(KIND_PROVIDER, provider, actor, units);
        if (state != PROVIDER_REGISTERED) return;
        (uint64 freeUnits,) = _freeUnits(p, provider);
        if (freeUnits <= _stakeUnits(p.tier)) return;
        p.isMatchable = 1;
        p.activeEra = _era() + 1;
        p.enter(p.tier);
        _activate(p, provider, actor);
    }

    /// @notice Asks for units of the own stake back. They are paid at a settlement `deleg.unbond_eras` from now, can be slashed
    /// until then, and are no collateral of a tier any more. Asking again restarts the time.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, AmountTooSmall, InsufficientStake, in this order.
    /// @custom:rule PROV-3, DELEG-6
    function unstakeProvider(uint64 provider, uint64 units) external {
        ProvidersRecord storage p = _ownedWorking(provider);
        if (units == 0) revert AmountTooSmall(0, 1);
        (uint64 freeUnits,) = _freeUnits(p, provider);
        if (units > freeUnits) revert InsufficientStake(freeUnits, units);
        p.exitUnits += units;
        p.exitEra = _era() + _param(P_DELEG_UNBOND_ERAS);
    }

    /// @notice The provider leaves for good, once it has no lease: its stake unbonds, its delegators are released when the era is
    /// settled.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, LeasesOpen, in this order.
    /// @custom:rule SM-14
    function deregisterProvider(uint64 provider) external {
        ProvidersRecord storage p = _ownedWorking(provider);
        uint64 leaseCount = LEASES.leaseCountOf(provider);
        if (leaseCount > 0) revert LeasesOpen(leaseCount, 0);
        p.exitUnits = _ownUnits(provider);
        p.exitEra = _era() + _param(P_DELEG_UNBOND_ERAS);
        nodeProviders[p.node] = 0;
        uint64 delegation = p.foundationDelegation;
        if (delegation != 0) providerTotals.foundationUnits -= STAKE.delegatedUnits(delegation);
        _transition(p, provider, p.owner, PROVIDER_DEACTIVATED);
    }

    /// @notice Takes a Suspended provider back to work, once its case is settled and its collateral is enough again. It waits
    /// for a challenge like one that has just become Active.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, ChangeRequired(provider, 0), InsufficientStake, in this order.
    /// @custom:rule SM-14, SLASH-1, CHAL-4
    function resumeProvider(uint64 provider) external {
        uint64 actor = _agent();
        ProvidersRecord storage p = _owned(provider, actor);
        _check(p, PROVIDER_SUSPENDED);
        if (p.misconductUnits > 0) revert ChangeRequired(provider, 0);
        (uint64 freeUnits, uint64 delegated) = _freeUnits(p, provider);
        uint64 haveUnits;
        if (freeUnits > 0) {
            haveUnits = _tierCollateral(
                freeUnits, delegated, _param(P_TIER_COUNT_DELEGATIONS), _param(P_TIER_DELEG_CAP_X_OWN)
            );
        }
        uint64 needUnits = _stakeUnits(p.tier);
        if (haveUnits <= needUnits) revert InsufficientStake(haveUnits, needUnits);
        _activate(p, provider, actor);
    }

    // What the keeper does

    /// @notice Keeper. The vote on a proposal.
    /// @dev Reverts UnknownEntity, WrongState, in this order.
    /// @custom:rule PROV-2, OP-32
    function approveProvider(uint64 provider) external {
        _onlyKeeperAtRest();
        ProvidersRecord storage p = _existing(provider);
        _check(p, PROVIDER_PROPOSED);
        _transition(p, provider, ACCOUNT_KEEPER, PROVIDER_REGISTERED);
    }

    /// @notice Keeper. The vote on a proposal.
    /// @dev Reverts UnknownEntity, WrongState, in this order.
    /// @custom:rule PROV-2, OP-32
    function rejectProvider(uint64 provider) external {
        _onlyKeeperAtRest();
        ProvidersRecord storage p = _existing(provider);
        _check(p, PROVIDER_PROPOSED);
        nodeProviders[p.node] = 0;
        _transition(p, provider, ACCOUNT_KEEPER, PROVIDER_REJECTED);
    }

    /// @notice Keeper. A finding of misconduct: the provider is suspended, and what it loses is taken at the settlement. One that
    /// has left answers while its own stake is unbonding, and stays Deactivated. `harmedAccount` is the agent that was harmed
    /// by `harmUnits`; both 0 if nobody was.
    /// @dev Reverts UnknownEntity, WrongState, AlreadySet, ValueOutOfRange(harmUnits, 0), UnknownAccount, in this order.
    /// @custom:rule SLASH-1, SLASH-10, GOV-5, OP-56
    function upholdMisconduct(uint64 provider, uint64 harmedAccount, uint64 harmUnits) external {
        _onlyKeeperAtRest();
        ProvidersRecord storage p = _existing(provider);
        (uint64 own, uint64 delegated, uint64 unbonding) = STAKE.collateralUnits(KIND_PROVIDER, provider);
        bool hasLeft = p.state == PROVIDER_DEACTIVATED && own > 0;
        if (!hasLeft) _check(p, PROVIDER_ACTIVE);
        if (p.misconductUnits > 0) revert AlreadySet(p.misconductUnits, 0);
        if ((harmedAccount == 0) != (harmUnits == 0)) revert ValueOutOfRange(harmUnits, 0);
        if (harmedAccount != 0 && !_isAgent(harmedAccount)) revert UnknownAccount(harmedAccount, 0);
        uint64 units = _share(own + delegated + unbonding, _param(P_SLASH_MISCONDUCT_BPS));
        p.misconductUnits = units == 0 ? 1 : units;
        p.harmedAccount = harmedAccount;
        p.harmUnits = harmUnits;
        if (!hasLeft) _transition(p, provider, ACCOUNT_KEEPER, PROVIDER_SUSPENDED);
    }

    /// @notice Keeper. Certificates of the provider, as COMPLIANCE_ bits.
    /// @dev Reverts UnknownEntity, ValueOutOfRange, in this order.
    /// @custom:rule ATTR-6
    function setCompliance(uint64 provider, uint64 compliance) external {
        _onlyKeeperAtRest();
        ProvidersRecord storage p = _existing(provider);
        _within(compliance, 0, MAX_COMPLIANCE);
        p.compliance = compliance;
    }

    /// @notice Keeper. The foundation backs a provider with good hardware, once.
    /// @dev Reverts UnknownEntity, WrongState, TierTooLow, AlreadySet, BudgetExhausted, InsufficientBalance, in this order.
    /// @custom:rule DELEG-4, OP-54
    function delegateFoundation(uint64 provider) external {
        _onlyKeeperAtRest();
        ProvidersRecord storage p = _existing(provider);
        _check(p, PROVIDER_ACTIVE);
        uint64 minTier = _param(P_FDELEG_MIN_GPU_SUBTIER);
        if (p.gpuTier < minTier) revert TierTooLow(p.gpuTier, minTier);
        if (p.foundationDelegation != 0) revert AlreadySet(p.foundationDelegation, 0);
        uint64 units = _param(P_FDELEG_AMOUNT);
        uint64 budgetUnits = _param(P_FDELEG_BUDGET);
        uint64 totalUnits = providerTotals.foundationUnits + units;
        if (totalUnits > budgetUnits) revert BudgetExhausted(totalUnits, budgetUnits);
        uint64 balanceUnits = _walletUnits(ACCOUNT_FOUNDATION);
        if (balanceUnits < units) revert InsufficientBalance(balanceUnits, units);
        p.foundationDelegation = STAKE.delegateFoundationUnits(provider, units);
        providerTotals.foundationUnits = totalUnits;
    }

    /// @notice Keeper. The foundation takes its delegation back from a provider that is well used.
    /// @dev Reverts UnknownEntity, WrongState, WrongState(0, 0), ValueOutOfRange(utilisation, threshold), in this order. Of one
    /// that has left, the delegation is released and its part of the budget free already.
    /// @custom:rule DELEG-4, OP-54, INV-14
    function reclaimFoundation(uint64 provider) external {
        _onlyKeeperAtRest();
        ProvidersRecord storage p = _existing(provider);
        if (p.state != PROVIDER_SUSPENDED) _check(p, PROVIDER_ACTIVE);
        uint64 delegation = p.foundationDelegation;
        if (delegation == 0 || STAKE.delegatedUnits(delegation) == 0) revert WrongState(0, 0);
        uint64 utilisationBps = providerEra[provider].utilisationBps;
        uint64 thresholdBps = _param(P_FDELEG_RECLAIM_UTIL_BPS);
        if (utilisationBps <= thresholdBps) revert ValueOutOfRange(utilisationBps, thresholdBps);
        providerTotals.foundationUnits -= STAKE.undelegateFoundationUnits(delegation);
    }

    /// @notice Keeper. Takes the era's reports of the providers at positions from … to − 1, eight words each, packed as in
    /// `sim/protocol/providerReport.ts`.
    /// @dev Reverts ValueOutOfRange, BatchMismatch, ValueOutOfRange, in this order.
    /// @custom:rule TIER-8
    function reportProviders(uint64 from, uint64 to, uint64[] calldata words) external {
        _onlyKeeperAtRest();
        uint64 count = providerTotals.providerCount;
        if (from > to) revert ValueOutOfRange(from, to);
        if (to > count) revert ValueOutOfRange(to, count);
        // to ≤ count < 2^32, so the product fits.
        uint64 expected = ProviderReport.WORDS * (to - from);
        if (words.length != expected) revert BatchMismatch(uint64(words.length), expected);
        for (uint256 i; i < words.length; ++i) {
            if (words[i] > MAX_INT) revert ValueOutOfRange(words[i], uint64(MAX_INT));
        }
        uint256 word;
        for (uint256 provider = uint256(from) + 1; provider <= to; ++provider) {
            uint256 slot = _slotOf(providerReports[provider]);
            _store(slot, words[word], words[word + 1], words[word + 2], words[word + 3]);
            _store(slot + 1, words[word + 4], words[word + 5], words[word + 6], words[word + 7]);
            word += ProviderReport.WORDS;
        }
    }

    // Settlement steps, all over providers

    /// @notice Keeper. What each provider's era comes to, and the slashes of its stake.
    /// @dev Reverts as Clock.enterStep does.
    /// @custom:rule F-7, F-8, F-10, TIME-4, SLASH-6, SLASH-7
    function assessProviders(uint64 from, uint64 to) external {
        _enterStep(STEP_ASSESS_PROVIDERS, from, to);
        uint64[] memory v = _params(Liveness.FIRST_PARAM, Liveness.LAST_PARAM);
        uint256 slotsPerEra = _param(P_TIME_SLOTS_PER_ERA);
        Liveness.Assessment memory sum;
        if (from > 0) {
            sum.rawUnits = providerTotals.rawUnits;
            sum.forfeitUnits = providerTotals.forfeitUnits;
            sum.bonusUnits = providerTotals.bonusUnits;
            sum.slashUnits = providerTotals.slashUnits;
        }
        for (uint64 provider = from + 1; provider <= to; ++provider) {
            _assess(provider, v, slotsPerEra, sum);
        }
        providerTotals.rawUnits = sum.rawUnits;
        providerTotals.forfeitUnits = sum.forfeitUnits;
        providerTotals.bonusUnits = sum.bonusUnits;
        providerTotals.slashUnits = sum.slashUnits;
    }

    /// @notice Keeper. Liveness and bonus of each provider, or what its misconduct costs it.
    /// @dev Reverts as Clock.enterStep does.
    /// @custom:rule F-9, FIZZ-12, LIVE-7, TIME-4, SLASH-1, SLASH-10
    function payProviders(uint64 from, uint64 to) external {
        _enterStep(STEP_PAY_PROVIDERS, from, to);
        uint64 poolShareBps = _param(P_DELEG_POOL_SHARE_BPS);
        (uint64 rawUnits, uint64 poolUnits) = (providerTotals.rawUnits, providerTotals.poolUnits);
        uint64 running = from == 0 ? 0 : providerTotals.runningUnits;
        for (uint64 provider = from + 1; provider <= to; ++provider) {
            ProviderEraRecord storage e = providerEra[provider];
            uint64 afterUnits = running + e.rawUnits;
            // A share of poolUnits, so below 2^53.
            uint64 units =
                rawUnits == 0 ? 0 : uint64(Fixed.allocShare(poolUnits, running, afterUnits, rawUnits));
            running = afterUnits;
            _pay(provider, units + e.bonusUnits, poolShareBps);
        }
        providerTotals.runningUnits = running;
    }

    /// @notice Keeper. Moves each Active provider through the tiers, pays stake whose time is over, and lists the targets of
    /// the next epoch.
    /// @dev Reverts as Clock.enterStep does.
    /// @custom:rule SM-9, F-31, TIER-1, TIER-2, TIER-3, TIER-4, TIER-5, TIER-9, CHAL-4
    function updateTiers(uint64 from, uint64 to) external {
        _enterStep(STEP_UPDATE_TIERS, from, to);
        if (from == 0) CHALLENGES.resetTargets();
        TierContext memory c;
        c.v = _params(Tiers.FIRST_PARAM, Tiers.LAST_PARAM);
        c.scaleBps = _param(P_STAKE_SCALE_BPS_P);
        c.era = _era();
        c.fresh = new uint64[](to - from);
        c.poor = new uint64[](to - from);
        c.rest = new uint64[](to - from);
        for (uint64 provider = from + 1; provider <= to; ++provider) {
            _updateTier(provider, c);
        }
        if (c.freshCount + c.poorCount + c.restCount + c.missedCount > 0) {
            CHALLENGES.queueTargets(
                _shortened(c.fresh, c.freshCount),
                _shortened(c.poor, c.poorCount),
                _shortened(c.rest, c.restCount),
                c.missedCount
            );
        }
    }

    // What the other families ask for

    /// @inheritdoc IProviders
    function providerCount() external view returns (uint64) {
        return providerTotals.providerCount;
    }

    /// @inheritdoc IProviders
    function activeCount() external view returns (uint64) {
        return providerTotals.activeCount;
    }

    /// @inheritdoc IProviders
    function stateOf(uint64 provider) external view returns (uint64) {
        return providers[provider].state;
    }

    /// @inheritdoc IProviders
    function holderOf(uint64 provider) external view returns (uint64 owner) {
        uint64 state = providers[provider].state;
        if (state == PROVIDER_REGISTERED || state == PROVIDER_ACTIVE || state == PROVIDER_SUSPENDED) {
            owner = providers[provider].owner;
        }
    }

    /// @inheritdoc IProviders
    /// @custom:rule CHAL-4
    function markChallenged(uint64 provider) external {
        _only(address(CHALLENGES));
        providers[provider].challengedEra = _era() + 1;
    }

    /// @inheritdoc IProviders
    /// @custom:rule LIVE-10, CHAL-12
    function recordChallenge(uint64 provider, uint64 outcome) external {
        _only(address(CHALLENGES));
        ProviderEraRecord storage e = providerEra[provider];
        if (outcome == CHALLENGE_PASSED) {
            ++e.challengeCount;
            ++e.passedCount;
        } else if (outcome == CHALLENGE_FAILED) {
            ++e.challengeCount;
            uint64 slotOfEra = (CLOCK.slotCount() - 1) % _param(P_TIME_SLOTS_PER_ERA);
            // The remainder is below 24.
            e.failedHours |= uint64(1 << (slotOfEra % ProviderReport.HOURS));
        } else {
            ++e.inconclusiveCount;
        }
    }

    /// @inheritdoc IProviders
    /// @custom:rule FB-1, FB-4
    function noteRating(uint64 node, uint64 account, uint64 tenths) external {
        _only(CALLS);
        _rate(nodeProviders[node], account, tenths);
    }

    /// @inheritdoc IProviders
    /// @custom:rule FB-1, SM-6
    function rateProvider(uint64 provider, uint64 account, uint64 tenths) external {
        _only(address(LEASES));
        _rate(provider, account, tenths);
    }

    /// @dev There is no provider 0, so that its state is none.
    function _rate(uint64 provider, uint64 account, uint64 tenths) private {
        ProvidersRecord storage p = providers[provider];
        if (p.state != PROVIDER_ACTIVE) return;
        (uint64 sumTenths, uint64 ratingCount) = p.addRating(providerRatings, provider, tenths, _param(P_FB_WINDOW));
        emit ProviderRated(provider, account, tenths, sumTenths, ratingCount);
    }

    /// @inheritdoc IProviders
    /// @custom:rule LIVE-2, LIVE-7, SLASH-10, F-11
    function closeLiveness() external {
        _only(address(SLARKS));
        (uint64 rawUnits, uint64 forfeitUnits) = (providerTotals.rawUnits, providerTotals.forfeitUnits);
        uint64 poolUnits = _walletUnits(ACCOUNT_FOUNDATION);
        uint64 limitUnits = _param(P_LIVE_POOL_ERA);
        if (limitUnits < poolUnits) poolUnits = limitUnits;
        if (rawUnits + forfeitUnits > poolUnits) {
            rawUnits = uint64(Fixed.mulDivDown(poolUnits, rawUnits, rawUnits + forfeitUnits));
            forfeitUnits = poolUnits - rawUnits;
        }
        providerTotals.poolUnits = rawUnits;

        uint64 shareBps = _param(P_SLASH_SLARK_SHARE_BPS);
        _move(ACCOUNT_FOUNDATION, ACCOUNT_SLARK_POOL, _share(forfeitUnits, shareBps), MOVE_FORFEIT);
        uint64 slashUnits = providerTotals.slashUnits;
        uint64 slarkUnits = _share(slashUnits, shareBps);
        _move(ACCOUNT_SLASH_POT, ACCOUNT_SLARK_POOL, slarkUnits, MOVE_SLASH);
        _move(ACCOUNT_SLASH_POT, ACCOUNT_FOUNDATION, slashUnits - slarkUnits, MOVE_SLASH);
    }

    // Parts of the settlement

    function _assess(uint64 provider, uint64[] memory v, uint256 slotsPerEra, Liveness.Assessment memory sum) private {
        ProvidersRecord storage p = providers[provider];
        ProviderEraRecord storage e = providerEra[provider];
        uint64 state = p.state;
        uint256 slot = _slotOf(e);
        // Leaving does not undo the era in which it was left: stake that is still unbonding answers for it.
        bool isLeaving = state == PROVIDER_DEACTIVATED && _ownUnits(provider) > 0;
        if (state != PROVIDER_ACTIVE && state != PROVIDER_SUSPENDED && !isLeaving) {
            _store(slot + 1, 0, 0, 0, 0);
            _store(slot + 2, 0, 0, 0, 0);
            return;
        }
        Liveness.Assessment memory a =
            Liveness.assess(p, providerReports[provider], e.failedHours, v, slotsPerEra, sum.rawUnits + sum.forfeitUnits);
        _store(slot + 1, a.rawUnits, a.forfeitUnits, a.bonusUnits, a.hourCount);
        uint64 misconductUnits = p.misconductUnits;
        if (misconductUnits > 0 || a.slashUnits > 0) {
            (misconductUnits, a.slashUnits) =
                STAKE.slashProvider(provider, misconductUnits, a.slashUnits, Liveness.isSharedByAll(v));
            uint64 ownUnits = _ownUnits(provider);
            if (p.exitUnits > ownUnits) p.exitUnits = ownUnits;
        }
        _store(slot + 2, misconductUnits, a.utilisationBps, 0, 0);
        sum.rawUnits += a.rawUnits;
        sum.forfeitUnits += a.forfeitUnits;
        sum.bonusUnits += a.bonusUnits;
        if (sum.bonusUnits > MAX_INT) sum.bonusUnits = uint64(MAX_INT);
        sum.slashUnits += a.slashUnits;
        emit ProviderAssessed(provider, a.hourCount, a.rawUnits, a.forfeitUnits, a.slashUnits, a.bonusUnits);
    }

    function _pay(uint64 provider, uint64 units, uint64 poolShareBps) private {
        ProvidersRecord storage p = providers[provider];
        if (units > 0) {
            uint64 foundationUnits = _walletUnits(ACCOUNT_FOUNDATION);
            if (foundationUnits < units) units = foundationUnits;
        }
        if (p.misconductUnits > 0) {
            _restitute(provider, units);
            units = 0;
        }
        STAKE.shareReward(
            KIND_PROVIDER,
            provider,
            p.owner,
            units,
            _share(units, poolShareBps),
            ACCOUNT_FOUNDATION,
            MOVE_LIVENESS_REWARD
        );
    }

    /// @dev What misconduct has cost the provider, and its income of the era, to those whom the parameter names.
    /// @custom:rule SLASH-1, SLASH-10, OP-56
    function _restitute(uint64 provider, uint64 rewardUnits) private {
        ProvidersRecord storage p = providers[provider];
        uint64 restUnits = providerEra[provider].misconductTakenUnits + rewardUnits;
        _move(ACCOUNT_FOUNDATION, ACCOUNT_SLASH_POT, rewardUnits, MOVE_FORFEIT);
        uint64 destination = _param(P_SLASH_MISCONDUCT_DEST);
        if (destination == DEST_HARMED) {
            uint64 harmUnits = p.harmUnits;
            if (harmUnits > restUnits) harmUnits = restUnits;
            _move(ACCOUNT_SLASH_POT, p.harmedAccount, harmUnits, MOVE_RESTITUTION);
            _move(ACCOUNT_SLASH_POT, ACCOUNT_FOUNDATION, restUnits - harmUnits, MOVE_RESTITUTION);
        } else if (destination == DEST_TREASURY) {
            _move(ACCOUNT_SLASH_POT, ACCOUNT_TREASURY, restUnits, MOVE_RESTITUTION);
        } else {
            TOKEN.burnUnits(ACCOUNT_SLASH_POT, restUnits);
        }
        p.misconductUnits = 0;
        p.harmedAccount = 0;
        p.harmUnits = 0;
    }

    /// @notice What the tiers of a chunk need, read once, and the targets that it lists.
    struct TierContext {
        uint64[] v;
        uint256 scaleBps;
        uint64 era;
        uint64[] fresh;
        uint64[] poor;
        uint64[] rest;
        uint256 freshCount;
        uint256 poorCount;
        uint256 restCount;
        uint64 missedCount; // Active, and not challenged in the era
    }

    function _updateTier(uint64 provider, TierContext memory c) private {
        ProvidersRecord storage p = providers[provider];
        if (p.state == PROVIDER_ACTIVE) {
            if (p.challengedEra != c.era + 1) ++c.missedCount;
            _moveTier(p, provider, c);
        }
        _payExit(p, provider, c.era);
        if (p.state == PROVIDER_ACTIVE) _listTarget(p, provider, c);
        // What is counted within an era starts anew; since when a provider is offline is carried over.
        _store(_slotOf(providerEra[provider]), 0, 0, 0, 0);
        uint256 slot = _slotOf(providerReports[provider]);
        _store(slot, 0, 0, 0, 0);
        _store(slot + 1, 0, 0, 0, providerReports[provider].offlineSinceS);
    }

    /// @dev Pays own stake that was asked back and is due, less what slashes took; never while a case is open.
    /// @custom:rule DELEG-6, SLASH-1, INV-12
    function _payExit(ProvidersRecord storage p, uint64 provider, uint64 era) private {
        uint64 units = p.exitUnits;
        if (units == 0 || era < p.exitEra || p.misconductUnits > 0) return;
        p.exitUnits = 0;
        uint64 ownUnits = _ownUnits(provider);
        STAKE.releaseStake(KIND_PROVIDER, provider, p.owner, units < ownUnits ? units : ownUnits);
    }

    function _moveTier(ProvidersRecord storage p, uint64 provider, TierContext memory c) private {
        (uint64 freeUnits, uint64 delegated) = _freeUnits(p, provider);
        uint64 collateral = _tierCollateral(
            freeUnits,
            delegated,
            c.v.param(Tiers.FIRST_PARAM, P_TIER_COUNT_DELEGATIONS),
            c.v.param(Tiers.FIRST_PARAM, P_TIER_DELEG_CAP_X_OWN)
        );
        uint64 from = p.tier;
        (uint64 reason, bool isOut) = p.update(
            Tiers.figuresOf(p, providerReports[provider], providerEra[provider], c.v),
            freeUnits,
            collateral,
            c.v,
            c.scaleBps
        );
        if (isOut) {
            p.enter(c.v.param(Tiers.FIRST_PARAM, P_TIER_INITIAL));
            reason = Tiers.REASON_START;
        }
        uint64 to = p.tier;
        if (from != to) emit TierChanged(KIND_PROVIDER, provider, from, to, reason);
        if (isOut) _transition(p, provider, ACCOUNT_KEEPER, PROVIDER_REGISTERED);
    }

    /// @return freeUnits own stake that was not asked back
    /// @return delegated units delegated
    function _freeUnits(ProvidersRecord storage p, uint64 provider)
        private
        view
        returns (uint64 freeUnits, uint64 delegated)
    {
        (freeUnits, delegated,) = STAKE.collateralUnits(KIND_PROVIDER, provider);
        freeUnits -= p.exitUnits;
    }

    /// @return units collateral that counts for the tier
    /// @custom:rule TIER-2, INV-9, OP-105
    function _tierCollateral(uint64 freeUnits, uint64 delegated, uint256 isCounting, uint256 timesOwn)
        private
        pure
        returns (uint64 units)
    {
        if (isCounting != ON) return freeUnits;
        // Stake is below 2^53 and the factor at most 100.
        if (timesOwn > 0 && freeUnits * timesOwn < delegated) delegated = uint64(freeUnits * timesOwn);
        return freeUnits + delegated;
    }

    /// @dev Those never challenged come first, then those that consumers rate badly.
    function _listTarget(ProvidersRecord storage p, uint64 provider, TierContext memory c) private view {
        uint256 ratingCount = p.ratingCount;
        if (p.challengedEra == 0) {
            c.fresh[c.freshCount++] = provider;
        } else if (
            ratingCount >= c.v.param(Tiers.FIRST_PARAM, P_FB_MIN_SAMPLES)
                && p.ratingSumTenths
                    <= c.v.param(Tiers.FIRST_PARAM, P_TIER_FEEDBACK_TENTHS_1 + p.tier - 1) * ratingCount
        ) {
            c.poor[c.poorCount++] = provider;
        } else {
            c.rest[c.restCount++] = provider;
        }
    }

    /// @dev Cuts a list in memory to what was filled of it.
    function _shortened(uint64[] memory list, uint256 count) private pure returns (uint64[] memory) {
        assembly ("memory-safe") {
            // Only ever shorter than it was allocated.
            mstore(list, count)
        }
        return list;
    }

    // Parts of the other actions

    /// @return provider number of the proposal, linked to the node
    function _openProposal(uint64 node) private returns (uint64 provider) {
        uint64 actor = _agent();
        provider = providerTotals.providerCount + 1;
        if (node != 0) {
            uint64 count = NODES.nodeCount();
            if (node > count) revert UnknownEntity(node, count);
            uint64 owner = NODES.ownerOf(node);
            if (owner != actor) revert NotOwner(actor, owner);
            uint64 linked = nodeProviders[node];
            if (linked != 0) revert AlreadySet(linked, 0);
            nodeProviders[node] = provider;
        }
        ProvidersRecord storage p = providers[provider];
        p.owner = actor;
        p.node = node;
        providerTotals.providerCount = provider;
    }

    function _announceProposal(uint64 provider) private {
        ProvidersRecord storage p = providers[provider];
        _transition(p, provider, p.owner, PROVIDER_PROPOSED);
        uint64 tier = _param(P_TIER_INITIAL);
        p.tier = tier;
        emit TierChanged(KIND_PROVIDER, provider, 0, tier, Tiers.REASON_START);
        uint64 curateAfter = _param(P_PROV_CURATE_AFTER);
        if (_param(P_PROV_AUTO_APPROVE) == ON && (curateAfter == 0 || provider <= curateAfter)) {
            _transition(p, provider, ACCOUNT_KEEPER, PROVIDER_REGISTERED);
        }
    }

    /// @dev Enters a state, and keeps the number of Active providers.
    function _transition(ProvidersRecord storage p, uint64 provider, uint64 actor, uint64 to) private {
        uint64 from = p.state;
        if (from == PROVIDER_ACTIVE) --providerTotals.activeCount;
        if (to == PROVIDER_ACTIVE) ++providerTotals.activeCount;
        p.state = to;
        emit Transition(KIND_PROVIDER, provider, actor, from, to);
    }

    /// @dev The provider becomes Active and waits for a challenge.
    function _activate(ProvidersRecord storage p, uint64 provider, uint64 actor) private {
        _transition(p, provider, actor, PROVIDER_ACTIVE);
        CHALLENGES.queueNew(provider);
    }

    function _only(address family) private view {
        if (msg.sender != family) revert OnlyFamily(msg.sender);
    }

    // Every call of another contract has its code here once.

    function _enterStep(uint64 step, uint64 from, uint64 to) private {
        _onlyKeeper();
        CLOCK.enterStep(step, from, to, providerTotals.providerCount);
    }

    function _era() private view returns (uint64) {
        return CLOCK.era();
    }

    function _move(uint64 from, uint64 to, uint64 units, uint64 reason) private {
        if (units > 0) TOKEN.move(from, to, units, reason);
    }

    function _walletUnits(uint64 account) private view returns (uint64) {
        return TOKEN.unitsOf(account);
    }

    function _ownUnits(uint64 provider) private view returns (uint64) {
        return STAKE.ownUnits(KIND_PROVIDER, provider);
    }

    /// @dev Writes a whole storage word, four fields in the order of their record.
    function _store(uint256 slot, uint256 field0, uint256 field1, uint256 field2, uint256 field3) private {
        assembly ("memory-safe") {
            sstore(slot, or(or(field0, shl(64, field1)), or(shl(128, field2), shl(192, field3))))
        }
    }

    function _slotOf(ProvidersRecord storage record) private pure returns (uint256 slot) {
        assembly ("memory-safe") {
            slot := record.slot
        }
    }

    function _slotOf(ProviderReportsRecord storage record) private pure returns (uint256 slot) {
        assembly ("memory-safe") {
            slot := record.slot
        }
    }

    function _slotOf(ProviderEraRecord storage record) private pure returns (uint256 slot) {
        assembly ("memory-safe") {
            slot := record.slot
        }
    }

    function _existing(uint64 provider) private view returns (ProvidersRecord storage) {
        uint64 count = providerTotals.providerCount;
        if (provider < 1 || provider > count) revert UnknownEntity(provider, count);
        return providers[provider];
    }

    function _owned(uint64 provider, uint64 actor) private view returns (ProvidersRecord storage p) {
        p = _existing(provider);
        if (p.owner != actor) revert NotOwner(actor, p.owner);
    }

    /// @dev A provider of the sender that is Registered or Active.
    function _ownedWorking(uint64 provider) private view returns (ProvidersRecord storage p) {
        p = _owned(provider, _agent());
        uint64 state = p.state;
        if (state != PROVIDER_REGISTERED && state != PROVIDER_ACTIVE) revert WrongState(state, 0);
    }

    function _check(ProvidersRecord storage p, uint64 state) private view {
        if (p.state != state) revert WrongState(p.state, 0);
    }

    function _isAgent(uint64 account) private view returns (bool) {
        return account >= ACCOUNT_FIRST_AGENT && TOKEN.addressOf(account) != address(0);
    }

    function _within(uint64 value, uint64 least, uint64 most) private pure {
        if (value < least || value > most) revert ValueOutOfRange(value, most);
    }

    /// @return units collateral that a tier needs more than
    function _stakeUnits(uint64 tier) private view returns (uint64 units) {
        uint256 tierUnits = _param(P_TIER_STAKE_TOKENS_1 + tier - 1);
        return uint64(Fixed.mulDivCapped(tierUnits, _param(P_STAKE_SCALE_BPS_P), BPS, MAX_INT));
    }

    /// @dev Fixed's results are below 2^53, so the cast keeps the value.
    function _share(uint64 units, uint64 bps) private pure returns (uint64) {
        return uint64(Fixed.mulDivDown(units, bps, BPS));
    }
}
