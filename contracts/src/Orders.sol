// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Demand} from "./Demand.sol";
import {Family, OnlyFamily} from "./Family.sol";
import {Fixed} from "./Fixed.sol";
import {FizzInfo, IOrders, IProviders, LeaseRequest, OrderTerms, Resources} from "./Interfaces.sol";
import {LeaseMoney} from "./LeaseMoney.sol";
import {Matching} from "./Matching.sol";
import {Packed} from "./Packed.sol";
import {ParamSlice} from "./ParamSlice.sol";
import {
    ACCOUNT_FOUNDATION,
    ACCOUNT_KEEPER,
    ASSET_COUNT,
    AlreadyBid,
    AlreadySet,
    AlreadyVoted,
    AmountTooSmall,
    AssetNotAccepted,
    AssetNotEnabled,
    BID_OPEN,
    BID_OUT,
    BID_WON,
    BatchMismatch,
    BidsRecord,
    BracketExceeded,
    CapacityExhausted,
    DeadlineNotPassed,
    DeadlinePassed,
    FAMILY_COUNT,
    FIZZ_RESERVED,
    FeeAboveMaximum,
    InsufficientEscrow,
    InsufficientStake,
    KIND_OPERATOR,
    KIND_ORDER,
    KIND_PROVIDER,
    MOVE_MATCH_REWARD,
    NotAssigned,
    NotInMode,
    NotMatchable,
    NotOwner,
    OPERATOR_ACTIVE,
    OPERATOR_LEFT,
    OPERATOR_SEATS,
    ORDER_CANCELLED,
    ORDER_EXPIRED,
    ORDER_FLAG_COMMUNITY,
    ORDER_FLAG_REGION_HARD,
    ORDER_FLAG_SECURED,
    ORDER_FLAG_SENSITIVE,
    ORDER_LEASED,
    ORDER_MATCHING,
    ORDER_MODE_FIZZ,
    ORDER_OPEN,
    OperatorsFull,
    OperatorsRecord,
    OrderTotalsRecord,
    OrdersRecord,
    PROVIDER_ACTIVE,
    P_ANTI_SELF_LEASE_BAN,
    P_ATTR_COMPLIANCE_CAP_MIL,
    P_ATTR_COMPLIANCE_MIL,
    P_ESCROW_BRACKETS_ENFORCED,
    P_ESCROW_MIN_COVER_BPS,
    P_FB_SCALE_TENTHS,
    P_FEE_USER_FOREIGN_BPS,
    P_MATCH_BID_FLOOR_BPS,
    P_MATCH_MODE,
    P_MATCH_OPERATORS,
    P_MATCH_OP_REWARD,
    P_MATCH_QUORUM_BPS,
    P_MATCH_SLASH_WINDOW_ERAS,
    P_MATCH_USER_CHOICE,
    P_ORDER_BID_WINDOW_BLOCKS,
    P_ORDER_MAX_BIDS,
    P_ORDER_TTL_BLOCKS,
    P_TIME_BLOCK_S,
    PriceTooLow,
    ProviderMarketRecord,
    ProvidersRecord,
    RankingInvalid,
    RegionMismatch,
    SEATS_PER_WORD,
    SLASHED_ERAS,
    STEP_POST_MEDIAN,
    SelfLease,
    SensitiveData,
    TABLE_LENGTH,
    TierExcluded,
    TierTooLow,
    UnknownEntity,
    ValueOutOfRange,
    WrongState
} from "./Protocol.sol";
import {ProviderView} from "./ProviderView.sol";

