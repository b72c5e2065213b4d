// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Models} from "../../src/Models.sol";
import {
    FAMILY_COUNT,
    HOST_DEPLOYING,
    HOST_ROTATING,
    HostsRecord,
    KIND_MODEL,
    MODEL_FUNC_REJECTED,
    MODEL_LIVE,
    MODEL_META_APPROVED,
    MODEL_META_REJECTED,
    MODEL_PROD_DEPLOYING,
    MODEL_REGISTERED,
    MODEL_REMOVED,
    MODEL_TEST_DEPLOYED,
    MODEL_TEST_DEPLOYING,
    MODEL_TEST_FAILED,
    ModelsRecord,
    P_PLACE_REPLICAS
} from "../../src/Protocol.sol";
import {
    A_CHANGE_MODEL,
    A_CONFIRM_HOST,
    A_CONFIRM_TEST_DEPLOYMENT,
    A_FAIL_HOST,
    A_FAIL_TEST_DEPLOYMENT,
    A_FORCE_REMOVE_MODEL,
    A_OPEN_MODEL_VALIDATION,
    A_REGISTER_MODEL,
    A_REMOVE_MODEL,
    A_REPLACE_HOST,
    A_REQUEST_TEST,
    A_SUBMIT_MODEL_METADATA,
    A_SUBMIT_VERSION
} from "../Actions.sol";
import {Handler} from "./Handler.sol";

