// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ACCOUNT_FIRST_AGENT,
    CHALLENGE_ANSWERED,
    CHALLENGE_INCONCLUSIVE,
    CHALLENGE_ISSUED,
    CHALLENGE_PASSED,
    CHALLENGE_SCHEDULED,
    CLASS_COUNT,
    ChallengeTotalsRecord,
    ChallengesRecord,
    CommitteesRecord,
    DelegationsRecord,
    KIND_PROVIDER,
    KIND_SLARK,
    LicenceWindowsRecord,
    MOVE_DELEGATE,
    MOVE_SLARK_REWARD,
    P_CHAL_N,
    P_SLARK_DELEGATE_BPS,
    P_SLARK_DEMO_ERAS,
    P_SLARK_MULT_MIL_1,
    P_SLARK_PROMO_ERAS,
    P_SLARK_SEATS_1,
    P_SLARK_VEST_THRESHOLD,
    SEATS_PER_CLASS,
    SLARK_BANNED,
    SLARK_OFFLINE,
    SLARK_OWNED,
    SLARK_PENDING,
    SLARK_RUNNING,
    SLARK_TIERS,
    SlarkTotalsRecord,
    SlarksRecord,
    VestingsRecord
} from "../src/Protocol.sol";
import {Vm} from "./Base.sol";
import {World} from "./World.sol";

