// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ACCOUNT_DELEGATION_VAULT,
    ACCOUNT_FOUNDATION,
    ACCOUNT_SLARK_POOL,
    AmountTooSmall,
    BatchMismatch,
    CapacityExhausted,
    EraNotSettled,
    InsufficientBalance,
    InvalidKey,
    KIND_PROVIDER,
    KIND_SLARK,
    KeyMissing,
    MAX_INT,
    MOVE_DELEGATE,
    MOVE_LICENCE,
    MOVE_SLARK_REWARD,
    NotOwner,
    NotRunner,
    OnlyKeeper,
    PROVIDER_DEACTIVATED,
    P_SLARK_BAN_ERAS,
    P_SLARK_BUY_DEST,
    P_SLARK_CONFLICT_EXCLUSION,
    P_SLARK_DELEGATE_BPS,
    P_SLARK_FOUNDATION_NODES,
    P_SLARK_LICENCES_PER_MACHINE,
    P_SLARK_POOL_ERA,
    P_SLARK_PROMO_ERAS,
    P_SLARK_SEATS_1,
    P_SLARK_SOULBOUND_S,
    RankingInvalid,
    SLARK_BANNED,
    SLARK_OFFLINE,
    SLARK_OWNED,
    SLARK_PENDING,
    SLARK_RUNNING,
    STEP_PAY_SLARKS,
    STEP_POST_SLARKS,
    STEP_UPDATE_SLARKS,
    SlarksRecord,
    Soulbound,
    UnknownAccount,
    UnknownEntity,
    ValueOutOfRange,
    WrongState
} from "../src/Protocol.sol";
import {Slarks} from "../src/Slarks.sol";
import {BlsSigner} from "./BlsSigner.sol";
import {Deployment} from "./Deployment.sol";
import {SlarkWorld} from "./SlarkWorld.sol";