/// @title Orders
/// @notice Orders for compute and the bids on them (SM-6 up to the lease), which bid wins (F-15), and the operators who may
/// decide it; the rules of `sim/protocol/{orders,matching,operators}.ts`. What a lease costs and how it ends is the business
/// of Leases. Prices are base units per hour, times seconds from genesis.
/// @dev Function by function the same guards in the same order as the core, then the same events in the same order.
contract Orders is Family, IOrders {
    using ParamSlice for uint64[];
    using ProviderView for IProviders;

    OrdersRecord[TABLE_LENGTH] internal orders;
    BidsRecord[TABLE_LENGTH] internal bids;
    OperatorsRecord[TABLE_LENGTH] internal operators;
    ProviderMarketRecord[TABLE_LENGTH] internal providerMarket;
    /// @dev Slashed era i, modulo 64, of a provider: entry provider · 64 + i.
    uint64[TABLE_LENGTH] internal slashedEras;
    OrderTotalsRecord internal orderTotals;

    /// @dev Fields of the records that are read and written as a whole.
    uint256 private constant ORDER_FIELDS = 26;
    uint256 private constant BID_FIELDS = 8;
    uint256 private constant OPERATOR_FIELDS = 6;
    uint64 private constant MAX_ASSET_MASK = 15;
    /// @dev What a provider accepts that has said nothing: the token.
    uint64 private constant TOKEN_ONLY = 1;
    uint64 private constant MAX_FLAGS = 31;
    uint64 private constant MAX_GPU_TIER = 11;
    uint64 private constant MAX_REGION = 63;
    /// @dev The best tiers, 1 to this one, are those of secured machines; the others are the community's.
    uint64 private constant LAST_SECURED_TIER = 3;

    // Options of parameters, by their index.
    uint64 private constant ON = 1;
    uint64 private constant MODE_CENTRAL = 0;

    /// @dev Why a bid may not win. The code is 0 if it may.
    struct Refusal {
        bytes4 code;
        uint64 have;
        uint64 need;
    }

    /// @dev Active providers, by how their collateral compares with the median that was posted.
    struct Counts {
        uint64 below;
        uint64 notAbove;
        uint64 total;
    }

    constructor(address[FAMILY_COUNT] memory families) Family(families) {}

    // What providers and consumers do

    /// @notice Says in which assets the provider is paid; bit a stands for asset a.
    /// @dev Reverts UnknownEntity, NotOwner, ValueOutOfRange(assetMask, 15), in this order.
    /// @custom:rule PROV-6
    function setAcceptedAssets(uint64 provider, uint64 assetMask) external {
        _ownedProvider(provider, _agent());
        Demand.within(assetMask, 0, MAX_ASSET_MASK);
        ProviderMarketRecord storage m = providerMarket[provider];
        m.assetMask = assetMask;
        m.isAssetsSet = 1;
    }

    /// @notice Orders resources for a time, at no more than a price per hour, to be paid from an escrow wallet of the sender.
    /// @dev Reverts UnknownEntity, NotOwner, ValueOutOfRange(asset, 3), AssetNotEnabled, ValueOutOfRange,
    /// SensitiveData, ValueOutOfRange, InsufficientEscrow, BracketExceeded, in this order.
    /// @custom:rule SM-6, ORDER-1, ORDER-2, ORDER-3, LEASE-13, FIZZ-15, TIME-1, OP-82, OP-83, F-18
    function createOrder(
        uint64 escrow,
        uint64 asset,
        uint64 mode,
        uint64 cpuCount,
        uint64 memoryGb,
        uint64 storageGb,
        uint64 gpuCount,
        uint64 gpuTier,
        uint64 region,
        uint64 durationS,
        uint64 maxPriceUnits,
        uint64 flags
    ) external {
        OrdersRecord memory o;
        o.escrow = escrow;
        o.asset = asset;
        o.mode = mode;
        o.cpuCount = cpuCount;
        o.memoryGb = memoryGb;
        o.storageGb = storageGb;
        o.gpuCount = gpuCount;
        o.gpuTier = gpuTier;
        o.region = region;
        o.durationS = durationS;
        o.maxPriceUnits = maxPriceUnits;
        o.flags = flags;
        _create(o);
    }

    /// @notice Offers a provider of the sender's for an order, at a price per hour; for an order in fizz mode with the node that
    /// is reserved for it, else with fizz 0. In a full order book it must be cheaper than the dearest bid, which goes out.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, DeadlinePassed, NotInMode, UnknownEntity(fizz), AmountTooSmall,
    /// FeeAboveMaximum, PriceTooLow, SelfLease, what keeps the provider from winning, AlreadyBid, FeeAboveMaximum, in this order.
    /// @custom:rule SM-6, ORDER-4, ORDER-5, FIZZ-7, LEASE-13, INV-54, OP-83, OP-84, OP-109
    function placeBid(uint64 order, uint64 provider, uint64 priceUnits, uint64 fizz) external {
        uint64 actor = _agent();
        OrdersRecord memory o = _existing(order);
        _ownedProvider(provider, actor);
        _checkState(o, ORDER_OPEN);
        _notAfter(o.bidUntilS);
        if ((o.mode == ORDER_MODE_FIZZ) != (fizz != 0)) revert NotInMode(o.mode, fizz == 0 ? 0 : 1);
        _checkPrice(o, priceUnits, fizz);
        if (_param(P_ANTI_SELF_LEASE_BAN) == ON && _escrowOwner(o.escrow) == actor) revert SelfLease(actor, 0);
        Matching.Bidder memory bidder;
        _raise(_examine(o, order, provider, fizz, bidder));
        _makeRoom(o, order, provider, priceUnits, actor);

        uint64 bid = orderTotals.bidCount + 1;
        orderTotals.bidCount = bid;
        _saveBid(bid, BidsRecord(order, provider, priceUnits, fizz, BID_OPEN, o.lastBid, 0, 0));
        o.lastBid = bid;
        ++o.bidCount;
        _save(order, o);
        emit BidPlaced(order, bid, provider, priceUnits, fizz);
    }

    /// @notice The consumer takes back an order that nobody has begun to match.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, in this order.
    /// @custom:rule SM-6
    function cancelOrder(uint64 order) external {
        uint64 actor = _agent();
        OrdersRecord memory o = _existing(order);
        _onlyEscrowOwner(o.escrow, actor);
        _checkState(o, ORDER_OPEN);
        _end(o, order, actor, ORDER_CANCELLED);
    }

    /// @notice The consumer chooses among the bids, where the parameter lets him.
    /// @dev Reverts UnknownEntity, NotOwner, NotInMode, WrongState, DeadlinePassed, UnknownEntity(bid), WrongState, what keeps the
    /// provider from winning, in this order.
    /// @custom:rule MATCH-7, OP-86
    function chooseBid(uint64 order, uint64 bid) external {
        uint64 actor = _agent();
        OrdersRecord memory o = _existing(order);
        _onlyEscrowOwner(o.escrow, actor);
        if (_param(P_MATCH_USER_CHOICE) != ON) revert NotInMode(0, 1);
        _checkMatching(o);
        _checkBid(order, bid);
        Matching.Bidder memory bidder;
        _raise(_examine(o, order, bids[bid].provider, bids[bid].fizz, bidder));
        _award(o, order, bid, actor);
    }

    // What the keeper does

    /// @notice Keeper. The bidding is over: draws what chance decides by, or ends the order if no bid can win.
    /// @dev Reverts UnknownEntity, WrongState, DeadlineNotPassed, in this order.
    /// @custom:rule SM-6, ORDER-6, MATCH-4, MATCH-5, MATCH-6
    function openMatching(uint64 order) external {
        _onlyKeeperAtRest();
        OrdersRecord memory o = _existing(order);
        _checkState(o, ORDER_OPEN);
        uint64 nowS = _after(o.bidUntilS);
        if (_winner(o, order, true) == 0) {
            _end(o, order, ACCOUNT_KEEPER, ORDER_EXPIRED);
            return;
        }
        // A draw is below 2^52.
        o.seed = uint64(Fixed.rnd(CLOCK.beacon(), Matching.PURPOSE_MATCH, order, 0));
        o.matchingS = nowS;
        if (_param(P_MATCH_MODE) != MODE_CENTRAL) {
            o.operatorSet0 = orderTotals.operatorSet0;
            o.operatorSet1 = orderTotals.operatorSet1;
            o.operatorCount = orderTotals.operatorCount;
        }
        _save(order, o);
        _transition(order, ACCOUNT_KEEPER, ORDER_OPEN, ORDER_MATCHING);
    }

    /// @notice Keeper. The engine's choice: the bid with the highest score wins.
    /// @dev Reverts UnknownEntity, NotInMode, WrongState, DeadlinePassed, in this order.
    /// @custom:rule SM-6, F-15, MATCH-1, MATCH-2, MATCH-3, INV-31
    function matchOrder(uint64 order) external {
        _onlyKeeperAtRest();
        OrdersRecord memory o = _existing(order);
        if (_param(P_MATCH_MODE) != MODE_CENTRAL) revert NotInMode(1, 0);
        _notChosenByUser();
        _checkMatching(o);
        uint64 bid = _winner(o, order, false);
        if (bid == 0) _end(o, order, ACCOUNT_KEEPER, ORDER_EXPIRED);
        else _award(o, order, bid, ACCOUNT_KEEPER);
    }

    /// @notice Keeper. The time of an order without a lease is over.
    /// @dev Reverts UnknownEntity, WrongState, DeadlineNotPassed, in this order.
    /// @custom:rule SM-6, ORDER-6
    function expireOrder(uint64 order) external {
        _onlyKeeperAtRest();
        OrdersRecord memory o = _existing(order);
        if (o.state != ORDER_OPEN && o.state != ORDER_MATCHING) revert WrongState(o.state, 0);
        _after(o.expiresS);
        _end(o, order, ACCOUNT_KEEPER, ORDER_EXPIRED);
    }

    // Operators

    /// @notice The sender takes the lowest free seat among the matchmaking operators. Nothing is staked for it, and nobody can be
    /// put out of it.
    /// @dev Reverts AlreadySet(seat, 0), OperatorsFull, in this order.
    /// @custom:rule MATCH-5, OP-85, SLASH-11
    function joinOperators() external {
        uint64 actor = _agent();
        uint64 seatCount = _param(P_MATCH_OPERATORS);
        uint64 free = OPERATOR_SEATS;
        for (uint64 i = OPERATOR_SEATS; i > 0; --i) {
            OperatorsRecord storage one = operators[i];
            if (one.state != OPERATOR_ACTIVE) free = i - 1;
            else if (one.account == actor) revert AlreadySet(i - 1, 0);
        }
        uint64 active = orderTotals.operatorCount;
        if (active >= seatCount) revert OperatorsFull(active, seatCount);

        OperatorsRecord memory o = _operator(free);
        if (o.account != actor) o = OperatorsRecord(actor, o.state, 0, 0, 0, 0);
        o.joinedS = _nowS();
        _moveOperator(free, o, OPERATOR_ACTIVE);
        orderTotals.operatorCount = active + 1;
    }

    /// @notice The sender leaves a seat of his.
    /// @dev Reverts ValueOutOfRange(seat, 100), NotOwner, WrongState, in this order.
    /// @custom:rule MATCH-5
    function leaveOperators(uint64 seat) external {
        uint64 actor = _agent();
        Demand.within(seat, 0, OPERATOR_SEATS - 1);
        OperatorsRecord memory o = _operator(seat);
        if (o.account != actor) revert NotOwner(actor, o.account);
        if (o.state != OPERATOR_ACTIVE) revert WrongState(o.state, 0);
        _moveOperator(seat, o, OPERATOR_LEFT);
        --orderTotals.operatorCount;
    }

    /// @notice The operator on a seat says which bid wins. With a quorum for it the bid wins, or goes out if it cannot win any more.
    /// @dev Reverts UnknownEntity, NotInMode, WrongState, DeadlinePassed, ValueOutOfRange(seat, 100), NotOwner, NotAssigned,
    /// AlreadyVoted, UnknownEntity(bid), WrongState, in this order.
    /// @custom:rule SM-6, MATCH-5, MATCH-6, OP-51, OP-85, LIVE-9
    function voteMatch(uint64 order, uint64 seat, uint64 bid) external {
        uint64 actor = _agent();
        OrdersRecord memory o = _existing(order);
        if (_param(P_MATCH_MODE) == MODE_CENTRAL) revert NotInMode(0, 1);
        _notChosenByUser();
        _checkMatching(o);
        uint256 voted = _checkSeat(o, order, seat, actor);
        _checkBid(order, bid);

        BidsRecord memory b = _bid(bid);
        uint256 voters = _seats(b.voters0, b.voters1) | (1 << seat);
        (b.voters0, b.voters1) = _words(voters);
        _saveBid(bid, b);
        voted |= 1 << seat;
        (o.voted0, o.voted1) = _words(voted);
        _save(order, o);
        ++operators[seat + 1].voteCount;
        uint64 voterCount = _bitCount(voters);
        emit MatchVoted(order, seat, bid, voterCount);
        if (voterCount * Fixed.BPS < uint256(_param(P_MATCH_QUORUM_BPS)) * o.operatorCount) return;
        Matching.Bidder memory bidder;
        if (_examine(o, order, b.provider, b.fizz, bidder).code == 0) {
            _award(o, order, bid, actor);
            if (orders[order].state == ORDER_LEASED) _rewardVoters(voters, voterCount, o.matchingS);
            return;
        }
        _putOut(order, bid, actor);
        --o.bidCount;
        (o.voted0, o.voted1) = _words(voted & ~voters);
        _save(order, o);
        if (_winner(o, order, true) == 0) _end(o, order, actor, ORDER_EXPIRED);
    }

    // Settlement

    /// @notice Keeper. Settlement step over providers: the lower median of the collateral of those that are Active, which the
    /// keeper has found and each chunk brings along; the last one checks it. 0 if there are none.
    /// @custom:rule F-15, TIME-4, OP-84
    function postMedian(uint64 from, uint64 to, uint64[] calldata median) external {
        _onlyKeeper();
        uint64 count = _providerCount();
        CLOCK.enterStep(STEP_POST_MEDIAN, from, to, count);
        // A list is shorter than 2^64.
        if (median.length != 1) revert BatchMismatch(uint64(median.length), 1);
        uint64 m = median[0];
        Demand.within(m, 0, uint64(Fixed.MAX_INT));
        if (from > 0 && m != orderTotals.medianUnits) revert RankingInvalid(to, m);

        Counts memory c;
        if (from > 0) {
            c.below = orderTotals.medianBelowCount;
            c.notAbove = orderTotals.medianNotAboveCount;
            c.total = orderTotals.medianTotalCount;
        }
        for (uint64 provider = from + 1; provider <= to; ++provider) {
            _count(c, provider, m);
        }
        orderTotals.medianUnits = m;
        orderTotals.medianBelowCount = c.below;
        orderTotals.medianNotAboveCount = c.notAbove;
        orderTotals.medianTotalCount = c.total;
        if (to != count) return;
        bool isMedian = c.total == 0 ? m == 0 : 2 * c.below < c.total && c.total <= 2 * c.notAbove;
        if (!isMedian) revert RankingInvalid(c.total, m);
        emit MedianPosted(_era(), m);
    }

    /// @dev Counts a provider that is Active by its collateral.
    function _count(Counts memory c, uint64 provider, uint64 m) private view {
        ProvidersRecord memory p = PROVIDERS.read(provider);
        if (p.state != PROVIDER_ACTIVE) return;
        (, uint64 units) = _collateral(provider, p.exitUnits);
        if (units < m) ++c.below;
        if (units <= m) ++c.notAbove;
        ++c.total;
    }

    // For the other families

    /// @inheritdoc IOrders
    function orderCount() external view returns (uint64) {
        return orderTotals.orderCount;
    }

    /// @inheritdoc IOrders
    function termsOf(uint64 order) external view returns (OrderTerms memory) {
        OrdersRecord memory o = _order(order);
        return OrderTerms(o.state, o.mode, o.bidUntilS, o.expiresS, o.maxPriceUnits, o.asset, o.gpuTier, _needs(o));
    }

    /// @inheritdoc IOrders
    /// @custom:rule LEASE-11
    function setLease(uint64 order, uint64 lease) external {
        _only(address(LEASES));
        orders[order].lease = lease;
    }

    /// @inheritdoc IOrders
    /// @custom:rule F-15, OP-84
    function recordSlash(uint64 provider) external {
        _only(address(STAKE));
        ProviderMarketRecord storage m = providerMarket[provider];
        uint64 mark = _era() + 1;
        if (m.lastSlashedEra == mark) return;
        m.lastSlashedEra = mark;
        uint64 count = m.slashedEraCount;
        slashedEras[provider * SLASHED_ERAS + count % SLASHED_ERAS] = mark;
        m.slashedEraCount = count + 1;
    }

    // Whole records

    function _order(uint64 order) private view returns (OrdersRecord memory o) {
        OrdersRecord storage record = orders[order];
        (uint256 slot, uint256 to) = (0, 0);
        assembly ("memory-safe") {
            slot := record.slot
            to := o
        }
        Packed.load(slot, to, ORDER_FIELDS);
    }

    function _save(uint64 order, OrdersRecord memory o) private {
        OrdersRecord storage record = orders[order];
        (uint256 from, uint256 slot) = (0, 0);
        assembly ("memory-safe") {
            from := o
            slot := record.slot
        }
        Packed.store(from, slot, ORDER_FIELDS);
    }

    function _bid(uint64 bid) private view returns (BidsRecord memory b) {
        BidsRecord storage record = bids[bid];
        (uint256 slot, uint256 to) = (0, 0);
        assembly ("memory-safe") {
            slot := record.slot
            to := b
        }
        Packed.load(slot, to, BID_FIELDS);
    }

    function _saveBid(uint64 bid, BidsRecord memory b) private {
        BidsRecord storage record = bids[bid];
        (uint256 from, uint256 slot) = (0, 0);
        assembly ("memory-safe") {
            from := b
            slot := record.slot
        }
        Packed.store(from, slot, BID_FIELDS);
    }

    function _operator(uint64 seat) private view returns (OperatorsRecord memory o) {
        OperatorsRecord storage record = operators[seat + 1];
        (uint256 slot, uint256 to) = (0, 0);
        assembly ("memory-safe") {
            slot := record.slot
            to := o
        }
        Packed.load(slot, to, OPERATOR_FIELDS);
    }

    function _saveOperator(uint64 seat, OperatorsRecord memory o) private {
        OperatorsRecord storage record = operators[seat + 1];
        (uint256 from, uint256 slot) = (0, 0);
        assembly ("memory-safe") {
            from := o
            slot := record.slot
        }
        Packed.store(from, slot, OPERATOR_FIELDS);
    }

    // The life of an order

    function _create(OrdersRecord memory o) private {
        uint64 actor = _agent();
        _onlyEscrowOwner(o.escrow, actor);
        _checkDemand(o);
        uint64 windowBlocks = _param(P_ORDER_BID_WINDOW_BLOCKS);
        uint64 ttlBlocks = _param(P_ORDER_TTL_BLOCKS);
        if (ttlBlocks <= windowBlocks) revert ValueOutOfRange(ttlBlocks, windowBlocks);
        _checkMoney(o);

        uint64 order = ++orderTotals.orderCount;
        ++orderTotals.openCount;
        uint64 blockS = _param(P_TIME_BLOCK_S);
        o.createdS = _nowS();
        o.bidUntilS = o.createdS + windowBlocks * blockS;
        o.expiresS = o.createdS + ttlBlocks * blockS;
        _save(order, o);
        _transition(order, actor, 0, ORDER_OPEN);
        emit OrderCreated(order, o.escrow, actor, o.mode, o.durationS, o.maxPriceUnits);
    }

    function _checkDemand(OrdersRecord memory o) private view {
        Demand.within(o.asset, 0, ASSET_COUNT - 1);
        if (!ASSETS.isEnabled(o.asset)) revert AssetNotEnabled(o.asset, 0);
        Demand.within(o.mode, 0, ORDER_MODE_FIZZ);
        uint64 flags = o.flags;
        uint64 both = ORDER_FLAG_SECURED | ORDER_FLAG_COMMUNITY;
        if (flags > MAX_FLAGS || flags & both == both) revert ValueOutOfRange(flags, MAX_FLAGS);
        if (o.mode == ORDER_MODE_FIZZ && flags & ORDER_FLAG_SENSITIVE != 0) revert SensitiveData(flags, 0);
        Demand.checkResources(_needs(o));
        Demand.within(o.gpuTier, 0, MAX_GPU_TIER);
        if (o.gpuCount == 0) Demand.within(o.gpuTier, 0, 0);
        Demand.within(o.region, 0, MAX_REGION);
        Demand.checkDuration(o.durationS);
        Demand.checkPrice(o.maxPriceUnits);
    }

    /// @dev Reverts InsufficientEscrow, BracketExceeded, in this order.
    function _checkMoney(OrdersRecord memory o) private view {
        (uint64 unlocked, uint64 need) = _cover(o, o.maxPriceUnits);
        if (unlocked < need) revert InsufficientEscrow(unlocked, need);
        (uint64 needed, uint64 held) = _brackets(o);
        if (needed > held) revert BracketExceeded(needed, held);
    }

    /// @dev A free place for a bid: in a full order book the dearest one goes out, on a tie the latest, if the new one is cheaper.
    /// Changes the order in memory only. Reverts AlreadyBid, FeeAboveMaximum, in this order.
    function _makeRoom(OrdersRecord memory o, uint64 order, uint64 provider, uint64 priceUnits, uint64 actor) private {
        uint64 worst;
        uint64 worstPrice;
        uint64 behindWorst;
        uint64 behind;
        for (uint64 bid = o.lastBid; bid != 0; bid = bids[bid].previous) {
            BidsRecord storage b = bids[bid];
            if (b.state == BID_OPEN) {
                if (b.provider == provider) revert AlreadyBid(order, provider);
                if (b.priceUnits > worstPrice) (worst, worstPrice, behindWorst) = (bid, b.priceUnits, behind);
            }
            behind = bid;
        }
        if (o.bidCount < _param(P_ORDER_MAX_BIDS)) return;
        if (priceUnits >= worstPrice) revert FeeAboveMaximum(priceUnits, worstPrice);
        if (behindWorst == 0) o.lastBid = bids[worst].previous;
        else bids[behindWorst].previous = bids[worst].previous;
        _putOut(order, worst, actor);
        --o.bidCount;
    }

    /// @dev The bid will not win; a fizz node that was reserved for it is free again.
    function _putOut(uint64 order, uint64 bid, uint64 actor) private {
        bids[bid].state = BID_OUT;
        uint64 fizz = bids[bid].fizz;
        if (fizz != 0) FIZZ.release(fizz, order, actor);
    }

    /// @dev Nobody bids or is matched any more: all bids that are still open go out, the latest first.
    function _end(OrdersRecord memory o, uint64 order, uint64 actor, uint64 to) private {
        for (uint64 bid = o.lastBid; bid != 0; bid = bids[bid].previous) {
            if (bids[bid].state == BID_OPEN) _putOut(order, bid, actor);
        }
        --orderTotals.openCount;
        if (to == ORDER_LEASED) ++orderTotals.matchedCount;
        else if (to == ORDER_EXPIRED) ++orderTotals.expiredCount;
        _transition(order, actor, o.state, to);
    }

    /// @dev The bid wins and the lease begins, unless the wallet cannot bear it any more: then the order expires.
    /// @custom:rule SM-6, ORDER-6, INV-56, OP-82, F-18
    function _award(OrdersRecord memory o, uint64 order, uint64 bid, uint64 actor) private {
        BidsRecord memory b = _bid(bid);
        (uint64 unlocked, uint64 need) = _cover(o, b.priceUnits);
        (uint64 needed, uint64 held) = _brackets(o);
        if (unlocked < need || needed > held) {
            _end(o, order, actor, ORDER_EXPIRED);
            return;
        }
        bids[bid].state = BID_WON;
        _end(o, order, actor, ORDER_LEASED);
        orders[order].lease = LEASES.open(
            LeaseRequest({
                order: order,
                escrow: o.escrow,
                provider: b.provider,
                fizz: b.fizz,
                asset: o.asset,
                priceUnits: b.priceUnits,
                durationS: o.durationS,
                actor: actor,
                resources: _needs(o)
            })
        );
    }

    function _transition(uint64 order, uint64 actor, uint64 from, uint64 to) private {
        orders[order].state = to;
        emit Transition(KIND_ORDER, order, actor, from, to);
    }

    /// @return unlocked what the order's wallet has free of its asset
    /// @return need what it must have at this price
    function _cover(OrdersRecord memory o, uint64 priceUnits) private view returns (uint64 unlocked, uint64 need) {
        uint64 feeBps = o.asset == 0 ? 0 : _param(P_FEE_USER_FOREIGN_BPS);
        uint64 cost = LeaseMoney.lockCost(priceUnits, o.durationS, feeBps);
        // A share of the cost.
        need = uint64(Fixed.mulDivUp(cost, _param(P_ESCROW_MIN_COVER_BPS), Fixed.BPS));
        (unlocked,) = ESCROW.balanceOf(o.escrow, o.asset);
    }

    /// @return needed brackets that the order's wallet would need with its lease, 0 where nobody asks
    /// @return held brackets that its money fills
    function _brackets(OrdersRecord memory o) private view returns (uint64 needed, uint64 held) {
        if (_param(P_ESCROW_BRACKETS_ENFORCED) != ON) return (0, 0);
        Resources memory none;
        return ESCROW.brackets(o.escrow, _needs(o), none);
    }

    // Who may win

    /// @dev Whether the provider, with the fizz node if that is not 0, may have the order now. Fills in what the score needs, as
    /// far as it is asked for.
    /// @custom:rule MATCH-2, PROV-6, ORDER-2, ORDER-3, F-12, FIZZ-7
    function _examine(
        OrdersRecord memory o,
        uint64 order,
        uint64 provider,
        uint64 fizz,
        Matching.Bidder memory bidder
    ) private view returns (Refusal memory) {
        ProvidersRecord memory p = PROVIDERS.read(provider);
        if (p.state != PROVIDER_ACTIVE) return Refusal(WrongState.selector, p.state, 0);
        uint64 own;
        (own, bidder.collateralUnits) = _collateral(provider, p.exitUnits);
        if (own == 0) return Refusal(InsufficientStake.selector, 0, 1);
        if (p.isMatchable == 0) return Refusal(NotMatchable.selector, provider, 0);
        uint64 assetMask = _acceptedMask(provider);
        if ((assetMask >> o.asset) & 1 == 0) return Refusal(AssetNotAccepted.selector, o.asset, assetMask);
        uint64 excluding = p.tier > LAST_SECURED_TIER ? ORDER_FLAG_SECURED : ORDER_FLAG_COMMUNITY;
        if (o.flags & excluding != 0) return Refusal(TierExcluded.selector, p.tier, o.flags);
        if (o.flags & ORDER_FLAG_REGION_HARD != 0 && p.region != o.region) {
            return Refusal(RegionMismatch.selector, p.region, o.region);
        }
        bidder.provider = provider;
        bidder.region = p.region;
        bidder.tier = p.tier;
        bidder.compliance = p.compliance;
        bidder.ratingSumTenths = p.ratingSumTenths;
        bidder.ratingCount = p.ratingCount;
        if (fizz != 0) return _examineFizz(order, provider, fizz, bidder);
        if (p.gpuTier < o.gpuTier) return Refusal(TierTooLow.selector, p.gpuTier, o.gpuTier);
        bidder.totals = ProviderView.registered(p);
        bidder.free = _freeOf(provider, bidder.totals);
        return _examineFree(bidder.free, _needs(o));
    }

    function _examineFizz(uint64 order, uint64 provider, uint64 fizz, Matching.Bidder memory bidder)
        private
        view
        returns (Refusal memory refusal)
    {
        FizzInfo memory f = _fizzInfo(fizz);
        if (f.state != FIZZ_RESERVED || f.order != order || f.gateway != provider) {
            return Refusal(WrongState.selector, f.state, 0);
        }
        bidder.totals = f.resources;
        bidder.free = f.resources;
    }

    function _examineFree(Resources memory free, Resources memory needs) private pure returns (Refusal memory refusal) {
        if (free.cpuCount < needs.cpuCount) return _exhausted(free.cpuCount, needs.cpuCount);
        if (free.memoryGb < needs.memoryGb) return _exhausted(free.memoryGb, needs.memoryGb);
        if (free.storageGb < needs.storageGb) return _exhausted(free.storageGb, needs.storageGb);
        if (free.gpuCount < needs.gpuCount) return _exhausted(free.gpuCount, needs.gpuCount);
    }

    function _exhausted(uint64 have, uint64 need) private pure returns (Refusal memory) {
        return Refusal(CapacityExhausted.selector, have, need);
    }

    /// @return free what of the registered resources no lease uses
    function _freeOf(uint64 provider, Resources memory registered) private view returns (Resources memory free) {
        (Resources memory used,) = LEASES.useOf(provider);
        free.cpuCount = registered.cpuCount - used.cpuCount;
        free.memoryGb = registered.memoryGb - used.memoryGb;
        free.storageGb = registered.storageGb - used.storageGb;
        free.gpuCount = registered.gpuCount - used.gpuCount;
    }

    function _acceptedMask(uint64 provider) private view returns (uint64) {
        ProviderMarketRecord storage m = providerMarket[provider];
        return m.isAssetsSet == 0 ? TOKEN_ONLY : m.assetMask;
    }

    /// @param isAnyEnough whether only the question is if there is one: then it is any that may win
    /// @return winner the open bid that may win with the highest score, on a tie the higher draw, then the lower provider; 0 if
    /// there is none
    /// @custom:rule F-15, MATCH-1, MATCH-3, INV-31
    function _winner(OrdersRecord memory o, uint64 order, bool isAnyEnough) private view returns (uint64 winner) {
        Matching.Rules memory rules = _rules();
        (uint256 bestScore, uint256 bestRandom, uint64 bestProvider) = (0, 0, 0);
        for (uint64 bid = o.lastBid; bid != 0; bid = bids[bid].previous) {
            BidsRecord memory b = _bid(bid);
            if (b.state != BID_OPEN) continue;
            Matching.Bidder memory bidder;
            if (_examine(o, order, b.provider, b.fizz, bidder).code != 0) continue;
            if (isAnyEnough) return bid;
            bidder.priceUnits = b.priceUnits;
            bidder.slashedEraCount = _slashedEraCount(b.provider, rules);
            (uint256 score, uint256 random) = Matching.score(o, bidder, rules);
            bool isBetter = winner == 0 || score > bestScore
                || (score == bestScore
                    && (random > bestRandom || (random == bestRandom && b.provider < bestProvider)));
            if (isBetter) (winner, bestScore, bestRandom, bestProvider) = (bid, score, random, b.provider);
        }
    }

    function _rules() private view returns (Matching.Rules memory rules) {
        rules.v = _params(Matching.FIRST_PARAM, Matching.LAST_PARAM);
        rules.scaleTenths = _param(P_FB_SCALE_TENTHS);
        rules.complianceMil = _param(P_ATTR_COMPLIANCE_MIL);
        rules.complianceCapMil = _param(P_ATTR_COMPLIANCE_CAP_MIL);
        rules.stakeCapUnits = Matching.stakeCap(rules.v, orderTotals.medianUnits, TOKEN.maxSupplyUnits());
    }

    /// @return count eras of the window in which the provider was slashed, at most 64
    /// @custom:rule F-15, OP-84
    function _slashedEraCount(uint64 provider, Matching.Rules memory rules) private view returns (uint64 count) {
        uint64 next = providerMarket[provider].slashedEraCount;
        uint64 kept = next < SLASHED_ERAS ? next : SLASHED_ERAS;
        uint256 window = rules.v.param(Matching.FIRST_PARAM, P_MATCH_SLASH_WINDOW_ERAS);
        uint256 mark = _era() + 1;
        while (count < kept) {
            --next;
            if (slashedEras[provider * SLASHED_ERAS + next % SLASHED_ERAS] + window <= mark) break;
            ++count;
        }
    }

    // Operators

    /// @dev Enters a state, and keeps the set of those that are active.
    function _moveOperator(uint64 seat, OperatorsRecord memory o, uint64 to) private {
        uint64 from = o.state;
        o.state = to;
        _saveOperator(seat, o);
        uint256 seats = _seats(orderTotals.operatorSet0, orderTotals.operatorSet1) ^ (1 << seat);
        (orderTotals.operatorSet0, orderTotals.operatorSet1) = _words(seats);
        emit Transition(KIND_OPERATOR, seat + 1, o.account, from, to);
    }

    /// @return voted seats that have voted on the order
    function _checkSeat(OrdersRecord memory o, uint64 order, uint64 seat, uint64 actor)
        private
        view
        returns (uint256 voted)
    {
        Demand.within(seat, 0, OPERATOR_SEATS - 1);
        OperatorsRecord memory one = _operator(seat);
        uint64 account = one.state == OPERATOR_ACTIVE ? one.account : 0;
        if (account != actor) revert NotOwner(actor, account);
        bool isAssigned = (_seats(o.operatorSet0, o.operatorSet1) >> seat) & 1 == 1 && one.joinedS <= o.matchingS;
        if (!isAssigned) revert NotAssigned(seat, 0);
        voted = _seats(o.voted0, o.voted1);
        if ((voted >> seat) & 1 == 1) revert AlreadyVoted(order, seat);
    }

    /// @dev Those who agreed on the winner share a reward, the same for each match, as far as the foundation can pay it. The part
    /// of one whose seat another has taken since stays there.
    /// @custom:rule OP-51, LIVE-9
    function _rewardVoters(uint256 voters, uint64 voterCount, uint64 matchingS) private {
        uint64 totalUnits = _param(P_MATCH_OP_REWARD);
        uint64 foundationUnits = TOKEN.unitsOf(ACCOUNT_FOUNDATION);
        if (foundationUnits < totalUnits) totalUnits = foundationUnits;
        uint64 shareUnits = totalUnits / voterCount;
        for (uint64 seat; seat < OPERATOR_SEATS; ++seat) {
            if ((voters >> seat) & 1 == 0) continue;
            OperatorsRecord memory o = _operator(seat);
            if (o.joinedS > matchingS) continue;
            TOKEN.move(ACCOUNT_FOUNDATION, o.account, shareUnits, MOVE_MATCH_REWARD);
            ++o.wonCount;
            o.rewardUnits += shareUnits;
            _saveOperator(seat, o);
        }
    }

    /// @return set seats of two words, one bit each
    function _seats(uint64 word0, uint64 word1) private pure returns (uint256 set) {
        return word0 | (uint256(word1) << SEATS_PER_WORD);
    }

    /// @dev There are 101 seats, so both casts keep the value.
    function _words(uint256 set) private pure returns (uint64 word0, uint64 word1) {
        return (uint64(set & ((1 << SEATS_PER_WORD) - 1)), uint64(set >> SEATS_PER_WORD));
    }

    function _bitCount(uint256 mask) private pure returns (uint64 count) {
        for (; mask != 0; mask &= mask - 1) ++count;
    }

    // Calls of other contracts that are needed more than once

    function _era() private view returns (uint64) {
        return CLOCK.era();
    }

    function _nowS() private view returns (uint64) {
        return CLOCK.nowS();
    }

    function _providerCount() private view returns (uint64) {
        return PROVIDERS.providerCount();
    }

    function _escrowOwner(uint64 escrow) private view returns (uint64) {
        return ESCROW.ownerOf(escrow);
    }

    function _fizzInfo(uint64 fizz) private view returns (FizzInfo memory) {
        return FIZZ.infoOf(fizz);
    }

    /// @return own own stake
    /// @return units collateral, without own stake that was asked back
    function _collateral(uint64 provider, uint64 exitUnits) private view returns (uint64 own, uint64 units) {
        uint64 delegated;
        (own, delegated,) = STAKE.collateralUnits(KIND_PROVIDER, provider);
        units = own - exitUnits + delegated;
    }

    // Guards

    function _only(address family) private view {
        if (msg.sender != family) revert OnlyFamily(msg.sender);
    }

    function _existing(uint64 order) private view returns (OrdersRecord memory) {
        uint64 count = orderTotals.orderCount;
        if (order < 1 || order > count) revert UnknownEntity(order, count);
        return _order(order);
    }

    function _ownedProvider(uint64 provider, uint64 actor) private view {
        uint64 count = _providerCount();
        if (provider < 1 || provider > count) revert UnknownEntity(provider, count);
        uint64 owner = PROVIDERS.read(provider).owner;
        if (owner != actor) revert NotOwner(actor, owner);
    }

    function _onlyEscrowOwner(uint64 escrow, uint64 actor) private view {
        uint64 count = ESCROW.escrowCount();
        if (escrow < 1 || escrow > count) revert UnknownEntity(escrow, count);
        uint64 owner = _escrowOwner(escrow);
        if (owner != actor) revert NotOwner(actor, owner);
    }

    /// @dev The least price is in units of the order's asset, what its fizz node asks for too.
    function _checkPrice(OrdersRecord memory o, uint64 priceUnits, uint64 fizz) private view {
        uint64 floorUnits;
        if (fizz != 0) {
            uint64 count = FIZZ.fizzCount();
            if (fizz > count) revert UnknownEntity(fizz, count);
            floorUnits = FIZZ.floorOf(fizz, o.asset);
        }
        if (priceUnits == 0) revert AmountTooSmall(0, 1);
        uint64 most = o.maxPriceUnits;
        if (priceUnits > most) revert FeeAboveMaximum(priceUnits, most);
        // A share of the order's own maximum.
        uint64 shareUnits = uint64(Fixed.mulDivDown(most, _param(P_MATCH_BID_FLOOR_BPS), Fixed.BPS));
        if (shareUnits > floorUnits) floorUnits = shareUnits;
        if (priceUnits < floorUnits) revert PriceTooLow(priceUnits, floorUnits);
    }

    function _checkBid(uint64 order, uint64 bid) private view {
        uint64 count = orderTotals.bidCount;
        if (bid < 1 || bid > count) revert UnknownEntity(bid, count);
        BidsRecord storage b = bids[bid];
        if (b.order != order || b.state != BID_OPEN) revert WrongState(b.state, 0);
    }

    function _checkState(OrdersRecord memory o, uint64 state) private pure {
        if (o.state != state) revert WrongState(o.state, 0);
    }

    /// @dev Reverts WrongState, DeadlinePassed, in this order.
    function _checkMatching(OrdersRecord memory o) private view {
        _checkState(o, ORDER_MATCHING);
        _notAfter(o.expiresS);
    }

    function _notChosenByUser() private view {
        if (_param(P_MATCH_USER_CHOICE) == ON) revert NotInMode(1, 0);
    }

    function _notAfter(uint64 s) private view {
        uint64 nowS = _nowS();
        if (nowS > s) revert DeadlinePassed(nowS, s);
    }

    function _after(uint64 s) private view returns (uint64 nowS) {
        nowS = _nowS();
        if (nowS <= s) revert DeadlineNotPassed(nowS, s);
    }

    /// @dev Reverts with what keeps a bid from winning, if anything does.
    function _raise(Refusal memory refusal) private pure {
        if (refusal.code == 0) return;
        bytes memory data = abi.encodeWithSelector(refusal.code, refusal.have, refusal.need);
        assembly ("memory-safe") {
            revert(add(data, 32), mload(data))
        }
    }

    function _needs(OrdersRecord memory o) private pure returns (Resources memory) {
        return Resources(o.cpuCount, o.memoryGb, o.storageGb, o.gpuCount);
    }
}
