// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProviderReportsRecord} from "./Protocol.sol";

/// @title ProviderReport
/// @notice What a provider did in an era, as the keeper reports it: eight words, packed as in
/// `sim/protocol/providerReport.ts`. In a set of hours, bit h is slot h of the era. It unpacks; it judges nothing.
library ProviderReport {
    /// @notice Words of one report.
    uint64 internal constant WORDS = 8;
    /// @notice Hours that a set has room for.
    uint256 internal constant HOURS = 24;
    /// @notice The set of all of them.
    uint256 internal constant ALL_HOURS = 2 ** HOURS - 1;

    uint256 private constant TWO_12 = 2 ** 12;
    uint256 private constant TWO_16 = 2 ** 16;
    uint256 private constant TWO_21 = 2 ** 21;
    uint256 private constant TWO_26 = 2 ** 26;

    /// @return full hours in which every heartbeat was answered
    /// @return active hours that the provider was Active throughout
    function hoursOf(ProviderReportsRecord storage r) internal view returns (uint256 full, uint256 active) {
        uint256 word = r.hourBits;
        return (word & ALL_HOURS, (word >> HOURS) & ALL_HOURS);
    }

    /// @return task hours in which a request was assigned to the provider
    /// @return breached hours in which its uptime or its mean response broke the conditions of service
    /// @custom:rule SLASH-5
    function modesOf(ProviderReportsRecord storage r) internal view returns (uint256 task, uint256 breached) {
        uint256 word = r.modes;
        return (word & ALL_HOURS, (word >> HOURS) & ALL_HOURS);
    }

    /// @return cooled hours touched by the cooldown after a reconnection
    /// @return streakCount outages of more than an hour that began in standby
    /// @return extraHourCount further full hours that they lasted
    /// @custom:rule LIVE-5, SLASH-4
    function pausesOf(ProviderReportsRecord storage r)
        internal
        view
        returns (uint256 cooled, uint256 streakCount, uint256 extraHourCount)
    {
        uint256 word = r.pauses;
        return (word & ALL_HOURS, (word >> HOURS) % TWO_12, (word >> (HOURS + 12)) % TWO_16);
    }

    /// @return answered heartbeats answered
    /// @return expected heartbeats asked for
    /// @return meanMs mean response, 0 if there was none
    /// @custom:rule TIER-8
    function beatsOf(ProviderReportsRecord storage r)
        internal
        view
        returns (uint256 answered, uint256 expected, uint256 meanMs)
    {
        uint256 word = r.beats;
        return (word % TWO_16, (word >> 16) % TWO_16, (word >> 32) % TWO_21);
    }

    /// @return assigned requests assigned
    /// @return finished those that it served in time
    function workOf(ProviderReportsRecord storage r) internal view returns (uint256 assigned, uint256 finished) {
        uint256 word = r.work;
        return (word % TWO_26, (word >> 26) % TWO_26);
    }

    /// @return count hours in a set
    function countHours(uint256 set) internal pure returns (uint64 count) {
        unchecked {
            // Sums of two, four and eight bits at a time; three sums of at most 8 fit a byte, and so 64 bits.
            set = set - ((set >> 1) & 0x555555);
            set = (set & 0x333333) + ((set >> 2) & 0x333333);
            set = (set + (set >> 4)) & 0x0f0f0f;
            count = uint64(((set * 0x010101) >> 16) & 0xff);
        }
    }
}