/// @title SlarkInvariants
/// @notice What must hold of licences and challenges, each under its number. Most functions read one state; what compares two is
/// called by the handlers with both.
abstract contract SlarkInvariants is World {
    /// @dev The licences by themselves.
    function checkSlarks() internal view {
        SlarksRecord[] memory all = slarksTo(slarkTotals().slarkCount);
        checkClients(all);
        checkTiers(all);
        checkScores(all);
    }

    /// @dev INV-18, INV-19: token, state and machine agree.
    function checkClients(SlarksRecord[] memory all) private view {
        uint64 end = ACCOUNT_FIRST_AGENT + tokenTotals().accountCount;
        uint64[] memory carried = new uint64[](end);
        for (uint64 licence = 1; licence < all.length; ++licence) {
            SlarksRecord memory z = all[licence];
            require(z.state >= SLARK_OWNED && z.state <= SLARK_BANNED, "SM-5: state of a licence");
            require(licenceHoldersAt(licence) == z.owner, "INV-18: holder of a licence");
            require(licences.ownerOf(licence) == token.addressOf(z.owner), "INV-18: token of a licence");
            require((z.state == SLARK_PENDING) == (z.pendingRunner != 0), "INV-19: who is asked");
            bool isRun = z.state == SLARK_RUNNING || z.state == SLARK_OFFLINE;
            if (z.state != SLARK_BANNED) require(isRun == (z.runner != 0), "INV-19: who runs");
            if (!isRun || z.isFoundation == 1) continue;
            require(z.keyId != 0, "INV-19: a client without key");
            ++carried[z.runner];
        }
        for (uint64 account; account < end; ++account) {
            require(runnersAt(account) == carried[account], "INV-19: licences of a machine");
        }
    }

    /// @dev INV-20, INV-35 to INV-37: the numbers by tier, and the counters of eras.
    function checkTiers(SlarksRecord[] memory all) private view {
        uint64[] memory counts = new uint64[](SLARK_TIERS + 1);
        uint64 drawable;
        uint64 foundation;
        for (uint256 licence = 1; licence < all.length; ++licence) {
            SlarksRecord memory z = all[licence];
            require(z.tier >= 1 && z.tier <= SLARK_TIERS, "INV-35: tier of a licence");
            require(z.promoEraCount <= param(P_SLARK_PROMO_ERAS), "INV-36: eras that meet the better tier");
            require(z.demoEraCount <= param(P_SLARK_DEMO_ERAS), "INV-37: eras that miss the tier");
            if (z.isFoundation == 1) {
                ++foundation;
                continue;
            }
            ++counts[z.tier];
            if (z.state == SLARK_RUNNING) ++drawable;
        }
        SlarkTotalsRecord memory t = slarkTotals();
        require(t.drawableCount == drawable, "INV-20: licences that can be drawn");
        require(t.foundationCount == foundation, "INV-20: licences of the foundation");
        require(t.tierCount1 == counts[1] && t.tierCount2 == counts[2], "INV-20: licences by tier");
        require(t.tierCount3 == counts[3] && t.tierCount4 == counts[4], "INV-20: licences by tier");
        require(t.tierCount5 == counts[5] && t.tierCount6 == counts[6], "INV-20: licences by tier");
    }

    /// @dev INV-42: the score that is paid for is that of the results, each counted once.
    function checkScores(SlarksRecord[] memory all) private view {
        uint256 score;
        for (uint256 licence = 1; licence < all.length; ++licence) {
            SlarksRecord memory z = all[licence];
            require(z.alignedCount <= z.resultCount, "INV-42: more results right than there are");
            if (z.isFoundation == 0) score += z.alignedCount * param(P_SLARK_MULT_MIL_1 + z.tier - 1);
        }
        if (isSettling()) return;
        require(slarkTotals().scoreSum == score, "INV-42: score");
        require(slarkTotals().poolUnits + slarkTotals().runningScore == 0, "INV-40: pool of the Slarks");
    }

    /// @dev INV-44: what a licence earns is delegated in its owner's name, to a provider.
    function checkEarned() internal view {
        SlarksRecord[] memory all = slarksTo(slarkTotals().slarkCount);
        uint64 count = stakeTotals().delegationCount;
        DelegationsRecord[] memory d = delegationsTo(count);
        VestingsRecord[] memory v = vestingsTo(count);
        for (uint256 licence = 1; licence < all.length; ++licence) {
            uint64 delegation = all[licence].delegation;
            if (delegation == 0) continue;
            require(d[delegation].delegator == all[licence].owner, "INV-44: delegated for another");
            require(d[delegation].targetKind == KIND_PROVIDER, "INV-44: delegated to another kind");
            require(v[delegation].licence == licence, "INV-44: earned by another");
        }
        for (uint256 delegation = 1; delegation <= count; ++delegation) {
            uint64 next = v[delegation].nextTarget;
            if (next == 0) continue;
            require(v[delegation].licence != 0, "SLARK-12: a move of what nobody earned");
            require(next != d[delegation].target, "SLARK-12: a move to where it is");
        }
        LicenceWindowsRecord[] memory windows = licenceWindowsTo(all.length - 1);
        for (uint256 licence = 1; licence < all.length; ++licence) {
            require(windows[licence].windowUnits <= param(P_SLARK_VEST_THRESHOLD), "F-35: free in a window");
        }
    }

    /// @dev INV-32, INV-33: 2N+1 distinct licences of the class, and a majority of them where a class is answered.
    function checkCommittees() internal view {
        uint64 count = slarkTotals().slarkCount;
        uint64 size = 2 * param(P_CHAL_N) + 1;
        for (uint256 class = 1; class <= CLASS_COUNT; ++class) {
            CommitteesRecord memory c = committeesAt(class);
            require(c.seatCount == 0 || c.seatCount == size, "INV-32: seats of a committee");
            require(c.state == 0 || (c.seatCount > 0 && c.targetCount > 0), "INV-32: a committee of nothing");
            if (c.state == CHALLENGE_ANSWERED || c.signerCount > 0) {
                require(2 * c.signerCount > size && c.signerCount <= size, "INV-32: signers");
            }
            for (uint256 seat; seat < c.seatCount; ++seat) {
                uint64 licence = seatsAt(class * SEATS_PER_CLASS + seat);
                require(licence >= 1 && licence <= count, "INV-32: nobody on a seat");
                for (uint256 other; other < seat; ++other) {
                    require(seatsAt(class * SEATS_PER_CLASS + other) != licence, "INV-32: two seats");
                }
            }
        }
    }

    /// @dev SM-7, and INV-32: every challenge is open or counted as closed.
    function checkChallenges() internal view {
        ChallengeTotalsRecord memory t = challengeTotals();
        ChallengesRecord[] memory all = challengesTo(t.challengeCount);
        uint64 open;
        for (uint256 i = 1; i < all.length; ++i) {
            ChallengesRecord memory c = all[i];
            require(c.state >= CHALLENGE_SCHEDULED && c.state <= CHALLENGE_INCONCLUSIVE, "SM-7: state of a challenge");
            require(c.class >= 1 && c.class <= CLASS_COUNT, "INV-33: class of a challenge");
            if (c.state < CHALLENGE_PASSED) ++open;
            if (c.state <= CHALLENGE_ISSUED) {
                uint64 state = committeesAt(c.class).state;
                require(state == c.state, "SM-7: a challenge and its committee");
            }
            for (uint256 other = 1; other < i; ++other) {
                require(all[other].provider != c.provider, "CHAL-4: a target twice in a slot");
            }
        }
        require(
            t.decidedCount + t.inconclusiveCount + open == t.firstId + t.challengeCount, "INV-32: challenges counted"
        );
        require(t.newHead <= t.newCount, "CHAL-3: list of new targets");
    }

    // Of two states

    /// @notice After some licences were judged: who was promoted found a seat, whatever demotions brought after.
    function checkPromotions(SlarksRecord[] memory before) internal view {
        SlarksRecord[] memory after_ = slarksTo(before.length - 1);
        for (uint64 tier = 2; tier <= SLARK_TIERS; ++tier) {
            (uint64 there, uint64 left, uint64 promoted) = (0, 0, 0);
            for (uint256 licence = 1; licence < before.length; ++licence) {
                (uint64 from, uint64 to) = (before[licence].tier, after_[licence].tier);
                require(to <= from + 1 && from <= to + 1, "INV-35: a tier at a time");
                if (before[licence].isFoundation == 1) continue;
                if (from == tier) ++there;
                if (from == tier && to != tier) ++left;
                if (from < tier && to == tier) ++promoted;
            }
            uint64 seatCount = param(P_SLARK_SEATS_1 + tier - 1);
            require(seatCount == 0 || promoted == 0 || there - left + promoted <= seatCount, "INV-20: no seat was free");
        }
    }

    /// @notice After some licences were paid: the delegated part of each share is what the parameter says, rounded down.
    function checkPay(Vm.Log[] memory logs) internal view {
        uint64 count = slarkTotals().slarkCount;
        uint256[] memory liquid = new uint256[](count + 1);
        uint256[] memory delegated = new uint256[](count + 1);
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != RewardPaid.selector) continue;
            (uint64 kind, uint64 licence,, uint64 units, uint64 reason) =
                abi.decode(logs[i].data, (uint64, uint64, uint64, uint64, uint64));
            if (kind != KIND_SLARK) continue;
            require(reason == MOVE_SLARK_REWARD || reason == MOVE_DELEGATE, "INV-44: paid for something else");
            if (reason == MOVE_DELEGATE) delegated[licence] += units;
            else liquid[licence] += units;
        }
        for (uint256 licence = 1; licence <= count; ++licence) {
            uint256 share = liquid[licence] + delegated[licence];
            uint64 provider = slarksAt(licence).provider;
            // Registered, Active or Suspended; of one that has left, nothing is delegated and the part is withheld.
            bool isThere = provider != 0 && (0x1c >> providersAt(provider).state) & 1 == 1;
            uint256 expected = isThere ? share * param(P_SLARK_DELEGATE_BPS) / 10_000 : 0;
            require(delegated[licence] == expected, "INV-44: delegated part of a share");
        }
    }
}
