// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OnlyFamily} from "../src/Family.sol";
import {LeaseRequest, Resources} from "../src/Interfaces.sol";
import {LeaseMoney} from "../src/LeaseMoney.sol";
import {
    ACCOUNT_ESCROW,
    ACCOUNT_FOUNDATION,
    AlreadyRated,
    AmountTooSmall,
    BracketExceeded,
    CLOSE_CONSUMER,
    CLOSE_ENDED,
    CLOSE_EXHAUSTED,
    CLOSE_EXPELLED,
    CLOSE_OUTAGE,
    CLOSE_PROVIDER,
    CLOSE_PROVIDER_LOST,
    CLOSE_UPDATED,
    CapacityExhausted,
    ChangeRequired,
    DeadlineNotPassed,
    DeadlinePassed,
    FIZZ_ACTIVE,
    FIZZ_DETACHED,
    FIZZ_RESERVED,
    FIZZ_SERVING,
    InsufficientEscrow,
    KIND_FIZZ,
    KIND_LEASE,
    LEASE_AWAITING,
    LEASE_CLOSED,
    LEASE_DEPLOYING,
    LEASE_DOWN,
    LEASE_SERVING,
    LEASE_TERM_CHARGES_DOWNTIME,
    LEASE_TERM_CHARGES_UNDEPLOYED,
    LEASE_TERM_GROSS_BASE,
    LEASE_TERM_HOUR_UP,
    LeaseUpdatesRecord,
    LeasesRecord,
    MOVE_COMMISSION,
    MOVE_GATEWAY_SHARE,
    MOVE_LEASE_PAYMENT,
    MOVE_PROVIDER_FEE,
    MOVE_USER_FEE,
    NotInMode,
    NotOwner,
    OnlyKeeper,
    PROVIDER_ACTIVE,
    PROVIDER_SUSPENDED,
    P_ESCROW_BRACKETS_ENFORCED,
    P_FB_SCALE_TENTHS,
    P_FEE_FOUNDATION_BPS,
    P_FEE_PROVIDER_BASE,
    P_FIZZ_BILLING_UNIT,
    P_FIZZ_OUTAGE_ACCRUAL,
    P_FIZZ_OUTAGE_CLOSE_S,
    P_LEASE_CHARGE_DOWNTIME,
    P_LEASE_CHARGE_UNDEPLOYED,
    P_LEASE_UPDATE_NEEDS_ACCEPT,
    ProviderUseRecord,
    STEP_ACCRUE_LEASES,
    StepOutOfOrder,
    UPDATE_NONE,
    UPDATE_PROPOSED,
    UnknownEntity,
    ValueOutOfRange,
    WrongState
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";
import {MarketWorld} from "./MarketWorld.sol";
import {SLOT_FIZZ_NODES, SLOT_ORDER_TOTALS, SLOT_PROVIDERS, SLOT_SUBNETS} from "./Tables.sol";

/// @notice Leases from the match on: deployment, payment, breaks, updates and their end, entry point by entry point.
contract LeasesTest is Deployment, MarketWorld {
    uint64 private constant HOUR = 3_600;
    uint64 private constant DURATION = 10 * HOUR;
    uint64 private constant PRICE = 2 * ONE;
    uint64 private constant HELD = 1_000 * ONE;
    uint64 private constant SLA = 300;
    uint64 private constant MAX_DURATION = 31_536_000;
    uint64 private wallet;
    uint64 private provider;

    function setUp() public {
        deploy();
        openMarket();
        provider = activateProvider(HOST_1, 400 * ONE);
        wallet = openEscrow(CONSUMER, 0, HELD);
        goTo(10_000);
    }

    /// @dev As Orders opens a lease when it awards an order.
    function open(LeaseRequest memory q) private returns (uint64 lease) {
        vm.prank(address(orders));
        lease = leases.open(q);
    }

    function request() private view returns (LeaseRequest memory q) {
        (q.order, q.escrow, q.provider, q.priceUnits, q.durationS, q.actor) = (7, wallet, provider, PRICE, DURATION, K);
        q.resources = Resources(2, 4, 100, 0);
    }

    function open() private returns (uint64 lease) {
        return open(request());
    }

    /// @dev A lease that has been deployed after 60 seconds.
    function serving() private returns (uint64 lease) {
        lease = open();
        sendManifest(lease);
        wait_(60);
        confirmDeployment(lease);
    }

    /// @dev A machine of HOST_2, in the subnet of the provider, as if reserved for the order.
    function reservedFizz(uint64 gatewayBps) private returns (uint64 fizz) {
        fizz = configureFizz(HOST_2);
        poke(address(fizzes), SLOT_FIZZ_NODES + 4 * uint256(fizz), 1, FIZZ_RESERVED);
        poke(address(fizzes), SLOT_FIZZ_NODES + 4 * uint256(fizz), 2, provider);
        poke(address(fizzes), SLOT_SUBNETS + 4 * uint256(provider), 4, gatewayBps);
    }

    function openFizz() private returns (uint64 lease, uint64 fizz) {
        fizz = reservedFizz(1_000);
        LeaseRequest memory q = request();
        q.fizz = fizz;
        lease = open(q);
    }

    /// @dev The fizz node is off since `sinceS`, as its family finds.
    function detach(uint64 fizz, uint64 lease, uint64 sinceS) private {
        poke(address(fizzes), SLOT_FIZZ_NODES + 4 * uint256(fizz), 1, FIZZ_DETACHED);
        poke(address(fizzes), SLOT_FIZZ_NODES + 4 * uint256(fizz), 13, sinceS);
        vm.prank(address(fizzes));
        leases.pauseByOutage(lease, sinceS);
    }

    function reattach(uint64 fizz, uint64 lease, uint64 atS) private {
        uint64 sinceS = fizzNodesAt(fizz).detachedS;
        poke(address(fizzes), SLOT_FIZZ_NODES + 4 * uint256(fizz), 1, FIZZ_SERVING);
        poke(address(fizzes), SLOT_FIZZ_NODES + 4 * uint256(fizz), 13, 0);
        vm.prank(address(fizzes));
        leases.resumeAfterOutage(lease, sinceS, atS);
    }

    function setProviderState(uint64 state) private {
        poke(address(providers), SLOT_PROVIDERS + 8 * uint256(provider), 1, state);
    }

    function stateOf(uint64 lease) private view returns (uint64) {
        return leasesAt(lease).state;
    }

    /// @dev What the wallet has locked is what its leases have locked.
    function assertLocked(uint64 asset, uint64 units) private view {
        (, uint64 lockedUnits) = escrow.balanceOf(wallet, asset);
        assertEq(lockedUnits, units);
    }

    // open

    function test_open_givenARequest_locksItsCostAndCountsWhatItUses() public {
        emits(address(escrow));
        emit EscrowChanged(wallet, 0, HELD - 20 * ONE, 20 * ONE, CONSUMER);
        emits(address(leases));
        emit Transition(KIND_LEASE, 1, K, 0, LEASE_AWAITING);
        emits(address(leases));
        emit LeaseCreated(1, 7, provider, CONSUMER, PRICE, 10_000 + DURATION);
        assertEq(open(), 1);
        LeasesRecord memory expected;
        (expected.order, expected.escrow, expected.provider, expected.state) = (7, wallet, provider, LEASE_AWAITING);
        (expected.priceUnits, expected.startS, expected.endS) = (PRICE, 10_000, 10_000 + DURATION);
        (expected.cpuCount, expected.memoryGb, expected.storageGb) = (2, 4, 100);
        (expected.foundationBps, expected.terms) = (2_000, LEASE_TERM_CHARGES_UNDEPLOYED);
        (expected.accruedS, expected.fundedUnits, expected.lockedUnits, expected.place) =
        (10_000, 20 * ONE, 20 * ONE, 1);
        assertEq(abi.encode(leasesAt(1)), abi.encode(expected));
        assertEq(abi.encode(providerUseAt(provider)), abi.encode(ProviderUseRecord(2, 4, 100, 0, 1)));
        assertEq(escrowsAt(wallet).leaseCount, 1);
        assertEq(escrowsAt(wallet).cpuCount, 2);
        assertEq(openLeasesAt(1), 1);
        assertEq(leaseTotals().leaseCount, 1);
        assertEq(leaseTotals().openCount, 1);
        (Resources memory used, uint64 count) = leases.useOf(provider);
        assertEq(abi.encode(used), abi.encode(Resources(2, 4, 100, 0)));
        assertEq(count, 1);
        assertEq(leases.leaseCountOf(provider), 1);
    }

    function test_open_givenTooLittleMoney_locksWhatThereIs() public {
        by(CONSUMER);
        escrow.withdrawEscrow(wallet, 0, HELD - 5);
        uint64 lease = open();
        assertEq(leasesAt(lease).fundedUnits, 5);
        assertEq(leasesAt(lease).lockedUnits, 5);
        assertLocked(0, 5);
    }

    function test_open_givenAForeignAssetAndTierOne_fixesFeesAndRebate() public {
        issue(2, CONSUMER, 100 * ONE);
        by(CONSUMER);
        escrow.depositEscrow(wallet, 2, 100 * ONE);
        poke(address(providers), SLOT_PROVIDERS + 8 * uint256(provider), 2, 1);
        setParam(P_FEE_PROVIDER_BASE, 1);
        setParam(P_LEASE_CHARGE_UNDEPLOYED, 0);
        setParam(P_LEASE_CHARGE_DOWNTIME, 1);
        setParam(P_FIZZ_BILLING_UNIT, 1);
        LeaseRequest memory q = request();
        q.asset = 2;
        LeasesRecord memory l = leasesAt(open(q));
        assertEq(l.userFeeBps, 200);
        assertEq(l.providerFeeBps, 200);
        assertEq(l.rebateBps, 5_000);
        assertEq(l.terms, LEASE_TERM_GROSS_BASE | LEASE_TERM_CHARGES_DOWNTIME);
        assertEq(l.fundedUnits, 20_400_000);
    }

    function test_open_givenAFizzNode_takesItsTermsAndLeavesTheProvidersOwnCapacity() public {
        uint64 fizz = reservedFizz(1_000);
        setParam(P_FIZZ_OUTAGE_ACCRUAL, 1);
        setParam(P_FIZZ_BILLING_UNIT, 1);
        setParam(P_FEE_FOUNDATION_BPS, 1);
        LeaseRequest memory q = request();
        q.fizz = fizz;
        emits(address(leases));
        emit LeaseCreated(1, 7, provider, CONSUMER, PRICE, 10_000 + DURATION);
        emits(address(fizzes));
        emit Transition(KIND_FIZZ, fizz, K, FIZZ_RESERVED, FIZZ_SERVING);
        LeasesRecord memory l = leasesAt(open(q));
        assertEq(l.fizz, fizz);
        assertEq(l.foundationBps, 2_000);
        assertEq(l.gatewayBps, 1_000);
        assertEq(l.terms, LEASE_TERM_CHARGES_UNDEPLOYED | LEASE_TERM_CHARGES_DOWNTIME | LEASE_TERM_HOUR_UP);
        assertEq(fizzNodesAt(fizz).lease, 1);
        assertEq(abi.encode(providerUseAt(provider)), abi.encode(ProviderUseRecord(0, 0, 0, 0, 1)));
    }

    // sendManifest, confirmDeployment

    function test_sendManifest_givenTheConsumer_waitsForTheDeployment() public {
        uint64 lease = open();
        wait_(5);
        emits(address(leases));
        emit Transition(KIND_LEASE, lease, CONSUMER, LEASE_AWAITING, LEASE_DEPLOYING);
        sendManifest(lease);
        assertEq(leasesAt(lease).manifestS, 10_005);
    }

    function test_sendManifest_givenTheGuards_isRefusedInTheirOrder() public {
        refusedBy(A, UnknownEntity.selector, 1, 0);
        leases.sendManifest(1);
        uint64 lease = open();
        refusedBy(A, UnknownEntity.selector, 0, 1);
        leases.sendManifest(0);
        refusedBy(HOST_1, NotOwner.selector, HOST_1, CONSUMER);
        leases.sendManifest(lease);
        goTo(10_000 + DURATION);
        refusedBy(CONSUMER, DeadlinePassed.selector, 10_000 + DURATION, 10_000 + DURATION);
        leases.sendManifest(lease);
        goTo(10_000);
        sendManifest(lease);
        refusedBy(CONSUMER, WrongState.selector, LEASE_DEPLOYING, 0);
        leases.sendManifest(lease);
    }

    function test_sendManifest_givenAWalletThatWasGivenAway_isTheNewOwners() public {
        uint64 lease = open();
        by(CONSUMER);
        escrow.transferEscrow(wallet, B);
        refusedBy(CONSUMER, NotOwner.selector, CONSUMER, B);
        leases.sendManifest(lease);
        by(B);
        leases.sendManifest(lease);
        assertEq(stateOf(lease), LEASE_DEPLOYING);
    }

    function test_confirmDeployment_givenTheProvider_serves() public {
        uint64 lease = open();
        sendManifest(lease);
        wait_(60);
        emits(address(leases));
        emit Transition(KIND_LEASE, lease, HOST_1, LEASE_DEPLOYING, LEASE_SERVING);
        confirmDeployment(lease);
        LeasesRecord memory l = leasesAt(lease);
        assertEq(l.deployedS, 10_060);
        assertEq(l.accruedS, 10_060);
        assertEq(l.pausedS, 0);
    }

    function test_confirmDeployment_givenTheGuards_isRefusedInTheirOrder() public {
        (uint64 lease, uint64 fizz) = openFizz();
        refusedBy(HOST_2, UnknownEntity.selector, 2, 1);
        leases.confirmDeployment(2);
        refusedBy(HOST_1, NotOwner.selector, HOST_1, HOST_2);
        leases.confirmDeployment(lease);
        refusedBy(HOST_2, WrongState.selector, LEASE_AWAITING, 0);
        leases.confirmDeployment(lease);
        sendManifest(lease);
        poke(address(fizzes), SLOT_FIZZ_NODES + 4 * uint256(fizz), 1, FIZZ_DETACHED);
        goTo(10_000 + DURATION);
        refusedBy(HOST_2, DeadlinePassed.selector, 10_000 + DURATION, 10_000 + DURATION);
        leases.confirmDeployment(lease);
        goTo(10_100);
        refusedBy(HOST_2, WrongState.selector, FIZZ_DETACHED, 0);
        leases.confirmDeployment(lease);
        poke(address(fizzes), SLOT_FIZZ_NODES + 4 * uint256(fizz), 1, FIZZ_SERVING);
        confirmDeployment(lease);
        refusedBy(HOST_2, WrongState.selector, LEASE_SERVING, 0);
        leases.confirmDeployment(lease);
    }

    function test_confirmDeployment_givenALateOne_endsTheBreachAndItsSecondsAreFree() public {
        uint64 lease = open();
        sendManifest(lease);
        goTo(10_500);
        by(K);
        leases.pauseLease(lease, 10_300);
        goTo(10_700);
        emits(address(leases));
        emit Transition(KIND_LEASE, lease, HOST_1, LEASE_DOWN, LEASE_SERVING);
        confirmDeployment(lease);
        LeasesRecord memory l = leasesAt(lease);
        assertEq(l.pausedS, 400);
        assertEq(l.downSinceS, 0);
        assertEq(l.breachCount, 1);
    }

    function test_confirmDeployment_givenThatOnlyDeployedServiceIsCharged_leavesAllBeforeFree() public {
        setParam(P_LEASE_CHARGE_UNDEPLOYED, 0);
        uint64 lease = open();
        sendManifest(lease);
        goTo(10_500);
        by(HOST_1);
        leases.withdrawLease(lease);
        assertEq(leasesAt(lease).paidUnits, 0);
        by(K);
        leases.pauseLease(lease, 10_500);
        goTo(10_900);
        confirmDeployment(lease);
        assertEq(leasesAt(lease).pausedS, 900);
        goTo(10_900 + HOUR);
        by(HOST_1);
        leases.withdrawLease(lease);
        assertEq(leasesAt(lease).paidUnits, PRICE);
    }

    // withdrawLease

    function test_withdrawLease_givenAnHour_paysProviderAndFoundation() public {
        uint64 lease = serving();
        goTo(10_000 + HOUR);
        emits(address(token));
        emit Moved(ACCOUNT_ESCROW, HOST_1, 1_600_000, MOVE_LEASE_PAYMENT);
        emits(address(token));
        emit Moved(ACCOUNT_ESCROW, ACCOUNT_FOUNDATION, 400_000, MOVE_COMMISSION);
        emits(address(leases));
        emit LeaseAccrued(lease, PRICE, 1_600_000, 400_000, 0, 0);
        by(HOST_1);
        leases.withdrawLease(lease);
        LeasesRecord memory l = leasesAt(lease);
        assertEq(l.paidUnits, PRICE);
        assertEq(l.lockedUnits, 18 * ONE);
        assertEq(l.accruedS, 10_000 + HOUR);
        assertLocked(0, 18 * ONE);
    }

    function test_withdrawLease_givenAForeignAsset_takesTheFeesOfBothSides() public {
        issue(2, CONSUMER, 100 * ONE);
        by(CONSUMER);
        escrow.depositEscrow(wallet, 2, 100 * ONE);
        LeaseRequest memory q = request();
        q.asset = 2;
        uint64 lease = open(q);
        goTo(10_000 + HOUR);
        emits(address(assets));
        emit AssetMoved(2, ACCOUNT_ESCROW, HOST_1, 1_568_000, MOVE_LEASE_PAYMENT);
        emits(address(assets));
        emit AssetMoved(2, ACCOUNT_ESCROW, ACCOUNT_FOUNDATION, 400_000, MOVE_COMMISSION);
        emits(address(assets));
        emit AssetMoved(2, ACCOUNT_ESCROW, ACCOUNT_FOUNDATION, 40_000, MOVE_USER_FEE);
        emits(address(assets));
        emit AssetMoved(2, ACCOUNT_ESCROW, ACCOUNT_FOUNDATION, 32_000, MOVE_PROVIDER_FEE);
        emits(address(leases));
        emit LeaseAccrued(lease, PRICE, 1_568_000, 400_000, 72_000, 0);
        by(HOST_1);
        leases.withdrawLease(lease);
        assertLocked(2, 20_400_000 - 2_040_000);
    }

    function test_withdrawLease_givenAFizzNode_paysItsOwnerAndTheGateway() public {
        (uint64 lease,) = openFizz();
        goTo(10_000 + HOUR);
        emits(address(token));
        emit Moved(ACCOUNT_ESCROW, HOST_2, 1_440_000, MOVE_LEASE_PAYMENT);
        emits(address(token));
        emit Moved(ACCOUNT_ESCROW, HOST_1, 160_000, MOVE_GATEWAY_SHARE);
        emits(address(token));
        emit Moved(ACCOUNT_ESCROW, ACCOUNT_FOUNDATION, 400_000, MOVE_COMMISSION);
        emits(address(leases));
        emit LeaseAccrued(lease, PRICE, 1_440_000, 400_000, 0, 160_000);
        by(HOST_2);
        leases.withdrawLease(lease);
    }

    function test_withdrawLease_givenNothingNew_movesNothingButTheTime() public {
        uint64 lease = open();
        vm.recordLogs();
        by(HOST_1);
        leases.withdrawLease(lease);
        assertEq(vm.getRecordedLogs().length, 0);
        goTo(10_000 + DURATION);
        by(HOST_1);
        leases.withdrawLease(lease);
        wait_(100);
        vm.recordLogs();
        by(HOST_1);
        leases.withdrawLease(lease);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(leasesAt(lease).accruedS, 10_100 + DURATION);
        assertEq(leasesAt(lease).paidUnits, 20 * ONE);
        assertEq(leasesAt(lease).lockedUnits, 0);
    }

    function test_withdrawLease_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 lease = open();
        refusedBy(HOST_1, UnknownEntity.selector, 2, 1);
        leases.withdrawLease(2);
        closeLease(lease);
        refusedBy(CONSUMER, NotOwner.selector, CONSUMER, HOST_1);
        leases.withdrawLease(lease);
        refusedBy(HOST_1, WrongState.selector, LEASE_CLOSED, 0);
        leases.withdrawLease(lease);
    }

    function testFuzz_withdrawLease_givenAnyTimes_paysWhatOnePaymentWould(
        uint16[8] memory waits,
        uint64 price,
        bool isForeign
    ) public {
        LeaseRequest memory q = request();
        (q.asset, q.priceUnits) = (isForeign ? 2 : 0, uint64(bound(price, 1, 20_000)));
        issue(2, CONSUMER, 100 * ONE);
        by(CONSUMER);
        escrow.depositEscrow(wallet, 2, 100 * ONE);
        uint64 often = open(q);
        uint64 once = open(q);
        for (uint256 i; i < 8; ++i) {
            wait_(waits[i] % 6_000);
            by(HOST_1);
            leases.withdrawLease(often);
        }
        by(HOST_1);
        leases.withdrawLease(once);
        LeasesRecord memory l = leasesAt(often);
        assertEq(l.paidUnits, leasesAt(once).paidUnits);
        assertEq(l.lockedUnits, leasesAt(once).lockedUnits);
        // The money was locked for the whole duration, so that it is never what ends the payments.
        uint256 elapsed = nowS() < l.endS ? nowS() - l.startS : DURATION;
        assertEq(l.paidUnits, uint256(q.priceUnits) * elapsed / HOUR);
        LeaseMoney.Levies memory part = LeaseMoney.levies(l, l.paidUnits);
        assertEq(assets.unitsOf(HOST_1, q.asset) - (isForeign ? 0 : OPENING - 400 * ONE), 2 * part.payeeUnits);
        assertEq(l.lockedUnits, l.fundedUnits - l.paidUnits - part.userFeeUnits);
    }

    // extendLease

    function test_extendLease_givenHours_locksTheirCost() public {
        uint64 lease = open();
        emits(address(escrow));
        emit EscrowChanged(wallet, 0, HELD - 24 * ONE, 24 * ONE, CONSUMER);
        emits(address(leases));
        emit LeaseExtended(lease, 10_000 + DURATION + 2 * HOUR, 24 * ONE);
        by(CONSUMER);
        leases.extendLease(lease, 2 * HOUR);
        LeasesRecord memory l = leasesAt(lease);
        assertEq(l.endS, 10_000 + DURATION + 2 * HOUR);
        assertEq(l.fundedUnits, 24 * ONE);
        assertEq(l.lockedUnits, 24 * ONE);
    }

    function test_extendLease_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 lease = open();
        refusedBy(A, UnknownEntity.selector, 2, 1);
        leases.extendLease(2, 1);
        refusedBy(A, NotOwner.selector, A, CONSUMER);
        leases.extendLease(lease, 1);
        goTo(10_000 + DURATION);
        refusedBy(CONSUMER, DeadlinePassed.selector, 10_000 + DURATION, 10_000 + DURATION);
        leases.extendLease(lease, 1);
        goTo(10_000);
        refusedBy(CONSUMER, ValueOutOfRange.selector, 0, MAX_DURATION);
        leases.extendLease(lease, 0);
        refusedBy(CONSUMER, ValueOutOfRange.selector, HOUR + 1, MAX_DURATION);
        leases.extendLease(lease, HOUR + 1);
        refusedBy(CONSUMER, ValueOutOfRange.selector, MAX_DURATION - DURATION + HOUR, MAX_DURATION);
        leases.extendLease(lease, MAX_DURATION - DURATION + HOUR);
        refusedBy(CONSUMER, InsufficientEscrow.selector, HELD - 20 * ONE, 982 * ONE);
        leases.extendLease(lease, 491 * HOUR);
        closeLease(lease);
        refusedBy(CONSUMER, WrongState.selector, LEASE_CLOSED, 0);
        leases.extendLease(lease, 1);
    }

    // proposeUpdate, acceptUpdate, rejectUpdate

    function propose(uint64 lease) private {
        by(CONSUMER);
        leases.proposeUpdate(lease, 3, 4, 100, 0, 5 * HOUR, 3 * ONE);
    }

    function test_proposeUpdate_givenTheConsumer_isKeptUntilTheProviderAnswers() public {
        uint64 lease = open();
        vm.recordLogs();
        propose(lease);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(
            abi.encode(leaseUpdatesAt(lease)),
            abi.encode(LeaseUpdatesRecord(UPDATE_PROPOSED, 3, 4, 100, 0, 5 * HOUR, 3 * ONE))
        );
        by(CONSUMER);
        leases.proposeUpdate(lease, 4, 4, 100, 0, 5 * HOUR, 3 * ONE);
        assertEq(leaseUpdatesAt(lease).cpuCount, 4);
        by(HOST_1);
        leases.rejectUpdate(lease);
        assertEq(leaseUpdatesAt(lease).state, UPDATE_NONE);
        assertEq(stateOf(lease), LEASE_AWAITING);
    }

    function refusedUpdate(uint64 lease, uint64[6] memory u, uint64 value, uint64 limit) private {
        refusedBy(CONSUMER, ValueOutOfRange.selector, value, limit);
        leases.proposeUpdate(lease, u[0], u[1], u[2], u[3], u[4], u[5]);
    }

    function test_proposeUpdate_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 lease = open();
        refusedBy(A, UnknownEntity.selector, 2, 1);
        leases.proposeUpdate(2, 0, 0, 0, 0, 0, 0);
        refusedBy(A, NotOwner.selector, A, CONSUMER);
        leases.proposeUpdate(lease, 0, 0, 0, 0, 0, 0);
        goTo(10_000 + DURATION);
        refusedBy(CONSUMER, DeadlinePassed.selector, 10_000 + DURATION, 10_000 + DURATION);
        leases.proposeUpdate(lease, 0, 0, 0, 0, 0, 0);
        goTo(10_000);
        (uint64 fizzLease,) = openFizz();
        refusedBy(CONSUMER, NotInMode.selector, 1, 0);
        leases.proposeUpdate(fizzLease, 0, 0, 0, 0, 0, 0);
        refusedUpdate(lease, [uint64(0), 0, 1_000_001, 65, 0, 0], 0, 4_096);
        refusedUpdate(lease, [uint64(4_096), 65_537, 1_000_001, 65, 0, 0], 65_537, 65_536);
        refusedUpdate(lease, [uint64(4_096), 65_536, 1_000_001, 65, 0, 0], 1_000_001, 1_000_000);
        refusedUpdate(lease, [uint64(4_096), 65_536, 1_000_000, 65, 0, 0], 65, 64);
        refusedUpdate(lease, [uint64(4_096), 65_536, 1_000_000, 64, 0, 0], 0, MAX_DURATION);
        refusedUpdate(lease, [uint64(4_096), 65_536, 1_000_000, 64, 5_000, 0], 5_000, MAX_DURATION);
        refusedUpdate(lease, [uint64(1), 1, 0, 0, MAX_DURATION, 0], 0, 10 ** 11);
        refusedUpdate(lease, [uint64(1), 1, 0, 0, HOUR, 10 ** 11 + 1], 10 ** 11 + 1, 10 ** 11);
        closeLease(lease);
        refusedBy(CONSUMER, WrongState.selector, LEASE_CLOSED, 0);
        leases.proposeUpdate(lease, 0, 0, 0, 0, 0, 0);
    }

    function test_acceptUpdate_givenTheProvider_replacesTheLease() public {
        poke(address(orders), SLOT_ORDER_TOTALS, 0, 7);
        uint64 lease = serving();
        propose(lease);
        goTo(10_000 + HOUR);
        emits(address(leases));
        emit LeaseAccrued(lease, PRICE, 1_600_000, 400_000, 0, 0);
        emits(address(escrow));
        emit EscrowChanged(wallet, 0, HELD - PRICE, 0, CONSUMER);
        emits(address(leases));
        emit Transition(KIND_LEASE, lease, HOST_1, LEASE_SERVING, LEASE_CLOSED);
        emits(address(leases));
        emit LeaseClosed(lease, CLOSE_UPDATED, PRICE, 18 * ONE, CONSUMER, provider);
        emits(address(escrow));
        emit EscrowChanged(wallet, 0, HELD - PRICE - 15 * ONE, 15 * ONE, CONSUMER);
        emits(address(leases));
        emit Transition(KIND_LEASE, 2, HOST_1, 0, LEASE_AWAITING);
        emits(address(leases));
        emit LeaseCreated(2, 7, provider, CONSUMER, 3 * ONE, 10_000 + 6 * HOUR);
        by(HOST_1);
        leases.acceptUpdate(lease);
        assertEq(ordersAt(7).lease, 2);
        assertEq(leaseUpdatesAt(lease).state, UPDATE_NONE);
        assertEq(leasesAt(lease).closeReason, CLOSE_UPDATED);
        assertEq(leasesAt(2).cpuCount, 3);
        assertEq(abi.encode(providerUseAt(provider)), abi.encode(ProviderUseRecord(3, 4, 100, 0, 1)));
        assertEq(escrowsAt(wallet).leaseCount, 1);
        assertEq(leaseTotals().openCount, 1);
    }

    function test_proposeUpdate_givenThatNobodyHasToAccept_replacesTheLeaseAtOnce() public {
        setParam(P_LEASE_UPDATE_NEEDS_ACCEPT, 0);
        uint64 lease = open();
        propose(lease);
        assertEq(stateOf(lease), LEASE_CLOSED);
        assertEq(leasesAt(2).priceUnits, 3 * ONE);
        assertEq(leaseUpdatesAt(lease).cpuCount, 0);
        refusedBy(CONSUMER, CapacityExhausted.selector, 16, 17);
        leases.proposeUpdate(2, 17, 4, 100, 0, HOUR, ONE);
    }

    function accepted(uint64 lease, bytes4 err, uint64 have, uint64 need) private {
        refusedBy(HOST_1, err, have, need);
        leases.acceptUpdate(lease);
    }

    function ask(uint64 lease, Resources memory r, uint64 durationS, uint64 price) private {
        by(CONSUMER);
        leases.proposeUpdate(lease, r.cpuCount, r.memoryGb, r.storageGb, r.gpuCount, durationS, price);
    }

    function test_acceptUpdate_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 lease = open();
        open();
        refusedBy(A, UnknownEntity.selector, 3, 2);
        leases.acceptUpdate(3);
        refusedBy(CONSUMER, NotOwner.selector, CONSUMER, HOST_1);
        leases.acceptUpdate(lease);
        accepted(lease, WrongState.selector, 0, 0);
        propose(lease);
        goTo(10_000 + DURATION);
        accepted(lease, DeadlinePassed.selector, 10_000 + DURATION, 10_000 + DURATION);
        goTo(10_000 + HOUR);
        setProviderState(PROVIDER_SUSPENDED);
        accepted(lease, WrongState.selector, PROVIDER_SUSPENDED, 0);
        setProviderState(PROVIDER_ACTIVE);
        // The other lease keeps 2 CPU, 4 GB and 100 GB; the one that gives way counts as free.
        ask(lease, Resources(15, 61, 901, 2), 500 * HOUR, 3 * ONE);
        accepted(lease, CapacityExhausted.selector, 14, 15);
        ask(lease, Resources(14, 61, 901, 2), 500 * HOUR, 3 * ONE);
        accepted(lease, CapacityExhausted.selector, 60, 61);
        ask(lease, Resources(14, 60, 901, 2), 500 * HOUR, 3 * ONE);
        accepted(lease, CapacityExhausted.selector, 900, 901);
        ask(lease, Resources(14, 60, 900, 2), 500 * HOUR, 3 * ONE);
        accepted(lease, CapacityExhausted.selector, 1, 2);
        ask(lease, Resources(14, 60, 900, 1), 500 * HOUR, 3 * ONE);
        // Of a thousand, 20 are locked for the other lease, and the first hour is due.
        accepted(lease, InsufficientEscrow.selector, 978 * ONE, 1_500 * ONE);
        ask(lease, Resources(14, 60, 900, 1), HOUR, ONE);
        accepted(lease, BracketExceeded.selector, 2, 1);
        setParam(P_ESCROW_BRACKETS_ENFORCED, 0);
        by(HOST_1);
        leases.acceptUpdate(lease);
        accepted(lease, WrongState.selector, LEASE_CLOSED, 0);
    }

    function test_acceptUpdate_givenABracketThatTheDueHourTakes_isRefused() public {
        // 729 tokens are a bracket: there are enough until the hour is paid.
        by(CONSUMER);
        escrow.withdrawEscrow(wallet, 0, HELD - 730 * ONE);
        uint64 lease = open();
        propose(lease);
        goTo(10_000 + HOUR);
        accepted(lease, BracketExceeded.selector, 1, 0);
        assertEq(leasesAt(lease).paidUnits, 0);
    }

    function test_rejectUpdate_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 lease = open();
        refusedBy(A, UnknownEntity.selector, 2, 1);
        leases.rejectUpdate(2);
        refusedBy(CONSUMER, NotOwner.selector, CONSUMER, HOST_1);
        leases.rejectUpdate(lease);
        refusedBy(HOST_1, WrongState.selector, 0, 0);
        leases.rejectUpdate(lease);
    }

    // closeLease

    function test_closeLease_givenTheConsumer_paysWhatIsDueAndUnlocksTheRest() public {
        uint64 lease = serving();
        goTo(10_000 + HOUR);
        emits(address(leases));
        emit LeaseAccrued(lease, PRICE, 1_600_000, 400_000, 0, 0);
        emits(address(escrow));
        emit EscrowChanged(wallet, 0, HELD - PRICE, 0, CONSUMER);
        emits(address(leases));
        emit Transition(KIND_LEASE, lease, CONSUMER, LEASE_SERVING, LEASE_CLOSED);
        emits(address(leases));
        emit LeaseClosed(lease, CLOSE_CONSUMER, PRICE, 18 * ONE, CONSUMER, provider);
        closeLease(lease);
        LeasesRecord memory l = leasesAt(lease);
        assertEq(l.lockedUnits, 0);
        assertEq(l.place, 0);
        assertEq(l.closedS, 10_000 + HOUR);
        assertEq(l.closeReason, CLOSE_CONSUMER);
        assertEq(abi.encode(providerUseAt(provider)), abi.encode(ProviderUseRecord(0, 0, 0, 0, 0)));
        assertEq(escrowsAt(wallet).leaseCount, 0);
        assertEq(openLeasesAt(1), 0);
    }

    function test_closeLease_givenSeveralOpen_theLastTakesItsPlace() public {
        open();
        open();
        open();
        propose(2);
        closeLease(2);
        assertEq(leaseUpdatesAt(2).state, UPDATE_NONE);
        closeLease(1);
        assertEq(openLeasesAt(1), 3);
        assertEq(leasesAt(3).place, 1);
        assertEq(openLeasesAt(2), 0);
        assertEq(openLeasesAt(3), 0);
        assertEq(leaseTotals().openCount, 1);
        assertEq(leaseTotals().leaseCount, 3);
    }

    function test_closeLease_givenWhoeverServes_namesTheProvider() public {
        (uint64 lease, uint64 fizz) = openFizz();
        emits(address(leases));
        emit LeaseClosed(lease, CLOSE_PROVIDER, 0, 20 * ONE, CONSUMER, provider);
        emits(address(fizzes));
        emit Transition(KIND_FIZZ, fizz, HOST_2, FIZZ_SERVING, FIZZ_ACTIVE);
        by(HOST_2);
        leases.closeLease(lease);
        assertEq(abi.encode(providerUseAt(provider)), abi.encode(ProviderUseRecord(0, 0, 0, 0, 0)));
        lease = open();
        by(HOST_1);
        leases.closeLease(lease);
        assertEq(leasesAt(lease).closeReason, CLOSE_PROVIDER);
    }

    function test_closeLease_givenOneWhoIsBoth_namesTheConsumer() public {
        wallet = openEscrow(HOST_1, 0, HELD);
        uint64 lease = open();
        closeLease(lease);
        assertEq(leasesAt(lease).closeReason, CLOSE_CONSUMER);
    }

    function test_closeLease_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 lease = open();
        refusedBy(A, UnknownEntity.selector, 2, 1);
        leases.closeLease(2);
        closeLease(lease);
        refusedBy(HOST_2, NotOwner.selector, HOST_2, CONSUMER);
        leases.closeLease(lease);
        refusedBy(CONSUMER, WrongState.selector, LEASE_CLOSED, 0);
        leases.closeLease(lease);
    }

    // endLease

    function end(uint64 lease, uint64 reason) private {
        by(K);
        leases.endLease(lease);
        assertEq(leasesAt(lease).closeReason, reason);
    }

    function test_endLease_givenItsTimeIsOver_endsIt() public {
        uint64 lease = serving();
        goTo(10_000 + DURATION - 1);
        refusedBy(K, DeadlineNotPassed.selector, 10_000 + DURATION - 1, 10_000 + DURATION);
        leases.endLease(lease);
        goTo(10_000 + DURATION);
        end(lease, CLOSE_ENDED);
        assertEq(leasesAt(lease).paidUnits, 20 * ONE);
    }

    function test_endLease_givenItsMoneyIsOver_endsIt() public {
        by(CONSUMER);
        escrow.withdrawEscrow(wallet, 0, HELD - PRICE);
        uint64 lease = serving();
        // The last second that costs no unit more is covered, too.
        uint64 coveredS = uint64(LeaseMoney.coveredS(PRICE, PRICE, 0));
        assertEq(coveredS, HOUR);
        goTo(10_000 + HOUR - 1);
        refusedBy(K, DeadlineNotPassed.selector, 10_000 + HOUR - 1, 10_000 + DURATION);
        leases.endLease(lease);
        goTo(10_000 + HOUR);
        end(lease, CLOSE_EXHAUSTED);
        assertEq(leasesAt(lease).lockedUnits, 0);
    }

    function test_endLease_givenBillingByTheHour_letsTheLastHourPass() public {
        setParam(P_FIZZ_BILLING_UNIT, 1);
        by(CONSUMER);
        escrow.withdrawEscrow(wallet, 0, HELD - PRICE);
        (uint64 lease,) = openFizz();
        goTo(10_001);
        by(HOST_2);
        leases.withdrawLease(lease);
        assertEq(leasesAt(lease).paidUnits, PRICE);
        refusedBy(K, DeadlineNotPassed.selector, 10_001, 10_000 + DURATION);
        leases.endLease(lease);
        goTo(10_000 + HOUR);
        end(lease, CLOSE_EXHAUSTED);
    }

    function test_endLease_givenAnOutageThatLasts_endsIt() public {
        (uint64 lease, uint64 fizz) = openFizz();
        uint64 sinceS = 10_050;
        goTo(10_100);
        detach(fizz, lease, sinceS);
        uint64 closeS = sinceS + param(P_FIZZ_OUTAGE_CLOSE_S);
        goTo(closeS - 1);
        refusedBy(K, DeadlineNotPassed.selector, closeS - 1, 10_000 + DURATION);
        leases.endLease(lease);
        goTo(closeS);
        end(lease, CLOSE_OUTAGE);
        assertEq(leasesAt(lease).paidUnits, uint256(PRICE) * 50 / HOUR);
        assertEq(fizzNodesAt(fizz).state, FIZZ_ACTIVE);
    }

    function test_endLease_givenAProviderThatIsNotActive_endsIt() public {
        uint64 lease = serving();
        setProviderState(PROVIDER_SUSPENDED);
        end(lease, CLOSE_PROVIDER_LOST);
    }

    function test_endLease_givenTheGuards_isRefusedInTheirOrder() public {
        refusedBy(A, OnlyKeeper.selector, A, K);
        leases.endLease(1);
        refusedBy(K, UnknownEntity.selector, 1, 0);
        leases.endLease(1);
        uint64 lease = open();
        closeLease(lease);
        refusedBy(K, WrongState.selector, LEASE_CLOSED, 0);
        leases.endLease(lease);
    }

    function test_closeExpelled_givenALease_namesTheSubnet() public {
        (uint64 lease,) = openFizz();
        vm.prank(address(fizzes));
        leases.closeExpelled(lease);
        assertEq(leasesAt(lease).closeReason, CLOSE_EXPELLED);
    }

    // pauseLease, resumeLease

    function test_pauseLease_givenABreach_stopsTheCharge() public {
        uint64 lease = serving();
        goTo(10_000 + HOUR);
        emits(address(leases));
        emit Transition(KIND_LEASE, lease, K, LEASE_SERVING, LEASE_DOWN);
        by(K);
        leases.pauseLease(lease, 10_360);
        assertEq(leasesAt(lease).downSinceS, 10_360);
        assertEq(leasesAt(lease).breachCount, 1);
        by(HOST_1);
        leases.withdrawLease(lease);
        assertEq(leasesAt(lease).paidUnits, PRICE / 10);
        by(K);
        leases.resumeLease(lease, 10_000 + HOUR);
        assertEq(leasesAt(lease).pausedS, HOUR - 360);
        goTo(10_000 + 2 * HOUR);
        by(HOST_1);
        leases.withdrawLease(lease);
        assertEq(leasesAt(lease).paidUnits, PRICE + PRICE / 10);
    }

    function test_pauseLease_givenThatDowntimeIsCharged_doesNotStopIt() public {
        setParam(P_LEASE_CHARGE_DOWNTIME, 1);
        uint64 lease = serving();
        by(K);
        leases.pauseLease(lease, 10_060);
        goTo(10_000 + HOUR);
        by(HOST_1);
        leases.withdrawLease(lease);
        assertEq(leasesAt(lease).paidUnits, PRICE);
        by(K);
        leases.resumeLease(lease, 10_000 + HOUR);
        assertEq(leasesAt(lease).pausedS, 0);
    }

    function test_pauseLease_givenTheGuards_isRefusedInTheirOrder() public {
        refusedBy(A, OnlyKeeper.selector, A, K);
        leases.pauseLease(1, 0);
        refusedBy(K, UnknownEntity.selector, 1, 0);
        leases.pauseLease(1, 0);
        (uint64 lease,) = openFizz();
        refusedBy(K, WrongState.selector, LEASE_AWAITING, 0);
        leases.pauseLease(lease, 0);
        sendManifest(lease);
        goTo(10_400);
        refusedBy(K, ValueOutOfRange.selector, 10_000 + SLA - 1, 10_400);
        leases.pauseLease(lease, 10_000 + SLA - 1);
        refusedBy(K, ValueOutOfRange.selector, 10_401, 10_400);
        leases.pauseLease(lease, 10_401);
        by(K);
        leases.pauseLease(lease, 10_000 + SLA);
        confirmDeployment(lease);
        refusedBy(K, NotInMode.selector, 1, 0);
        leases.pauseLease(lease, 0);
        uint64 own = serving();
        refusedBy(K, ValueOutOfRange.selector, 10_459, 10_460);
        leases.pauseLease(own, 10_459);
        goTo(10_500);
        by(HOST_1);
        leases.withdrawLease(own);
        refusedBy(K, ValueOutOfRange.selector, 10_499, 10_500);
        leases.pauseLease(own, 10_499);
    }

    function test_resumeLease_givenAfterTheEnd_pausesNoLongerThanTheLeaseLasts() public {
        uint64 lease = serving();
        goTo(20_000 + DURATION);
        by(K);
        leases.pauseLease(lease, 10_100);
        by(K);
        leases.resumeLease(lease, 20_000 + DURATION);
        assertEq(leasesAt(lease).pausedS, DURATION - 100);
        assertEq(leasesAt(lease).accruedS, 20_000 + DURATION);
        end(lease, CLOSE_ENDED);
        assertEq(leasesAt(lease).paidUnits, uint256(PRICE) * 100 / HOUR);
    }

    function test_resumeLease_givenTheGuards_isRefusedInTheirOrder() public {
        refusedBy(A, OnlyKeeper.selector, A, K);
        leases.resumeLease(1, 0);
        refusedBy(K, UnknownEntity.selector, 1, 0);
        leases.resumeLease(1, 0);
        (uint64 lease, uint64 fizz) = openFizz();
        refusedBy(K, WrongState.selector, LEASE_AWAITING, 0);
        leases.resumeLease(lease, 0);
        sendManifest(lease);
        goTo(10_400);
        by(K);
        leases.pauseLease(lease, 10_300);
        refusedBy(K, ChangeRequired.selector, lease, 0);
        leases.resumeLease(lease, 0);
        confirmDeployment(lease);
        detach(fizz, lease, 10_400);
        refusedBy(K, WrongState.selector, FIZZ_DETACHED, 0);
        leases.resumeLease(lease, 0);
        uint64 own = serving();
        by(K);
        leases.pauseLease(own, 10_460);
        refusedBy(K, ValueOutOfRange.selector, 10_459, 10_460);
        leases.resumeLease(own, 10_459);
        refusedBy(K, ValueOutOfRange.selector, 10_461, 10_460);
        leases.resumeLease(own, 10_461);
    }

    // Outages of fizz nodes

    function test_outage_givenAnyOpenState_returnsToIt() public {
        (uint64 lease, uint64 fizz) = openFizz();
        goTo(10_100);
        emits(address(leases));
        emit Transition(KIND_LEASE, lease, K, LEASE_AWAITING, LEASE_DOWN);
        detach(fizz, lease, 10_050);
        emits(address(leases));
        emit Transition(KIND_LEASE, lease, K, LEASE_DOWN, LEASE_AWAITING);
        reattach(fizz, lease, 10_090);
        sendManifest(lease);
        detach(fizz, lease, 10_100);
        reattach(fizz, lease, 10_100);
        assertEq(stateOf(lease), LEASE_DEPLOYING);
        confirmDeployment(lease);
        detach(fizz, lease, 10_100);
        goTo(10_200);
        reattach(fizz, lease, 10_160);
        LeasesRecord memory l = leasesAt(lease);
        assertEq(l.state, LEASE_SERVING);
        assertEq(l.pausedS, 100);
        assertEq(l.breachCount, 3);
        assertEq(l.accruedS, 10_160);
        (uint64 startS, uint64 accruedS) = leases.timesOf(lease);
        assertEq(startS, 10_000);
        assertEq(accruedS, 10_160);
    }

    function test_outage_givenALeaseThatIsDownAlready_leavesItAsItIs() public {
        (uint64 lease, uint64 fizz) = openFizz();
        sendManifest(lease);
        goTo(10_400);
        by(K);
        leases.pauseLease(lease, 10_300);
        vm.recordLogs();
        detach(fizz, lease, 10_350);
        reattach(fizz, lease, 10_400);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(stateOf(lease), LEASE_DOWN);
        assertEq(leasesAt(lease).downSinceS, 10_300);
        assertEq(leasesAt(lease).breachCount, 1);
    }

    // rateLease

    function test_rateLease_givenAClosedLease_ratesTheProviderOnce() public {
        uint64 lease = open();
        goTo(nowS() + 60);
        closeLease(lease);
        emits(address(providers));
        emit ProviderRated(provider, CONSUMER, 45, 45, 1);
        by(CONSUMER);
        leases.rateLease(lease, 45);
        assertEq(leasesAt(lease).ratedTenths, 45);
        assertEq(providersAt(provider).ratingSumTenths, 45);
        refusedBy(CONSUMER, AlreadyRated.selector, lease, 0);
        leases.rateLease(lease, 0);
    }

    function test_rateLease_givenAProviderThatIsNotActive_keepsTheRatingWithTheLeaseOnly() public {
        uint64 lease = open();
        goTo(nowS() + 60);
        closeLease(lease);
        setProviderState(PROVIDER_SUSPENDED);
        vm.recordLogs();
        by(CONSUMER);
        leases.rateLease(lease, 1);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(leasesAt(lease).ratedTenths, 1);
        assertEq(providersAt(provider).ratingCount, 0);
    }

    function test_rateLease_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 lease = open();
        uint64 scale = param(P_FB_SCALE_TENTHS);
        refusedBy(CONSUMER, UnknownEntity.selector, 2, 1);
        leases.rateLease(2, 0);
        refusedBy(HOST_1, NotOwner.selector, HOST_1, CONSUMER);
        leases.rateLease(lease, 0);
        refusedBy(CONSUMER, WrongState.selector, LEASE_AWAITING, 0);
        leases.rateLease(lease, 0);
        uint256 start = vm.snapshotState();
        closeLease(lease);
        refusedBy(CONSUMER, AmountTooSmall.selector, 0, 1);
        leases.rateLease(lease, 0);
        vm.revertToState(start);
        goTo(nowS() + 60);
        closeLease(lease);
        refusedBy(CONSUMER, ValueOutOfRange.selector, 0, scale);
        leases.rateLease(lease, 0);
        refusedBy(CONSUMER, ValueOutOfRange.selector, scale + 1, scale);
        leases.rateLease(lease, scale + 1);
    }

    // accrueLeases

    function test_accrueLeases_givenChunks_accrueEveryOpenLeaseAndCloseNone() public {
        goTo(0);
        openSlot();
        goTo(1_000);
        open();
        open();
        open();
        closeLease(1);
        endEra();
        uint64 atS = nowS();
        refusedBy(A, OnlyKeeper.selector, A, K);
        leases.accrueLeases(0, 1);
        runStep(STEP_ACCRUE_LEASES, 1);
        for (uint64 lease = 2; lease <= 3; ++lease) {
            LeasesRecord memory l = leasesAt(lease);
            assertEq(l.accruedS, atS);
            assertEq(l.paidUnits, uint256(PRICE) * (atS - 1_000) / HOUR);
            assertEq(l.state, LEASE_AWAITING);
        }
        refusedBy(K, StepOutOfOrder.selector, STEP_ACCRUE_LEASES, STEP_ACCRUE_LEASES + 1);
        leases.accrueLeases(0, 2);
    }

    // Who may call

    function test_modules_givenAFamilyOutsideTheMarket_areRefused() public {
        bytes memory refusal = abi.encodeWithSelector(OnlyFamily.selector, address(stake));
        vm.expectRevert(refusal);
        vm.prank(address(stake));
        leases.open(request());
        vm.expectRevert(refusal);
        vm.prank(address(stake));
        leases.pauseByOutage(1, 0);
        vm.expectRevert(refusal);
        vm.prank(address(stake));
        leases.resumeAfterOutage(1, 0, 0);
        vm.expectRevert(refusal);
        vm.prank(address(stake));
        leases.closeExpelled(1);
        vm.expectRevert(abi.encodeWithSelector(OnlyFamily.selector, address(escrow)));
        vm.prank(address(escrow));
        providers.rateProvider(provider, A, 1);
    }
}
