// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Demand} from "./Demand.sol";
import {Family} from "./Family.sol";
import {FizzInfo, IFizz, OrderTerms, Resources} from "./Interfaces.sol";
import {
    ACCOUNT_FOUNDATION,
    ACCOUNT_KEEPER,
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
    FAMILY_COUNT,
    FIZZ_ACTIVE,
    FIZZ_CONFIGURED,
    FIZZ_DETACHED,
    FIZZ_LEAVING,
    FIZZ_REGISTERED,
    FIZZ_RESERVED,
    FIZZ_SERVING,
    FeeAboveMaximum,
    FizzNodesRecord,
    FizzTotalsRecord,
    InsufficientBalance,
    KIND_FIZZ,
    KIND_SUBNET,
    MAX_INT,
    MOVE_FIZZ_FEE,
    MOVE_FIZZ_REWARD,
    NotInMode,
    NotOwner,
    ORDER_MATCHING,
    ORDER_MODE_FIZZ,
    ORDER_OPEN,
    PROPOSAL_EXPEL,
    PROPOSAL_GATEWAY_SHARE,
    PROVIDER_ACTIVE,
    PROVIDER_DEACTIVATED,
    P_DELEG_MIN,
    P_FIZZ_BASE_ERA_CPU,
    P_FIZZ_BASE_ERA_GPU,
    P_FIZZ_DAO,
    P_FIZZ_MIN_DELEGATION,
    P_FIZZ_REGISTER_FEE,
    P_FIZZ_REWARD_MODE,
    P_TIME_SLOTS_PER_ERA,
    P_TIME_SLOT_S,
    SUBNET_DISSOLVED,
    SUBNET_EXISTS,
    SubnetsRecord,
    TABLE_LENGTH,
    TierTooLow,
    UnknownEntity,
    ValueOutOfRange,
    WrongState
} from "./Protocol.sol";
import {ProviderView} from "./ProviderView.sol";

