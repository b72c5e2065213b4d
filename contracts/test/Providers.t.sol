// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ACCOUNT_FOUNDATION,
    ACCOUNT_STAKE_VAULT,
    AlreadySet,
    AmountTooSmall,
    BatchMismatch,
    BudgetExhausted,
    CHALLENGE_FAILED,
    CHALLENGE_INCONCLUSIVE,
    CHALLENGE_PASSED,
    ChallengeTotalsRecord,
    ChangeRequired,
    InsufficientBalance,
    InsufficientStake,
    KIND_PROVIDER,
    MAX_INT,
    NotOwner,
    P_ATTR_GPU_TIER11,
    P_FDELEG_AMOUNT,
    P_FDELEG_BUDGET,
    P_PROV_AUTO_APPROVE,
    P_PROV_CURATE_AFTER,
    P_SLASH_MISCONDUCT_BPS,
    P_TIER_INITIAL,
    PROVIDER_ACTIVE,
    PROVIDER_DEACTIVATED,
    PROVIDER_PROPOSED,
    PROVIDER_REGISTERED,
    PROVIDER_REJECTED,
    PROVIDER_SUSPENDED,
    ProvidersRecord,
    STEP_UPDATE_TIERS,
    TierTooLow,
    UnknownAccount,
    UnknownEntity,
    ValueOutOfRange,
    WrongState
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";
import {SLOT_PROVIDERS, SLOT_PROVIDER_ERA} from "./Tables.sol";
import {ProviderWords} from "./World.sol";

