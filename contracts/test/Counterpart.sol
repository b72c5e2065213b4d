// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Extsload} from "../src/Extsload.sol";

/// @title Counterpart
/// @notice A target whose every way to answer is known: what the relay's and the driver's tests act on.
contract Counterpart is Extsload {
    /// @notice Depends on the order of the calls that made it: each takes the value before it along.
    uint256 public chain;
    /// @notice Calls by each sender.
    mapping(address => uint256) public callsBy;
    address public lastSender;
    uint64[] public kept;

    event Moved(address indexed sender, uint256 value);

    error Refused(uint256 value);
    error Bare();

    /// @notice Two calls in the other order leave another `chain`.
    function move(uint256 value) external {
        chain = uint256(keccak256(abi.encode(chain, msg.sender, value)));
        callsBy[msg.sender] += 1;
        lastSender = msg.sender;
        emit Moved(msg.sender, value);
    }

    /// @notice Refuses odd values, after it has written.
    function moveEven(uint256 value) external {
        chain = uint256(keccak256(abi.encode(chain, msg.sender, value)));
        if (value % 2 == 1) revert Refused(value);
    }

    /// @notice Answers by how often its sender has moved: well, with `Bare`, then with `Refused`.
    function refuseByHistory() external view {
        if (callsBy[msg.sender] == 1) revert Bare();
        if (callsBy[msg.sender] > 1) revert Refused(callsBy[msg.sender]);
    }

    /// @notice Keeps `head` and the list, packed four to a word.
    function keep(uint64 head, uint64[] calldata list) external {
        kept.push(head);
        for (uint256 i = 0; i < list.length; i++) {
            kept.push(list[i]);
        }
    }

    function refuseBare() external pure {
        revert Bare();
    }

    function refuseText() external pure {
        revert("no");
    }

    function refuseEmpty() external pure {
        assembly ("memory-safe") {
            revert(0, 0)
        }
    }

    function refuseShort() external pure {
        assembly ("memory-safe") {
            mstore(0, not(0))
            revert(0, 3)
        }
    }

    function refuseZeros() external pure {
        assembly ("memory-safe") {
            mstore(0, 0)
            revert(0, 32)
        }
    }

    function refuseLong(uint256 size) external pure {
        assembly ("memory-safe") {
            mstore(0, shl(224, 0xdeadbeef))
            revert(0, size)
        }
    }

    function overflow(uint256 value) external pure returns (uint256) {
        return value + type(uint256).max;
    }

    function invalid() external pure {
        assembly ("memory-safe") {
            invalid()
        }
    }

    /// @notice Uses all the gas it is given, and writes before.
    function burn() external {
        chain = 1;
        while (true) {
            callsBy[msg.sender] += 1;
        }
    }

    function answerLong(uint256 size) external pure {
        assembly ("memory-safe") {
            return(0, size)
        }
    }
}
