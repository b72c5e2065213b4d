// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Demand} from "./Demand.sol";
import {Family} from "./Family.sol";
import {Fixed} from "./Fixed.sol";
import {FizzInfo, ILeases, LeaseRequest, Resources} from "./Interfaces.sol";
import {LeaseMoney} from "./LeaseMoney.sol";
import {
    ACCOUNT_FOUNDATION,
    ACCOUNT_KEEPER,
    AlreadyRated,
    AmountTooSmall,
    BPS,
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
    FAMILY_COUNT,
    FIZZ_DETACHED,
    FIZZ_SERVING,
    InsufficientEscrow,
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
    LeaseTotalsRecord,
    LeaseUpdatesRecord,
    LeasesRecord,
    MOVE_COMMISSION,
    MOVE_GATEWAY_SHARE,
    MOVE_LEASE_PAYMENT,
    MOVE_PROVIDER_FEE,
    MOVE_USER_FEE,
    NotInMode,
    NotOwner,
    PROVIDER_ACTIVE,
    P_ESCROW_BRACKETS_ENFORCED,
    P_ESCROW_MIN_COVER_BPS,
    P_FB_SCALE_TENTHS,
    P_FEE_FOUNDATION_BPS,
    P_FEE_PROVIDER_BASE,
    P_FEE_PROVIDER_FOREIGN_BPS,
    P_FEE_TIER1_REBATE_BPS,
    P_FEE_USER_FOREIGN_BPS,
    P_FIZZ_BILLING_UNIT,
    P_FIZZ_FOUNDATION_BPS,
    P_FIZZ_OUTAGE_ACCRUAL,
    P_FIZZ_OUTAGE_CLOSE_S,
    P_LEASE_CHARGE_DOWNTIME,
    P_LEASE_CHARGE_UNDEPLOYED,
    P_LEASE_DEPLOY_SLA_S,
    P_LEASE_UPDATE_NEEDS_ACCEPT,
    ProviderUseRecord,
    ProvidersRecord,
    STEP_ACCRUE_LEASES,
    TABLE_LENGTH,
    UPDATE_NONE,
    UPDATE_PROPOSED,
    UnknownEntity,
    ValueOutOfRange,
    WrongState
} from "./Protocol.sol";
import {ProviderView} from "./ProviderView.sol";

