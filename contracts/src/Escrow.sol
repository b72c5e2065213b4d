// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Family} from "./Family.sol";
import {Fixed} from "./Fixed.sol";
import {IEscrow, Resources} from "./Interfaces.sol";
import {
    ACCOUNT_ESCROW,
    ACCOUNT_FIRST_AGENT,
    ASSET_COUNT,
    AlreadySet,
    AmountTooSmall,
    AssetNotEnabled,
    DOLLAR_ASSET,
    EscrowBalancesRecord,
    EscrowTotalsRecord,
    EscrowsRecord,
    FAMILY_COUNT,
    InsufficientBalance,
    InsufficientEscrow,
    MAX_INT,
    MOVE_ESCROW_DEPOSIT,
    MOVE_ESCROW_WITHDRAW,
    NotOwner,
    P_ESCROW_BRACKET_USD,
    P_ESCROW_MIN_DEPOSIT,
    TABLE_LENGTH,
    UnknownAccount,
    UnknownEntity,
    ValueOutOfRange
} from "./Protocol.sol";

/// @title Escrow
/// @notice Wallets from which leases are paid (SM-13): what lies in them, unlocked and locked for leases, and how many
/// resources their money allows (F-18), as in `sim/protocol/escrow.ts`. The units themselves are held by one account of
/// the protocol. When a lease locks, pays or unlocks is decided by Leases.
/// @dev Function by function the same guards in the same order as the core, then the same events in the same order.
/// @custom:rule SM-13, ESCROW-1, ESCROW-2, ESCROW-3, INV-48
contract Escrow is Family, IEscrow {
    EscrowsRecord[TABLE_LENGTH] internal escrows;
    /// @dev Balance of wallet e in asset a: entry e · 4 + a.
    EscrowBalancesRecord[TABLE_LENGTH] internal escrowBalances;
    EscrowTotalsRecord internal escrowTotals;

    /// @dev Fields of escrowTotals that hold the sums of asset 0; those of the other assets follow.
    uint256 private constant UNLOCKED_TOTAL = 1;
    uint256 private constant LOCKED_TOTAL = 5;

    // What one deposit bracket allows: of leases without a GPU, and of leases with (F-18).
    uint256 private constant BRACKET_CPU_COUNT = 8;
    uint256 private constant BRACKET_MEMORY_GB = 32;
    uint256 private constant BRACKET_STORAGE_GB = 512;
    uint256 private constant GPU_BRACKET_CPU_COUNT = 32;
    uint256 private constant GPU_BRACKET_MEMORY_GB = 128;
    uint256 private constant GPU_BRACKET_STORAGE_GB = 1_024;
    uint256 private constant GPU_BRACKET_GPU_COUNT = 1;

    /// @param families addresses of all families, in the order of the FAMILY_ constants
    constructor(address[FAMILY_COUNT] memory families) Family(families) {}

    /// @notice Opens a wallet of the sender with a first deposit, worth at least `escrow.min_deposit`.
    /// @dev Reverts ValueOutOfRange, AssetNotEnabled, AmountTooSmall, InsufficientBalance, in this order.
    /// @custom:rule ESCROW-1, OP-82
    function openEscrow(uint64 asset, uint64 units) external {
        uint64 actor = _agent();
        _checkEnabled(asset);
        uint64 priceFp = ASSETS.priceOf(asset);
        if (priceFp == 0) revert AssetNotEnabled(asset, 0);
        uint64 leastUnits = _param(P_ESCROW_MIN_DEPOSIT);
        if (Fixed.compareProducts(units, priceFp, leastUnits, Fixed.FP) < 0) {
            revert AmountTooSmall(units, ASSETS.unitsWorth(leastUnits, asset));
        }
        _checkPayable(actor, asset, units);
        uint64 escrow = escrowTotals.escrowCount + 1;
        escrowTotals.escrowCount = escrow;
        escrows[escrow].owner = actor;
        _deposit(escrow, actor, asset, units);
    }

    /// @notice Adds units of an asset to a wallet of the sender.
    /// @dev Reverts UnknownEntity, NotOwner, ValueOutOfRange, AssetNotEnabled, AmountTooSmall, InsufficientBalance, in this
    /// order.
    /// @custom:rule ESCROW-2
    function depositEscrow(uint64 escrow, uint64 asset, uint64 units) external {
        uint64 actor = _agent();
        _checkOwner(escrow, actor);
        _checkEnabled(asset);
        _checkPayable(actor, asset, units);
        _deposit(escrow, actor, asset, units);
    }

    /// @notice Takes unlocked units back, also of an asset that is not enabled.
    /// @dev Reverts UnknownEntity, NotOwner, ValueOutOfRange, AmountTooSmall, InsufficientEscrow, in this order.
    /// @custom:rule ESCROW-3
    function withdrawEscrow(uint64 escrow, uint64 asset, uint64 units) external {
        uint64 actor = _agent();
        _checkOwner(escrow, actor);
        _checkAsset(asset);
        if (units == 0) revert AmountTooSmall(0, 1);
        EscrowBalancesRecord storage b = _balance(escrow, asset);
        if (b.unlockedUnits < units) revert InsufficientEscrow(b.unlockedUnits, units);
        b.unlockedUnits -= units;
        _subtractTotal(UNLOCKED_TOTAL + asset, units);
        ASSETS.move(asset, ACCOUNT_ESCROW, actor, units, MOVE_ESCROW_WITHDRAW);
        _emitChanged(escrow, asset);
    }

    /// @notice Gives a wallet, with its money, its orders and its leases, to another agent.
    /// @dev Reverts UnknownEntity, NotOwner, UnknownAccount, AlreadySet(to, 0), in this order.
    /// @custom:rule ESCROW-4, LEASE-14
    function transferEscrow(uint64 escrow, uint64 to) external {
        uint64 actor = _agent();
        _checkOwner(escrow, actor);
        if (to < ACCOUNT_FIRST_AGENT || TOKEN.addressOf(to) == address(0)) revert UnknownAccount(to, 0);
        if (to == actor) revert AlreadySet(to, 0);
        escrows[escrow].owner = to;
        _emitChanged(escrow, 0);
    }

    // What the other families ask for

    /// @inheritdoc IEscrow
    function escrowCount() external view returns (uint64) {
        return escrowTotals.escrowCount;
    }

    /// @inheritdoc IEscrow
    function ownerOf(uint64 escrow) external view returns (uint64 owner) {
        return escrows[escrow].owner;
    }

    /// @inheritdoc IEscrow
    function balanceOf(uint64 escrow, uint64 asset) external view returns (uint64 unlockedUnits, uint64 lockedUnits) {
        EscrowBalancesRecord storage b = _balance(escrow, asset);
        return (b.unlockedUnits, b.lockedUnits);
    }

    /// @inheritdoc IEscrow
    /// @custom:rule ESCROW-5, F-18, OP-89
    function brackets(uint64 escrow, Resources calldata added, Resources calldata removed)
        external
        view
        returns (uint64 needed, uint64 held)
    {
        EscrowsRecord memory e = escrows[escrow];
        _addTo(e, added);
        _removeFrom(e, removed);
        uint256 bracketCount = _bracketsOf(e.cpuCount, BRACKET_CPU_COUNT, 0);
        bracketCount = _bracketsOf(e.memoryGb, BRACKET_MEMORY_GB, bracketCount);
        bracketCount = _bracketsOf(e.storageGb, BRACKET_STORAGE_GB, bracketCount);
        uint256 gpuBracketCount = _bracketsOf(e.gpuTaskCpuCount, GPU_BRACKET_CPU_COUNT, 0);
        gpuBracketCount = _bracketsOf(e.gpuTaskMemoryGb, GPU_BRACKET_MEMORY_GB, gpuBracketCount);
        gpuBracketCount = _bracketsOf(e.gpuTaskStorageGb, GPU_BRACKET_STORAGE_GB, gpuBracketCount);
        gpuBracketCount = _bracketsOf(e.gpuTaskGpuCount, GPU_BRACKET_GPU_COUNT, gpuBracketCount);
        // Each is at most a sum of 64-bit amounts of a ledger whose integers are below 2^53.
        needed = uint64(bracketCount + gpuBracketCount);
        held = _bracketsHeld(escrow);
    }

    /// @inheritdoc IEscrow
    /// @custom:rule ESCROW-3, ESCROW-6
    function lock(uint64 escrow, uint64 asset, uint64 units) external {
        _onlyMarket();
        if (units == 0) return;
        EscrowBalancesRecord storage b = _balance(escrow, asset);
        b.unlockedUnits -= units;
        b.lockedUnits += units;
        _subtractTotal(UNLOCKED_TOTAL + asset, units);
        _addTotal(LOCKED_TOTAL + asset, units);
        _emitChanged(escrow, asset);
    }

    /// @inheritdoc IEscrow
    /// @custom:rule ESCROW-3, ESCROW-6
    function unlock(uint64 escrow, uint64 asset, uint64 units) external {
        _onlyMarket();
        if (units == 0) return;
        EscrowBalancesRecord storage b = _balance(escrow, asset);
        b.lockedUnits -= units;
        b.unlockedUnits += units;
        _subtractTotal(LOCKED_TOTAL + asset, units);
        _addTotal(UNLOCKED_TOTAL + asset, units);
        _emitChanged(escrow, asset);
    }

    /// @inheritdoc IEscrow
    /// @custom:rule ESCROW-3, ESCROW-6, F-17
    function pay(uint64 escrow, uint64 asset, uint64 to, uint64 units, uint64 reason) external {
        _onlyMarket();
        if (units == 0) return;
        _balance(escrow, asset).lockedUnits -= units;
        _subtractTotal(LOCKED_TOTAL + asset, units);
        ASSETS.move(asset, ACCOUNT_ESCROW, to, units, reason);
    }

    /// @inheritdoc IEscrow
    /// @custom:rule F-18
    function addUse(uint64 escrow, Resources calldata resources) external {
        _onlyMarket();
        EscrowsRecord memory e = escrows[escrow];
        _addTo(e, resources);
        ++e.leaseCount;
        escrows[escrow] = e;
    }

    /// @inheritdoc IEscrow
    /// @custom:rule F-18
    function removeUse(uint64 escrow, Resources calldata resources) external {
        _onlyMarket();
        EscrowsRecord memory e = escrows[escrow];
        _removeFrom(e, resources);
        --e.leaseCount;
        escrows[escrow] = e;
    }

    // Parts of the above

    /// @return held brackets that all money of the wallet fills; 0 while the dollar has no price
    function _bracketsHeld(uint64 escrow) private view returns (uint64 held) {
        uint64 dollarFp = ASSETS.priceOf(DOLLAR_ASSET);
        if (dollarFp == 0) return 0;
        uint256 valueUnits;
        for (uint64 asset; asset < ASSET_COUNT; ++asset) {
            EscrowBalancesRecord storage b = _balance(escrow, asset);
            uint256 units = b.unlockedUnits + b.lockedUnits;
            if (asset > 0) units = Fixed.mulDivCapped(units, ASSETS.priceOf(asset), Fixed.FP, MAX_INT);
            valueUnits += units;
        }
        if (valueUnits > MAX_INT) valueUnits = MAX_INT;
        // A quotient of an integer below 2^53.
        held = uint64(valueUnits / Fixed.mulDivUp(_param(P_ESCROW_BRACKET_USD), dollarFp, Fixed.FP));
    }

    /// @return the larger of `least` and the brackets that `amount` of a resource needs, `row` a bracket
    function _bracketsOf(uint256 amount, uint256 row, uint256 least) private pure returns (uint256) {
        uint256 count = (amount + row - 1) / row;
        return count > least ? count : least;
    }

    function _addTo(EscrowsRecord memory e, Resources calldata r) private pure {
        if (r.gpuCount > 0) {
            e.gpuTaskCpuCount += r.cpuCount;
            e.gpuTaskMemoryGb += r.memoryGb;
            e.gpuTaskStorageGb += r.storageGb;
            e.gpuTaskGpuCount += r.gpuCount;
        } else {
            e.cpuCount += r.cpuCount;
            e.memoryGb += r.memoryGb;
            e.storageGb += r.storageGb;
        }
    }

    function _removeFrom(EscrowsRecord memory e, Resources calldata r) private pure {
        if (r.gpuCount > 0) {
            e.gpuTaskCpuCount -= r.cpuCount;
            e.gpuTaskMemoryGb -= r.memoryGb;
            e.gpuTaskStorageGb -= r.storageGb;
            e.gpuTaskGpuCount -= r.gpuCount;
        } else {
            e.cpuCount -= r.cpuCount;
            e.memoryGb -= r.memoryGb;
            e.storageGb -= r.storageGb;
        }
    }

    function _deposit(uint64 escrow, uint64 actor, uint64 asset, uint64 units) private {
        _balance(escrow, asset).unlockedUnits += units;
        _addTotal(UNLOCKED_TOTAL + asset, units);
        ASSETS.move(asset, actor, ACCOUNT_ESCROW, units, MOVE_ESCROW_DEPOSIT);
        _emitChanged(escrow, asset);
    }

    function _emitChanged(uint64 escrow, uint64 asset) private {
        EscrowBalancesRecord storage b = _balance(escrow, asset);
        emit EscrowChanged(escrow, asset, b.unlockedUnits, b.lockedUnits, escrows[escrow].owner);
    }

    function _balance(uint64 escrow, uint64 asset) private view returns (EscrowBalancesRecord storage) {
        // Wallets are fewer than 2^32.
        return escrowBalances[uint256(escrow) * ASSET_COUNT + asset];
    }

    function _addTotal(uint256 field, uint256 units) private {
        assembly ("memory-safe") {
            // Four fields a word, the first one lowest. Sums of what is held stay below 2^53, so nothing is carried over.
            let slot := add(escrowTotals.slot, shr(2, field))
            sstore(slot, add(sload(slot), shl(shl(6, and(field, 3)), units)))
        }
    }

    function _subtractTotal(uint256 field, uint256 units) private {
        assembly ("memory-safe") {
            // A sum is at least as large as each of its parts, of which these units were just taken.
            let slot := add(escrowTotals.slot, shr(2, field))
            sstore(slot, sub(sload(slot), shl(shl(6, and(field, 3)), units)))
        }
    }

    function _checkOwner(uint64 escrow, uint64 actor) private view {
        uint64 count = escrowTotals.escrowCount;
        if (escrow < 1 || escrow > count) revert UnknownEntity(escrow, count);
        uint64 owner = escrows[escrow].owner;
        if (actor != owner) revert NotOwner(actor, owner);
    }

    function _checkAsset(uint64 asset) private pure {
        if (asset >= ASSET_COUNT) revert ValueOutOfRange(asset, ASSET_COUNT - 1);
    }

    function _checkEnabled(uint64 asset) private view {
        _checkAsset(asset);
        if (!ASSETS.isEnabled(asset)) revert AssetNotEnabled(asset, 0);
    }

    function _checkPayable(uint64 actor, uint64 asset, uint64 units) private view {
        if (units == 0) revert AmountTooSmall(0, 1);
        uint64 balanceUnits = ASSETS.unitsOf(actor, asset);
        if (balanceUnits < units) revert InsufficientBalance(balanceUnits, units);
    }
}