/// @notice The life of a provider (SM-14), entry point by entry point. The settlement is in ProvidersSettlement.t.sol and
/// Tiers.t.sol.
contract ProvidersTest is Deployment {
    function setUp() public {
        deploy();
        openSlot();
    }

    function assertState(uint64 provider, uint64 state) private view {
        assertEq(providersAt(provider).state, state);
    }

    // proposeProvider

    function propose(uint64[11] memory a) private {
        providers.proposeProvider(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10]);
    }

    /// PROV-1, PROV-2
    function test_proposeProvider_givenADeclaration_storesItAndIsApproved() public {
        uint64 node = reserveNode(A, 3, 4);
        emits(address(providers));
        emit Transition(KIND_PROVIDER, 1, A, 0, PROVIDER_PROPOSED);
        emits(address(providers));
        emit TierChanged(KIND_PROVIDER, 1, 0, 7, 3);
        emits(address(providers));
        emit Transition(KIND_PROVIDER, 1, K, PROVIDER_PROPOSED, PROVIDER_REGISTERED);
        by(A);
        propose([node, 63, 4_096, 65_536, 1_000_000, 64, 10, 3, 2, 4, 15]);
        ProvidersRecord memory p = providersAt(1);
        assertEq(abi.encode(p.owner, p.state, p.tier, p.node), abi.encode(A, PROVIDER_REGISTERED, 7, node));
        assertEq(abi.encode(p.cpuCount, p.memoryGb, p.storageGb, p.gpuCount), abi.encode(4_096, 65_536, 1_000_000, 64));
        assertEq(abi.encode(p.gpuTier, p.computeTier, p.storageTier, p.netTier), abi.encode(10, 3, 2, 4));
        assertEq(abi.encode(p.region, p.compliance, p.activeEra, p.challengedEra), abi.encode(63, 15, 0, 0));
        assertEq(nodeProvidersAt(node), 1);
        assertEq(providerTotals().providerCount, 1);
        assertEq(providerTotals().activeCount, 0);
    }

    /// ATTR-4, OP-35
    function test_proposeProvider_givenSubTier11_isAcceptedWhereItExists() public {
        setParam(P_ATTR_GPU_TIER11, 1);
        refusedBy(A, ValueOutOfRange.selector, 12, 11);
        propose([uint64(0), 0, 1, 1, 0, 1, 12, 1, 1, 1, 0]);
        by(A);
        propose([uint64(0), 0, 1, 1, 0, 1, 11, 1, 1, 1, 0]);
        assertEq(providersAt(1).gpuTier, 11);
    }

    function test_proposeProvider_givenTheLeast_isAccepted() public {
        by(A);
        propose([uint64(0), 0, 1, 1, 0, 0, 0, 1, 1, 1, 0]);
        assertState(1, PROVIDER_REGISTERED);
    }

    function test_proposeProvider_givenAValueOutOfRange_isRefusedInTheOrderOfTheGuards() public {
        uint64[11] memory good = [uint64(0), 0, 1, 1, 0, 1, 1, 1, 1, 1, 0];
        // Fields in the order of their guards, with a value that is refused and the limit it is told.
        uint64[3][15] memory cases = [
            [uint64(2), 0, 4_096],
            [uint64(2), 4_097, 4_096],
            [uint64(3), 0, 65_536],
            [uint64(3), 65_537, 65_536],
            [uint64(4), 1_000_001, 1_000_000],
            [uint64(5), 65, 64],
            [uint64(1), 64, 63],
            [uint64(6), 11, 10],
            [uint64(7), 0, 3],
            [uint64(7), 4, 3],
            [uint64(8), 0, 3],
            [uint64(8), 4, 3],
            [uint64(9), 0, 4],
            [uint64(9), 5, 4],
            [uint64(10), 16, 15]
        ];
        uint64[11] memory a = good;
        for (uint256 i = cases.length; i > 0; --i) {
            uint64[3] memory c = cases[i - 1];
            // All later fields stay wrong: the first guard speaks.
            a[c[0]] = c[1];
            refusedBy(A, ValueOutOfRange.selector, c[1], c[2]);
            propose(a);
        }
    }

    function test_proposeProvider_givenAGpuWithoutClassOrAClassWithoutGpu_isRefused() public {
        refusedBy(A, ValueOutOfRange.selector, 0, 1);
        propose([uint64(0), 0, 1, 1, 0, 1, 0, 1, 1, 1, 0]);
        refusedBy(A, ValueOutOfRange.selector, 5, 0);
        propose([uint64(0), 0, 1, 1, 0, 0, 5, 1, 1, 1, 0]);
    }

    function test_proposeProvider_givenANodeThatIsNoneOrAnothersOrLinked_isRefused() public {
        refusedBy(A, UnknownEntity.selector, 1, 0);
        providers.proposeProvider(1, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        reserveNode(B, 3, 4);
        refusedBy(A, NotOwner.selector, A, B);
        providers.proposeProvider(1, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        proposeProvider(B, 1);
        refusedBy(B, AlreadySet.selector, 1, 0);
        providers.proposeProvider(1, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    /// OP-32
    function test_proposeProvider_givenCuration_waitsForTheVote() public {
        setParam(P_PROV_CURATE_AFTER, 2);
        assertState(proposeProvider(A, 0), PROVIDER_REGISTERED);
        assertState(proposeProvider(A, 0), PROVIDER_REGISTERED);
        assertState(proposeProvider(A, 0), PROVIDER_PROPOSED);
        setParam(P_PROV_CURATE_AFTER, 0);
        setParam(P_PROV_AUTO_APPROVE, 0);
        assertState(proposeProvider(A, 0), PROVIDER_PROPOSED);
    }

    // approveProvider, rejectProvider

    function test_vote_givenAProposal_decidesItOnce() public {
        setParam(P_PROV_AUTO_APPROVE, 0);
        reserveNode(A, 3, 4);
        uint64 one = proposeProvider(A, 1);
        uint64 other = proposeProvider(B, 0);
        by(K);
        providers.approveProvider(other);
        assertState(other, PROVIDER_REGISTERED);
        refusedBy(K, WrongState.selector, PROVIDER_REGISTERED, 0);
        providers.rejectProvider(other);
        by(K);
        providers.rejectProvider(one);
        assertState(one, PROVIDER_REJECTED);
        assertEq(nodeProvidersAt(1), 0, "the node is free");
        refusedBy(K, WrongState.selector, PROVIDER_REJECTED, 0);
        providers.approveProvider(one);
        refusedBy(K, UnknownEntity.selector, 3, 2);
        providers.approveProvider(3);
        refusedBy(K, UnknownEntity.selector, 0, 2);
        providers.rejectProvider(0);
    }

    // stakeProvider

    /// PROV-3: strictly more than the tier's collateral.
    function test_stakeProvider_givenMoreThanTheTierNeeds_activates() public {
        uint64 provider = proposeProvider(A, 0);
        stakeProvider(provider, 50 * ONE);
        assertState(provider, PROVIDER_REGISTERED);
        stakeProvider(provider, 1);
        ProvidersRecord memory p = providersAt(provider);
        assertEq(abi.encode(p.state, p.isMatchable, p.activeEra), abi.encode(PROVIDER_ACTIVE, 1, currentEra() + 1));
        assertEq(providerTotals().activeCount, 1);
        assertEq(walletsAt(ACCOUNT_STAKE_VAULT), 50 * ONE + 1);
        assertEq(challengeTotals().newCount, 1, "it waits for its first challenge");
        assertEq(newTargetsAt(1), provider);
        stakeProvider(provider, ONE);
        assertEq(providerTotals().activeCount, 1);
    }

    function test_stakeProvider_givenAFault_isRefused() public {
        uint64 provider = proposeProvider(A, 0);
        refusedBy(A, UnknownEntity.selector, 2, 1);
        providers.stakeProvider(2, 0);
        refusedBy(B, NotOwner.selector, B, A);
        providers.stakeProvider(provider, 0);
        refusedBy(A, AmountTooSmall.selector, 0, 1);
        providers.stakeProvider(provider, 0);
        refusedBy(A, InsufficientBalance.selector, OPENING, OPENING + 1);
        providers.stakeProvider(provider, OPENING + 1);
        by(A);
        providers.deregisterProvider(provider);
        refusedBy(A, WrongState.selector, PROVIDER_DEACTIVATED, 0);
        providers.stakeProvider(provider, 0);
    }

    // unstakeProvider, deregisterProvider

    /// DELEG-6: paid at the settlement of the seventh era from now, not before.
    function test_unstakeProvider_givenUnits_paysThemAfterTheUnbondingTime() public {
        uint64 provider = activateProvider(A, 500 * ONE);
        by(A);
        providers.unstakeProvider(provider, 100 * ONE);
        nextEra();
        by(A);
        providers.unstakeProvider(provider, 20 * ONE);
        uint64 balance = walletsAt(A);
        nextEra();
        nextEra();
        assertEq(walletsAt(A), balance, "too early: asking again restarts the time");
        nextEra();
        assertEq(walletsAt(A), balance + 120 * ONE);
        assertEq(providersAt(provider).exitUnits, 0);
        assertEq(providerCollateralAt(provider).ownUnits, 380 * ONE);
    }

    function test_unstakeProvider_givenAFault_isRefused() public {
        uint64 provider = activateProvider(A, 500 * ONE);
        refusedBy(B, NotOwner.selector, B, A);
        providers.unstakeProvider(provider, 1);
        refusedBy(A, AmountTooSmall.selector, 0, 1);
        providers.unstakeProvider(provider, 0);
        by(A);
        providers.unstakeProvider(provider, 499 * ONE);
        refusedBy(A, InsufficientStake.selector, ONE, ONE + 1);
        providers.unstakeProvider(provider, ONE + 1);
        uphold(provider, 0, 0);
        refusedBy(A, WrongState.selector, PROVIDER_SUSPENDED, 0);
        providers.unstakeProvider(provider, 1);
    }

    function test_unstakeProvider_givenUnitsAskedBack_noLongerActivate() public {
        uint64 provider = proposeProvider(A, 0);
        stakeProvider(provider, 50 * ONE);
        by(A);
        providers.unstakeProvider(provider, ONE);
        stakeProvider(provider, ONE);
        assertState(provider, PROVIDER_REGISTERED);
        stakeProvider(provider, 1);
        assertState(provider, PROVIDER_ACTIVE);
    }

    /// SM-14
    function test_deregisterProvider_givenDelegations_releasesThemAndThenItsStake() public {
        reserveNode(A, 3, 4);
        uint64 provider = proposeProvider(A, 1);
        stakeProvider(provider, 500 * ONE);
        by(B);
        stake.delegate(KIND_PROVIDER, provider, 70 * ONE, 0);
        uint64 ofB = walletsAt(B);
        uint64 ofA = walletsAt(A);
        by(A);
        providers.deregisterProvider(provider);
        assertState(provider, PROVIDER_DEACTIVATED);
        assertEq(providerTotals().activeCount, 0);
        assertEq(nodeProvidersAt(1), 0);
        refusedBy(B, WrongState.selector, 0, 0);
        stake.delegate(KIND_PROVIDER, provider, 70 * ONE, 0);
        nextEra();
        assertEq(walletsAt(B), ofB + 70 * ONE);
        assertEq(walletsAt(A), ofA);
        nextEra();
        nextEra();
        assertEq(walletsAt(A), ofA + 500 * ONE);
        refusedBy(A, WrongState.selector, PROVIDER_DEACTIVATED, 0);
        providers.deregisterProvider(provider);
    }

    // Misconduct

    function uphold(uint64 provider, uint64 account, uint64 units) private {
        by(K);
        providers.upholdMisconduct(provider, account, units);
    }

    /// SLASH-1
    function test_upholdMisconduct_givenACase_suspendsAndFixesWhatIsLost() public {
        uint64 provider = activateProvider(A, 500 * ONE);
        by(B);
        stake.delegate(KIND_PROVIDER, provider, 70 * ONE, 0);
        by(B);
        stake.undelegate(1, 20 * ONE);
        setParam(P_SLASH_MISCONDUCT_BPS, 2_500);
        uphold(provider, CONSUMER, 9 * ONE);
        ProvidersRecord memory p = providersAt(provider);
        assertEq(
            abi.encode(p.state, p.misconductUnits, p.harmedAccount, p.harmUnits),
            abi.encode(PROVIDER_SUSPENDED, 142_500_000, CONSUMER, 9 * ONE)
        );
        assertEq(providerTotals().activeCount, 0);
        refusedBy(K, WrongState.selector, PROVIDER_SUSPENDED, 0);
        providers.upholdMisconduct(provider, CONSUMER, 9 * ONE);
    }

    function test_upholdMisconduct_givenAFault_isRefused() public {
        uint64 provider = activateProvider(A, 500 * ONE);
        refusedBy(K, UnknownEntity.selector, 2, 1);
        providers.upholdMisconduct(2, 0, 1);
        refusedBy(K, ValueOutOfRange.selector, 1, 0);
        providers.upholdMisconduct(provider, 0, 1);
        refusedBy(K, ValueOutOfRange.selector, 0, 0);
        providers.upholdMisconduct(provider, A, 0);
        refusedBy(K, UnknownAccount.selector, A + AGENT_COUNT, 0);
        providers.upholdMisconduct(provider, A + AGENT_COUNT, 1);
        refusedBy(K, UnknownAccount.selector, ACCOUNT_FOUNDATION, 0);
        providers.upholdMisconduct(provider, ACCOUNT_FOUNDATION, 1);
        setParam(P_SLASH_MISCONDUCT_BPS, 0);
        uphold(provider, 0, 0);
        assertEq(providersAt(provider).misconductUnits, 1, "a case is never 0");
    }

    function test_resumeProvider_givenASettledCaseAndStake_worksAgain() public {
        uint64 provider = activateProvider(A, 500 * ONE);
        refusedBy(A, WrongState.selector, PROVIDER_ACTIVE, 0);
        providers.resumeProvider(provider);
        uphold(provider, 0, 0);
        refusedBy(A, ChangeRequired.selector, provider, 0);
        providers.resumeProvider(provider);
        nextEra();
        assertEq(providerCollateralAt(provider).ownUnits, 0);
        refusedBy(A, InsufficientStake.selector, 0, 50 * ONE);
        providers.resumeProvider(provider);
        by(B);
        stake.delegate(KIND_PROVIDER, provider, 70 * ONE, 0);
        refusedBy(A, InsufficientStake.selector, 0, 50 * ONE);
        providers.resumeProvider(provider);
        stakeProvider(provider, 1);
        assertState(provider, PROVIDER_SUSPENDED);
        by(A);
        providers.resumeProvider(provider);
        assertState(provider, PROVIDER_ACTIVE);
        assertEq(providerTotals().activeCount, 1);
        // CHAL-4: it waits for a challenge like a new one.
        ChallengeTotalsRecord memory t = challengeTotals();
        assertEq(newTargetsAt(t.newCount), provider);
        assertEq(t.newCount - t.newHead, 1);
    }

    /// SLASH-1
    function test_upholdMisconduct_givenOneThatHasLeft_takesWhatIsUnbonding() public {
        uint64 provider = activateProvider(A, 500 * ONE);
        by(A);
        providers.deregisterProvider(provider);
        uphold(provider, CONSUMER, 3 * ONE);
        assertState(provider, PROVIDER_DEACTIVATED);
        assertEq(providerTotals().activeCount, 0);
        assertEq(providersAt(provider).misconductUnits, 500 * ONE);
        refusedBy(K, AlreadySet.selector, 500 * ONE, 0);
        providers.upholdMisconduct(provider, 0, 0);
        uint64 consumer = walletsAt(CONSUMER);
        nextEra();
        assertEq(walletsAt(CONSUMER), consumer + 3 * ONE);
        assertEq(providerCollateralAt(provider).ownUnits, 0);
        assertEq(providersAt(provider).misconductUnits, 0);
        refusedBy(K, WrongState.selector, PROVIDER_DEACTIVATED, 0);
        providers.upholdMisconduct(provider, 0, 0);
    }

    // setCompliance

    function test_setCompliance_givenASet_isStored() public {
        uint64 provider = proposeProvider(A, 0);
        by(K);
        providers.setCompliance(provider, 15);
        assertEq(providersAt(provider).compliance, 15);
        refusedBy(K, ValueOutOfRange.selector, 16, 15);
        providers.setCompliance(provider, 16);
        refusedBy(K, UnknownEntity.selector, 2, 1);
        providers.setCompliance(2, 16);
    }

    // The foundation's delegations

    /// DELEG-4
    function test_delegateFoundation_givenAProviderWithGoodHardware_backsItOnce() public {
        uint64 provider = activateProvider(A, 500 * ONE);
        uint64 foundation = walletsAt(ACCOUNT_FOUNDATION);
        by(K);
        providers.delegateFoundation(provider);
        assertEq(walletsAt(ACCOUNT_FOUNDATION), foundation - 500 * ONE);
        assertEq(providersAt(provider).foundationDelegation, 1);
        assertEq(delegationsAt(1).delegator, ACCOUNT_FOUNDATION);
        assertEq(delegationsAt(1).units, 500 * ONE);
        assertEq(providerTotals().foundationUnits, 500 * ONE);
        refusedBy(K, AlreadySet.selector, 1, 0);
        providers.delegateFoundation(provider);
    }

    function test_delegateFoundation_givenAFault_isRefused() public {
        uint64 provider = proposeProvider(A, 0);
        refusedBy(K, WrongState.selector, PROVIDER_REGISTERED, 0);
        providers.delegateFoundation(provider);
        stakeProvider(provider, 500 * ONE);
        poke(address(providers), SLOT_PROVIDERS + 8 * provider, 12, 6);
        refusedBy(K, TierTooLow.selector, 6, 7);
        providers.delegateFoundation(provider);
        poke(address(providers), SLOT_PROVIDERS + 8 * provider, 12, 7);
        setParam(P_FDELEG_BUDGET, 500 * ONE - 1);
        refusedBy(K, BudgetExhausted.selector, 500 * ONE, 500 * ONE - 1);
        providers.delegateFoundation(provider);
        setParam(P_FDELEG_BUDGET, MAX_INT_64);
        setParam(P_FDELEG_AMOUNT, walletsAt(ACCOUNT_FOUNDATION) + 1);
        refusedBy(K, InsufficientBalance.selector, walletsAt(ACCOUNT_FOUNDATION), walletsAt(ACCOUNT_FOUNDATION) + 1);
        providers.delegateFoundation(provider);
    }

    uint64 private constant MAX_INT_64 = uint64(MAX_INT);

    /// DELEG-4, INV-14
    function test_reclaimFoundation_givenABusyProvider_bringsThePrincipalBack() public {
        uint64 provider = activateProvider(A, 500 * ONE);
        refusedBy(K, WrongState.selector, 0, 0);
        providers.reclaimFoundation(provider);
        uint64 foundation = walletsAt(ACCOUNT_FOUNDATION);
        by(K);
        providers.delegateFoundation(provider);
        poke(address(providers), SLOT_PROVIDER_ERA + 3 * provider, 9, 6_000);
        refusedBy(K, ValueOutOfRange.selector, 6_000, 6_000);
        providers.reclaimFoundation(provider);
        poke(address(providers), SLOT_PROVIDER_ERA + 3 * provider, 9, 6_001);
        by(K);
        providers.reclaimFoundation(provider);
        assertEq(providerTotals().foundationUnits, 0);
        assertEq(delegationsAt(1).unbondingUnits, 500 * ONE);
        refusedBy(K, WrongState.selector, 0, 0);
        providers.reclaimFoundation(provider);
        refusedBy(K, AlreadySet.selector, 1, 0);
        providers.delegateFoundation(provider);
        uint64 emitted;
        for (uint256 i; i < 3; ++i) {
            nextEra();
            // Nothing is delegated, so the stakers' part of the emission is the foundation's too.
            emitted += emissionTotals().foundationUnits + emissionTotals().stakerUnits;
        }
        assertGe(walletsAt(ACCOUNT_FOUNDATION), foundation + emitted, "INV-14");
        assertEq(delegationsAt(1).unbondingUnits, 0);
    }

    /// DELEG-4: the budget of one that has left is free already, and nothing is subtracted twice.
    function test_reclaimFoundation_givenOneThatHasLeftOrFallenOut_isRefused() public {
        uint64 provider = activateProvider(A, 500 * ONE);
        by(K);
        providers.delegateFoundation(provider);
        poke(address(providers), SLOT_PROVIDER_ERA + 3 * provider, 9, 6_001);
        by(A);
        providers.deregisterProvider(provider);
        assertEq(providerTotals().foundationUnits, 0);
        refusedBy(K, WrongState.selector, PROVIDER_DEACTIVATED, 0);
        providers.reclaimFoundation(provider);
        poke(address(providers), SLOT_PROVIDERS + 8 * provider, 1, PROVIDER_REGISTERED);
        refusedBy(K, WrongState.selector, PROVIDER_REGISTERED, 0);
        providers.reclaimFoundation(provider);
    }

    // reportProviders

    function test_reportProviders_givenSlices_areStoredWordByWord() public {
        activateProvider(A, 500 * ONE);
        activateProvider(B, 500 * ONE);
        uint64[] memory words = new uint64[](16);
        for (uint64 i; i < 16; ++i) {
            words[i] = 100 + i;
        }
        words[15] = MAX_INT_64;
        by(K);
        providers.reportProviders(0, 2, words);
        assertEq(
            abi.encode(providerReportsAt(1)), abi.encode(100, 101, 102, 103, 104, 105, 106, 107), "the first provider"
        );
        assertEq(
            abi.encode(providerReportsAt(2)),
            abi.encode(108, 109, 110, 111, 112, 113, 114, MAX_INT),
            "the second provider"
        );
    }

    function test_reportProviders_givenAFault_isRefused() public {
        activateProvider(A, 500 * ONE);
        uint64[] memory words = new uint64[](8);
        refusedBy(K, ValueOutOfRange.selector, 1, 0);
        providers.reportProviders(1, 0, words);
        refusedBy(K, ValueOutOfRange.selector, 2, 1);
        providers.reportProviders(0, 2, words);
        refusedBy(K, BatchMismatch.selector, 8, 0);
        providers.reportProviders(1, 1, words);
        words[7] = MAX_INT_64 + 1;
        refusedBy(K, ValueOutOfRange.selector, MAX_INT_64 + 1, MAX_INT_64);
        providers.reportProviders(0, 1, words);
    }

    // What the other families note

    /// LIVE-10
    function test_recordChallenge_givenEachOutcome_isCountedInTheSlotsHour() public {
        uint64 provider = activateProvider(A, 500 * ONE);
        nextSlot(WHOLE);
        uint64[4] memory outcomes = [CHALLENGE_PASSED, CHALLENGE_FAILED, CHALLENGE_INCONCLUSIVE, CHALLENGE_PASSED];
        for (uint256 i; i < 4; ++i) {
            vm.prank(address(challenges));
            providers.recordChallenge(provider, outcomes[i]);
        }
        assertEq(providerEraAt(provider).challengeCount, 3);
        assertEq(providerEraAt(provider).passedCount, 2);
        assertEq(providerEraAt(provider).inconclusiveCount, 1);
        assertEq(providerEraAt(provider).failedHours, 2, "hour 1 of the era");
        vm.prank(address(challenges));
        providers.markChallenged(provider);
        assertEq(providersAt(provider).challengedEra, currentEra() + 1);
    }

    /// FB-1, FB-4: ratings of answers of the linked node, as long as the provider is Active.
    function test_noteRating_givenALinkedNode_fillsTheWindow() public {
        reserveNode(A, 3, 4);
        uint64 provider = proposeProvider(A, 1);
        note(1, 50);
        assertEq(providersAt(provider).ratingCount, 0, "not yet Active");
        stakeProvider(provider, 500 * ONE);
        note(2, 50);
        note(1, 10);
        note(1, 20);
        note(1, 30);
        assertEq(providersAt(provider).ratingSumTenths, 60);
        emits(address(providers));
        emit ProviderRated(provider, CONSUMER, 50, 100, 3);
        note(1, 50);
        assertEq(providersAt(provider).ratingNext, 1);
        assertEq(providerRatingsAt(provider * 1_000), 50);
    }

    function note(uint64 node, uint64 tenths) private {
        vm.prank(address(calls));
        providers.noteRating(node, CONSUMER, tenths);
    }
}