/// @notice The life of a licence (SM-5), its tier (SM-10), its pay (F-11), and who is drawn.
contract SlarksTest is Deployment, SlarkWorld {
    uint64 private constant PRICE = 100 * ONE;
    uint64 private constant YEAR_S = 31_536_000;
    uint64 private constant OWNER = A;
    uint64 private constant RUNNER = B;

    uint64 private provider;
    uint64 private other;

    function setUp() public {
        deploy();
        openSlot();
        provider = activateProvider(HOST_1, 600 * ONE);
        other = activateProvider(HOST_2, 600 * ONE);
    }

    function transition(uint64 licence, uint64 actor, uint64 from, uint64 to) private {
        emits(address(slarks));
        emit Transition(KIND_SLARK, licence, actor, from, to);
    }

    /// @dev The action is refused in all states but those of the bits.
    function refusedInOtherStates(uint64 licence, uint64 actor, bytes memory data, uint16 allowedBits) private {
        uint64 before = slarksAt(licence).state;
        for (uint64 state = SLARK_OWNED; state <= SLARK_BANNED; ++state) {
            if ((allowedBits >> state) & 1 == 1) continue;
            pokeSlark(licence, AT_STATE, state);
            refusedBy(actor, WrongState.selector, state, 0);
            send(address(slarks), data);
        }
        pokeSlark(licence, AT_STATE, before);
    }

    /// @dev The action is refused for no licence and for who does not own it.
    function refusedToOthers(uint64 licence, bytes4 action, bytes memory more) private {
        uint64 count = slarkTotals().slarkCount;
        refusedBy(OWNER, UnknownEntity.selector, 0, count);
        send(address(slarks), bytes.concat(abi.encodeWithSelector(action, 0), more));
        refusedBy(OWNER, UnknownEntity.selector, count + 1, count);
        send(address(slarks), bytes.concat(abi.encodeWithSelector(action, count + 1), more));
        refusedBy(CREATOR, NotOwner.selector, CREATOR, OWNER);
        send(address(slarks), bytes.concat(abi.encodeWithSelector(action, licence), more));
    }

    /// @dev The action is the keeper's only.
    function refusedToAgents(bytes memory data) private {
        refusedBy(OWNER, OnlyKeeper.selector, OWNER, K);
        send(address(slarks), data);
    }

    // buyLicence, topUpLicence

    function test_buyLicence_givenThePrice_mintsASoulboundLicenceOfTier1() public {
        uint64 foundation = walletsAt(ACCOUNT_FOUNDATION);
        emits(address(token));
        emit Moved(OWNER, ACCOUNT_FOUNDATION, PRICE, MOVE_LICENCE);
        transition(1, OWNER, 0, SLARK_OWNED);
        buy(OWNER);
        SlarksRecord memory expected;
        (expected.owner, expected.state, expected.tier) = (OWNER, SLARK_OWNED, 1);
        (expected.buyUnits, expected.soulboundUntilS) = (PRICE, nowS() + YEAR_S);
        assertEq(abi.encode(slarksAt(1)), abi.encode(expected));
        assertEq(walletsAt(ACCOUNT_FOUNDATION), foundation + PRICE);
        assertEq(licenceHoldersAt(1), OWNER);
        assertEq(licences.ownerOf(1), addressOf(OWNER));
        assertTrue(licences.locked(1));
        assertEq(tierCount(1), 1);
        assertEq(slarkTotals().drawableCount, 0);
    }

    function test_buyLicence_givenDestinationBurn_burnsThePrice() public {
        setParam(P_SLARK_BUY_DEST, 1);
        uint64 burnt = tokenTotals().burntUnits;
        emits(address(token));
        emit Burnt(OWNER, PRICE);
        buy(OWNER);
        assertEq(tokenTotals().burntUnits, burnt + PRICE);
    }

    function test_buyLicence_givenTooLittle_isRefused() public {
        by(OWNER);
        token.transferTokens(B, OPENING - PRICE + 1);
        refusedBy(OWNER, InsufficientBalance.selector, PRICE - 1, PRICE);
        slarks.buyLicence();
    }

    function test_topUpLicence_addsToThePurchase() public {
        uint64 licence = buy(OWNER);
        bytes memory data = abi.encodeCall(Slarks.topUpLicence, (licence, 7));
        refusedToOthers(licence, Slarks.topUpLicence.selector, abi.encode(7));
        refusedInOtherStates(licence, OWNER, data, uint16(1 << SLARK_OWNED | 1 << SLARK_RUNNING | 1 << SLARK_OFFLINE));
        refusedBy(OWNER, AmountTooSmall.selector, 0, 1);
        slarks.topUpLicence(licence, 0);
        uint64 wallet = walletsAt(OWNER);
        refusedBy(OWNER, InsufficientBalance.selector, wallet, wallet + 1);
        slarks.topUpLicence(licence, wallet + 1);
        by(OWNER);
        slarks.topUpLicence(licence, 7);
        assertEq(slarksAt(licence).buyUnits, PRICE + 7);
        assertEq(walletsAt(OWNER), wallet - 7);
    }

    // Keys

    function test_registerSlarkKey_isForWhomTheStateNames() public {
        uint64 licence = buy(OWNER);
        uint64[] memory words = BlsSigner.keyWords(BlsSigner.secretOf(1), OWNER);
        refusedBy(OWNER, UnknownEntity.selector, 2, 1);
        slarks.registerSlarkKey(2, words);
        refusedBy(RUNNER, NotRunner.selector, RUNNER, OWNER);
        slarks.registerSlarkKey(licence, words);
        by(OWNER);
        slarks.registerSlarkKey(licence, words);
        uint64 keyId = slarksAt(licence).keyId;
        assertGt(keyId, 0);
        by(OWNER);
        slarks.requestRunner(licence, RUNNER, provider);
        assertEq(slarksAt(licence).keyId, 0);
        refusedBy(OWNER, NotRunner.selector, OWNER, RUNNER);
        slarks.registerSlarkKey(licence, words);
        // The owner's proof is the owner's: the runner needs one of its own, also for the same key.
        refusedBy(RUNNER, InvalidKey.selector, licence, 0);
        slarks.registerSlarkKey(licence, words);
        words = BlsSigner.keyWords(BlsSigner.secretOf(1), RUNNER);
        by(RUNNER);
        slarks.registerSlarkKey(licence, words);
        assertEq(slarksAt(licence).keyId, keyId);
        by(RUNNER);
        slarks.acceptRunner(licence);
        refusedBy(OWNER, NotRunner.selector, OWNER, RUNNER);
        slarks.registerSlarkKey(licence, words);
        uint64[] memory others = BlsSigner.keyWords(BlsSigner.secretOf(99), RUNNER);
        by(RUNNER);
        slarks.registerSlarkKey(licence, others);
        assertNotEq(slarksAt(licence).keyId, keyId);
        pokeSlark(licence, AT_STATE, SLARK_BANNED);
        refusedBy(RUNNER, WrongState.selector, SLARK_BANNED, 0);
        slarks.registerSlarkKey(licence, words);
    }

    function test_registerSlarkKey_givenWordsThatProveNothing_isRefused() public {
        uint64 licence = buy(OWNER);
        refusedBy(OWNER, BatchMismatch.selector, 16, 48);
        slarks.registerSlarkKey(licence, new uint64[](16));
        uint64[] memory words = BlsSigner.keyWords(BlsSigner.secretOf(1), OWNER);
        words[47] += 2 ** 48;
        refusedBy(OWNER, ValueOutOfRange.selector, words[47], 2 ** 48 - 1);
        slarks.registerSlarkKey(licence, words);
        // Another proof, another key, no point at all, the neutral element.
        words = BlsSigner.keyWords(BlsSigner.secretOf(1), OWNER);
        words[40] ^= 1;
        refusedBy(OWNER, InvalidKey.selector, licence, 0);
        slarks.registerSlarkKey(licence, words);
        words = BlsSigner.keyWords(BlsSigner.secretOf(1), OWNER);
        words[3] ^= 1;
        refusedBy(OWNER, InvalidKey.selector, licence, 0);
        slarks.registerSlarkKey(licence, words);
        words[0] = 2 ** 48 - 1;
        refusedBy(OWNER, InvalidKey.selector, licence, 0);
        slarks.registerSlarkKey(licence, words);
        refusedBy(OWNER, InvalidKey.selector, licence, 0);
        slarks.registerSlarkKey(licence, new uint64[](48));
        assertEq(slarksAt(licence).keyId, 0);
    }

    // Running

    function test_selfOperate_runsTheLicenceOnItsOwnersMachine() public {
        uint64 licence = buy(OWNER);
        bytes memory data = abi.encodeCall(Slarks.selfOperate, (licence, provider));
        refusedToOthers(licence, Slarks.selfOperate.selector, abi.encode(provider));
        refusedInOtherStates(licence, OWNER, data, uint16(1 << SLARK_OWNED));
        refusedBy(OWNER, UnknownEntity.selector, 3, 2);
        slarks.selfOperate(licence, 3);
        by(HOST_2);
        providers.deregisterProvider(other);
        refusedBy(OWNER, WrongState.selector, PROVIDER_DEACTIVATED, 0);
        slarks.selfOperate(licence, other);
        refusedBy(OWNER, KeyMissing.selector, licence, 0);
        slarks.selfOperate(licence, provider);
        registerKey(licence, OWNER);
        transition(licence, OWNER, SLARK_OWNED, SLARK_RUNNING);
        by(OWNER);
        slarks.selfOperate(licence, provider);
        SlarksRecord memory z = slarksAt(licence);
        assertEq(z.runner, OWNER);
        assertEq(z.provider, provider);
        assertEq(runnersAt(OWNER), 1);
        assertEq(slarkTotals().drawableCount, 1);
    }

    function test_requestRunner_takesTheKeyAndAsks() public {
        uint64 licence = buy(OWNER);
        registerKey(licence, OWNER);
        refusedToOthers(licence, Slarks.requestRunner.selector, abi.encode(RUNNER, provider));
        bytes memory data = abi.encodeCall(Slarks.requestRunner, (licence, RUNNER, provider));
        refusedInOtherStates(licence, OWNER, data, uint16(1 << SLARK_OWNED));
        refusedBy(OWNER, UnknownAccount.selector, K, 0);
        slarks.requestRunner(licence, K, provider);
        refusedBy(OWNER, UnknownAccount.selector, A + AGENT_COUNT, 0);
        slarks.requestRunner(licence, A + AGENT_COUNT, provider);
        refusedBy(OWNER, UnknownEntity.selector, 0, 2);
        slarks.requestRunner(licence, RUNNER, 0);
        transition(licence, OWNER, SLARK_OWNED, SLARK_PENDING);
        by(OWNER);
        slarks.requestRunner(licence, RUNNER, provider);
        SlarksRecord memory z = slarksAt(licence);
        assertEq(z.pendingRunner, RUNNER);
        assertEq(z.keyId, 0);
        assertEq(z.runner, 0);
    }

    function test_acceptRunner_needsTheKeyAndRoomOnTheMachine() public {
        uint64 licence = buy(OWNER);
        refusedBy(RUNNER, UnknownEntity.selector, 2, 1);
        slarks.acceptRunner(2);
        by(OWNER);
        slarks.requestRunner(licence, RUNNER, provider);
        bytes memory data = abi.encodeCall(Slarks.acceptRunner, (licence));
        refusedInOtherStates(licence, RUNNER, data, uint16(1 << SLARK_PENDING));
        refusedBy(OWNER, NotRunner.selector, OWNER, RUNNER);
        slarks.acceptRunner(licence);
        refusedBy(RUNNER, KeyMissing.selector, licence, 0);
        slarks.acceptRunner(licence);
        registerKey(licence, RUNNER);
        setParam(P_SLARK_LICENCES_PER_MACHINE, 1);
        runLicence(RUNNER, provider);
        refusedBy(RUNNER, CapacityExhausted.selector, 1, 1);
        slarks.acceptRunner(licence);
        setParam(P_SLARK_LICENCES_PER_MACHINE, 2);
        transition(licence, RUNNER, SLARK_PENDING, SLARK_RUNNING);
        by(RUNNER);
        slarks.acceptRunner(licence);
        SlarksRecord memory z = slarksAt(licence);
        assertEq(z.runner, RUNNER);
        assertEq(z.pendingRunner, 0);
        assertEq(z.owner, OWNER);
        assertEq(runnersAt(RUNNER), 2);
        assertEq(slarkTotals().drawableCount, 2);
    }

    function test_rejectRunner_givesTheLicenceBack() public {
        uint64 licence = buy(OWNER);
        by(OWNER);
        slarks.requestRunner(licence, RUNNER, provider);
        registerKey(licence, RUNNER);
        bytes memory data = abi.encodeCall(Slarks.rejectRunner, (licence));
        refusedInOtherStates(licence, RUNNER, data, uint16(1 << SLARK_PENDING));
        refusedBy(OWNER, NotRunner.selector, OWNER, RUNNER);
        slarks.rejectRunner(licence);
        transition(licence, RUNNER, SLARK_PENDING, SLARK_OWNED);
        by(RUNNER);
        slarks.rejectRunner(licence);
        assertEq(slarksAt(licence).pendingRunner, 0);
        assertEq(slarksAt(licence).keyId, 0);
        assertEq(runnersAt(RUNNER), 0);
    }

    function test_endRunner_isForOwnerAndRunner() public {
        for (uint256 i; i < 2; ++i) {
            uint64 licence = buy(OWNER);
            by(OWNER);
            slarks.requestRunner(licence, RUNNER, provider);
            registerKey(licence, RUNNER);
            by(RUNNER);
            slarks.acceptRunner(licence);
            bytes memory data = abi.encodeCall(Slarks.endRunner, (licence));
            refusedInOtherStates(licence, OWNER, data, uint16(1 << SLARK_RUNNING | 1 << SLARK_OFFLINE));
            refusedBy(CREATOR, NotRunner.selector, CREATOR, RUNNER);
            slarks.endRunner(licence);
            uint64 actor = i == 0 ? OWNER : RUNNER;
            transition(licence, actor, SLARK_RUNNING, SLARK_OWNED);
            by(actor);
            slarks.endRunner(licence);
            SlarksRecord memory z = slarksAt(licence);
            assertEq(z.runner, 0);
            assertEq(z.keyId, 0);
            assertEq(z.provider, provider);
            assertEq(runnersAt(RUNNER), 0);
            assertEq(slarkTotals().drawableCount, 0);
        }
    }

    function test_aLostClient_isNotDrawnUntilItIsBack() public {
        uint64 licence = runLicence(OWNER, provider);
        refusedToAgents(abi.encodeCall(Slarks.loseClient, (licence)));
        refusedToAgents(abi.encodeCall(Slarks.restoreClient, (licence)));
        refusedBy(K, UnknownEntity.selector, 0, 1);
        slarks.loseClient(0);
        refusedBy(K, WrongState.selector, SLARK_RUNNING, 0);
        slarks.restoreClient(licence);
        transition(licence, K, SLARK_RUNNING, SLARK_OFFLINE);
        by(K);
        slarks.loseClient(licence);
        assertEq(slarkTotals().drawableCount, 0);
        refusedBy(K, WrongState.selector, SLARK_OFFLINE, 0);
        slarks.loseClient(licence);
        transition(licence, K, SLARK_OFFLINE, SLARK_RUNNING);
        by(K);
        slarks.restoreClient(licence);
        assertEq(slarkTotals().drawableCount, 1);
        assertEq(runnersAt(OWNER), 1);
    }

    // Owner's choices

    function test_chooseProvider_leavesTheDelegationWhereItIs() public {
        uint64 licence = runLicence(OWNER, provider);
        refusedToOthers(licence, Slarks.chooseProvider.selector, abi.encode(other));
        refusedBy(OWNER, UnknownEntity.selector, 9, 2);
        slarks.chooseProvider(licence, 9);
        earn(licence, 10);
        settleEra(WHOLE);
        openSlot();
        uint64 delegation = slarksAt(licence).delegation;
        assertEq(delegation, 1);
        by(OWNER);
        slarks.chooseProvider(licence, provider);
        assertEq(slarksAt(licence).delegation, delegation);
        by(OWNER);
        slarks.chooseProvider(licence, other);
        assertEq(slarksAt(licence).delegation, delegation);
        assertEq(delegationsAt(delegation).target, provider);
        assertEq(slarksAt(licence).provider, other);
        // The next reward opens another one, for it backs somebody else.
        earn(licence, 10);
        settleEra(WHOLE);
        openSlot();
        assertEq(slarksAt(licence).delegation, 2);
        assertEq(delegationsAt(2).target, other);
        // A delegation on its way to the chosen provider is joined.
        by(OWNER);
        stake.redelegate(2, provider);
        by(OWNER);
        slarks.chooseProvider(licence, provider);
        earn(licence, 10);
        settleEra(WHOLE);
        openSlot();
        assertEq(slarksAt(licence).delegation, 2);
        assertEq(delegationsAt(2).target, provider);
        assertEq(stakeTotals().delegationCount, 2);
        pokeSlark(licence, AT_STATE, SLARK_BANNED);
        refusedBy(OWNER, WrongState.selector, SLARK_BANNED, 0);
        slarks.chooseProvider(licence, provider);
    }

    function test_setOptIn_takesYesOrNo() public {
        uint64 licence = buy(OWNER);
        refusedToOthers(licence, Slarks.setOptIn.selector, abi.encode(1));
        refusedBy(OWNER, ValueOutOfRange.selector, 2, 1);
        slarks.setOptIn(licence, 2);
        by(OWNER);
        slarks.setOptIn(licence, 1);
        assertEq(slarksAt(licence).optIn, 1);
    }

    // INV-18

    function test_transferLicence_isPossibleFromTheSecondOn() public {
        setParam(P_SLARK_SOULBOUND_S, 1_000);
        uint64 licence = buy(OWNER);
        uint64 untilS = nowS() + 1_000;
        refusedToOthers(licence, Slarks.transferLicence.selector, abi.encode(B));
        bytes memory data = abi.encodeCall(Slarks.transferLicence, (licence, B));
        refusedInOtherStates(licence, OWNER, data, uint16(1 << SLARK_OWNED));
        goTo(untilS - 1);
        refusedBy(OWNER, Soulbound.selector, untilS - 1, untilS);
        slarks.transferLicence(licence, B);
        goTo(untilS);
        refusedBy(OWNER, UnknownAccount.selector, OWNER, 0);
        slarks.transferLicence(licence, OWNER);
        refusedBy(OWNER, UnknownAccount.selector, ACCOUNT_FOUNDATION, 0);
        slarks.transferLicence(licence, ACCOUNT_FOUNDATION);
        by(OWNER);
        slarks.transferLicence(licence, B);
        assertEq(slarksAt(licence).owner, B);
        assertEq(slarksAt(licence).state, SLARK_OWNED);
        assertEq(licenceHoldersAt(licence), B);
        assertEq(licences.ownerOf(licence), addressOf(B));
        by(B);
        slarks.transferLicence(licence, OWNER);
    }

    // The foundation's

    function test_grantLicence_startsSlarksOfTier6UpToTheLimit() public {
        refusedToAgents(abi.encodeCall(Slarks.grantLicence, ()));
        setParam(P_SLARK_FOUNDATION_NODES, 1);
        transition(1, K, 0, SLARK_RUNNING);
        by(K);
        slarks.grantLicence();
        SlarksRecord memory expected;
        (expected.owner, expected.runner, expected.state) = (ACCOUNT_FOUNDATION, ACCOUNT_FOUNDATION, SLARK_RUNNING);
        (expected.tier, expected.isFoundation) = (6, 1);
        assertEq(abi.encode(slarksAt(1)), abi.encode(expected));
        assertEq(licenceHoldersAt(1), ACCOUNT_FOUNDATION);
        assertEq(tierCount(6), 0);
        assertEq(slarkTotals().drawableCount, 0);
        refusedBy(K, CapacityExhausted.selector, 1, 1);
        slarks.grantLicence();
    }

    function test_registerFoundationKey_isForTheFoundationsOnly() public {
        uint64 licence = buy(OWNER);
        uint64[] memory words = BlsSigner.keyWords(BlsSigner.secretOf(5), ACCOUNT_FOUNDATION);
        refusedToAgents(abi.encodeCall(Slarks.registerFoundationKey, (licence, words)));
        refusedBy(K, NotOwner.selector, K, OWNER);
        slarks.registerFoundationKey(licence, words);
        refusedBy(K, UnknownEntity.selector, 2, 1);
        slarks.registerFoundationKey(2, words);
        uint64 granted = grant();
        assertGt(slarksAt(granted).keyId, 0);
        assertEq(slarkTotals().drawableCount, 0);
    }

    function test_reportSlarks_keepsTheDelays() public {
        buy(OWNER);
        buy(OWNER);
        uint64[] memory delays = new uint64[](2);
        (delays[0], delays[1]) = (120, 0);
        refusedToAgents(abi.encodeCall(Slarks.reportSlarks, (0, 2, delays)));
        refusedBy(K, ValueOutOfRange.selector, 2, 1);
        slarks.reportSlarks(2, 1, delays);
        refusedBy(K, ValueOutOfRange.selector, 3, 2);
        slarks.reportSlarks(1, 3, delays);
        refusedBy(K, BatchMismatch.selector, 2, 1);
        slarks.reportSlarks(0, 1, delays);
        delays[1] = uint64(MAX_INT) + 1;
        refusedBy(K, ValueOutOfRange.selector, uint64(MAX_INT) + 1, uint64(MAX_INT));
        slarks.reportSlarks(0, 2, delays);
        delays[1] = 0;
        by(K);
        slarks.reportSlarks(0, 2, delays);
        assertEq(slarksAt(1).meanDelayMs, 120);
        assertEq(slarksAt(2).meanDelayMs, 0);
    }

    // Pay

    /// @dev Aligned results as a certificate would credit them.
    function earn(uint64 licence, uint64 aligned) private {
        SlarksRecord memory z = slarksAt(licence);
        pokeSlark(licence, AT_SELECTED_COUNT, 1);
        pokeSlark(licence, AT_RESULT_COUNT, aligned);
        pokeSlark(licence, AT_ALIGNED_COUNT, aligned);
        uint64 score = aligned * (800 + 200 * z.tier);
        pokeSlarkTotal(AT_SCORE_SUM, slarkTotals().scoreSum + score);
    }

    function test_paySlarks_sharesThePoolByScore() public {
        uint64 one = runLicence(OWNER, provider);
        uint64 two = buy(B);
        uint64 three = runLicence(B, other);
        setTier(three, 3);
        setParam(P_SLARK_POOL_ERA, 1_000);
        // Scores 1 000, 2 000, 1 400 · 5.
        earn(one, 1);
        earn(two, 2);
        earn(three, 5);
        endEra();
        runSteps(STEP_PAY_SLARKS - 1, WHOLE);
        uint64 wallet = walletsAt(OWNER);
        emits(address(token));
        emit Moved(ACCOUNT_FOUNDATION, ACCOUNT_SLARK_POOL, 1_000, MOVE_SLARK_REWARD);
        emits(address(token));
        emit Moved(ACCOUNT_SLARK_POOL, OWNER, 20, MOVE_SLARK_REWARD);
        emits(address(slarks));
        emit RewardPaid(KIND_SLARK, one, OWNER, 20, MOVE_SLARK_REWARD);
        emits(address(token));
        emit Moved(ACCOUNT_SLARK_POOL, ACCOUNT_DELEGATION_VAULT, 80, MOVE_SLARK_REWARD);
        emits(address(stake));
        emit DelegationChanged(1, provider, 80, 0);
        emits(address(stake));
        emit StakeChanged(KIND_PROVIDER, provider, 600 * ONE, 80);
        emits(address(slarks));
        emit RewardPaid(KIND_SLARK, one, OWNER, 80, MOVE_DELEGATE);
        // It has chosen no provider: all of it is liquid.
        emits(address(token));
        emit Moved(ACCOUNT_SLARK_POOL, B, 200, MOVE_SLARK_REWARD);
        by(K);
        slarks.paySlarks(0, 3);
        assertEq(walletsAt(OWNER), wallet + 20);
        assertEq(slarksAt(one).delegation, 1);
        assertEq(slarksAt(two).delegation, 0);
        assertEq(slarksAt(three).delegation, 2);
        assertEq(delegationsAt(2).units, 560);
        assertEq(delegationsAt(2).delegator, B);
        assertEq(vestingsAt(2).licence, three);
        assertEq(walletsAt(ACCOUNT_SLARK_POOL), 0);
        assertEq(slarkTotals().scoreSum, 0);
        assertEq(slarkTotals().poolUnits, 0);
        assertEq(slarkTotals().runningScore, 0);
    }

    /// @dev INV-44: what would back nobody is withheld, and nothing of it becomes liquid.
    function test_paySlarks_givenAProviderThatHasLeft_withholdsTheDelegatedPart() public {
        uint64 licence = runLicence(OWNER, provider);
        setParam(P_SLARK_POOL_ERA, 1_000);
        earn(licence, 1);
        by(HOST_1);
        providers.deregisterProvider(provider);
        endEra();
        runSteps(STEP_PAY_SLARKS - 1, WHOLE);
        uint64 wallet = walletsAt(OWNER);
        uint64 foundation = walletsAt(ACCOUNT_FOUNDATION);
        emits(address(token));
        emit Moved(ACCOUNT_SLARK_POOL, OWNER, 200, MOVE_SLARK_REWARD);
        emits(address(slarks));
        emit RewardPaid(KIND_SLARK, licence, OWNER, 200, MOVE_SLARK_REWARD);
        emits(address(token));
        emit Moved(ACCOUNT_SLARK_POOL, ACCOUNT_FOUNDATION, 800, MOVE_SLARK_REWARD);
        by(K);
        slarks.paySlarks(0, 1);
        assertEq(walletsAt(OWNER), wallet + 200);
        assertEq(walletsAt(ACCOUNT_FOUNDATION), foundation - 1_000 + 800);
        assertEq(stakeTotals().delegationCount, 0);
        assertEq(slarksAt(licence).delegation, 0);
    }

    function test_paySlarks_givenNoScore_leavesEverythingToTheFoundation() public {
        runLicence(OWNER, provider);
        vm.prank(address(slarks));
        token.move(ACCOUNT_FOUNDATION, ACCOUNT_SLARK_POOL, 77, MOVE_SLARK_REWARD);
        uint64 before = walletsAt(ACCOUNT_FOUNDATION);
        endEra();
        runSteps(STEP_PAY_SLARKS - 1, WHOLE);
        emits(address(token));
        emit Moved(ACCOUNT_SLARK_POOL, ACCOUNT_FOUNDATION, 77, MOVE_SLARK_REWARD);
        runStep(STEP_PAY_SLARKS, WHOLE);
        assertGe(walletsAt(ACCOUNT_FOUNDATION), before + 77);
        assertEq(walletsAt(ACCOUNT_SLARK_POOL), 0);
    }

    /// @dev INV-40, INV-44, and that the chunks of a step change nothing.
    function testFuzz_paySlarks_paysThePoolAndNoMore(
        uint64[6] memory aligned,
        uint64 pool,
        uint64 bps,
        uint256 chosen,
        uint64 chunk
    ) public {
        pool = uint64(bound(pool, 0, 3_000 * ONE));
        bps = uint64(bound(bps, 0, 10_000));
        setParam(P_SLARK_POOL_ERA, pool);
        setParam(P_SLARK_DELEGATE_BPS, bps);
        uint256 scoreSum;
        for (uint64 i; i < 6; ++i) {
            uint64 licence = buy(A + i);
            if ((chosen >> i) & 1 == 1) pokeSlark(licence, AT_PROVIDER, provider);
            setTier(licence, 1 + i);
            aligned[i] = uint64(bound(aligned[i], 0, 5_000));
            earn(licence, aligned[i]);
            scoreSum += uint256(aligned[i]) * (1_000 + 200 * i);
        }
        endEra();
        runSteps(STEP_PAY_SLARKS - 1, WHOLE);
        uint64[6] memory wallets;
        for (uint64 i; i < 6; ++i) {
            wallets[i] = walletsAt(A + i);
        }
        runStep(STEP_PAY_SLARKS, uint64(bound(chunk, 1, 6)));
        uint256 paid;
        uint256 running;
        for (uint64 i; i < 6; ++i) {
            uint256 score = uint256(aligned[i]) * (1_000 + 200 * i);
            uint256 share = scoreSum == 0
                ? 0
                : uint256(pool) * (running + score) / scoreSum - uint256(pool) * running / scoreSum;
            running += score;
            uint256 delegated = (chosen >> i) & 1 == 1 ? share * bps / 10_000 : 0;
            assertEq(walletsAt(A + i) - wallets[i], share - delegated);
            uint64 delegation = slarksAt(i + 1).delegation;
            assertEq(delegation == 0 ? 0 : delegationsAt(delegation).units, delegated);
            paid += share;
        }
        assertEq(paid, scoreSum == 0 ? 0 : pool);
        assertEq(walletsAt(ACCOUNT_SLARK_POOL), 0);
    }

    // Tiers

    function judged(uint64 licence, uint64 aligned, uint64 results, uint64 delayMs) private {
        pokeSlark(licence, AT_SELECTED_COUNT, 1);
        pokeSlark(licence, AT_RESULT_COUNT, results);
        pokeSlark(licence, AT_ALIGNED_COUNT, aligned);
        pokeSlark(licence, AT_DELAY, delayMs);
    }

    /// @dev The settlement up to step 17.
    function toUpdate() private {
        endEra();
        runSteps(STEP_UPDATE_SLARKS - 1, WHOLE);
    }

    function update(uint64[] memory order) private {
        if (clockTotals().stepsDone < STEP_UPDATE_SLARKS - 1) toUpdate();
        by(K);
        slarks.updateSlarks(0, uint64(order.length), order);
    }

    function listOf(uint64 a, uint64 b) private pure returns (uint64[] memory list) {
        list = new uint64[](2);
        (list[0], list[1]) = (a, b);
    }

    function test_updateSlarks_takesAllLicencesByAccuracyOnly() public {
        uint64 one = buy(OWNER);
        uint64 two = buy(OWNER);
        judged(one, 9, 10, 0);
        judged(two, 95, 100, 0);
        endEra();
        runSteps(STEP_UPDATE_SLARKS - 1, WHOLE);
        refusedBy(K, BatchMismatch.selector, 2, 1);
        slarks.updateSlarks(0, 1, listOf(two, one));
        refusedBy(K, RankingInvalid.selector, 1, two);
        slarks.updateSlarks(0, 2, listOf(one, two));
        refusedBy(K, RankingInvalid.selector, 1, two);
        slarks.updateSlarks(0, 2, listOf(two, two));
        refusedBy(K, RankingInvalid.selector, 1, 3);
        slarks.updateSlarks(0, 2, listOf(two, 3));
        refusedBy(K, RankingInvalid.selector, 0, 0);
        slarks.updateSlarks(0, 2, listOf(0, two));
        // Also across the border of two chunks, where the counts of those before are gone.
        uint64[] memory half = new uint64[](1);
        half[0] = one;
        uint256 snapshot = vm.snapshotState();
        by(K);
        slarks.updateSlarks(0, 1, half);
        half[0] = two;
        refusedBy(K, RankingInvalid.selector, 1, two);
        slarks.updateSlarks(1, 2, half);
        vm.revertToState(snapshot);
        by(K);
        slarks.updateSlarks(0, 1, half);
        assertEq(slarksAt(two).judgedEra, 1);
        half[0] = one;
        by(K);
        slarks.updateSlarks(1, 2, half);
        assertEq(slarksAt(one).resultCount + slarksAt(one).alignedCount + slarksAt(one).selectedCount, 0);
        assertEq(slarkTotals().scoreSum, 0);
        assertEq(slarkTotals().runningScore, 0);
        assertEq(slarkTotals().poolUnits, 0);
    }

    /// @dev SM-10, INV-20: the one seat goes to the more accurate of two.
    function test_updateSlarks_promotesIntoFreeSeatsOnly() public {
        setParam(P_SLARK_PROMO_ERAS, 1);
        setParam(P_SLARK_SEATS_1 + 1, 1);
        uint64 one = buy(OWNER);
        uint64 two = buy(OWNER);
        for (uint64 licence = 1; licence <= 2; ++licence) {
            by(OWNER);
            slarks.setOptIn(licence, 1);
            by(OWNER);
            slarks.topUpLicence(licence, 100 * ONE + 1);
        }
        judged(one, 93, 100, 299);
        judged(two, 94, 100, 299);
        toUpdate();
        emits(address(slarks));
        emit TierChanged(KIND_SLARK, two, 1, 2, 1);
        update(listOf(two, one));
        assertEq(slarksAt(one).tier, 1);
        assertEq(slarksAt(one).promoEraCount, 1);
        assertEq(slarksAt(two).tier, 2);
        assertEq(slarksAt(two).promoEraCount, 0);
        assertEq(tierCount(1), 1);
        assertEq(tierCount(2), 1);
    }

    function test_updateSlarks_waitsWithoutPriceOrConsent() public {
        setParam(P_SLARK_PROMO_ERAS, 1);
        uint64 one = buy(OWNER);
        uint64 two = buy(OWNER);
        by(OWNER);
        slarks.setOptIn(one, 1);
        // Exactly the price of tier 2 is not more than it.
        pokeSlark(one, AT_BUY_UNITS, 200 * ONE);
        pokeSlark(two, AT_BUY_UNITS, 200 * ONE + 1);
        judged(one, 100, 100, 0);
        judged(two, 100, 100, 0);
        update(listOf(one, two));
        assertEq(slarksAt(one).tier, 1);
        assertEq(slarksAt(two).tier, 1);
        assertEq(slarksAt(two).promoEraCount, 1);
    }

    /// @dev Three eras up, two eras down, each threshold missed by one result or one ms.
    function test_updateSlarks_countsErasInARow() public {
        uint64 licence = runLicence(OWNER, provider);
        by(OWNER);
        slarks.setOptIn(licence, 1);
        pokeSlark(licence, AT_BUY_UNITS, 10_000 * ONE);
        uint64[] memory list = new uint64[](1);
        list[0] = licence;
        for (uint256 i; i < 3; ++i) {
            assertEq(slarksAt(licence).tier, 1);
            judged(licence, 93, 100, 299);
            update(list);
            finishEra();
        }
        assertEq(slarksAt(licence).tier, 2);
        // Its own tier, not the next: nothing counts.
        judged(licence, 93, 100, 299);
        update(list);
        finishEra();
        assertEq(slarksAt(licence).promoEraCount + slarksAt(licence).demoEraCount, 0);
        judged(licence, 93, 100, 300);
        update(list);
        assertEq(slarksAt(licence).demoEraCount, 1);
        finishEra();
        // Neither selected nor with results: neutral.
        update(list);
        assertEq(slarksAt(licence).demoEraCount, 1);
        finishEra();
        // Selected, and nothing handed in: a miss.
        pokeSlark(licence, AT_SELECTED_COUNT, 1);
        toUpdate();
        emits(address(slarks));
        emit TierChanged(KIND_SLARK, licence, 2, 1, 1);
        update(list);
        finishEra();
        assertEq(slarksAt(licence).tier, 1);
        assertEq(slarksAt(licence).demoEraCount, 0);
        assertEq(tierCount(1), 1);
        assertEq(tierCount(2), 0);
    }

    function finishEra() private {
        settleEra(WHOLE);
        openSlot();
    }

    function test_updateSlarks_bansAfterErasOfLowAccuracy() public {
        setParam(P_SLARK_BAN_ERAS, 2);
        uint64 licence = runLicence(OWNER, provider);
        uint64[] memory list = new uint64[](1);
        list[0] = licence;
        judged(licence, 49, 100, 1);
        update(list);
        finishEra();
        assertEq(slarksAt(licence).lowEraCount, 1);
        // Half right is not below the threshold.
        judged(licence, 50, 100, 1);
        update(list);
        finishEra();
        assertEq(slarksAt(licence).lowEraCount, 0);
        judged(licence, 49, 100, 1);
        update(list);
        finishEra();
        // An era without results says nothing.
        update(list);
        finishEra();
        assertEq(slarksAt(licence).lowEraCount, 1);
        judged(licence, 0, 1, 1);
        toUpdate();
        transition(licence, K, SLARK_RUNNING, SLARK_BANNED);
        update(list);
        assertEq(runnersAt(OWNER), 0);
        assertEq(slarksAt(licence).runner, OWNER);
        assertEq(slarkTotals().drawableCount, 0);
    }

    /// @dev Who ends the running before the settlement is banned all the same, and so is who waits for a runner.
    function test_updateSlarks_bansWhoeverIsRunByNobody() public {
        setParam(P_SLARK_BAN_ERAS, 1);
        uint64 one = runLicence(OWNER, provider);
        uint64 two = buy(OWNER);
        by(OWNER);
        slarks.requestRunner(two, RUNNER, provider);
        by(OWNER);
        slarks.endRunner(one);
        judged(one, 49, 100, 1);
        judged(two, 49, 100, 1);
        toUpdate();
        transition(one, K, SLARK_OWNED, SLARK_BANNED);
        transition(two, K, SLARK_PENDING, SLARK_BANNED);
        update(listOf(one, two));
        assertEq(slarksAt(two).pendingRunner, 0);
        assertEq(runnersAt(OWNER), 0);
        assertEq(slarkTotals().drawableCount, 0);
    }

    /// @dev With its counts cleared it would fit behind any other once more, and take the place of one that is not judged.
    function test_updateSlarks_takesNobodyTwice() public {
        uint64 one = buy(OWNER);
        uint64 two = buy(OWNER);
        uint64 three = buy(OWNER);
        judged(one, 10, 100, 0);
        judged(two, 90, 100, 0);
        judged(three, 5, 100, 0);
        toUpdate();
        by(K);
        slarks.updateSlarks(0, 2, listOf(two, one));
        uint64[] memory rest = new uint64[](1);
        rest[0] = two;
        refusedBy(K, RankingInvalid.selector, 2, two);
        slarks.updateSlarks(2, 3, rest);
        rest[0] = three;
        by(K);
        slarks.updateSlarks(2, 3, rest);
    }

    // The list by tier

    function test_postSlarks_takesAllThatCanBeDrawnByTierOnly() public {
        uint64 one = runLicence(OWNER, provider);
        uint64 two = runLicence(OWNER, provider);
        buy(OWNER);
        grant();
        setTier(two, 4);
        endEra();
        runSteps(STEP_POST_SLARKS - 1, WHOLE);
        refusedBy(K, BatchMismatch.selector, 2, 1);
        slarks.postSlarks(0, 1, listOf(two, one));
        refusedBy(K, RankingInvalid.selector, 1, two);
        slarks.postSlarks(0, 2, listOf(one, two));
        refusedBy(K, RankingInvalid.selector, 1, 3);
        slarks.postSlarks(0, 2, listOf(two, 3));
        refusedBy(K, RankingInvalid.selector, 0, 4);
        slarks.postSlarks(0, 2, listOf(4, two));
        refusedBy(K, RankingInvalid.selector, 1, 5);
        slarks.postSlarks(0, 2, listOf(two, 5));
        by(K);
        slarks.postSlarks(0, 2, listOf(two, one));
        assertEq(slarkOrderAt(1), two);
        assertEq(slarkOrderAt(2), one);
        assertEq(slarkTotals().orderedCount, 2);
        for (uint64 class = 1; class <= 6; ++class) {
            assertEq(classCount(class), class == 1 ? 2 : class <= 4 ? 1 : 0);
        }
    }

    /// @dev Whatever the chunks: class c is the first licences of the list, those of tier c and above.
    function testFuzz_postSlarks_listsByTier(uint256 tiers, uint64 chunk) public {
        for (uint256 i; i < 5; ++i) {
            setTier(runLicence(OWNER, provider), uint64(1 + (tiers >> (8 * i)) % 6));
        }
        endEra();
        runSteps(STEP_POST_SLARKS - 1, WHOLE);
        runStep(STEP_POST_SLARKS, uint64(bound(chunk, 1, 5)));
        for (uint64 class = 1; class <= 6; ++class) {
            uint64 expected;
            for (uint64 licence = 1; licence <= 5; ++licence) {
                if (slarksAt(licence).tier >= class) ++expected;
            }
            assertEq(classCount(class), expected);
        }
        for (uint64 place = 2; place <= 5; ++place) {
            (uint64 last, uint64 next) = (slarkOrderAt(place - 1), slarkOrderAt(place));
            (uint64 lastTier, uint64 nextTier) = (slarksAt(last).tier, slarksAt(next).tier);
            assertTrue(lastTier > nextTier || (lastTier == nextTier && last < next));
        }
    }

    // The draw

    /// @dev INV-32, INV-33: distinct, of the class, able to sign; the foundation's last.
    function testFuzz_drawCommittee_seatsWhoMaySit(uint256 tiers, uint64 slot, uint64 class, uint256 excluded) public {
        slot = uint64(bound(slot, 0, 2 ** 40));
        class = uint64(bound(class, 1, 6));
        for (uint256 i; i < 6; ++i) {
            setTier(runLicence(OWNER, i % 2 == 0 ? provider : other), uint64(1 + (tiers >> (8 * i)) % 6));
        }
        grant();
        grant();
        finishEra();
        by(K);
        slarks.loseClient(3);
        uint64[] memory list = new uint64[](excluded % 2);
        if (list.length == 1) list[0] = provider;
        (uint64[] memory seated, uint64 foundationSeats) = slarks.drawCommittee(slot, class, 5, list);
        uint64 ofFoundation;
        for (uint256 i; i < seated.length; ++i) {
            SlarksRecord memory z = slarksAt(seated[i]);
            assertEq(z.state, SLARK_RUNNING);
            assertGt(z.keyId, 0);
            assertGe(z.tier, class);
            assertNotEq(seated[i], 3);
            if (z.isFoundation == 1) ++ofFoundation;
            else if (list.length == 1) assertEq(z.provider, other);
            for (uint256 j; j < i; ++j) {
                assertNotEq(seated[i], seated[j]);
            }
        }
        assertEq(foundationSeats, ofFoundation);
        if (seated.length < 5) assertEq(ofFoundation, 2);
    }

    // During the settlement

    function test_nothingHappensBetweenTwoSteps() public {
        uint64 licence = runLicence(OWNER, provider);
        endEra();
        runSteps(1, WHOLE);
        refusedBy(OWNER, EraNotSettled.selector, 0, 1);
        slarks.buyLicence();
        refusedBy(OWNER, EraNotSettled.selector, 0, 1);
        slarks.endRunner(licence);
        refusedBy(K, EraNotSettled.selector, 0, 1);
        slarks.loseClient(licence);
    }
}