/// @notice What creators do, what owners of nodes report about deployments, and what the keeper replaces or removes.
contract ModelHandler is Handler {
    constructor(address[FAMILY_COUNT] memory addresses) Handler(addresses) {}

    /// @inheritdoc Handler
    function turns() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](14);
        list[0] = this.registerModel.selector;
        list[1] = this.submitModelMetadata.selector;
        list[2] = this.requestTest.selector;
        list[3] = this.confirmTestDeployment.selector;
        list[4] = this.failTestDeployment.selector;
        list[5] = this.openModelValidation.selector;
        list[6] = this.changeModel.selector;
        list[7] = this.submitVersion.selector;
        list[8] = this.confirmHost.selector;
        list[9] = this.failHost.selector;
        list[10] = this.replaceHost.selector;
        list[11] = this.removeModel.selector;
        list[12] = this.forceRemoveModel.selector;
        list[13] = this.growModel.selector;
    }

    function registerModel(uint256 seed) external turn(seed) {
        uint64 alive;
        uint64 count = modelTotals().modelCount;
        for (uint64 model = 1; model <= count; ++model) {
            if (modelHoldersAt(model) != 0) ++alive;
        }
        if (alive > 9) return;
        bytes memory data = abi.encodeCall(Models.registerModel, (chance(2), chance(ONE), chance(20), chance(60)));
        act(A_REGISTER_MODEL, agent(), address(models), data);
    }

    function submitModelMetadata(uint256 seed) external turn(seed) {
        uint64 model = walking(1 << MODEL_REGISTERED | 1 << MODEL_META_REJECTED);
        send(A_SUBMIT_MODEL_METADATA, model, abi.encodeCall(Models.submitModelMetadata, (model, chance(10))));
    }

    function requestTest(uint256 seed) external turn(seed) {
        uint64 model = walking(1 << MODEL_META_APPROVED | 1 << MODEL_TEST_FAILED | 1 << MODEL_FUNC_REJECTED);
        send(A_REQUEST_TEST, model, abi.encodeCall(Models.requestTest, (model)));
    }

    function confirmTestDeployment(uint256 seed) external turn(seed) {
        uint64 model = walking(1 << MODEL_TEST_DEPLOYING);
        uint64 owner = mostly(nodesAt(modelsAt(model).testNode).owner);
        bytes memory data = abi.encodeCall(Models.confirmTestDeployment, (model));
        act(A_CONFIRM_TEST_DEPLOYMENT, owner, address(models), data);
    }

    function failTestDeployment(uint256 seed) external turn(seed) {
        uint64 model = walking(1 << MODEL_TEST_DEPLOYING);
        uint64 owner = mostly(nodesAt(modelsAt(model).testNode).owner);
        bytes memory data = abi.encodeCall(Models.failTestDeployment, (model, chance(4)));
        act(A_FAIL_TEST_DEPLOYMENT, owner, address(models), data);
    }

    function openModelValidation(uint256 seed) external turn(seed) {
        uint64 model = walking(1 << MODEL_TEST_DEPLOYED);
        send(A_OPEN_MODEL_VALIDATION, model, abi.encodeCall(Models.openModelValidation, (model)));
    }

    function changeModel(uint256 seed) external turn(seed) {
        uint64 model = walking(1 << MODEL_META_REJECTED | 1 << MODEL_TEST_FAILED | 1 << MODEL_FUNC_REJECTED);
        send(A_CHANGE_MODEL, model, abi.encodeCall(Models.changeModel, (model, chance(900), 1 + chance(50))));
    }

    function submitVersion(uint256 seed) external turn(seed) {
        uint64 model = among(KIND_MODEL, 1 << MODEL_LIVE);
        bytes memory data = abi.encodeCall(Models.submitVersion, (model, chance(900), 1 + chance(50), 1 + chance(ONE)));
        send(A_SUBMIT_VERSION, model, data);
    }

    function confirmHost(uint256 seed) external turn(seed) {
        (uint64 model, uint64 host, uint64 owner) = coming();
        act(A_CONFIRM_HOST, owner, address(models), abi.encodeCall(Models.confirmHost, (model, host)));
    }

    function failHost(uint256 seed) external turn(seed) {
        (uint64 model, uint64 host, uint64 owner) = coming();
        bytes memory data = abi.encodeCall(Models.failHost, (model, host, once(4) ? 2 : 1));
        act(A_FAIL_HOST, owner, address(models), data);
    }

    function replaceHost(uint256 seed) external turn(seed) {
        uint64 model = among(KIND_MODEL, 1 << MODEL_LIVE | 1 << MODEL_PROD_DEPLOYING);
        uint64 host = chance(param(P_PLACE_REPLICAS) + (once(20) ? 1 : 0));
        act(A_REPLACE_HOST, K, address(models), abi.encodeCall(Models.replaceHost, (model, host)));
    }

    function removeModel(uint256 seed) external turn(seed) {
        if (!once(modelTotals().liveCount < 3 ? 20 : 4)) return;
        uint64 model = anyOf(modelTotals().modelCount);
        send(A_REMOVE_MODEL, model, abi.encodeCall(Models.removeModel, (model)));
    }

    function forceRemoveModel(uint256 seed) external turn(seed) {
        if (!once(10)) return;
        uint64 model = anyOf(modelTotals().modelCount);
        act(A_FORCE_REMOVE_MODEL, K, address(models), abi.encodeCall(Models.forceRemoveModel, (model)));
    }

    /// @notice A model takes its next step, so that versions get somewhere.
    function growModel(uint256 seed) external turn(seed) {
        uint64 model = among(KIND_MODEL, ~uint256(1 << MODEL_REMOVED));
        ModelsRecord memory m = modelsAt(model);
        uint64 walk = m.liveVersion == 0 ? m.state : m.candidateState;
        if (m.needsChange == 1) {
            send(A_CHANGE_MODEL, model, abi.encodeCall(Models.changeModel, (model, 1 + chance(900), 1 + chance(50))));
        } else if (walk == MODEL_REGISTERED || walk == MODEL_META_REJECTED) {
            send(A_SUBMIT_MODEL_METADATA, model, abi.encodeCall(Models.submitModelMetadata, (model, 1 + chance(10))));
        } else if (walk == MODEL_META_APPROVED || walk == MODEL_TEST_FAILED || walk == MODEL_FUNC_REJECTED) {
            send(A_REQUEST_TEST, model, abi.encodeCall(Models.requestTest, (model)));
        } else if (walk == MODEL_TEST_DEPLOYING) {
            bytes memory data = abi.encodeCall(Models.confirmTestDeployment, (model));
            act(A_CONFIRM_TEST_DEPLOYMENT, nodesAt(m.testNode).owner, address(models), data);
        } else if (walk == MODEL_TEST_DEPLOYED) {
            send(A_OPEN_MODEL_VALIDATION, model, abi.encodeCall(Models.openModelValidation, (model)));
        } else {
            (uint64 other, uint64 host, uint64 owner) = coming();
            act(A_CONFIRM_HOST, owner, address(models), abi.encodeCall(Models.confirmHost, (other, host)));
        }
    }

    function send(uint256 action, uint64 model, bytes memory data) private {
        act(action, mostly(modelsAt(model).owner), address(models), data);
    }

    /// @return model one that is in one of the states, or whose candidate is
    function walking(uint256 stateBits) private returns (uint64 model) {
        uint64 count = modelTotals().modelCount;
        if (count == 0 || once(20)) return anyOf(count);
        uint64 start = chance(count);
        for (uint64 i; i < count; ++i) {
            model = 1 + (start + i) % count;
            ModelsRecord memory m = modelsAt(model);
            if ((stateBits >> (m.liveVersion == 0 ? m.state : m.candidateState)) & 1 == 1) return model;
        }
        return anyOf(count);
    }

    /// @return model @return host a replica on its way, if there is one @return owner of the node it is on its way to
    function coming() private returns (uint64 model, uint64 host, uint64 owner) {
        uint64 replicas = param(P_PLACE_REPLICAS);
        uint64 places = modelTotals().modelCount * replicas;
        if (places == 0 || once(20)) return (anyOf(places), chance(replicas + 1), agent());
        uint64 start = chance(places);
        for (uint64 i; i < places; ++i) {
            uint64 place = (start + i) % places;
            (model, host) = (1 + place / replicas, place % replicas);
            HostsRecord memory h = hostsAt(hostRecord(model, host));
            if (h.state != HOST_DEPLOYING && h.state != HOST_ROTATING) continue;
            return (model, host, mostly(nodesAt(h.nextNode == 0 ? h.node : h.nextNode).owner));
        }
        owner = agent();
    }
}
