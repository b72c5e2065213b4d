// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OnlyFamily} from "../src/Family.sol";
import {Fizz} from "../src/Fizz.sol";
import {
    ACCOUNT_DELEGATION_VAULT,
    ACCOUNT_FOUNDATION,
    AlreadySet,
    AlreadyVoted,
    AmountTooSmall,
    BatchMismatch,
    CapacityExhausted,
    CursorMismatch,
    DeadlineNotPassed,
    DeadlinePassed,
    DelegationTooSmall,
    ExitQueueNotOver,
    FIZZ_ACTIVE,
    FIZZ_CONFIGURED,
    FIZZ_DETACHED,
    FIZZ_LEAVING,
    FIZZ_REGISTERED,
    FIZZ_RESERVED,
    FIZZ_SERVING,
    FeeAboveMaximum,
    FizzNodesRecord,
    InsufficientBalance,
    KIND_FIZZ,
    KIND_PROVIDER,
    KIND_SUBNET,
    LEASE_CLOSED,
    LEASE_DOWN,
    LEASE_SERVING,
    MAX_INT,
    MOVE_DELEGATE,
    MOVE_FIZZ_FEE,
    MOVE_FIZZ_REWARD,
    NotInMode,
    NotOwner,
    ORDER_EXPIRED,
    ORDER_LEASED,
    ORDER_MATCHING,
    ORDER_OPEN,
    OnlyKeeper,
    PROPOSAL_EXPEL,
    PROPOSAL_GATEWAY_SHARE,
    PROVIDER_ACTIVE,
    PROVIDER_DEACTIVATED,
    PROVIDER_REGISTERED,
    P_DELEG_MIN,
    P_DELEG_UNBOND_ERAS,
    P_FIZZ_BASE_ERA_CPU,
    P_FIZZ_BASE_ERA_GPU,
    P_FIZZ_DAO,
    P_FIZZ_MIN_DELEGATION,
    P_FIZZ_REGISTER_FEE,
    P_FIZZ_REWARD_MODE,
    SUBNET_DISSOLVED,
    SUBNET_EXISTS,
    SubnetsRecord,
    TierTooLow,
    UnknownEntity,
    ValueOutOfRange,
    WrongState
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";
import {MarketWorld, Wish} from "./MarketWorld.sol";
import {SLOT_FIZZ_NODES, SLOT_ORDERS, SLOT_PROVIDERS, SLOT_SUBNETS} from "./Tables.sol";

/// @notice More cheatcodes of forge.
interface GasCheats {
    /// @notice Makes all storage of a contract cold again.
    function cool(address target) external;
}

/// @notice Fizz nodes and subnets (SM-12): every transition, every guard, and what an action costs in a large subnet.
contract FizzTest is Deployment, MarketWorld {
    uint64 private constant OWNER = A;
    uint64 private constant OTHER = B;
    uint64 private constant GATEWAY = HOST_1;
    uint64 private constant MIN = 10 * ONE;
    uint64 private constant PRICE = ONE;
    // Place of a field in the records.
    uint256 private constant AT_STATE = 1;

    uint64 private provider;
    uint64 private closed; // an Active provider that is no gateway
    uint64 private wallet;

    function setUp() public {
        deploy();
        openSlot();
        openMarket();
        provider = activateProvider(GATEWAY, 600 * ONE);
        closed = activateProvider(HOST_2, 600 * ONE);
        openGateway(provider, 0, 300);
        wallet = openEscrow(CONSUMER, 0, 2_000 * ONE);
    }

    function transition(uint64 fizz, uint64 actor, uint64 from, uint64 to) private {
        emits(address(fizzes));
        emit Transition(KIND_FIZZ, fizz, actor, from, to);
    }

    function subnetTransition(uint64 gateway, uint64 actor, uint64 from, uint64 to) private {
        emits(address(fizzes));
        emit Transition(KIND_SUBNET, gateway, actor, from, to);
    }

    function pokeState(uint64 fizz, uint64 state) private {
        poke(address(fizzes), SLOT_FIZZ_NODES + 4 * fizz, AT_STATE, state);
    }

    function pokeProviderState(uint64 of_, uint64 state) private {
        poke(address(providers), SLOT_PROVIDERS + 8 * of_, 1, state);
    }

    /// @dev The action is refused in all states but those of the bits.
    function refusedInOtherStates(uint64 fizz, uint64 actor, bytes memory data, uint16 allowedBits) private {
        uint64 before = fizzNodesAt(fizz).state;
        for (uint64 state = FIZZ_CONFIGURED; state <= FIZZ_LEAVING; ++state) {
            if ((allowedBits >> state) & 1 == 1) continue;
            pokeState(fizz, state);
            refusedBy(actor, WrongState.selector, state, 0);
            send(address(fizzes), data);
        }
        pokeState(fizz, before);
    }

    /// @dev The action is refused for no fizz node.
    function refusedForNone(uint64 actor, bytes4 action, bytes memory more) private {
        uint64 count = fizzTotals().fizzCount;
        refusedBy(actor, UnknownEntity.selector, 0, count);
        send(address(fizzes), bytes.concat(abi.encodeWithSelector(action, 0), more));
        refusedBy(actor, UnknownEntity.selector, count + 1, count);
        send(address(fizzes), bytes.concat(abi.encodeWithSelector(action, count + 1), more));
    }

    /// @dev The action is refused for no fizz node and for who does not own it.
    function refusedToOthers(uint64 fizz, bytes4 action, bytes memory more) private {
        refusedForNone(OWNER, action, more);
        refusedBy(OTHER, NotOwner.selector, OTHER, OWNER);
        send(address(fizzes), bytes.concat(abi.encodeWithSelector(action, fizz), more));
    }

    /// @dev The action is the keeper's only.
    function refusedToAgents(bytes memory data) private {
        refusedBy(OWNER, OnlyKeeper.selector, OWNER, K);
        send(address(fizzes), data);
    }

    function assertFree(uint64 of_, uint64 cpu, uint64 memory_, uint64 storage_, uint64 gpu) private view {
        SubnetsRecord memory s = subnetsAt(of_);
        assertEq(
            abi.encode(s.freeCpuCount, s.freeMemoryGb, s.freeStorageGb, s.freeGpuCount),
            abi.encode(cpu, memory_, storage_, gpu)
        );
    }

    // configureFizz, changeFizz

    function test_configureFizz_givenAnOffer_isConfigured() public {
        transition(1, OWNER, 0, FIZZ_CONFIGURED);
        emits(address(fizzes));
        emit FizzChanged(1, 0, PRICE, 4, 1);
        configureFizz(OWNER);
        FizzNodesRecord memory expected;
        (expected.owner, expected.state, expected.peerId) = (OWNER, FIZZ_CONFIGURED, 77);
        (expected.cpuCount, expected.memoryGb, expected.storageGb, expected.gpuCount) = (4, 16, 100, 1);
        (expected.gpuTier, expected.priceUnits) = (3, PRICE);
        assertEq(abi.encode(fizzNodesAt(1)), abi.encode(expected));
        assertEq(configureFizz(OTHER), 2);
    }

    function test_configureFizz_givenNoPeer_isRefused() public {
        refusedBy(OWNER, AmountTooSmall.selector, 0, 1);
        fizzes.configureFizz(0, 0, 0, 0, 0, 0, 0);
        uint64 tooLarge = uint64(MAX_INT) + 1;
        refusedBy(OWNER, ValueOutOfRange.selector, tooLarge, uint64(MAX_INT));
        fizzes.configureFizz(tooLarge, 0, 0, 0, 0, 0, 0);
    }

    /// X-SP-5: the first value that is out of its range is told, in the order of the arguments.
    function test_offers_givenValuesOutOfRange_areRefused() public {
        uint64[6] memory good = [uint64(32), 128, 2_048, 8, 11, 100_000 * ONE];
        uint64[6] memory least = [uint64(1), 1, 0, 0, 0, 1];
        for (uint256 i; i < 6; ++i) {
            uint64[6] memory bad = [uint64(32), 128, 2_048, 8, 11, 100_000 * ONE];
            // What comes after is out of its range too.
            for (uint256 j = i; j < 6; ++j) {
                bad[j] = good[j] + 1;
            }
            refuseOffer(bad, bad[i], good[i]);
            if (least[i] == 0) continue;
            bad = [uint64(32), 128, 2_048, 8, 11, 100_000 * ONE];
            bad[i] = 0;
            refuseOffer(bad, 0, good[i]);
        }
        refuseOffer([uint64(1), 1, 0, 0, 1, 0], 1, 0);
        refuseOffer([uint64(1), 1, 0, 1, 0, 0], 0, 1);
        by(OWNER);
        fizzes.configureFizz(1, 32, 128, 2_048, 8, 11, 100_000 * ONE);
        by(OWNER);
        fizzes.configureFizz(1, 1, 1, 0, 0, 0, 1);
    }

    function refuseOffer(uint64[6] memory v, uint64 have, uint64 need) private {
        refusedBy(OWNER, ValueOutOfRange.selector, have, need);
        fizzes.configureFizz(1, v[0], v[1], v[2], v[3], v[4], v[5]);
        uint256 start = vm.snapshotState();
        uint64 fizz = configureFizz(OWNER);
        refusedBy(OWNER, ValueOutOfRange.selector, have, need);
        fizzes.changeFizz(fizz, v[0], v[1], v[2], v[3], v[4], v[5]);
        vm.revertToState(start);
    }

    /// FIZZ-2
    function test_changeFizz_givenOneThatIsNotInUse_changesItsOffer() public {
        uint64 fizz = configureFizz(OWNER);
        by(OWNER);
        fizzes.changeFizz(fizz, 2, 3, 4, 0, 0, 5);
        assertFree(provider, 0, 0, 0, 0);
        joinSubnet(fizz, provider, MIN);
        emits(address(fizzes));
        emit FizzChanged(fizz, provider, 6, 3, 0);
        by(OWNER);
        fizzes.changeFizz(fizz, 3, 4, 5, 0, 0, 6);
        assertFree(provider, 0, 0, 0, 0);
        acceptFizz(fizz);
        assertFree(provider, 3, 4, 5, 0);
        by(OWNER);
        fizzes.changeFizz(fizz, 1, 9, 0, 2, 4, 7);
        assertFree(provider, 1, 9, 0, 2);
        FizzNodesRecord memory f = fizzNodesAt(fizz);
        assertEq(abi.encode(f.cpuCount, f.memoryGb, f.storageGb, f.gpuCount), abi.encode(1, 9, 0, 2));
        assertEq(abi.encode(f.gpuTier, f.priceUnits, f.state), abi.encode(4, 7, FIZZ_ACTIVE));
    }

    function test_changeFizz_givenAnythingElse_isRefused() public {
        uint64 fizz = configureFizz(OWNER);
        bytes memory more = abi.encode(1, 1, 0, 0, 0, 1);
        refusedToOthers(fizz, Fizz.changeFizz.selector, more);
        // Registered and Active ones belong to a subnet.
        refusedInOtherStates(
            fizz, OWNER, bytes.concat(abi.encodeWithSelector(Fizz.changeFizz.selector, fizz), more), 0x0e
        );
    }

    // openGateway

    function test_openGateway_givenAnActiveProvider_stores() public {
        by(HOST_2);
        fizzes.openGateway(closed, 1, 40 * ONE, 5_000);
        SubnetsRecord memory expected;
        (expected.isOpen, expected.minDelegationUnits, expected.gatewayBps) = (1, 40 * ONE, 5_000);
        assertEq(abi.encode(subnetsAt(closed)), abi.encode(expected));
        assertEq(fizzes.shareOf(closed), 5_000);
    }

    function test_openGateway_givenAnythingElse_isRefused() public {
        uint64 count = providerTotals().providerCount;
        refusedBy(GATEWAY, UnknownEntity.selector, 0, count);
        fizzes.openGateway(0, 2, 0, 6_000);
        refusedBy(GATEWAY, UnknownEntity.selector, count + 1, count);
        fizzes.openGateway(count + 1, 2, 0, 6_000);
        refusedBy(OTHER, NotOwner.selector, OTHER, GATEWAY);
        fizzes.openGateway(provider, 2, 0, 6_000);
        pokeProviderState(provider, PROVIDER_REGISTERED);
        refusedBy(GATEWAY, WrongState.selector, PROVIDER_REGISTERED, 0);
        fizzes.openGateway(provider, 2, 0, 6_000);
        pokeProviderState(provider, PROVIDER_ACTIVE);
        refusedBy(GATEWAY, ValueOutOfRange.selector, 2, 1);
        fizzes.openGateway(provider, 2, 0, 6_000);
        uint64 tooLarge = uint64(MAX_INT) + 1;
        refusedBy(GATEWAY, ValueOutOfRange.selector, tooLarge, uint64(MAX_INT));
        fizzes.openGateway(provider, 1, tooLarge, 0);
        refusedBy(GATEWAY, ValueOutOfRange.selector, 5_001, 5_000);
        fizzes.openGateway(provider, 1, 0, 5_001);
    }

    /// @dev As if the subnet had voted on the gateway's share.
    function fixShare() private {
        poke(address(fizzes), SLOT_SUBNETS + 4 * provider, 5, 1);
        assertEq(subnetsAt(provider).isShareFixed, 1);
    }

    function assertShare(uint64 gatewayBps, uint64 isFixed) private view {
        assertEq(abi.encode(subnetsAt(provider).gatewayBps, subnetsAt(provider).isShareFixed), abi.encode(gatewayBps, isFixed));
    }

    function test_openGateway_givenAShareThatTheSubnetHasFixed_keepsIt() public {
        fixShare();
        refusedBy(GATEWAY, AlreadySet.selector, 300, 0);
        fizzes.openGateway(provider, 1, 0, 301);
        by(GATEWAY);
        fizzes.openGateway(provider, 0, 7, 300);
        assertEq(subnetsAt(provider).isOpen, 0);
    }

    // joinSubnet

    /// FIZZ-3, OP-77
    function test_joinSubnet_givenTheFirst_delegatesAndBringsTheSubnetIntoBeing() public {
        setParam(P_FIZZ_REGISTER_FEE, 3 * ONE);
        uint64 fizz = configureFizz(OWNER);
        uint64 delegation = stakeTotals().delegationCount + 1;
        emits(address(token));
        emit Moved(OWNER, ACCOUNT_FOUNDATION, 3 * ONE, MOVE_FIZZ_FEE);
        emits(address(token));
        emit Moved(OWNER, ACCOUNT_DELEGATION_VAULT, MIN, MOVE_DELEGATE);
        emits(address(stake));
        emit DelegationChanged(delegation, provider, MIN, 0);
        emits(address(stake));
        emit StakeChanged(KIND_PROVIDER, provider, 600 * ONE, MIN);
        transition(fizz, OWNER, FIZZ_CONFIGURED, FIZZ_REGISTERED);
        subnetTransition(provider, OWNER, 0, SUBNET_EXISTS);
        joinSubnet(fizz, provider, MIN);
        FizzNodesRecord memory f = fizzNodesAt(fizz);
        assertEq(abi.encode(f.gateway, f.delegation, f.joinedEra), abi.encode(provider, delegation, 0));
        assertEq(delegationsAt(delegation).delegator, OWNER);
        assertEq(delegationsAt(delegation).autoStake, 0);
        SubnetsRecord memory s = subnetsAt(provider);
        assertEq(abi.encode(s.state, s.memberCount), abi.encode(SUBNET_EXISTS, 1));
        assertFree(provider, 0, 0, 0, 0);

        registeredFizz(OTHER, provider, MIN);
        assertEq(subnetsAt(provider).memberCount, 2);
    }

    function test_joinSubnet_givenAnythingElse_isRefused() public {
        uint64 fizz = configureFizz(OWNER);
        refusedToOthers(fizz, Fizz.joinSubnet.selector, abi.encode(0, 0));
        refusedInOtherStates(fizz, OWNER, abi.encodeCall(Fizz.joinSubnet, (fizz, 0, 0)), 0x02);
        uint64 count = providerTotals().providerCount;
        refusedBy(OWNER, UnknownEntity.selector, 0, count);
        fizzes.joinSubnet(fizz, 0, 0);
        refusedBy(OWNER, UnknownEntity.selector, count + 1, count);
        fizzes.joinSubnet(fizz, count + 1, 0);
        pokeProviderState(closed, PROVIDER_REGISTERED);
        refusedBy(OWNER, WrongState.selector, PROVIDER_REGISTERED, 0);
        fizzes.joinSubnet(fizz, closed, 0);
        pokeProviderState(closed, PROVIDER_ACTIVE);
        refusedBy(OWNER, NotInMode.selector, 0, 1);
        fizzes.joinSubnet(fizz, closed, 0);
        refusedBy(OWNER, DelegationTooSmall.selector, MIN - 1, MIN);
        fizzes.joinSubnet(fizz, provider, MIN - 1);
        setParam(P_FIZZ_REGISTER_FEE, 3 * ONE);
        refusedBy(OWNER, InsufficientBalance.selector, OPENING, OPENING + 1);
        fizzes.joinSubnet(fizz, provider, OPENING - 3 * ONE + 1);
        refusedBy(OWNER, InsufficientBalance.selector, OPENING, uint64(MAX_INT));
        fizzes.joinSubnet(fizz, provider, uint64(MAX_INT));
    }

    /// @dev The gateway's own minimum, or the parameter's; never below that of any delegation.
    function test_joinSubnet_givenEachMinimum_asksForTheLargest() public {
        uint64 fizz = configureFizz(OWNER);
        setParam(P_DELEG_MIN, 5 * ONE);
        openGateway(provider, 2 * ONE, 0);
        refusedBy(OWNER, DelegationTooSmall.selector, 0, 5 * ONE);
        fizzes.joinSubnet(fizz, provider, 0);
        openGateway(provider, 6 * ONE, 0);
        refusedBy(OWNER, DelegationTooSmall.selector, 0, 6 * ONE);
        fizzes.joinSubnet(fizz, provider, 0);
        openGateway(provider, 0, 0);
        setParam(P_FIZZ_MIN_DELEGATION, 0);
        refusedBy(OWNER, DelegationTooSmall.selector, 0, 5 * ONE);
        fizzes.joinSubnet(fizz, provider, 0);
    }

    // acceptFizz, flagFizz

    /// FIZZ-3, INV-57
    function test_acceptFizz_givenAMember_isActiveAndFree() public {
        nextEra();
        uint64 fizz = registeredFizz(OWNER, provider, MIN);
        transition(fizz, GATEWAY, FIZZ_REGISTERED, FIZZ_ACTIVE);
        acceptFizz(fizz);
        assertEq(fizzNodesAt(fizz).joinedEra, currentEra() + 1);
        assertFree(provider, 4, 16, 100, 1);
        assertEq(abi.encode(fizzes.freeOf(provider)), abi.encode(4, 16, 100, 1));
    }

    function test_acceptFizz_givenAnythingElse_isRefused() public {
        uint64 fizz = configureFizz(OWNER);
        refusedForNone(GATEWAY, Fizz.acceptFizz.selector, "");
        refusedBy(GATEWAY, NotOwner.selector, GATEWAY, 0);
        fizzes.acceptFizz(fizz);
        joinSubnet(fizz, provider, MIN);
        refusedBy(OWNER, NotOwner.selector, OWNER, GATEWAY);
        fizzes.acceptFizz(fizz);
        refusedInOtherStates(fizz, GATEWAY, abi.encodeCall(Fizz.acceptFizz, (fizz)), 0x04);
        pokeProviderState(provider, PROVIDER_REGISTERED);
        refusedBy(GATEWAY, WrongState.selector, PROVIDER_REGISTERED, 0);
        fizzes.acceptFizz(fizz);
        pokeProviderState(provider, PROVIDER_ACTIVE);
        uint64 delegation = fizzNodesAt(fizz).delegation;
        by(OWNER);
        stake.undelegate(delegation, 1);
        refusedBy(GATEWAY, DelegationTooSmall.selector, MIN - 1, MIN);
        fizzes.acceptFizz(fizz);
    }

    function test_flagFizz_givenTooSmallADelegation_isRegistered() public {
        uint64 fizz = activeFizz(OWNER, provider, MIN);
        refusedToAgents(abi.encodeCall(Fizz.flagFizz, (fizz)));
        refusedForNone(K, Fizz.flagFizz.selector, "");
        refusedInOtherStates(fizz, K, abi.encodeCall(Fizz.flagFizz, (fizz)), 0x08);
        refusedBy(K, ValueOutOfRange.selector, MIN, MIN);
        fizzes.flagFizz(fizz);
        uint64 delegation = fizzNodesAt(fizz).delegation;
        by(OWNER);
        stake.undelegate(delegation, 1);
        transition(fizz, K, FIZZ_ACTIVE, FIZZ_REGISTERED);
        by(K);
        fizzes.flagFizz(fizz);
        assertFree(provider, 0, 0, 0, 0);
        assertEq(subnetsAt(provider).memberCount, 1);
        by(OWNER);
        stake.increaseDelegation(delegation, 1);
        acceptFizz(fizz);
        assertFree(provider, 4, 16, 100, 1);
    }

    // reserveFizz, releaseFizz

    function order_() private returns (uint64) {
        return createOrder(wishOf(wallet, 1));
    }

    /// FIZZ-7
    function test_reserveFizz_givenAnOrder_isKeptForIt() public {
        uint64 fizz = activeFizz(OWNER, provider, MIN);
        uint64 order = order_();
        transition(fizz, OWNER, FIZZ_ACTIVE, FIZZ_RESERVED);
        reserveFizz(fizz, order);
        assertEq(fizzNodesAt(fizz).order, order);
        assertFree(provider, 0, 0, 0, 0);
    }

    function test_reserveFizz_givenAnythingElse_isRefused() public {
        uint64 fizz = activeFizz(OWNER, provider, MIN);
        refusedToOthers(fizz, Fizz.reserveFizz.selector, abi.encode(0));
        refusedInOtherStates(fizz, OWNER, abi.encodeCall(Fizz.reserveFizz, (fizz, 0)), 0x08);
        refuseReservation(fizz, 0, UnknownEntity.selector, 0, 0);
        uint64 order = order_();
        refuseReservation(fizz, order + 1, UnknownEntity.selector, order + 1, order);
        uint256 start = vm.snapshotState();
        cancelOrder(order);
        refuseReservation(fizz, order, WrongState.selector, ordersAt(order).state, 0);
        vm.revertToState(start);
        uint64 untilS = ordersAt(order).bidUntilS;
        goTo(untilS + 1);
        refuseReservation(fizz, order, DeadlinePassed.selector, untilS + 1, untilS);
        vm.revertToState(start);
        refuseReservation(fizz, createOrder(wishOf(wallet, 0)), NotInMode.selector, 0, 1);
        refuseWish(fizz, 9, PRICE - 1, FeeAboveMaximum.selector, PRICE);
        refuseWish(fizz, 0, 5, CapacityExhausted.selector, 4);
        refuseWish(fizz, 1, 17, CapacityExhausted.selector, 16);
        refuseWish(fizz, 2, 101, CapacityExhausted.selector, 100);
        refuseWish(fizz, 3, 2, CapacityExhausted.selector, 1);
        refuseWish(fizz, 4, 4, TierTooLow.selector, 3);
    }

    /// FIZZ-7, NUM-7
    function test_reserveFizz_givenAnOrderInAnotherAsset_countsItsValue() public {
        uint64 fizz = activeFizz(OWNER, provider, MIN);
        issue(2, CONSUMER, 100 * ONE);
        Wish memory w = wishOf(openEscrow(CONSUMER, 2, 100 * ONE), 1);
        w.asset = 2;
        // At half a token each, two units for every one that the node asks.
        by(K);
        assets.postPrices(ONE, 500_000_000, ONE);
        w.maxPriceUnits = 2 * PRICE - 1;
        refuseReservation(fizz, createOrder(w), FeeAboveMaximum.selector, PRICE, PRICE - 1);
        assertEq(fizzes.floorOf(fizz, 2), 2 * PRICE);
        assertEq(fizzes.floorOf(fizz, 0), PRICE);
        w.maxPriceUnits = 2 * PRICE;
        uint64 order = createOrder(w);
        reserveFizz(fizz, order);
        assertEq(fizzNodesAt(fizz).order, order);
    }

    /// @dev An order that differs in one field: resource 0 to 3, GPU tier 4, price 9.
    function refuseWish(uint64 fizz, uint256 field, uint64 value, bytes4 err, uint64 have) private {
        Wish memory w = wishOf(wallet, 1);
        if (field == 0) w.cpuCount = value;
        if (field == 1) w.memoryGb = value;
        if (field == 2) w.storageGb = value;
        if (field == 3) w.gpuCount = value;
        if (field == 4) (w.gpuTier, w.gpuCount) = (value, 1);
        if (field == 9) w.maxPriceUnits = value;
        refuseReservation(fizz, createOrder(w), err, have, value);
    }

    function refuseReservation(uint64 fizz, uint64 order, bytes4 err, uint64 have, uint64 need) private {
        refusedBy(OWNER, err, have, need);
        fizzes.reserveFizz(fizz, order);
    }

    function test_releaseFizz_givenAnOrderThatIsOver_isFree() public {
        uint64 fizz = activeFizz(OWNER, provider, MIN);
        uint64 order = order_();
        bytes memory data = abi.encodeCall(Fizz.releaseFizz, (fizz));
        refusedToOthers(fizz, Fizz.releaseFizz.selector, "");
        refusedInOtherStates(fizz, OWNER, data, 0x10);
        reserveFizz(fizz, order);
        for (uint64 state = ORDER_OPEN; state <= ORDER_MATCHING; ++state) {
            poke(address(orders), SLOT_ORDERS + 7 * order, 1, state);
            refusedBy(OWNER, DeadlineNotPassed.selector, nowS(), ordersAt(order).expiresS);
            fizzes.releaseFizz(fizz);
        }
        // Nobody bid with it, so that the end of the order did not free it.
        poke(address(orders), SLOT_ORDERS + 7 * order, 1, ORDER_EXPIRED);
        transition(fizz, OWNER, FIZZ_RESERVED, FIZZ_ACTIVE);
        by(OWNER);
        fizzes.releaseFizz(fizz);
        assertEq(fizzNodesAt(fizz).order, 0);
        assertFree(provider, 4, 16, 100, 1);
    }

    /// SM-12: an order that is lost frees the node that the gateway has bid with.
    function test_orders_givenABidWithAFizzNode_freeItWhenTheyEnd() public {
        uint64 fizz = activeFizz(OWNER, provider, MIN);
        uint64 order = order_();
        reserveFizz(fizz, order);
        placeBid(order, provider, PRICE, fizz);
        cancelOrder(order);
        assertEq(abi.encode(fizzNodesAt(fizz).state, fizzNodesAt(fizz).order), abi.encode(FIZZ_ACTIVE, 0));
    }

    // Leases

    function test_leases_givenAWonBid_areServedUntilTheyClose() public {
        uint64 fizz = activeFizz(OWNER, provider, MIN);
        uint64 lease = leaseOf(fizz, wallet);
        FizzNodesRecord memory f = fizzNodesAt(fizz);
        assertEq(abi.encode(f.state, f.order, f.lease), abi.encode(FIZZ_SERVING, 0, lease));
        assertEq(leasesAt(lease).gatewayBps, 300);
        assertEq(ordersAt(leasesAt(lease).order).state, ORDER_LEASED);
        assertFree(provider, 0, 0, 0, 0);
        closeLease(lease);
        f = fizzNodesAt(fizz);
        assertEq(abi.encode(f.state, f.order, f.lease), abi.encode(FIZZ_ACTIVE, 0, 0));
        assertFree(provider, 4, 16, 100, 1);
    }

    function deployedLease(uint64 fizz) private returns (uint64 lease) {
        lease = leaseOf(fizz, wallet);
        sendManifest(lease);
        confirmDeployment(lease);
    }

    /// FIZZ-9, OP-79
    function test_detachFizz_givenAnOutage_stopsAndResumesTheLease() public {
        uint64 fizz = activeFizz(OWNER, provider, MIN);
        uint64 lease = deployedLease(fizz);
        uint64 startS = nowS();
        wait_(100);
        transition(fizz, K, FIZZ_SERVING, FIZZ_DETACHED);
        by(K);
        fizzes.detachFizz(fizz, startS + 40);
        assertEq(fizzNodesAt(fizz).detachedS, startS + 40);
        assertEq(leasesAt(lease).state, LEASE_DOWN);
        wait_(100);
        transition(fizz, K, FIZZ_DETACHED, FIZZ_SERVING);
        by(K);
        fizzes.reattachFizz(fizz, startS + 150);
        assertEq(fizzNodesAt(fizz).detachedS, 0);
        assertEq(leasesAt(lease).state, LEASE_SERVING);
        assertEq(leasesAt(lease).pausedS, 110);
        assertFree(provider, 0, 0, 0, 0);
    }

    function test_detachFizz_givenAnythingElse_isRefused() public {
        uint64 fizz = activeFizz(OWNER, provider, MIN);
        uint64 lease = deployedLease(fizz);
        refusedToAgents(abi.encodeCall(Fizz.detachFizz, (fizz, 0)));
        refusedForNone(K, Fizz.detachFizz.selector, abi.encode(0));
        refusedInOtherStates(fizz, K, abi.encodeCall(Fizz.detachFizz, (fizz, 0)), 0x20);
        wait_(50);
        uint64 accruedS = leasesAt(lease).accruedS;
        refusedBy(K, ValueOutOfRange.selector, accruedS - 1, nowS());
        fizzes.detachFizz(fizz, accruedS - 1);
        refusedBy(K, ValueOutOfRange.selector, nowS() + 1, nowS());
        fizzes.detachFizz(fizz, nowS() + 1);
        by(OWNER);
        leases.withdrawLease(lease);
        refusedBy(K, ValueOutOfRange.selector, nowS() - 1, nowS());
        fizzes.detachFizz(fizz, nowS() - 1);
        by(K);
        fizzes.detachFizz(fizz, nowS());
    }

    function test_reattachFizz_givenAnythingElse_isRefused() public {
        uint64 fizz = activeFizz(OWNER, provider, MIN);
        deployedLease(fizz);
        refusedToAgents(abi.encodeCall(Fizz.reattachFizz, (fizz, 0)));
        refusedForNone(K, Fizz.reattachFizz.selector, abi.encode(0));
        refusedInOtherStates(fizz, K, abi.encodeCall(Fizz.reattachFizz, (fizz, 0)), 0x40);
        wait_(50);
        uint64 sinceS = nowS() - 10;
        by(K);
        fizzes.detachFizz(fizz, sinceS);
        refusedBy(K, ValueOutOfRange.selector, sinceS - 1, nowS());
        fizzes.reattachFizz(fizz, sinceS - 1);
        refusedBy(K, ValueOutOfRange.selector, nowS() + 1, nowS());
        fizzes.reattachFizz(fizz, nowS() + 1);
    }

    function test_leases_givenAnOutageAtTheirEnd_freeTheNode() public {
        uint64 fizz = activeFizz(OWNER, provider, MIN);
        uint64 lease = deployedLease(fizz);
        by(K);
        fizzes.detachFizz(fizz, nowS());
        closeLease(lease);
        FizzNodesRecord memory f = fizzNodesAt(fizz);
        assertEq(abi.encode(f.state, f.lease, f.detachedS), abi.encode(FIZZ_ACTIVE, 0, 0));
    }

    // leaveSubnet, finishLeave

    function test_leaveSubnet_givenTheLast_unbondsAndDissolves() public {
        uint64 fizz = activeFizz(OWNER, provider, MIN);
        uint64 delegation = fizzNodesAt(fizz).delegation;
        fixShare();
        transition(fizz, OWNER, FIZZ_ACTIVE, FIZZ_LEAVING);
        emits(address(stake));
        emit DelegationChanged(delegation, provider, 0, MIN);
        emits(address(stake));
        emit StakeChanged(KIND_PROVIDER, provider, 600 * ONE, 0);
        subnetTransition(provider, OWNER, SUBNET_EXISTS, SUBNET_DISSOLVED);
        by(OWNER);
        fizzes.leaveSubnet(fizz);
        assertFree(provider, 0, 0, 0, 0);
        assertEq(subnetsAt(provider).memberCount, 0);
        assertShare(300, 0);
        assertEq(delegationsAt(delegation).releaseEra, currentEra() + param(P_DELEG_UNBOND_ERAS));

        refusedBy(OWNER, ExitQueueNotOver.selector, currentEra(), delegationsAt(delegation).releaseEra);
        fizzes.finishLeave(fizz);
        for (uint256 i; i <= param(P_DELEG_UNBOND_ERAS); ++i) {
            nextEra();
        }
        transition(fizz, OWNER, FIZZ_LEAVING, FIZZ_CONFIGURED);
        by(OWNER);
        fizzes.finishLeave(fizz);
        FizzNodesRecord memory f = fizzNodesAt(fizz);
        assertEq(abi.encode(f.gateway, f.delegation), abi.encode(0, 0));
        assertEq(walletsAt(OWNER), OPENING);

        subnetTransition(provider, OWNER, SUBNET_DISSOLVED, SUBNET_EXISTS);
        joinSubnet(fizz, provider, MIN);
    }

    function test_leaveSubnet_givenNothingDelegatedAnyMore_leavesAllTheSame() public {
        uint64 fizz = registeredFizz(OWNER, provider, MIN);
        registeredFizz(OTHER, provider, MIN);
        uint64 delegation = fizzNodesAt(fizz).delegation;
        by(OWNER);
        stake.undelegate(delegation, MIN);
        bytes memory before = abi.encode(delegationsAt(delegation));
        by(OWNER);
        fizzes.leaveSubnet(fizz);
        assertEq(abi.encode(delegationsAt(delegation)), before);
        assertEq(subnetsAt(provider).memberCount, 1);
        assertEq(subnetsAt(provider).state, SUBNET_EXISTS);
    }

    function test_leaving_givenAnythingElse_isRefused() public {
        uint64 fizz = activeFizz(OWNER, provider, MIN);
        refusedToOthers(fizz, Fizz.leaveSubnet.selector, "");
        refusedInOtherStates(fizz, OWNER, abi.encodeCall(Fizz.leaveSubnet, (fizz)), 0x0c);
        refusedToOthers(fizz, Fizz.finishLeave.selector, "");
        refusedInOtherStates(fizz, OWNER, abi.encodeCall(Fizz.finishLeave, (fizz)), 0x80);
    }

    // releaseMember

    function test_releaseMember_givenAGatewayThatHasLeft_belongsToNobody() public {
        fixShare();
        uint64 registered = registeredFizz(OTHER, provider, MIN);
        uint64 fizz = activeFizz(OWNER, provider, MIN);
        uint64 reserved = activeFizz(OTHER, provider, MIN);
        reserveFizz(reserved, order_());
        refusedToAgents(abi.encodeCall(Fizz.releaseMember, (fizz)));
        refusedForNone(K, Fizz.releaseMember.selector, "");
        refusedInOtherStates(fizz, K, abi.encodeCall(Fizz.releaseMember, (fizz)), 0x1c);
        refusedBy(K, WrongState.selector, PROVIDER_ACTIVE, 0);
        fizzes.releaseMember(fizz);
        by(GATEWAY);
        providers.deregisterProvider(provider);
        assertEq(providersAt(provider).state, PROVIDER_DEACTIVATED);
        transition(fizz, K, FIZZ_ACTIVE, FIZZ_CONFIGURED);
        by(K);
        fizzes.releaseMember(fizz);
        FizzNodesRecord memory f = fizzNodesAt(fizz);
        assertEq(abi.encode(f.gateway, f.delegation, f.order), abi.encode(0, 0, 0));
        assertFree(provider, 0, 0, 0, 0);
        by(K);
        fizzes.releaseMember(registered);
        transition(reserved, K, FIZZ_RESERVED, FIZZ_CONFIGURED);
        subnetTransition(provider, K, SUBNET_EXISTS, SUBNET_DISSOLVED);
        by(K);
        fizzes.releaseMember(reserved);
        assertEq(fizzNodesAt(reserved).order, 0);
        assertEq(subnetsAt(provider).memberCount, 0);
        assertShare(300, 0);
        nextEra();
        assertEq(walletsAt(OWNER), OPENING, "SM-12: the settlement has released the delegation");
    }

    // Votes

    /// @return one two members of the gateway, with the vote on @return two
    function twoMembers() private returns (uint64 one, uint64 two) {
        setParam(P_FIZZ_DAO, 1);
        one = activeFizz(OWNER, provider, 30 * ONE);
        two = activeFizz(OTHER, provider, 20 * ONE);
    }

    function propose(uint64 fizz, uint64 kind, uint64 value) private {
        by(fizzNodesAt(fizz).owner);
        fizzes.proposeSubnet(fizz, kind, value);
    }

    function vote(uint64 fizz, uint64 isYes) private {
        by(fizzNodesAt(fizz).owner);
        fizzes.voteSubnet(fizz, isYes);
    }

    function decide(uint64 gateway) private {
        uint64 endS = subnetsAt(gateway).proposalEndS;
        if (nowS() <= endS) goTo(endS + 1);
        by(K);
        fizzes.decideSubnet(gateway);
    }

    /// FIZZ-14, OP-81
    function test_votes_givenAMajorityForAShare_fixIt() public {
        (uint64 one, uint64 two) = twoMembers();
        propose(two, PROPOSAL_GATEWAY_SHARE, 100);
        SubnetsRecord memory s = subnetsAt(provider);
        assertEq(abi.encode(s.proposal, s.proposalKind, s.proposalValue), abi.encode(1, PROPOSAL_GATEWAY_SHARE, 100));
        assertEq(s.proposalEndS, nowS() + 7_200);
        emits(address(fizzes));
        emit SubnetVoted(provider, 1, one, 1, 30 * ONE);
        vote(one, 1);
        vote(two, 0);
        s = subnetsAt(provider);
        assertEq(abi.encode(s.yesUnits, s.noUnits), abi.encode(30 * ONE, 20 * ONE));
        assertEq(fizzNodesAt(one).votedProposal, 1);
        emits(address(fizzes));
        emit SubnetDecided(provider, 1, PROPOSAL_GATEWAY_SHARE, 100, 1);
        decide(provider);
        s = subnetsAt(provider);
        assertEq(abi.encode(s.gatewayBps, s.isShareFixed), abi.encode(100, 1));
        assertEq(abi.encode(s.proposal, s.proposalKind, s.proposalValue), abi.encode(0, 0, 0));
        assertEq(abi.encode(s.proposalEndS, s.yesUnits, s.noUnits), abi.encode(0, 0, 0));
        propose(one, PROPOSAL_GATEWAY_SHARE, 0);
        assertEq(subnetsAt(provider).proposal, 2);
    }

    function test_votes_givenNoMajority_changeNothing() public {
        (uint64 one, uint64 two) = twoMembers();
        propose(one, PROPOSAL_EXPEL, two);
        decide(provider);
        assertEq(fizzNodesAt(two).state, FIZZ_ACTIVE);
        propose(one, PROPOSAL_GATEWAY_SHARE, 1);
        vote(two, 0);
        emits(address(fizzes));
        emit SubnetDecided(provider, 2, PROPOSAL_GATEWAY_SHARE, 1, 0);
        decide(provider);
        assertEq(abi.encode(subnetsAt(provider).gatewayBps, subnetsAt(provider).isShareFixed), abi.encode(300, 0));
    }

    function test_votes_givenAMajorityForExpulsion_letTheMemberLeave() public {
        (uint64 one, uint64 two) = twoMembers();
        propose(one, PROPOSAL_EXPEL, two);
        vote(one, 1);
        emits(address(fizzes));
        emit SubnetDecided(provider, 1, PROPOSAL_EXPEL, two, 1);
        transition(two, K, FIZZ_ACTIVE, FIZZ_LEAVING);
        decide(provider);
        assertFree(provider, 4, 16, 100, 1);
        assertEq(delegationsAt(fizzNodesAt(two).delegation).unbondingUnits, 20 * ONE);
        assertEq(subnetsAt(provider).memberCount, 1);
    }

    /// OP-81
    function test_votes_givenTheLastMemberIsExpelled_leaveTheShareToTheGateway() public {
        (uint64 one, uint64 two) = twoMembers();
        by(OTHER);
        fizzes.leaveSubnet(two);
        fixShare();
        propose(one, PROPOSAL_EXPEL, one);
        vote(one, 1);
        decide(provider);
        assertEq(subnetsAt(provider).state, SUBNET_DISSOLVED);
        assertShare(300, 0);
    }

    /// OP-81
    function test_votes_givenASubnetThatIsDissolved_fixNoShare() public {
        (uint64 one, uint64 two) = twoMembers();
        propose(one, PROPOSAL_GATEWAY_SHARE, 100);
        vote(one, 1);
        by(OTHER);
        fizzes.leaveSubnet(two);
        by(OWNER);
        fizzes.leaveSubnet(one);
        emits(address(fizzes));
        emit SubnetDecided(provider, 1, PROPOSAL_GATEWAY_SHARE, 100, 1);
        decide(provider);
        assertShare(300, 0);
        assertEq(subnetsAt(provider).proposal, 0);
    }

    function test_votes_givenAReservedMember_expelItFromItsOrder() public {
        (uint64 one, uint64 two) = twoMembers();
        propose(one, PROPOSAL_EXPEL, two);
        vote(one, 1);
        reserveFizz(two, order_());
        decide(provider);
        assertEq(abi.encode(fizzNodesAt(two).state, fizzNodesAt(two).order), abi.encode(FIZZ_LEAVING, 0));
        assertFree(provider, 4, 16, 100, 1);
    }

    function test_votes_givenAMemberWithALease_closeThatFirst() public {
        for (uint256 isOff; isOff < 2; ++isOff) {
            uint256 start = vm.snapshotState();
            (uint64 one, uint64 two) = twoMembers();
            uint64 lease = deployedLease(two);
            propose(one, PROPOSAL_EXPEL, two);
            vote(one, 1);
            by(K);
            if (isOff == 1) fizzes.detachFizz(two, nowS());
            decide(provider);
            assertEq(leasesAt(lease).state, LEASE_CLOSED);
            assertEq(abi.encode(fizzNodesAt(two).state, fizzNodesAt(two).lease), abi.encode(FIZZ_LEAVING, 0));
            assertFree(provider, 4, 16, 100, 1);
            vm.revertToState(start);
        }
    }

    /// @dev One that has left, and joined another subnet meanwhile, stays there.
    function test_votes_givenOneThatHasLeft_doNothingToIt() public {
        (uint64 one, uint64 two) = twoMembers();
        setParam(P_DELEG_UNBOND_ERAS, 0);
        propose(one, PROPOSAL_EXPEL, two);
        vote(one, 1);
        by(OTHER);
        fizzes.leaveSubnet(two);
        uint256 start = vm.snapshotState();
        decide(provider);
        assertEq(fizzNodesAt(two).state, FIZZ_LEAVING);
        vm.revertToState(start);
        nextEra();
        by(OTHER);
        fizzes.finishLeave(two);
        openGateway(closed, 0, 0);
        joinSubnet(two, closed, MIN);
        decide(provider);
        assertEq(fizzNodesAt(two).state, FIZZ_REGISTERED);
        assertEq(subnetsAt(closed).memberCount, 1);
    }

    function test_proposeSubnet_givenAnythingElse_isRefused() public {
        (uint64 one, uint64 two) = twoMembers();
        uint64 outside = configureFizz(OWNER);
        refusedToOthers(one, Fizz.proposeSubnet.selector, abi.encode(0, 0));
        refusedInOtherStates(one, OWNER, abi.encodeCall(Fizz.proposeSubnet, (one, 2, 0)), 0x78);
        setParam(P_FIZZ_DAO, 0);
        refuseProposal(one, 0, 0, NotInMode.selector, 0, 1);
        setParam(P_FIZZ_DAO, 1);
        refuseProposal(one, 0, 0, ValueOutOfRange.selector, 0, 2);
        refuseProposal(one, 3, 0, ValueOutOfRange.selector, 3, 2);
        refuseProposal(one, PROPOSAL_EXPEL, 0, UnknownEntity.selector, 0, outside);
        refuseProposal(one, PROPOSAL_EXPEL, outside + 1, UnknownEntity.selector, outside + 1, outside);
        refuseProposal(one, PROPOSAL_EXPEL, outside, WrongState.selector, FIZZ_CONFIGURED, 0);
        openGateway(closed, 0, 0);
        joinSubnet(outside, closed, MIN);
        refuseProposal(one, PROPOSAL_EXPEL, outside, WrongState.selector, FIZZ_REGISTERED, 0);
        refuseProposal(one, PROPOSAL_GATEWAY_SHARE, 5_001, ValueOutOfRange.selector, 5_001, 5_000);
        propose(two, PROPOSAL_GATEWAY_SHARE, 5_000);
        refuseProposal(one, PROPOSAL_GATEWAY_SHARE, 0, AlreadySet.selector, 1, 0);
    }

    function refuseProposal(uint64 fizz, uint64 kind, uint64 value, bytes4 err, uint64 have, uint64 need) private {
        refusedBy(OWNER, err, have, need);
        fizzes.proposeSubnet(fizz, kind, value);
    }

    function test_voteSubnet_givenAnythingElse_isRefused() public {
        (uint64 one, uint64 two) = twoMembers();
        refusedToOthers(one, Fizz.voteSubnet.selector, abi.encode(0));
        refusedInOtherStates(one, OWNER, abi.encodeCall(Fizz.voteSubnet, (one, 0)), 0x78);
        setParam(P_FIZZ_DAO, 0);
        refuseVote(one, 2, NotInMode.selector, 0, 1);
        setParam(P_FIZZ_DAO, 1);
        refuseVote(one, 2, ValueOutOfRange.selector, 2, 1);
        refuseVote(one, 1, WrongState.selector, 0, 0);
        propose(two, PROPOSAL_GATEWAY_SHARE, 1);
        vote(one, 1);
        refuseVote(one, 1, AlreadyVoted.selector, 1, one);
        uint64 endS = subnetsAt(provider).proposalEndS;
        goTo(endS);
        vote(two, 1);
        goTo(endS + 1);
        refuseVote(one, 1, DeadlinePassed.selector, endS + 1, endS);
    }

    function refuseVote(uint64 fizz, uint64 isYes, bytes4 err, uint64 have, uint64 need) private {
        refusedBy(OWNER, err, have, need);
        fizzes.voteSubnet(fizz, isYes);
    }

    function test_decideSubnet_givenAnythingElse_isRefused() public {
        refusedToAgents(abi.encodeCall(Fizz.decideSubnet, (provider)));
        uint64 count = providerTotals().providerCount;
        refusedBy(K, UnknownEntity.selector, 0, count);
        fizzes.decideSubnet(0);
        refusedBy(K, UnknownEntity.selector, count + 1, count);
        fizzes.decideSubnet(count + 1);
        refusedBy(K, WrongState.selector, 0, 0);
        fizzes.decideSubnet(provider);
        (uint64 one,) = twoMembers();
        propose(one, PROPOSAL_GATEWAY_SHARE, 1);
        uint64 endS = subnetsAt(provider).proposalEndS;
        goTo(endS);
        refusedBy(K, DeadlineNotPassed.selector, endS, endS);
        fizzes.decideSubnet(provider);
    }

    // rewardFizz

    function rewards(uint64 one, uint64 two) private pure returns (uint64[] memory list) {
        list = new uint64[](2);
        (list[0], list[1]) = (one, two);
    }

    function mostUnits() private view returns (uint64) {
        return param(P_FIZZ_BASE_ERA_GPU) + 4 * param(P_FIZZ_BASE_ERA_CPU);
    }

    /// F-24, FIZZ-16, OP-44
    function test_rewardFizz_givenTheVariant_paysOnceAnEra() public {
        setParam(P_FIZZ_REWARD_MODE, 1);
        configureFizz(OWNER);
        configureFizz(OTHER);
        configureFizz(OWNER);
        uint64 foundation = walletsAt(ACCOUNT_FOUNDATION);
        uint64 most = mostUnits();
        emits(address(token));
        emit Moved(ACCOUNT_FOUNDATION, OWNER, most, MOVE_FIZZ_REWARD);
        emits(address(fizzes));
        emit RewardPaid(KIND_FIZZ, 1, OWNER, most, MOVE_FIZZ_REWARD);
        by(K);
        fizzes.rewardFizz(0, 2, rewards(most, 0));
        assertEq(walletsAt(ACCOUNT_FOUNDATION), foundation - most);
        assertEq(walletsAt(OTHER), OPENING);
        assertEq(abi.encode(fizzTotals().rewardedEra, fizzTotals().rewardedCount), abi.encode(currentEra() + 1, 2));
        refusedBy(K, CursorMismatch.selector, 0, 2);
        fizzes.rewardFizz(0, 2, rewards(most, 0));
        by(K);
        fizzes.rewardFizz(2, 3, listOf(1));
        nextEra();
        by(K);
        fizzes.rewardFizz(0, 2, rewards(1, 1));
        assertEq(fizzTotals().rewardedCount, 2);
    }

    function test_rewardFizz_givenAFoundationThatRunsOut_paysWhatItHas() public {
        setParam(P_FIZZ_REWARD_MODE, 1);
        configureFizz(OWNER);
        configureFizz(OTHER);
        uint64 most = mostUnits();
        drainFoundation(most + 5);
        by(K);
        fizzes.rewardFizz(0, 2, rewards(most, most));
        assertEq(walletsAt(OTHER), OPENING + 5);
        assertEq(walletsAt(ACCOUNT_FOUNDATION), 0);
    }

    /// @dev Leaves the foundation with this much, by the market's own way of moving units.
    function drainFoundation(uint64 leftUnits) private {
        uint64 units = walletsAt(ACCOUNT_FOUNDATION) - leftUnits;
        vm.prank(address(fizzes));
        token.move(ACCOUNT_FOUNDATION, CREATOR, units, MOVE_FIZZ_REWARD);
    }

    function test_rewardFizz_givenAnythingElse_isRefused() public {
        configureFizz(OWNER);
        configureFizz(OTHER);
        refusedToAgents(abi.encodeCall(Fizz.rewardFizz, (0, 1, listOf(0))));
        refuseRewards(1, 9, listOf(0), NotInMode.selector, 0, 1);
        setParam(P_FIZZ_REWARD_MODE, 1);
        refuseRewards(1, 9, listOf(0), CursorMismatch.selector, 1, 0);
        refuseRewards(0, 3, listOf(0), ValueOutOfRange.selector, 3, 2);
        refuseRewards(0, 2, listOf(0), BatchMismatch.selector, 1, 2);
        uint64 most = mostUnits();
        refuseRewards(0, 2, rewards(1, most + 1), ValueOutOfRange.selector, most + 1, most);
        by(K);
        fizzes.rewardFizz(0, 2, rewards(0, 0));
        refuseRewards(2, 1, listOf(0), ValueOutOfRange.selector, 1, 2);
    }

    function refuseRewards(uint64 from, uint64 to, uint64[] memory list, bytes4 err, uint64 have, uint64 need) private {
        refusedBy(K, err, have, need);
        fizzes.rewardFizz(from, to, list);
    }

    // Modules

    function test_modules_givenAnybodyElse_areRefused() public {
        address[3] memory callers = [addressOf(K), addressOf(OWNER), address(providers)];
        for (uint256 i; i < callers.length; ++i) {
            refuseModule(callers[i], address(fizzes), abi.encodeCall(Fizz.release, (1, 1, K)));
            refuseModule(callers[i], address(fizzes), abi.encodeCall(Fizz.serve, (1, 1, K)));
            refuseModule(callers[i], address(fizzes), abi.encodeCall(Fizz.free, (1, K)));
            refuseModule(callers[i], address(stake), abi.encodeCall(stake.delegateFizz, (OWNER, provider, MIN)));
            refuseModule(callers[i], address(stake), abi.encodeCall(stake.undelegateFizz, (1)));
        }
        refuseModule(address(leases), address(stake), abi.encodeCall(stake.delegateFizz, (OWNER, provider, MIN)));
        refuseModule(address(leases), address(stake), abi.encodeCall(stake.undelegateFizz, (1)));
    }

    function refuseModule(address caller, address family, bytes memory data) private {
        vm.expectRevert(abi.encodeWithSelector(OnlyFamily.selector, caller));
        vm.prank(caller);
        send(family, data);
    }

    function test_release_givenAnotherOrder_doesNothing() public {
        uint64 fizz = activeFizz(OWNER, provider, MIN);
        uint64 order = order_();
        reserveFizz(fizz, order);
        vm.prank(address(orders));
        fizzes.release(fizz, order + 1, K);
        assertEq(fizzNodesAt(fizz).state, FIZZ_RESERVED);
        transition(fizz, CONSUMER, FIZZ_RESERVED, FIZZ_ACTIVE);
        vm.prank(address(orders));
        fizzes.release(fizz, order, CONSUMER);
        vm.prank(address(orders));
        fizzes.release(fizz, order, CONSUMER);
        assertFree(provider, 4, 16, 100, 1);
    }

    function test_modules_givenAnotherState_areRefused() public {
        uint64 fizz = activeFizz(OWNER, provider, MIN);
        vm.prank(address(leases));
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, FIZZ_ACTIVE, 0));
        fizzes.serve(fizz, 1, K);
        vm.prank(address(leases));
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, FIZZ_ACTIVE, 0));
        fizzes.free(fizz, K);
    }

    // Cost

    uint256 private constant FEW = 2;
    uint256 private constant MANY = 500;
    uint256 private constant MEASURED = 13;
    GasCheats private constant CHEATS = GasCheats(address(vm));

    /// @dev No action walks over the members of a subnet: each costs the same whether there are two or five hundred.
    function test_actions_givenManyMembers_costTheSame() public {
        setParam(P_FIZZ_DAO, 1);
        setParam(P_FIZZ_REWARD_MODE, 1);
        setParam(P_DELEG_UNBOND_ERAS, 0);
        setParam(P_FIZZ_MIN_DELEGATION, ONE);
        uint256 start = vm.snapshotState();
        uint256[MEASURED] memory few = measure(FEW);
        vm.revertToState(start);
        uint256[MEASURED] memory many = measure(MANY);
        string[MEASURED] memory names = [
            "configureFizz",
            "joinSubnet",
            "acceptFizz",
            "changeFizz",
            "reserveFizz",
            "releaseFizz",
            "flagFizz",
            "proposeSubnet",
            "voteSubnet",
            "leaveSubnet",
            "decideSubnet",
            "rewardFizz",
            "releaseMember"
        ];
        for (uint256 i; i < MEASURED; ++i) {
            printGas(names[i], few[i], many[i]);
            assertEq(many[i], few[i], names[i]);
        }
    }

    function measure(uint256 members) private returns (uint256[MEASURED] memory gas) {
        for (uint256 i; i < members; ++i) {
            activeFizz(CREATOR, provider, ONE);
        }
        uint64 fizz = fizzTotals().fizzCount + 1;
        gas[0] = cost(OWNER, abi.encodeCall(Fizz.configureFizz, (77, 4, 16, 100, 1, 3, ONE)));
        gas[1] = cost(OWNER, abi.encodeCall(Fizz.joinSubnet, (fizz, provider, MIN)));
        gas[2] = cost(GATEWAY, abi.encodeCall(Fizz.acceptFizz, (fizz)));
        gas[3] = cost(OWNER, abi.encodeCall(Fizz.changeFizz, (fizz, 8, 32, 200, 2, 4, ONE)));
        uint64 order = order_();
        gas[4] = cost(OWNER, abi.encodeCall(Fizz.reserveFizz, (fizz, order)));
        cancelOrder(order);
        gas[5] = cost(OWNER, abi.encodeCall(Fizz.releaseFizz, (fizz)));
        uint64 delegation = fizzNodesAt(fizz).delegation;
        by(OWNER);
        stake.undelegate(delegation, MIN);
        gas[6] = cost(K, abi.encodeCall(Fizz.flagFizz, (fizz)));
        by(OWNER);
        stake.increaseDelegation(delegation, MIN);
        acceptFizz(fizz);
        uint64 target = activeFizz(OTHER, provider, ONE);
        gas[7] = cost(OWNER, abi.encodeCall(Fizz.proposeSubnet, (fizz, PROPOSAL_EXPEL, target)));
        gas[8] = cost(OWNER, abi.encodeCall(Fizz.voteSubnet, (fizz, 1)));
        gas[9] = cost(OWNER, abi.encodeCall(Fizz.leaveSubnet, (fizz)));
        goTo(subnetsAt(provider).proposalEndS + 1);
        gas[10] = cost(K, abi.encodeCall(Fizz.decideSubnet, (provider)));
        assertEq(fizzNodesAt(target).state, FIZZ_LEAVING);
        gas[11] = cost(K, abi.encodeCall(Fizz.rewardFizz, (0, 1, listOf(1))));
        by(GATEWAY);
        providers.deregisterProvider(provider);
        gas[12] = cost(K, abi.encodeCall(Fizz.releaseMember, (1)));
        assertEq(subnetsAt(provider).memberCount, members - 1);
    }

    function cost(uint64 actor, bytes memory data) private returns (uint256 gas) {
        for (uint256 i; i < families.length; ++i) {
            CHEATS.cool(families[i]);
        }
        return this.costOf(addressOf(actor), data);
    }

    /// @dev From outside, so that it does not matter how much memory the test has taken.
    /// @return gas of the action on storage that is cold
    function costOf(address sender, bytes calldata data) external returns (uint256 gas) {
        vm.prank(sender);
        gas = gasleft();
        send(address(fizzes), data);
        gas -= gasleft();
    }

    /// @dev To forge's console, shown with -vv.
    function printGas(string memory name, uint256 few, uint256 many) private view {
        (bool ok,) = address(0x000000000000000000636F6e736F6c652e6c6f67)
            .staticcall(abi.encodeWithSignature("log(string,uint256,uint256)", name, few, many));
        assertTrue(ok);
    }
}
