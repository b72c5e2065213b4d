// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Placement} from "./Placement.sol";
import {
    HOST_DEPLOYING,
    HOST_ROTATING,
    HOST_UP,
    HOSTS_PER_MODEL,
    HostsRecord,
    TABLE_LENGTH
} from "./Protocol.sol";

/// @title Hosting
/// @notice What can be said about the replicas of a model from the table of hosts alone, as in `sim/protocol/hosting.ts`.
/// It changes nothing.
library Hosting {
    /// @notice Options of `place.policy`, by their index in the parameter registry.
    uint64 private constant POLICY_TOP_BOTTOM = 0;
    uint64 private constant POLICY_TOP_TOP = 1;
    uint64 private constant POLICY_RANDOM = 2;

    /// @return record Replica `host` of the model
    function hostOf(HostsRecord[TABLE_LENGTH] storage hosts, uint64 model, uint64 host)
        internal
        view
        returns (HostsRecord storage record)
    {
        return hosts[model * HOSTS_PER_MODEL + host];
    }

    /// @return band Part of the list by trust weight that replica `host` is drawn from
    /// @custom:rule MODEL-7, OP-7, F-22
    function bandOf(uint64 policy, uint64 host) internal pure returns (uint256 band) {
        if (policy == POLICY_RANDOM) return Placement.BAND_ANYWHERE;
        if (policy == POLICY_TOP_TOP) return Placement.BAND_TOP;
        return policy == POLICY_TOP_BOTTOM && host % 2 == 0 ? Placement.BAND_TOP : Placement.BAND_BOTTOM;
    }

    /// @return hosting True if a replica on the node is up, or stays up while its successor is deployed
    /// @custom:rule INV-25
    function isHosting(HostsRecord[TABLE_LENGTH] storage hosts, uint64 model, uint64 node, uint64 replicas)
        internal
        view
        returns (bool hosting)
    {
        if (node == 0) return false;
        for (uint64 host; host < replicas; ++host) {
            HostsRecord storage h = hostOf(hosts, model, host);
            if (h.node == node && h.state >= HOST_UP) return true;
        }
        return false;
    }

    /// @return nodes Nodes of the replicas, then of the one successor that may be deploying, then the test node; 0 where
    /// there is none
    function deployedNodes(HostsRecord[TABLE_LENGTH] storage hosts, uint64 model, uint64 replicas, uint64 testNode)
        internal
        view
        returns (uint64[10] memory nodes)
    {
        for (uint64 host; host < replicas; ++host) {
            HostsRecord storage h = hostOf(hosts, model, host);
            nodes[host] = h.node;
            uint64 next = h.nextNode;
            if (next != 0) nodes[HOSTS_PER_MODEL] = next;
        }
        nodes[HOSTS_PER_MODEL + 1] = testNode;
    }

    /// @return deploying True if a replica, not a successor, is still being deployed
    function isDeploying(HostsRecord[TABLE_LENGTH] storage hosts, uint64 model, uint64 replicas)
        internal
        view
        returns (bool deploying)
    {
        for (uint64 host; host < replicas; ++host) {
            if (hostOf(hosts, model, host).state == HOST_DEPLOYING) return true;
        }
        return false;
    }

    /// @return coming True if a replica or its successor is being deployed
    function isComing(uint64 state) internal pure returns (bool coming) {
        return state == HOST_DEPLOYING || state == HOST_ROTATING;
    }

    /// @return oldest Replica that has been up longest, the lowest number among equals; `replicas` if none is up
    /// @custom:rule MODEL-14
    function oldestUp(HostsRecord[TABLE_LENGTH] storage hosts, uint64 model, uint64 replicas)
        internal
        view
        returns (uint64 oldest)
    {
        oldest = replicas;
        uint64 oldestEra;
        for (uint64 host; host < replicas; ++host) {
            HostsRecord storage h = hostOf(hosts, model, host);
            if (h.state != HOST_UP) continue;
            uint64 sinceEra = h.sinceEra;
            if (oldest == replicas || sinceEra < oldestEra) (oldest, oldestEra) = (host, sinceEra);
        }
    }
}