/// @title Leases
/// @notice The life of a lease (SM-6, from the match on): deployment, payment out of the escrow wallet, breaks, updates and
/// its end, as in `sim/protocol/leases.ts`. Who gets a lease is decided by Orders; what it costs is in LeaseMoney.
/// @dev Function by function the same guards in the same order as the core, then the same events in the same order. Of a
/// lease the consumer is whoever owns its escrow wallet now; the payee is the owner of its fizz node, or of its provider
/// where it has none.
/// @custom:rule SM-6, INV-49, INV-50, INV-51
contract Leases is Family, ILeases {
    LeasesRecord[TABLE_LENGTH] internal leases;
    LeaseUpdatesRecord[TABLE_LENGTH] internal leaseUpdates;
    uint64[TABLE_LENGTH] internal openLeases;
    ProviderUseRecord[TABLE_LENGTH] internal providerUse;
    LeaseTotalsRecord internal leaseTotals;

    // Options of parameters, by their index.
    uint64 private constant ON = 1;
    uint64 private constant BASE_GROSS = 1;
    uint64 private constant OUTAGE_RUN = 1;
    uint64 private constant BILLING_HOUR_UP = 1;

    /// @param families addresses of all families, in the order of the FAMILY_ constants
    constructor(address[FAMILY_COUNT] memory families) Family(families) {}

    // What consumers and payees do

    /// @notice The consumer says what is to be deployed.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, DeadlinePassed, in this order.
    /// @custom:rule LEASE-3, FIZZ-8, SM-6
    function sendManifest(uint64 lease) external {
        uint64 actor = _agent();
        LeasesRecord memory l = _consumed(lease, actor);
        if (l.state != LEASE_AWAITING) revert WrongState(l.state, 0);
        l.manifestS = _checkNotEnded(l);
        _enter(l, lease, actor, LEASE_DEPLOYING);
    }

    /// @notice The payee says that the service runs; late too, after the deployment was counted as a breach.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, DeadlinePassed, WrongState of the fizz node, in this order.
    /// @custom:rule LEASE-4, LEASE-5, FIZZ-8, OP-87, SM-6
    function confirmDeployment(uint64 lease) external {
        uint64 actor = _agent();
        LeasesRecord memory l = _earned(lease, actor);
        uint64 state = l.state;
        if (state != LEASE_DEPLOYING && (state != LEASE_DOWN || l.deployedS > 0 || l.manifestS == 0)) {
            revert WrongState(state, 0);
        }
        uint64 atS = _checkNotEnded(l);
        if (l.fizz != 0) {
            uint64 fizzState = FIZZ.infoOf(l.fizz).state;
            if (fizzState != FIZZ_SERVING) revert WrongState(fizzState, 0);
        }
        if (l.terms & LEASE_TERM_CHARGES_UNDEPLOYED == 0) l.pausedS = atS - l.startS;
        else if (state == LEASE_DOWN && l.terms & LEASE_TERM_CHARGES_DOWNTIME == 0) l.pausedS += atS - l.downSinceS;
        l.deployedS = atS;
        // No break may begin before: what came before is settled with the paused seconds.
        l.accruedS = atS;
        l.downSinceS = 0;
        _enter(l, lease, actor, LEASE_SERVING);
    }

    /// @notice The payee takes what the lease has earned until now.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, in this order.
    /// @custom:rule LEASE-6, F-16, F-17
    function withdrawLease(uint64 lease) external {
        LeasesRecord memory l = _earned(lease, _agent());
        _checkOpen(l);
        _accrue(l, lease);
        _store(lease, l);
    }

    /// @notice The consumer locks money for more hours, at the same price.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, DeadlinePassed, ValueOutOfRange, InsufficientEscrow, in this order.
    /// @custom:rule LEASE-10
    function extendLease(uint64 lease, uint64 addedS) external {
        LeasesRecord memory l = _consumed(lease, _agent());
        _checkOpen(l);
        _checkNotEnded(l);
        uint64 endS = l.endS;
        if (addedS == 0 || addedS % Demand.HOUR_S != 0 || addedS > Demand.MAX_DURATION_S - (endS - l.startS)) {
            revert ValueOutOfRange(addedS, Demand.MAX_DURATION_S);
        }
        (uint64 escrow, uint64 asset) = (l.escrow, l.asset);
        uint64 units = LeaseMoney.lockCost(l.priceUnits, addedS, l.userFeeBps);
        (uint64 unlockedUnits,) = ESCROW.balanceOf(escrow, asset);
        if (unlockedUnits < units) revert InsufficientEscrow(unlockedUnits, units);
        l.endS = endS + addedS;
        l.fundedUnits += units;
        uint64 lockedUnits = l.lockedUnits + units;
        l.lockedUnits = lockedUnits;
        _store(lease, l);
        ESCROW.lock(escrow, asset, units);
        emit LeaseExtended(lease, endS + addedS, lockedUnits);
    }

    /// @notice The consumer asks for other resources, another duration from now on, another price. Where no answer is needed,
    /// it happens at once: the price is then the consumer's alone, and the provider's remedy is to close the lease.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, DeadlinePassed, NotInMode(1, 0), ValueOutOfRange, in this order; what
    /// happens at once, then, as `acceptUpdate` does.
    /// @custom:rule LEASE-11, OP-88
    function proposeUpdate(
        uint64 lease,
        uint64 cpuCount,
        uint64 memoryGb,
        uint64 storageGb,
        uint64 gpuCount,
        uint64 durationS,
        uint64 priceUnits
    ) external {
        _propose(
            lease,
            LeaseUpdatesRecord({
                state: UPDATE_PROPOSED,
                cpuCount: cpuCount,
                memoryGb: memoryGb,
                storageGb: storageGb,
                gpuCount: gpuCount,
                durationS: durationS,
                priceUnits: priceUnits
            })
        );
    }

    /// @notice The provider agrees: the lease is closed, and another of the same order begins.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, WrongState(0, 0), DeadlinePassed, WrongState of the provider,
    /// CapacityExhausted, InsufficientEscrow, BracketExceeded, in this order.
    /// @custom:rule LEASE-11, OP-88
    function acceptUpdate(uint64 lease) external {
        uint64 actor = _agent();
        LeasesRecord memory l = _hosted(lease, actor);
        _checkOpen(l);
        if (leaseUpdates[lease].state != UPDATE_PROPOSED) revert WrongState(0, 0);
        _checkNotEnded(l);
        _update(l, lease, leaseUpdates[lease], actor);
    }

    /// @notice The provider refuses what the consumer asked for.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState(0, 0), in this order.
    /// @custom:rule LEASE-11, OP-88
    function rejectUpdate(uint64 lease) external {
        _hosted(lease, _agent());
        if (leaseUpdates[lease].state != UPDATE_PROPOSED) revert WrongState(0, 0);
        leaseUpdates[lease].state = UPDATE_NONE;
    }

    /// @notice The consumer, the provider or the owner of the fizz node ends the lease; what is left is unlocked.
    /// @dev Reverts UnknownEntity, NotOwner(sender, consumer), WrongState, in this order.
    /// @custom:rule LEASE-8
    function closeLease(uint64 lease) external {
        uint64 actor = _agent();
        LeasesRecord memory l = _existing(lease);
        uint64 consumer = ESCROW.ownerOf(l.escrow);
        uint64 reason = CLOSE_CONSUMER;
        if (actor != consumer) {
            if (actor != _ownerOf(l.provider) && actor != _payeeOf(l.provider, l.fizz)) {
                revert NotOwner(actor, consumer);
            }
            reason = CLOSE_PROVIDER;
        }
        _checkOpen(l);
        _close(l, lease, reason, actor);
    }

    /// @notice The consumer rates a closed lease that it has paid for, once.
    /// @param tenths 1 to `fb.scale_tenths`
    /// @dev Reverts UnknownEntity, NotOwner, WrongState, AlreadyRated, AmountTooSmall(0, 1) if nothing was paid, ValueOutOfRange,
    /// in this order.
    /// @custom:rule FB-1, FB-2, FB-4, SM-6
    function rateLease(uint64 lease, uint64 tenths) external {
        uint64 actor = _agent();
        LeasesRecord memory l = _consumed(lease, actor);
        if (l.state != LEASE_CLOSED) revert WrongState(l.state, 0);
        if (l.ratedTenths != 0) revert AlreadyRated(lease, 0);
        if (l.paidUnits == 0) revert AmountTooSmall(0, 1);
        Demand.within(tenths, 1, _param(P_FB_SCALE_TENTHS));
        l.ratedTenths = tenths;
        _store(lease, l);
        PROVIDERS.rateProvider(l.provider, actor, tenths);
    }

    // What the keeper does

    /// @notice Keeper. Ends a lease whose time or money is over, whose fizz node stays off or whose provider is not Active.
    /// @dev Reverts UnknownEntity, WrongState, DeadlineNotPassed(now, end), in this order.
    /// @custom:rule LEASE-9, FIZZ-9, OP-79
    function endLease(uint64 lease) external {
        _onlyKeeperAtRest();
        LeasesRecord memory l = _existing(lease);
        _checkOpen(l);
        _close(l, lease, _endReason(l, _nowS()), ACCOUNT_KEEPER);
    }

    /// @notice Keeper. The service does not run since `sinceS`: a breach of the provider, or a deployment that is late.
    /// @dev Reverts UnknownEntity, WrongState, NotInMode(1, 0), ValueOutOfRange(since, now), in this order.
    /// @custom:rule LEASE-4, LEASE-12, OP-87
    function pauseLease(uint64 lease, uint64 sinceS) external {
        _onlyKeeperAtRest();
        LeasesRecord memory l = _existing(lease);
        uint64 state = l.state;
        if (state != LEASE_DEPLOYING && state != LEASE_SERVING) revert WrongState(state, 0);
        if (l.fizz != 0 && state != LEASE_DEPLOYING) revert NotInMode(1, 0);
        uint64 leastS = state == LEASE_DEPLOYING ? l.manifestS + _param(P_LEASE_DEPLOY_SLA_S) : l.deployedS;
        if (l.accruedS > leastS) leastS = l.accruedS;
        Demand.within(sinceS, leastS, _nowS());
        _pause(l, lease, sinceS);
    }

    /// @notice Keeper. The service runs again since `atS`. A late deployment ends by being confirmed only, an outage of a fizz
    /// node when that is back.
    /// @dev Reverts UnknownEntity, WrongState, ChangeRequired(lease, 0), WrongState of the fizz node, ValueOutOfRange(at, now),
    /// in this order.
    /// @custom:rule LEASE-5, LEASE-12, OP-87
    function resumeLease(uint64 lease, uint64 atS) external {
        _onlyKeeperAtRest();
        LeasesRecord memory l = _existing(lease);
        if (l.state != LEASE_DOWN) revert WrongState(l.state, 0);
        if (l.deployedS == 0) revert ChangeRequired(lease, 0);
        if (l.fizz != 0) {
            uint64 fizzState = FIZZ.infoOf(l.fizz).state;
            if (fizzState == FIZZ_DETACHED) revert WrongState(fizzState, 0);
        }
        Demand.within(atS, l.downSinceS, _nowS());
        _resume(l, lease, atS);
    }

    /// @notice Keeper. Step 1 of a settlement, over the leases that are not closed: each accrues until now.
    /// @dev Reverts as Clock.enterStep does.
    /// @custom:rule TIME-4, F-16, F-17
    function accrueLeases(uint64 from, uint64 to) external {
        _onlyKeeper();
        CLOCK.enterStep(STEP_ACCRUE_LEASES, from, to, leaseTotals.openCount);
        for (uint256 place = uint256(from) + 1; place <= to; ++place) {
            uint64 lease = openLeases[place];
            LeasesRecord memory l = _load(lease);
            _accrue(l, lease);
            _store(lease, l);
        }
    }

    // What the other families ask for

    /// @inheritdoc ILeases
    function useOf(uint64 provider) external view returns (Resources memory resources, uint64 leaseCount) {
        ProviderUseRecord storage u = providerUse[provider];
        return (Resources(u.cpuCount, u.memoryGb, u.storageGb, u.gpuCount), u.leaseCount);
    }

    /// @inheritdoc ILeases
    function leaseCountOf(uint64 provider) external view returns (uint64 leaseCount) {
        return providerUse[provider].leaseCount;
    }

    /// @inheritdoc ILeases
    function timesOf(uint64 lease) external view returns (uint64 startS, uint64 accruedS) {
        return (leases[lease].startS, leases[lease].accruedS);
    }

    /// @inheritdoc ILeases
    /// @custom:rule SM-6, FEE-6, LEASE-13, ESCROW-6, ORDER-1
    function open(LeaseRequest calldata request) external returns (uint64 lease) {
        _onlyMarket();
        return _open(request);
    }

    /// @inheritdoc ILeases
    /// @custom:rule FIZZ-9, OP-79
    function pauseByOutage(uint64 lease, uint64 sinceS) external {
        _onlyMarket();
        LeasesRecord memory l = _load(lease);
        if (l.state != LEASE_DOWN) _pause(l, lease, sinceS);
    }

    /// @inheritdoc ILeases
    /// @custom:rule FIZZ-9, OP-79
    function resumeAfterOutage(uint64 lease, uint64 sinceS, uint64 atS) external {
        _onlyMarket();
        LeasesRecord memory l = _load(lease);
        // A lease that was down before its fizz node stays as it was.
        if (l.state == LEASE_DOWN && l.downSinceS == sinceS) _resume(l, lease, atS);
    }

    /// @inheritdoc ILeases
    /// @custom:rule FIZZ-14
    function closeExpelled(uint64 lease) external {
        _onlyMarket();
        _close(_load(lease), lease, CLOSE_EXPELLED, ACCOUNT_KEEPER);
    }

    // Beginning and end

    function _open(LeaseRequest memory q) private returns (uint64 lease) {
        uint64 nowS = _nowS();
        lease = ++leaseTotals.leaseCount;
        uint64 place = ++leaseTotals.openCount;
        openLeases[place] = lease;

        LeasesRecord memory l;
        (l.order, l.escrow, l.provider, l.fizz) = (q.order, q.escrow, q.provider, q.fizz);
        (l.asset, l.priceUnits, l.startS, l.endS) = (q.asset, q.priceUnits, nowS, nowS + q.durationS);
        (l.cpuCount, l.memoryGb) = (q.resources.cpuCount, q.resources.memoryGb);
        (l.storageGb, l.gpuCount) = (q.resources.storageGb, q.resources.gpuCount);
        (l.accruedS, l.place) = (nowS, place);
        _setTerms(l);
        uint64 units = LeaseMoney.lockCost(l.priceUnits, q.durationS, l.userFeeBps);
        (uint64 unlockedUnits,) = ESCROW.balanceOf(l.escrow, l.asset);
        if (unlockedUnits < units) units = unlockedUnits;
        (l.fundedUnits, l.lockedUnits) = (units, units);
        ESCROW.lock(l.escrow, l.asset, units);
        ESCROW.addUse(l.escrow, q.resources);
        ProviderUseRecord storage u = providerUse[l.provider];
        ++u.leaseCount;
        if (l.fizz == 0) {
            u.cpuCount += l.cpuCount;
            u.memoryGb += l.memoryGb;
            u.storageGb += l.storageGb;
            u.gpuCount += l.gpuCount;
        }
        _enter(l, lease, q.actor, LEASE_AWAITING);
        emit LeaseCreated(lease, l.order, l.provider, ESCROW.ownerOf(l.escrow), l.priceUnits, l.endS);
        if (l.fizz != 0) FIZZ.serve(l.fizz, lease, q.actor);
    }

    /// @dev What is charged and how it is divided, for the whole life of the lease.
    /// @custom:rule FEE-1, FEE-2, FEE-3, FEE-5, FEE-6, FIZZ-11
    function _setTerms(LeasesRecord memory l) private view {
        bool isFizz = l.fizz != 0;
        l.userFeeBps = _userFeeBps(l.asset);
        l.foundationBps = _param(isFizz ? P_FIZZ_FOUNDATION_BPS : P_FEE_FOUNDATION_BPS);
        if (l.asset != 0) l.providerFeeBps = _param(P_FEE_PROVIDER_FOREIGN_BPS);
        if (ProviderView.read(PROVIDERS, l.provider).tier == 1) l.rebateBps = _param(P_FEE_TIER1_REBATE_BPS);
        if (isFizz) l.gatewayBps = FIZZ.shareOf(l.provider);
        uint64 terms;
        if (_param(P_FEE_PROVIDER_BASE) == BASE_GROSS) terms |= LEASE_TERM_GROSS_BASE;
        if (_param(P_LEASE_CHARGE_UNDEPLOYED) == ON) terms |= LEASE_TERM_CHARGES_UNDEPLOYED;
        if (isFizz ? _param(P_FIZZ_OUTAGE_ACCRUAL) == OUTAGE_RUN : _param(P_LEASE_CHARGE_DOWNTIME) == ON) {
            terms |= LEASE_TERM_CHARGES_DOWNTIME;
        }
        if (isFizz && _param(P_FIZZ_BILLING_UNIT) == BILLING_HOUR_UP) terms |= LEASE_TERM_HOUR_UP;
        l.terms = terms;
    }

    /// @dev Pays what is due, unlocks the rest, and frees the machine.
    /// @custom:rule LEASE-8, LEASE-9, LEASE-13, ESCROW-6
    function _close(LeasesRecord memory l, uint64 lease, uint64 reason, uint64 actor) private {
        _accrue(l, lease);
        (uint64 escrow, uint64 provider, uint64 refundUnits) = (l.escrow, l.provider, l.lockedUnits);
        l.lockedUnits = 0;
        ESCROW.unlock(escrow, l.asset, refundUnits);
        _removePlace(l);
        ESCROW.removeUse(escrow, Resources(l.cpuCount, l.memoryGb, l.storageGb, l.gpuCount));
        ProviderUseRecord storage u = providerUse[provider];
        --u.leaseCount;
        if (l.fizz == 0) {
            u.cpuCount -= l.cpuCount;
            u.memoryGb -= l.memoryGb;
            u.storageGb -= l.storageGb;
            u.gpuCount -= l.gpuCount;
        }
        l.closeReason = reason;
        l.closedS = _nowS();
        leaseUpdates[lease].state = UPDATE_NONE;
        _enter(l, lease, actor, LEASE_CLOSED);
        emit LeaseClosed(lease, reason, l.paidUnits, refundUnits, ESCROW.ownerOf(escrow), provider);
        if (l.fizz != 0) FIZZ.free(l.fizz, actor);
    }

    /// @dev The last open lease takes the place of the one that is closed.
    function _removePlace(LeasesRecord memory l) private {
        uint64 place = l.place;
        uint64 lastPlace = leaseTotals.openCount;
        uint64 lastLease = openLeases[lastPlace];
        openLeases[place] = lastLease;
        leases[lastLease].place = place;
        openLeases[lastPlace] = 0;
        leaseTotals.openCount = lastPlace - 1;
        l.place = 0;
    }

    /// @return reason why the lease is to be ended now; reverts DeadlineNotPassed if there is none
    function _endReason(LeasesRecord memory l, uint64 nowS) private view returns (uint64 reason) {
        if (nowS >= l.endS) return CLOSE_ENDED;
        // An hour that has been paid for as a whole is used up second by second, too.
        if (LeaseMoney.usedS(l, nowS) >= LeaseMoney.coveredS(l)) return CLOSE_EXHAUSTED;
        if (l.fizz != 0) {
            FizzInfo memory f = FIZZ.infoOf(l.fizz);
            if (f.state == FIZZ_DETACHED && nowS >= f.detachedS + _param(P_FIZZ_OUTAGE_CLOSE_S)) return CLOSE_OUTAGE;
        }
        if (PROVIDERS.stateOf(l.provider) != PROVIDER_ACTIVE) return CLOSE_PROVIDER_LOST;
        revert DeadlineNotPassed(nowS, l.endS);
    }

    // Payment

    /// @dev Charges what the lease has cost since the last time, and pays each his part.
    /// @custom:rule F-16, F-17, INV-49, INV-51
    function _accrue(LeasesRecord memory l, uint64 lease) private {
        uint64 nowS = _nowS();
        uint256 paidUnits = LeaseMoney.grossUnits(l, nowS);
        if (nowS > l.accruedS) l.accruedS = nowS;
        if (paidUnits == l.paidUnits) return;
        LeaseMoney.Levies memory part = LeaseMoney.levies(l, paidUnits);
        LeaseMoney.Levies memory before = LeaseMoney.levies(l, l.paidUnits);
        part.userFeeUnits -= before.userFeeUnits;
        part.foundationUnits -= before.foundationUnits;
        part.providerFeeUnits -= before.providerFeeUnits;
        part.gatewayUnits -= before.gatewayUnits;
        part.payeeUnits -= before.payeeUnits;
        // All of it comes out of what is locked, so it is below 2^53 and every cast keeps the value.
        uint64 chargedUnits = uint64(paidUnits) - l.paidUnits;
        l.lockedUnits -= chargedUnits + uint64(part.userFeeUnits);
        l.paidUnits = uint64(paidUnits);
        _pay(l, _payeeOf(l.provider, l.fizz), part.payeeUnits, MOVE_LEASE_PAYMENT);
        if (part.gatewayUnits > 0) _pay(l, _ownerOf(l.provider), part.gatewayUnits, MOVE_GATEWAY_SHARE);
        _pay(l, ACCOUNT_FOUNDATION, part.foundationUnits, MOVE_COMMISSION);
        _pay(l, ACCOUNT_FOUNDATION, part.userFeeUnits, MOVE_USER_FEE);
        _pay(l, ACCOUNT_FOUNDATION, part.providerFeeUnits, MOVE_PROVIDER_FEE);
        emit LeaseAccrued(
            lease,
            chargedUnits,
            uint64(part.payeeUnits),
            uint64(part.foundationUnits),
            uint64(part.userFeeUnits + part.providerFeeUnits),
            uint64(part.gatewayUnits)
        );
    }

    function _pay(LeasesRecord memory l, uint64 to, uint256 units, uint64 reason) private {
        if (units > 0) ESCROW.pay(l.escrow, l.asset, to, uint64(units), reason);
    }

    function _userFeeBps(uint64 asset) private view returns (uint64 bps) {
        return asset == 0 ? 0 : _param(P_FEE_USER_FOREIGN_BPS);
    }

    // Updates

    function _propose(uint64 lease, LeaseUpdatesRecord memory u) private {
        uint64 actor = _agent();
        LeasesRecord memory l = _consumed(lease, actor);
        _checkOpen(l);
        _checkNotEnded(l);
        if (l.fizz != 0) revert NotInMode(1, 0);
        Demand.checkResources(Resources(u.cpuCount, u.memoryGb, u.storageGb, u.gpuCount));
        Demand.checkDuration(u.durationS);
        Demand.checkPrice(u.priceUnits);
        if (_param(P_LEASE_UPDATE_NEEDS_ACCEPT) == ON) leaseUpdates[lease] = u;
        else _update(l, lease, u, actor);
    }

    /// @dev Replaces the lease by one with the new resources, duration and price, on terms as they are now.
    function _update(LeasesRecord memory l, uint64 lease, LeaseUpdatesRecord memory u, uint64 actor) private {
        LeaseRequest memory q;
        (q.order, q.escrow, q.provider, q.asset) = (l.order, l.escrow, l.provider, l.asset);
        (q.priceUnits, q.durationS, q.actor) = (u.priceUnits, u.durationS, actor);
        q.resources = Resources(u.cpuCount, u.memoryGb, u.storageGb, u.gpuCount);
        _checkUpdate(l, lease, q);
        _close(l, lease, CLOSE_UPDATED, actor);
        ORDERS.setLease(q.order, _open(q));
    }

    /// @dev Changes what it accrues only, which a refusal undoes.
    /// @custom:rule INV-53, INV-56
    function _checkUpdate(LeasesRecord memory l, uint64 lease, LeaseRequest memory q) private {
        ProvidersRecord memory p = ProviderView.read(PROVIDERS, l.provider);
        if (p.state != PROVIDER_ACTIVE) revert WrongState(p.state, 0);
        ProviderUseRecord storage used = providerUse[l.provider];
        _checkFits(p.cpuCount + l.cpuCount, used.cpuCount, q.resources.cpuCount);
        _checkFits(p.memoryGb + l.memoryGb, used.memoryGb, q.resources.memoryGb);
        _checkFits(p.storageGb + l.storageGb, used.storageGb, q.resources.storageGb);
        _checkFits(p.gpuCount + l.gpuCount, used.gpuCount, q.resources.gpuCount);
        // The wallet is judged as the old lease leaves it: it has paid, and what it gives back counts.
        _accrue(l, lease);
        (uint64 haveUnits,) = ESCROW.balanceOf(l.escrow, l.asset);
        haveUnits += l.lockedUnits;
        uint64 needUnits = LeaseMoney.lockCost(q.priceUnits, q.durationS, _userFeeBps(l.asset));
        // A share of the cost, so that the cast keeps the value.
        needUnits = uint64(Fixed.mulDivUp(needUnits, _param(P_ESCROW_MIN_COVER_BPS), BPS));
        if (haveUnits < needUnits) revert InsufficientEscrow(haveUnits, needUnits);
        if (_param(P_ESCROW_BRACKETS_ENFORCED) != ON) return;
        (uint64 needed, uint64 held) =
            ESCROW.brackets(l.escrow, q.resources, Resources(l.cpuCount, l.memoryGb, l.storageGb, l.gpuCount));
        if (needed > held) revert BracketExceeded(needed, held);
    }

    /// @param haveCount what the provider has, and what the lease that gives way uses of it
    function _checkFits(uint64 haveCount, uint64 usedCount, uint64 needCount) private pure {
        uint64 freeCount = haveCount - usedCount;
        if (freeCount < needCount) revert CapacityExhausted(freeCount, needCount);
    }

    // Breaks

    function _pause(LeasesRecord memory l, uint64 lease, uint64 sinceS) private {
        l.downSinceS = sinceS;
        ++l.breachCount;
        _enter(l, lease, ACCOUNT_KEEPER, LEASE_DOWN);
    }

    /// @dev Back to where the lease was before it was down.
    function _resume(LeasesRecord memory l, uint64 lease, uint64 atS) private {
        if (l.terms & LEASE_TERM_CHARGES_DOWNTIME == 0) {
            (uint64 sinceS, uint64 endS) = (l.downSinceS, l.endS);
            if (sinceS > endS) sinceS = endS;
            l.pausedS += (atS < endS ? atS : endS) - sinceS;
        }
        if (atS > l.accruedS) l.accruedS = atS;
        l.downSinceS = 0;
        uint64 state = LEASE_SERVING;
        if (l.manifestS == 0) state = LEASE_AWAITING;
        else if (l.deployedS == 0) state = LEASE_DEPLOYING;
        _enter(l, lease, ACCOUNT_KEEPER, state);
    }

    // Guards

    function _existing(uint64 lease) private view returns (LeasesRecord memory l) {
        uint64 count = leaseTotals.leaseCount;
        if (lease < 1 || lease > count) revert UnknownEntity(lease, count);
        return _load(lease);
    }

    /// @dev A lease that the actor pays for.
    function _consumed(uint64 lease, uint64 actor) private view returns (LeasesRecord memory l) {
        l = _existing(lease);
        _checkOwner(actor, ESCROW.ownerOf(l.escrow));
    }

    /// @dev A lease of the actor's provider.
    function _hosted(uint64 lease, uint64 actor) private view returns (LeasesRecord memory l) {
        l = _existing(lease);
        _checkOwner(actor, _ownerOf(l.provider));
    }

    /// @dev A lease that the actor is paid for.
    function _earned(uint64 lease, uint64 actor) private view returns (LeasesRecord memory l) {
        l = _existing(lease);
        _checkOwner(actor, _payeeOf(l.provider, l.fizz));
    }

    function _checkOwner(uint64 actor, uint64 owner) private pure {
        if (actor != owner) revert NotOwner(actor, owner);
    }

    function _checkOpen(LeasesRecord memory l) private pure {
        if (l.state == LEASE_CLOSED) revert WrongState(LEASE_CLOSED, 0);
    }

    function _checkNotEnded(LeasesRecord memory l) private view returns (uint64 nowS) {
        nowS = _nowS();
        if (nowS >= l.endS) revert DeadlinePassed(nowS, l.endS);
    }

    // Parts of the above

    function _enter(LeasesRecord memory l, uint64 lease, uint64 actor, uint64 to) private {
        uint64 from = l.state;
        l.state = to;
        _store(lease, l);
        emit Transition(KIND_LEASE, lease, actor, from, to);
    }

    /// @dev The whole record, whose 32 fields fill 8 storage words, the first field of each lowest. Read and written at once
    /// everywhere: that takes far less code than one field at a time.
    function _load(uint64 lease) private view returns (LeasesRecord memory l) {
        LeasesRecord storage record = leases[lease];
        assembly ("memory-safe") {
            let slot := record.slot
            for { let i := 0 } lt(i, 32) { i := add(i, 1) } {
                mstore(add(l, shl(5, i)), and(shr(shl(6, and(i, 3)), sload(add(slot, shr(2, i)))), 0xffffffffffffffff))
            }
        }
    }

    function _store(uint64 lease, LeasesRecord memory l) private {
        LeasesRecord storage record = leases[lease];
        assembly ("memory-safe") {
            let slot := record.slot
            for { let from := l } lt(from, add(l, 1024)) { from := add(from, 128) } {
                sstore(
                    slot,
                    or(
                        or(mload(from), shl(64, mload(add(from, 32)))),
                        or(shl(128, mload(add(from, 64))), shl(192, mload(add(from, 96))))
                    )
                )
                slot := add(slot, 1)
            }
        }
    }

    function _nowS() private view returns (uint64) {
        return CLOCK.nowS();
    }

    function _ownerOf(uint64 provider) private view returns (uint64 owner) {
        return ProviderView.read(PROVIDERS, provider).owner;
    }

    function _payeeOf(uint64 provider, uint64 fizz) private view returns (uint64 account) {
        return fizz == 0 ? _ownerOf(provider) : FIZZ.infoOf(fizz).owner;
    }
}
