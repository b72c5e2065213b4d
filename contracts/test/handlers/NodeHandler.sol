// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Nodes} from "../../src/Nodes.sol";
import {
    FAMILY_COUNT,
    KIND_NODE,
    NODE_EXITING,
    NODE_META_APPROVED,
    NODE_META_REJECTED,
    NODE_OFFLINE,
    NODE_ONLINE,
    NODE_REGISTERED,
    NODE_RESERVED,
    NODE_VAL_REJECTED,
    NodesRecord,
    P_NODE_SLOTS
} from "../../src/Protocol.sol";
import {
    A_EDIT_NODE,
    A_EXPIRE_RESERVATION,
    A_FINALISE_EXIT,
    A_LOSE_HEARTBEAT,
    A_REGISTER_NODE,
    A_REPORT_EXIT_ERROR,
    A_REPORT_NODES,
    A_REQUEST_EXIT,
    A_REQUEST_NODE_VALIDATION,
    A_RESERVE_SLOT,
    A_RESTORE_HEARTBEAT,
    A_SUBMIT_NODE_METADATA,
    A_TOP_UP_NODE
} from "../Actions.sol";
import {Handler} from "./Handler.sol";

/// @notice What owners of nodes do, and what the keeper reports about nodes.
contract NodeHandler is Handler {
    uint256 private constant RESERVED = 1 << NODE_RESERVED;
    uint256 private constant BEFORE_METADATA = 1 << NODE_REGISTERED | 1 << NODE_META_REJECTED;
    uint256 private constant BEFORE_VALIDATION = 1 << NODE_META_APPROVED | 1 << NODE_VAL_REJECTED;
    uint256 private constant WORKING = 1 << NODE_ONLINE | 1 << NODE_OFFLINE;

    constructor(address[FAMILY_COUNT] memory addresses) Handler(addresses) {}

    /// @inheritdoc Handler
    function turns() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](14);
        list[0] = this.reserveSlot.selector;
        list[1] = this.registerNode.selector;
        list[2] = this.editNode.selector;
        list[3] = this.submitNodeMetadata.selector;
        list[4] = this.requestNodeValidation.selector;
        list[5] = this.topUpNode.selector;
        list[6] = this.requestExit.selector;
        list[7] = this.finaliseExit.selector;
        list[8] = this.expireReservation.selector;
        list[9] = this.loseHeartbeat.selector;
        list[10] = this.restoreHeartbeat.selector;
        list[11] = this.reportExitError.selector;
        list[12] = this.reportNodes.selector;
        list[13] = this.growNode.selector;
    }

    function reserveSlot(uint256 seed) external turn(seed) {
        uint64 used = nodeTotals().seatsUsedCount;
        bytes memory data = abi.encodeCall(Nodes.reserveSlot, (chance(5), chance(6)));
        if (!act(A_RESERVE_SLOT, agent(), address(nodes), data)) return;
        assertLt(used, param(P_NODE_SLOTS), "INV-16: no slot was free");
    }

    function registerNode(uint256 seed) external turn(seed) {
        uint64 node = among(KIND_NODE, RESERVED);
        send(A_REGISTER_NODE, node, abi.encodeCall(Nodes.registerNode, (node, chance(10))));
    }

    function editNode(uint256 seed) external turn(seed) {
        uint64 node = among(KIND_NODE, 1 << NODE_META_REJECTED | 1 << NODE_VAL_REJECTED);
        send(A_EDIT_NODE, node, abi.encodeCall(Nodes.editNode, (node, 1 + chance(3), 1 + chance(5))));
    }

    function submitNodeMetadata(uint256 seed) external turn(seed) {
        uint64 node = among(KIND_NODE, BEFORE_METADATA);
        send(A_SUBMIT_NODE_METADATA, node, abi.encodeCall(Nodes.submitNodeMetadata, (node, chance(10))));
    }

    function requestNodeValidation(uint256 seed) external turn(seed) {
        uint64 node = among(KIND_NODE, BEFORE_VALIDATION);
        send(A_REQUEST_NODE_VALIDATION, node, abi.encodeCall(Nodes.requestNodeValidation, (node)));
    }

    function topUpNode(uint256 seed) external turn(seed) {
        uint64 node = among(KIND_NODE, 0x7fe);
        send(A_TOP_UP_NODE, node, abi.encodeCall(Nodes.topUpNode, (node, chance(ONE))));
    }

    function requestExit(uint256 seed) external turn(seed) {
        // Some nodes must stay, or nothing more happens.
        if (!once(nodeTotals().onlineCount < 4 ? 30 : 3)) return;
        uint64 node = among(KIND_NODE, WORKING);
        send(A_REQUEST_EXIT, node, abi.encodeCall(Nodes.requestExit, (node)));
    }

    function finaliseExit(uint256 seed) external turn(seed) {
        uint64 node = among(KIND_NODE, 1 << NODE_EXITING);
        (uint64 seat, uint64 freed) = (nodesAt(node).seat, nodeTotals().freedCount);
        if (!send(A_FINALISE_EXIT, node, abi.encodeCall(Nodes.finaliseExit, (node)))) return;
        assertFreed(seat, freed);
    }

    function expireReservation(uint256 seed) external turn(seed) {
        uint64 node = among(KIND_NODE, RESERVED | BEFORE_METADATA | BEFORE_VALIDATION);
        (uint64 seat, uint64 freed) = (nodesAt(node).seat, nodeTotals().freedCount);
        bytes memory data = abi.encodeCall(Nodes.expireReservation, (node));
        if (!act(A_EXPIRE_RESERVATION, K, address(nodes), data)) return;
        assertFreed(seat, freed);
    }

    function loseHeartbeat(uint256 seed) external turn(seed) {
        if (!once(nodeTotals().onlineCount < 4 ? 12 : 2)) return;
        uint64 node = among(KIND_NODE, 1 << NODE_ONLINE);
        act(A_LOSE_HEARTBEAT, K, address(nodes), abi.encodeCall(Nodes.loseHeartbeat, (node)));
    }

    function restoreHeartbeat(uint256 seed) external turn(seed) {
        uint64 node = among(KIND_NODE, 1 << NODE_OFFLINE);
        act(A_RESTORE_HEARTBEAT, K, address(nodes), abi.encodeCall(Nodes.restoreHeartbeat, (node)));
    }

    function reportExitError(uint256 seed) external turn(seed) {
        uint64 node = among(KIND_NODE, 1 << NODE_EXITING);
        uint64 own = nodeCollateralAt(node).ownUnits;
        act(A_REPORT_EXIT_ERROR, K, address(nodes), abi.encodeCall(Nodes.reportExitError, (node)));
        assertLe(nodeCollateralAt(node).ownUnits, own, "INV-7: a penalty that gives");
    }

    function reportNodes(uint256 seed) external turn(seed) {
        uint64 count = nodeTotals().nodeCount;
        uint64 from = chance(count + 1);
        uint64 to = from + chance(count - from + 1);
        uint64[] memory words = new uint64[](4 * (to - from));
        for (uint256 i; i < words.length; i += 4) {
            words[i] = chance(1_000);
            words[i + 1] = chance(4) << 24;
            words[i + 2] = chance(70) | (chance(61) << 16) | (chance(600) << 32);
            words[i + 3] = nodeReportsAt(from + i / 4 + 1).offlineSinceS;
        }
        act(A_REPORT_NODES, K, address(nodes), abi.encodeCall(Nodes.reportNodes, (from, to, words)));
    }

    /// @notice A node that is not yet Online takes its next step.
    function growNode(uint256 seed) external turn(seed) {
        uint64 node = among(KIND_NODE, RESERVED | BEFORE_METADATA | BEFORE_VALIDATION);
        NodesRecord memory n = nodesAt(node);
        if (n.needsChange == 1) {
            send(A_EDIT_NODE, node, abi.encodeCall(Nodes.editNode, (node, 1 + chance(3), 1 + chance(5))));
        } else if (n.state == NODE_RESERVED) {
            send(A_REGISTER_NODE, node, abi.encodeCall(Nodes.registerNode, (node, 1 + chance(10))));
        } else if (n.state == NODE_REGISTERED || n.state == NODE_META_REJECTED) {
            send(A_SUBMIT_NODE_METADATA, node, abi.encodeCall(Nodes.submitNodeMetadata, (node, 1 + chance(10))));
        } else {
            send(A_REQUEST_NODE_VALIDATION, node, abi.encodeCall(Nodes.requestNodeValidation, (node)));
        }
    }

    function send(uint256 action, uint64 node, bytes memory data) private returns (bool) {
        return act(action, mostly(nodesAt(node).owner), address(nodes), data);
    }

    function assertFreed(uint64 seat, uint64 freed) private view {
        assertEq(nodeTotals().freedCount, freed + 1, "INV-17: slot freed in the same action");
        assertEq(freedSeatsAt(freed + 1), seat, "INV-17: slot of the node");
    }
}
