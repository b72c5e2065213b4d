// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title BatchRelay
/// @notice Carries the actions of many agents in one transaction. Each action is a call of its own, made by the agent's
/// account (see AgentWallet) in the order given, with a gas cap of its own; one that fails undoes only itself.
/// It decides nothing about the actions.
/// @dev `actions` is a run of records without padding:
///   20 bytes agent | 1 byte index of the target | 4 bytes gas cap | 3 bytes length of the calldata | calldata
/// and `outcomes` has 8 bytes for each of them:
///   4 bytes reason | 4 bytes gas used by the call, including the wallet's share
/// The reason is 0 for an action that succeeded, else the first 4 bytes of its revert data. `NO_DATA` stands for a
/// failure that left fewer than 4 bytes or a zero selector (out of gas, invalid opcode, empty revert), `NO_WALLET` for an
/// agent without code, whose call would otherwise count as a success.
contract BatchRelay {
    /// @notice The only account that may call `run`.
    address public immutable OWNER;

    /// @notice Contracts that actions may call, by index.
    address[] public targets;

    uint256 private constant NO_DATA = 0xffffffff;
    uint256 private constant NO_WALLET = 0xfffffffe;

    uint256 private constant HEADER_BYTES = 28;
    uint256 private constant OUTCOME_BYTES = 8;
    uint256 private constant MAX_TARGETS = 256;

    /// @dev More than a CALL costs the caller at most: two cold accounts, the agent and the wallet (EIP-7702).
    uint256 private constant CALL_OVERHEAD_GAS = 8_000;

    /// @dev `execute(address,bytes)` of AgentWallet.
    uint256 private constant EXECUTE_SELECTOR = 0x1cff79cd;

    /// @notice The actions were run; `outcomes` has a record for each of them, in order.
    event BatchRun(bytes outcomes);

    /// @notice `caller` is not the owner.
    error NotOwner(address caller);
    /// @notice More targets than an index of one byte can name.
    error TooManyTargets(uint256 count);
    /// @notice The record that starts at byte `offset` names target `target` of `count`.
    error UnknownTarget(uint256 offset, uint256 target, uint256 count);
    /// @notice The record that starts at byte `offset` ends after the last byte of the batch.
    error TruncatedAction(uint256 offset);
    /// @notice The record that starts at byte `offset` could not be given its whole gas cap.
    error NotEnoughGas(uint256 offset, uint256 needGas, uint256 leftGas);

    constructor(address owner, address[] memory targets_) {
        if (targets_.length > MAX_TARGETS) revert TooManyTargets(targets_.length);
        OWNER = owner;
        targets = targets_;
    }

    /// @notice Runs `actions` in order. A malformed batch, or one with too little gas, reverts as a whole.
    /// @return outcomes the same bytes as the event's
    function run(bytes calldata actions) external returns (bytes memory outcomes) {
        if (msg.sender != OWNER) revert NotOwner(msg.sender);
        uint256 targetCount = targets.length;

        // Room for as many outcomes as could fit the batch, and a word more: each is stored with a whole word.
        outcomes = new bytes((actions.length / HEADER_BYTES) * OUTCOME_BYTES + 32);
        uint256 written = 0;
        for (uint256 offset = 0; offset < actions.length;) {
            uint256 outcome;
            (offset, outcome) = _runOne(actions, offset, targetCount);
            assembly ("memory-safe") {
                mstore(add(add(outcomes, 0x20), written), outcome)
                written := add(written, OUTCOME_BYTES)
            }
        }
        assembly ("memory-safe") {
            mstore(outcomes, written)
        }
        emit BatchRun(outcomes);
    }

    /// @return next offset of the record after this one
    /// @return outcome the record of this one, in the upper bytes of the word
    function _runOne(bytes calldata actions, uint256 offset, uint256 targetCount)
        private
        returns (uint256 next, uint256 outcome)
    {
        uint256 header;
        assembly ("memory-safe") {
            header := calldataload(add(actions.offset, offset))
        }
        uint256 size = (header >> 32) & 0xffffff;
        uint256 capGas = (header >> 56) & 0xffffffff;
        uint256 target = (header >> 88) & 0xff;
        uint256 needGas;
        // The sums cannot overflow: `offset` is below a calldata length, `size` and `capGas` have 24 and 32 bits.
        unchecked {
            next = offset + HEADER_BYTES + size;
            // A call is given at most 63/64 of what is left (EIP-150).
            needGas = capGas + capGas / 63 + CALL_OVERHEAD_GAS;
        }
        if (next > actions.length) revert TruncatedAction(offset);
        if (target >= targetCount) revert UnknownTarget(offset, target, targetCount);

        // Without this check a batch that runs short would quietly give its last actions less than their cap, and they
        // would fail for that.
        uint256 leftGas = gasleft();
        if (leftGas < needGas) revert NotEnoughGas(offset, needGas, leftGas);

        assembly ("memory-safe") {
            // The call's data lies in free memory, which the next action uses again.
            let callData := mload(0x40)
            mstore(0, targets.slot)
            mstore(callData, shl(224, EXECUTE_SELECTOR))
            mstore(add(callData, 0x04), sload(add(keccak256(0, 0x20), target)))
            mstore(add(callData, 0x24), 0x40)
            mstore(add(callData, 0x44), size)
            calldatacopy(add(callData, 0x64), add(add(actions.offset, offset), HEADER_BYTES), size)

            leftGas := gas()
            let ok := call(capGas, shr(96, header), 0, callData, add(size, 0x64), 0, 0)
            // The cap has 32 bits; what a CALL costs besides cannot carry a used-up cap beyond them in practice.
            let usedGas := and(sub(leftGas, gas()), 0xffffffff)

            let reason := 0
            switch ok
            case 0 {
                reason := NO_DATA
                if gt(returndatasize(), 3) {
                    returndatacopy(0, 0, 4)
                    let first := shr(224, mload(0))
                    if first { reason := first }
                }
            }
            default { if iszero(returndatasize()) { reason := NO_WALLET } }
            outcome := or(shl(224, reason), shl(192, usedGas))
        }
    }
}