/// @title Fizz
/// @notice Fizz nodes and the subnets behind their gateways (SM-12): what a small machine offers, its delegation to the
/// gateway, its reservation for an order, its outages, the votes of a subnet, and the era reward that is computed outside;
/// the rules of `sim/protocol/{fizz,subnets}.ts`. Orders and leases are other families'. Amounts are base units, times
/// seconds from genesis; a subnet has the number of its gateway's provider.
/// @dev Function by function the same guards in the same order as the core, then the same events in the same order. No
/// action walks over the members of a subnet: it keeps their number and what those that are Active have.
contract Fizz is Family, IFizz {
    FizzNodesRecord[TABLE_LENGTH] internal fizzNodes;
    SubnetsRecord[TABLE_LENGTH] internal subnets;
    FizzTotalsRecord internal fizzTotals;

    // Most that a fizz node may have (X-SP-5), and most that its gateway may keep.
    uint64 private constant MAX_CPU_COUNT = 32;
    uint64 private constant MAX_MEMORY_GB = 128;
    uint64 private constant MAX_STORAGE_GB = 2_048;
    uint64 private constant MAX_GPU_COUNT = 8;
    uint64 private constant MAX_GPU_TIER = 11;
    uint64 private constant MAX_GATEWAY_BPS = 5_000;

    // Options of parameters, by their index.
    uint64 private constant ON = 1;
    uint64 private constant REWARD_DOCS = 1;

    /// @param families addresses of all families, in the order of the FAMILY_ constants
    constructor(address[FAMILY_COUNT] memory families) Family(families) {}

    // What owners of fizz nodes do

    /// @notice Configures a fizz node of the sender with what it exposes, its GPUs' sub-tier and its price per hour.
    /// @dev Reverts AmountTooSmall, ValueOutOfRange, in this order.
    /// @custom:rule SM-12, FIZZ-2
    function configureFizz(
        uint64 peerId,
        uint64 cpuCount,
        uint64 memoryGb,
        uint64 storageGb,
        uint64 gpuCount,
        uint64 gpuTier,
        uint64 priceUnits
    ) external {
        uint64 actor = _agent();
        if (peerId == 0) revert AmountTooSmall(0, 1);
        Demand.within(peerId, 1, uint64(MAX_INT));
        _checkOffer(Resources(cpuCount, memoryGb, storageGb, gpuCount), gpuTier, priceUnits);

        uint64 fizz = ++fizzTotals.fizzCount;
        FizzNodesRecord storage f = fizzNodes[fizz];
        f.owner = actor;
        f.peerId = peerId;
        _writeOffer(f, Resources(cpuCount, memoryGb, storageGb, gpuCount), gpuTier, priceUnits);
        _setState(f, fizz, actor, FIZZ_CONFIGURED);
        _emitChanged(f, fizz);
    }

    /// @notice Changes what a fizz node exposes and asks, unless it is in use.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, ValueOutOfRange, in this order.
    /// @custom:rule SM-12, FIZZ-2
    function changeFizz(
        uint64 fizz,
        uint64 cpuCount,
        uint64 memoryGb,
        uint64 storageGb,
        uint64 gpuCount,
        uint64 gpuTier,
        uint64 priceUnits
    ) external {
        FizzNodesRecord storage f = _owned(fizz, _agent());
        uint64 state = f.state;
        if (state != FIZZ_CONFIGURED && state != FIZZ_REGISTERED && state != FIZZ_ACTIVE) revert WrongState(state, 0);
        _checkOffer(Resources(cpuCount, memoryGb, storageGb, gpuCount), gpuTier, priceUnits);

        if (state == FIZZ_ACTIVE) _takeFree(f);
        _writeOffer(f, Resources(cpuCount, memoryGb, storageGb, gpuCount), gpuTier, priceUnits);
        if (state == FIZZ_ACTIVE) _addFree(f);
        _emitChanged(f, fizz);
    }

    /// @notice Joins the subnet behind a gateway with a delegation of `units` to it, from the sender's wallet.
    /// @dev Reverts UnknownEntity, NotOwner and WrongState of the fizz node, UnknownEntity and WrongState of the provider,
    /// NotInMode(0, 1) if its gateway is closed, DelegationTooSmall, InsufficientBalance (the sum told is at most
    /// MAX_INT), in this order.
    /// @custom:rule SM-12, FIZZ-3, OP-77
    function joinSubnet(uint64 fizz, uint64 provider, uint64 units) external {
        uint64 actor = _agent();
        FizzNodesRecord storage f = _owned(fizz, actor);
        _check(f, FIZZ_CONFIGURED);
        _checkProvider(provider);
        _checkProviderState(provider, PROVIDER_ACTIVE);
        SubnetsRecord storage subnet = subnets[provider];
        if (subnet.isOpen == 0) revert NotInMode(0, 1);
        uint64 minUnits = _minDelegation(subnet);
        if (units < minUnits) revert DelegationTooSmall(units, minUnits);
        uint64 feeUnits = _param(P_FIZZ_REGISTER_FEE);
        uint64 neededUnits = units + feeUnits;
        if (neededUnits > MAX_INT) neededUnits = uint64(MAX_INT);
        uint64 balanceUnits = TOKEN.unitsOf(actor);
        if (balanceUnits < neededUnits) revert InsufficientBalance(balanceUnits, neededUnits);

        TOKEN.move(actor, ACCOUNT_FOUNDATION, feeUnits, MOVE_FIZZ_FEE);
        f.gateway = provider;
        f.delegation = STAKE.delegateFizz(actor, provider, units);
        _setState(f, fizz, actor, FIZZ_REGISTERED);
        ++subnet.memberCount;
        if (subnet.state != SUBNET_EXISTS) _setSubnetState(subnet, provider, actor, SUBNET_EXISTS);
    }

    /// @notice Reserves a fizz node for an open order; its gateway bids with it. The node's price is in tokens, and so counts what
    /// an order in another asset pays at most.
    /// @dev Reverts UnknownEntity, NotOwner and WrongState of the fizz node, UnknownEntity, WrongState, DeadlinePassed and
    /// NotInMode of the order, FeeAboveMaximum, TierTooLow, CapacityExhausted, in this order.
    /// @custom:rule SM-12, FIZZ-6, FIZZ-7, NUM-7
    function reserveFizz(uint64 fizz, uint64 order) external {
        uint64 actor = _agent();
        FizzNodesRecord storage f = _owned(fizz, actor);
        _check(f, FIZZ_ACTIVE);
        _checkOrder(f, order);

        f.order = order;
        _setState(f, fizz, actor, FIZZ_RESERVED);
    }

    /// @notice Frees a fizz node from the order it was reserved for, once that is over.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, DeadlineNotPassed(now, expiry of the order), in this order.
    /// @custom:rule SM-12
    function releaseFizz(uint64 fizz) external {
        uint64 actor = _agent();
        FizzNodesRecord storage f = _owned(fizz, actor);
        _check(f, FIZZ_RESERVED);
        OrderTerms memory terms = ORDERS.termsOf(f.order);
        if (terms.state == ORDER_OPEN || terms.state == ORDER_MATCHING) {
            revert DeadlineNotPassed(CLOCK.nowS(), terms.expiresS);
        }
        _unreserve(f, fizz, actor);
    }

    /// @notice Leaves the subnet; the delegation unbonds.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, in this order.
    /// @custom:rule SM-12, FIZZ-3
    function leaveSubnet(uint64 fizz) external {
        uint64 actor = _agent();
        FizzNodesRecord storage f = _owned(fizz, actor);
        uint64 state = f.state;
        if (state != FIZZ_REGISTERED && state != FIZZ_ACTIVE) revert WrongState(state, 0);
        _leave(f, fizz, actor);
    }

    /// @notice Ends the leaving when nothing of the delegation unbonds any more; the fizz node may join another subnet.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, ExitQueueNotOver(era, release era), in this order.
    /// @custom:rule SM-12
    function finishLeave(uint64 fizz) external {
        uint64 actor = _agent();
        FizzNodesRecord storage f = _owned(fizz, actor);
        _check(f, FIZZ_LEAVING);
        (uint64 unbondingUnits, uint64 releaseEra) = STAKE.unbondingOf(f.delegation);
        if (unbondingUnits > 0) revert ExitQueueNotOver(CLOCK.era(), releaseEra);

        f.gateway = 0;
        f.delegation = 0;
        _setState(f, fizz, actor, FIZZ_CONFIGURED);
    }

    // What gateways do

    /// @notice Opens or closes a provider as a gateway for further fizz nodes, with the least delegation (0: the parameter's)
    /// and its share of what its members earn. A share that the subnet has voted stays.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, ValueOutOfRange, AlreadySet(share, 0), in this order.
    /// @custom:rule FIZZ-3, FIZZ-11, OP-77, OP-80, INV-58
    function openGateway(uint64 provider, uint64 isOpen, uint64 minDelegationUnits, uint64 gatewayBps) external {
        uint64 actor = _agent();
        _checkProvider(provider);
        _checkGateway(provider, actor);
        _checkProviderState(provider, PROVIDER_ACTIVE);
        Demand.within(isOpen, 0, 1);
        Demand.within(minDelegationUnits, 0, uint64(MAX_INT));
        Demand.within(gatewayBps, 0, MAX_GATEWAY_BPS);
        SubnetsRecord storage subnet = subnets[provider];
        uint64 presentBps = subnet.gatewayBps;
        if (subnet.isShareFixed == 1 && gatewayBps != presentBps) revert AlreadySet(presentBps, 0);

        subnet.isOpen = isOpen;
        subnet.minDelegationUnits = minDelegationUnits;
        subnet.gatewayBps = gatewayBps;
    }

    /// @notice The gateway acknowledges a fizz node that has joined: it can be chosen from now on.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState of the fizz node, WrongState of the provider, DelegationTooSmall, in
    /// this order.
    /// @custom:rule SM-12, FIZZ-3, INV-57
    function acceptFizz(uint64 fizz) external {
        uint64 actor = _agent();
        FizzNodesRecord storage f = _existing(fizz);
        uint64 gateway = f.gateway;
        _checkGateway(gateway, actor);
        _check(f, FIZZ_REGISTERED);
        _checkProviderState(gateway, PROVIDER_ACTIVE);
        uint64 units = STAKE.delegatedUnits(f.delegation);
        uint64 minUnits = _minDelegation(subnets[gateway]);
        if (units < minUnits) revert DelegationTooSmall(units, minUnits);

        f.joinedEra = CLOCK.era() + 1;
        _setState(f, fizz, actor, FIZZ_ACTIVE);
    }

    // What the keeper does

    /// @notice Keeper. A fizz node that serves a lease is off since `sinceS`.
    /// @dev Reverts UnknownEntity, WrongState, ValueOutOfRange(sinceS, now), in this order.
    /// @custom:rule SM-12, FIZZ-9, OP-79
    function detachFizz(uint64 fizz, uint64 sinceS) external {
        _onlyKeeperAtRest();
        FizzNodesRecord storage f = _existing(fizz);
        _check(f, FIZZ_SERVING);
        uint64 lease = f.lease;
        (uint64 leastS, uint64 accruedS) = LEASES.timesOf(lease);
        if (accruedS > leastS) leastS = accruedS;
        Demand.within(sinceS, leastS, CLOCK.nowS());

        f.detachedS = sinceS;
        _setState(f, fizz, ACCOUNT_KEEPER, FIZZ_DETACHED);
        LEASES.pauseByOutage(lease, sinceS);
    }

    /// @notice Keeper. A fizz node that was off is back at `atS`.
    /// @dev Reverts UnknownEntity, WrongState, ValueOutOfRange(atS, now), in this order.
    /// @custom:rule SM-12, FIZZ-9, OP-79
    function reattachFizz(uint64 fizz, uint64 atS) external {
        _onlyKeeperAtRest();
        FizzNodesRecord storage f = _existing(fizz);
        _check(f, FIZZ_DETACHED);
        uint64 sinceS = f.detachedS;
        Demand.within(atS, sinceS, CLOCK.nowS());

        _setState(f, fizz, ACCOUNT_KEEPER, FIZZ_SERVING);
        LEASES.resumeAfterOutage(f.lease, sinceS, atS);
        f.detachedS = 0;
    }

    /// @notice Keeper. An Active fizz node whose delegation has become too small is Registered until it is accepted again.
    /// @dev Reverts UnknownEntity, WrongState, ValueOutOfRange(units, minimum), in this order.
    /// @custom:rule SM-12, INV-57
    function flagFizz(uint64 fizz) external {
        _onlyKeeperAtRest();
        FizzNodesRecord storage f = _existing(fizz);
        _check(f, FIZZ_ACTIVE);
        uint64 units = STAKE.delegatedUnits(f.delegation);
        uint64 minUnits = _minDelegation(subnets[f.gateway]);
        if (units >= minUnits) revert ValueOutOfRange(units, minUnits);
        _setState(f, fizz, ACCOUNT_KEEPER, FIZZ_REGISTERED);
    }

    /// @notice Keeper. Releases a member of a subnet whose gateway has left. Its delegation is released by the settlement, as
    /// those of any target that has left.
    /// @dev Reverts UnknownEntity, WrongState of the fizz node, WrongState of the provider, in this order.
    /// @custom:rule SM-12, INV-58
    function releaseMember(uint64 fizz) external {
        _onlyKeeperAtRest();
        FizzNodesRecord storage f = _existing(fizz);
        uint64 state = f.state;
        if (state != FIZZ_REGISTERED && state != FIZZ_ACTIVE && state != FIZZ_RESERVED) revert WrongState(state, 0);
        uint64 gateway = f.gateway;
        _checkProviderState(gateway, PROVIDER_DEACTIVATED);

        _setState(f, fizz, ACCOUNT_KEEPER, FIZZ_CONFIGURED);
        f.gateway = 0;
        f.delegation = 0;
        f.order = 0;
        _removeMember(gateway, ACCOUNT_KEEPER);
    }

    /// @notice Keeper. Era rewards of the fizz nodes at positions [from, to), computed outside, at most the base of what each
    /// has; the foundation pays while it can.
    /// @dev Reverts NotInMode, CursorMismatch, ValueOutOfRange(to, count), BatchMismatch, ValueOutOfRange(units, most), in
    /// this order.
    /// @custom:rule FIZZ-16, F-24, OP-44
    function rewardFizz(uint64 from, uint64 to, uint64[] calldata units) external {
        _onlyKeeperAtRest();
        if (_param(P_FIZZ_REWARD_MODE) != REWARD_DOCS) revert NotInMode(0, 1);
        uint64 mark = CLOCK.era() + 1;
        uint64 cursor = fizzTotals.rewardedEra == mark ? fizzTotals.rewardedCount : 0;
        if (from != cursor) revert CursorMismatch(from, cursor);
        uint64 count = fizzTotals.fizzCount;
        if (to < from || to > count) revert ValueOutOfRange(to, count);
        // A list is shorter than 2^64.
        if (units.length != to - from) revert BatchMismatch(uint64(units.length), to - from);
        _checkRewards(from, units);

        for (uint256 i; i < units.length; ++i) {
            // from + 1 + i ≤ to.
            _reward(uint64(from + 1 + i), units[i]);
        }
        fizzTotals.rewardedEra = mark;
        fizzTotals.rewardedCount = to;
    }

    // Votes of a subnet

    /// @notice A member that the gateway has acknowledged proposes to its subnet to expel a member (PROPOSAL_EXPEL, its number) or
    /// to fix the gateway's share (PROPOSAL_GATEWAY_SHARE, in bps). The vote lasts as long as an era.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, NotInMode(0, 1), ValueOutOfRange(kind, 2), UnknownEntity and
    /// WrongState of the target or ValueOutOfRange of the share, AlreadySet(proposal, 0), in this order.
    /// @custom:rule FIZZ-14, OP-81
    function proposeSubnet(uint64 fizz, uint64 kind, uint64 value) external {
        FizzNodesRecord storage f = _votingMember(fizz);
        uint64 provider = f.gateway;
        Demand.within(kind, PROPOSAL_EXPEL, PROPOSAL_GATEWAY_SHARE);
        if (kind == PROPOSAL_EXPEL) {
            FizzNodesRecord storage target = _existing(value);
            if (!_isMemberOf(target, provider)) revert WrongState(target.state, 0);
        } else {
            Demand.within(value, 0, MAX_GATEWAY_BPS);
        }
        SubnetsRecord storage subnet = subnets[provider];
        if (subnet.proposal != 0) revert AlreadySet(subnet.proposal, 0);

        subnet.proposal = ++fizzTotals.proposalCount;
        subnet.proposalKind = kind;
        subnet.proposalValue = value;
        subnet.proposalEndS = CLOCK.nowS() + _param(P_TIME_SLOTS_PER_ERA) * _param(P_TIME_SLOT_S);
        subnet.yesUnits = 0;
        subnet.noUnits = 0;
    }

    /// @notice A member that the gateway has acknowledged votes once on what its subnet is asked, with the units that it delegates
    /// to the gateway.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, NotInMode(0, 1), ValueOutOfRange, WrongState(0, 0) if nothing is
    /// proposed, DeadlinePassed, AlreadyVoted, in this order.
    /// @custom:rule FIZZ-14, OP-81
    function voteSubnet(uint64 fizz, uint64 isYes) external {
        FizzNodesRecord storage f = _votingMember(fizz);
        Demand.within(isYes, 0, 1);
        uint64 provider = f.gateway;
        SubnetsRecord storage subnet = subnets[provider];
        uint64 proposal = subnet.proposal;
        if (proposal == 0) revert WrongState(0, 0);
        (uint64 nowS, uint64 endS) = (CLOCK.nowS(), subnet.proposalEndS);
        if (nowS > endS) revert DeadlinePassed(nowS, endS);
        if (f.votedProposal == proposal) revert AlreadyVoted(proposal, fizz);

        f.votedProposal = proposal;
        uint64 units = STAKE.delegatedUnits(f.delegation);
        if (isYes == 1) subnet.yesUnits += units;
        else subnet.noUnits += units;
        emit SubnetVoted(provider, proposal, fizz, isYes, units);
    }

    /// @notice Keeper. Ends a vote: what has more units for it than against it is done. A share is fixed while there is a subnet
    /// that has voted it.
    /// @dev Reverts UnknownEntity, WrongState(0, 0) if nothing is proposed, DeadlineNotPassed, in this order.
    /// @custom:rule FIZZ-14, OP-81, SM-12
    function decideSubnet(uint64 provider) external {
        _onlyKeeperAtRest();
        _checkProvider(provider);
        SubnetsRecord storage subnet = subnets[provider];
        if (subnet.proposal == 0) revert WrongState(0, 0);
        (uint64 nowS, uint64 endS) = (CLOCK.nowS(), subnet.proposalEndS);
        if (nowS <= endS) revert DeadlineNotPassed(nowS, endS);

        bool isPassed = subnet.yesUnits > subnet.noUnits;
        (uint64 kind, uint64 value) = (subnet.proposalKind, subnet.proposalValue);
        emit SubnetDecided(provider, subnet.proposal, kind, value, isPassed ? 1 : 0);
        subnet.proposal = 0;
        subnet.proposalKind = 0;
        subnet.proposalValue = 0;
        subnet.proposalEndS = 0;
        subnet.yesUnits = 0;
        subnet.noUnits = 0;
        if (!isPassed) return;
        if (kind == PROPOSAL_EXPEL) {
            _expel(value, provider);
        } else if (subnet.state == SUBNET_EXISTS) {
            subnet.gatewayBps = value;
            subnet.isShareFixed = 1;
        }
    }

    // What the other families ask for

    /// @inheritdoc IFizz
    function fizzCount() external view returns (uint64) {
        return fizzTotals.fizzCount;
    }

    /// @inheritdoc IFizz
    function infoOf(uint64 fizz) external view returns (FizzInfo memory info) {
        FizzNodesRecord storage f = fizzNodes[fizz];
        info.owner = f.owner;
        info.state = f.state;
        info.gateway = f.gateway;
        info.order = f.order;
        info.priceUnits = f.priceUnits;
        info.gpuTier = f.gpuTier;
        info.detachedS = f.detachedS;
        info.resources = Resources(f.cpuCount, f.memoryGb, f.storageGb, f.gpuCount);
    }

    /// @inheritdoc IFizz
    /// @custom:rule FIZZ-7, NUM-7
    function floorOf(uint64 fizz, uint64 asset) external view returns (uint64 units) {
        return ASSETS.unitsWorth(fizzNodes[fizz].priceUnits, asset);
    }

    /// @inheritdoc IFizz
    /// @custom:rule FIZZ-11, OP-80
    function shareOf(uint64 provider) external view returns (uint64 gatewayBps) {
        return subnets[provider].gatewayBps;
    }

    /// @inheritdoc IFizz
    /// @custom:rule F-12
    function freeOf(uint64 provider) external view returns (Resources memory resources) {
        SubnetsRecord storage subnet = subnets[provider];
        return Resources(
            subnet.freeCpuCount, subnet.freeMemoryGb, subnet.freeStorageGb, subnet.freeGpuCount
        );
    }

    /// @inheritdoc IFizz
    /// @custom:rule SM-12
    function release(uint64 fizz, uint64 order, uint64 actor) external {
        _onlyMarket();
        FizzNodesRecord storage f = fizzNodes[fizz];
        if (f.state == FIZZ_RESERVED && f.order == order) _unreserve(f, fizz, actor);
    }

    /// @inheritdoc IFizz
    /// @dev Reverts WrongState unless it is reserved.
    /// @custom:rule SM-12
    function serve(uint64 fizz, uint64 lease, uint64 actor) external {
        _onlyMarket();
        FizzNodesRecord storage f = fizzNodes[fizz];
        _check(f, FIZZ_RESERVED);
        f.order = 0;
        f.lease = lease;
        _setState(f, fizz, actor, FIZZ_SERVING);
    }

    /// @inheritdoc IFizz
    /// @dev Reverts WrongState unless it serves, or would if it were not off.
    /// @custom:rule SM-12
    function free(uint64 fizz, uint64 actor) external {
        _onlyMarket();
        FizzNodesRecord storage f = fizzNodes[fizz];
        if (f.state != FIZZ_DETACHED) _check(f, FIZZ_SERVING);
        f.lease = 0;
        f.detachedS = 0;
        _setState(f, fizz, actor, FIZZ_ACTIVE);
    }

    // Guards

    function _existing(uint64 fizz) private view returns (FizzNodesRecord storage) {
        uint64 count = fizzTotals.fizzCount;
        if (fizz == 0 || fizz > count) revert UnknownEntity(fizz, count);
        return fizzNodes[fizz];
    }

    function _owned(uint64 fizz, uint64 actor) private view returns (FizzNodesRecord storage f) {
        f = _existing(fizz);
        if (actor != f.owner) revert NotOwner(actor, f.owner);
    }

    function _check(FizzNodesRecord storage f, uint64 state) private view {
        if (f.state != state) revert WrongState(f.state, 0);
    }

    /// @return f a member of the sender that its gateway has acknowledged, where subnets vote
    function _votingMember(uint64 fizz) private view returns (FizzNodesRecord storage f) {
        f = _owned(fizz, _agent());
        if (f.state < FIZZ_ACTIVE || f.state > FIZZ_DETACHED) revert WrongState(f.state, 0);
        if (_param(P_FIZZ_DAO) != ON) revert NotInMode(0, 1);
    }

    function _checkProvider(uint64 provider) private view {
        uint64 count = PROVIDERS.providerCount();
        if (provider == 0 || provider > count) revert UnknownEntity(provider, count);
    }

    function _checkProviderState(uint64 provider, uint64 wanted) private view {
        uint64 state = PROVIDERS.stateOf(provider);
        if (state != wanted) revert WrongState(state, 0);
    }

    /// @dev Of provider 0 nobody is the owner.
    function _checkGateway(uint64 provider, uint64 actor) private view {
        uint64 owner = ProviderView.read(PROVIDERS, provider).owner;
        if (actor != owner) revert NotOwner(actor, owner);
    }

    function _checkOffer(Resources memory r, uint64 gpuTier, uint64 priceUnits) private pure {
        Demand.within(r.cpuCount, 1, MAX_CPU_COUNT);
        Demand.within(r.memoryGb, 1, MAX_MEMORY_GB);
        Demand.within(r.storageGb, 0, MAX_STORAGE_GB);
        Demand.within(r.gpuCount, 0, MAX_GPU_COUNT);
        Demand.within(gpuTier, 0, MAX_GPU_TIER);
        if ((r.gpuCount > 0) != (gpuTier > 0)) revert ValueOutOfRange(gpuTier, r.gpuCount);
        Demand.checkPrice(priceUnits);
    }

    function _checkOrder(FizzNodesRecord storage f, uint64 order) private view {
        uint64 count = ORDERS.orderCount();
        if (order == 0 || order > count) revert UnknownEntity(order, count);
        OrderTerms memory terms = ORDERS.termsOf(order);
        if (terms.state != ORDER_OPEN) revert WrongState(terms.state, 0);
        uint64 nowS = CLOCK.nowS();
        if (nowS > terms.bidUntilS) revert DeadlinePassed(nowS, terms.bidUntilS);
        if (terms.mode != ORDER_MODE_FIZZ) revert NotInMode(terms.mode, ORDER_MODE_FIZZ);
        uint64 priceUnits = f.priceUnits;
        uint64 maxUnits = ASSETS.valueOf(terms.maxPriceUnits, terms.asset);
        if (priceUnits > maxUnits) revert FeeAboveMaximum(priceUnits, maxUnits);
        if (f.gpuTier < terms.gpuTier) revert TierTooLow(f.gpuTier, terms.gpuTier);
        _checkEnough(f.cpuCount, terms.needs.cpuCount);
        _checkEnough(f.memoryGb, terms.needs.memoryGb);
        _checkEnough(f.storageGb, terms.needs.storageGb);
        _checkEnough(f.gpuCount, terms.needs.gpuCount);
    }

    function _checkEnough(uint64 have, uint64 need) private pure {
        if (have < need) revert CapacityExhausted(have, need);
    }

    /// @dev Each reward is at most the base of what the node has; counts and bases are small, so nothing overflows.
    function _checkRewards(uint64 from, uint64[] calldata units) private view {
        uint64 perGpuUnits = _param(P_FIZZ_BASE_ERA_GPU);
        uint64 perCpuUnits = _param(P_FIZZ_BASE_ERA_CPU);
        for (uint256 i; i < units.length; ++i) {
            FizzNodesRecord storage f = fizzNodes[from + 1 + i];
            Demand.within(units[i], 0, f.gpuCount * perGpuUnits + f.cpuCount * perCpuUnits);
        }
    }

    function _isMember(uint64 state) private pure returns (bool) {
        return state >= FIZZ_REGISTERED && state <= FIZZ_DETACHED;
    }

    function _isMemberOf(FizzNodesRecord storage f, uint64 provider) private view returns (bool) {
        return f.gateway == provider && _isMember(f.state);
    }

    /// @return units least delegation of a member
    function _minDelegation(SubnetsRecord storage subnet) private view returns (uint64 units) {
        units = subnet.minDelegationUnits;
        if (units == 0) units = _param(P_FIZZ_MIN_DELEGATION);
        uint64 leastUnits = _param(P_DELEG_MIN);
        if (units < leastUnits) units = leastUnits;
    }

    // Parts of the above

    function _writeOffer(FizzNodesRecord storage f, Resources memory r, uint64 gpuTier, uint64 priceUnits) private {
        f.cpuCount = r.cpuCount;
        f.memoryGb = r.memoryGb;
        f.storageGb = r.storageGb;
        f.gpuCount = r.gpuCount;
        f.gpuTier = gpuTier;
        f.priceUnits = priceUnits;
    }

    /// @dev Writes the state, keeps what the Active members of the subnet have, and leaves the event. The gateway must be
    /// that of before and after.
    function _setState(FizzNodesRecord storage f, uint64 fizz, uint64 actor, uint64 to) private {
        uint64 from = f.state;
        if (from == FIZZ_ACTIVE) _takeFree(f);
        if (to == FIZZ_ACTIVE) _addFree(f);
        f.state = to;
        emit Transition(KIND_FIZZ, fizz, actor, from, to);
    }

    function _addFree(FizzNodesRecord storage f) private {
        SubnetsRecord storage subnet = subnets[f.gateway];
        subnet.freeCpuCount += f.cpuCount;
        subnet.freeMemoryGb += f.memoryGb;
        subnet.freeStorageGb += f.storageGb;
        subnet.freeGpuCount += f.gpuCount;
    }

    function _takeFree(FizzNodesRecord storage f) private {
        SubnetsRecord storage subnet = subnets[f.gateway];
        subnet.freeCpuCount -= f.cpuCount;
        subnet.freeMemoryGb -= f.memoryGb;
        subnet.freeStorageGb -= f.storageGb;
        subnet.freeGpuCount -= f.gpuCount;
    }

    function _unreserve(FizzNodesRecord storage f, uint64 fizz, uint64 actor) private {
        f.order = 0;
        _setState(f, fizz, actor, FIZZ_ACTIVE);
    }

    /// @dev From any state of a member without a lease.
    function _leave(FizzNodesRecord storage f, uint64 fizz, uint64 actor) private {
        f.order = 0;
        _setState(f, fizz, actor, FIZZ_LEAVING);
        STAKE.undelegateFizz(f.delegation);
        _removeMember(f.gateway, actor);
    }

    /// @custom:rule FIZZ-14, SM-12
    function _expel(uint64 fizz, uint64 provider) private {
        FizzNodesRecord storage f = fizzNodes[fizz];
        if (!_isMemberOf(f, provider)) return;
        uint64 state = f.state;
        // Closing the lease makes it Active, by `free`.
        if (state == FIZZ_SERVING || state == FIZZ_DETACHED) LEASES.closeExpelled(f.lease);
        _leave(f, fizz, ACCOUNT_KEEPER);
    }

    /// @dev The last member dissolves the subnet, and with it the vote that fixed the gateway's share: that stays as it is.
    /// @custom:rule SM-12, OP-81
    function _removeMember(uint64 provider, uint64 actor) private {
        SubnetsRecord storage subnet = subnets[provider];
        uint64 left = subnet.memberCount - 1;
        subnet.memberCount = left;
        if (left > 0) return;
        subnet.isShareFixed = 0;
        _setSubnetState(subnet, provider, actor, SUBNET_DISSOLVED);
    }

    function _setSubnetState(SubnetsRecord storage subnet, uint64 provider, uint64 actor, uint64 to) private {
        uint64 from = subnet.state;
        subnet.state = to;
        emit Transition(KIND_SUBNET, provider, actor, from, to);
    }

    function _reward(uint64 fizz, uint64 units) private {
        uint64 balanceUnits = TOKEN.unitsOf(ACCOUNT_FOUNDATION);
        uint64 paidUnits = units < balanceUnits ? units : balanceUnits;
        if (paidUnits == 0) return;
        uint64 owner = fizzNodes[fizz].owner;
        TOKEN.move(ACCOUNT_FOUNDATION, owner, paidUnits, MOVE_FIZZ_REWARD);
        emit RewardPaid(KIND_FIZZ, fizz, owner, paidUnits, MOVE_FIZZ_REWARD);
    }

    function _emitChanged(FizzNodesRecord storage f, uint64 fizz) private {
        emit FizzChanged(fizz, f.gateway, f.priceUnits, f.cpuCount, f.gpuCount);
    }
}
