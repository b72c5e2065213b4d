// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bls} from "../src/Bls.sol";
import {ACCOUNT_FOUNDATION, ChallengeTotalsRecord, CommitteesRecord, SEATS_PER_CLASS} from "../src/Protocol.sol";
import {BlsSigner} from "./BlsSigner.sol";
import {SLOT_SLARKS, SLOT_SLARK_TOTALS} from "./Tables.sol";
import {World} from "./World.sol";

/// @title SlarkWorld
/// @notice Short ways through the life of licences and challenges, with real keys and signatures. The secret of a licence is
/// that of its number. It asserts nothing about rules.
abstract contract SlarkWorld is World {
    uint256 internal constant PASS = 1;
    uint256 internal constant FAIL = 2;
    uint64 internal constant PUZZLE_0 = 11;
    uint64 internal constant PUZZLE_1 = 22;
    /// @notice Places of fields in a licence's record and in the totals.
    uint256 internal constant AT_STATE = 2;
    uint256 internal constant AT_TIER = 3;
    uint256 internal constant AT_BUY_UNITS = 8;
    uint256 internal constant AT_PROVIDER = 10;
    uint256 internal constant AT_SELECTED_COUNT = 14;
    uint256 internal constant AT_RESULT_COUNT = 15;
    uint256 internal constant AT_ALIGNED_COUNT = 16;
    uint256 internal constant AT_DELAY = 17;
    uint256 internal constant AT_SELECTED_ERA = 18;
    uint256 internal constant AT_CLASS_COUNTS = 3;
    uint256 internal constant AT_TIER_COUNTS = 9;
    uint256 internal constant AT_SCORE_SUM = 16;

    /// @notice What some seats of a committee have signed.
    struct Ballot {
        uint64 mask;
        uint256[] results;
    }

    // Licences

    function buy(uint64 owner) internal returns (uint64 licence) {
        by(owner);
        slarks.buyLicence();
        licence = slarkTotals().slarkCount;
    }

    function registerKey(uint64 licence, uint64 runner) internal {
        uint64[] memory words = BlsSigner.keyWords(BlsSigner.secretOf(licence), runner);
        by(runner);
        slarks.registerSlarkKey(licence, words);
    }

    /// @notice A licence that its owner runs.
    function runLicence(uint64 owner, uint64 provider) internal returns (uint64 licence) {
        licence = buy(owner);
        registerKey(licence, owner);
        by(owner);
        slarks.selfOperate(licence, provider);
    }

    /// @notice A Slark of the foundation, with its key.
    function grant() internal returns (uint64 licence) {
        by(K);
        slarks.grantLicence();
        licence = slarkTotals().slarkCount;
        uint64[] memory words = BlsSigner.keyWords(BlsSigner.secretOf(licence), ACCOUNT_FOUNDATION);
        by(K);
        slarks.registerFoundationKey(licence, words);
    }

    function pokeSlark(uint64 licence, uint256 field, uint64 value) internal {
        poke(address(slarks), SLOT_SLARKS + 6 * licence, field, value);
    }

    function pokeSlarkTotal(uint256 field, uint64 value) internal {
        poke(address(slarks), SLOT_SLARK_TOTALS, field, value);
    }

    /// @notice A licence of another tier, counted as such.
    function setTier(uint64 licence, uint64 tier) internal {
        uint64 from = slarksAt(licence).tier;
        pokeSlark(licence, AT_TIER, tier);
        pokeSlarkTotal(AT_TIER_COUNTS + from, tierCount(from) - 1);
        pokeSlarkTotal(AT_TIER_COUNTS + tier, tierCount(tier) + 1);
    }

    function tierCount(uint64 tier) internal view returns (uint64) {
        return slarkTotal(AT_TIER_COUNTS + tier);
    }

    function classCount(uint64 class) internal view returns (uint64) {
        return slarkTotal(AT_CLASS_COUNTS + class);
    }

    function slarkTotal(uint256 field) private view returns (uint64 value) {
        uint256 word = uint256(vm.load(address(slarks), bytes32(SLOT_SLARK_TOTALS + field / 4)));
        // The cast keeps one field.
        return uint64(word >> (64 * (field % 4)));
    }

    // Challenges

    function schedule() internal {
        by(K);
        challenges.scheduleChallenges();
    }

    function slotNow() internal view returns (uint64) {
        return clockTotals().slotCount - 1;
    }

    function commit(uint64 class) internal {
        (uint64 hash0, uint64 hash1) = puzzleHash(slotNow(), class);
        by(K);
        challenges.commitPuzzle(class, hash0, hash1);
    }

    function puzzleHash(uint64 slot, uint64 class) internal pure returns (uint64 hash0, uint64 hash1) {
        uint256 hash = uint256(keccak256(abi.encodePacked(slot, class, PUZZLE_0, PUZZLE_1)));
        // Both are cut to 52 bits.
        return (uint64((hash >> 52) % 2 ** 52), uint64(hash % 2 ** 52));
    }

    function issue(uint64 class) internal {
        by(K);
        challenges.issueChallenges(class);
    }

    /// @notice A slot's challenges up to their issue.
    function issueAll() internal {
        schedule();
        for (uint64 class = 1; class <= 6; ++class) {
            if (committeesAt(class).state == 0) continue;
            commit(class);
            issue(class);
        }
    }

    function certify(uint64 class, Ballot[] memory ballots) internal {
        uint64[] memory words = certificate(slotNow(), class, ballots);
        by(K);
        challenges.certifyResults(class, PUZZLE_0, PUZZLE_1, uint64(ballots.length), words);
    }

    /// @notice One ballot of all seats, with the same result for each target.
    function unanimous(uint64 class, uint256 result) internal view returns (Ballot[] memory ballots) {
        CommitteesRecord memory committee = committeesAt(class);
        ballots = new Ballot[](1);
        ballots[0] = ballotOf(uint64(2 ** committee.seatCount - 1), committee.targetCount, result);
    }

    function ballotOf(uint64 mask, uint256 targets, uint256 result) internal pure returns (Ballot memory ballot) {
        ballot.mask = mask;
        ballot.results = new uint256[](targets);
        for (uint256 i; i < targets; ++i) {
            ballot.results[i] = result;
        }
    }

    /// @return words of a certificate that the seats of each ballot have signed
    function certificate(uint64 slot, uint64 class, Ballot[] memory ballots)
        internal
        view
        returns (uint64[] memory words)
    {
        uint256 wordsPerGroup = 1 + (ballots[0].results.length + 23) / 24;
        words = new uint64[](ballots.length * wordsPerGroup + 32);
        Bls.G2 memory sum;
        for (uint256 i; i < ballots.length; ++i) {
            uint64[] memory packed = packResults(ballots[i].results);
            words[i * wordsPerGroup] = ballots[i].mask;
            for (uint256 j; j < packed.length; ++j) {
                words[i * wordsPerGroup + 1 + j] = packed[j];
            }
            bytes32 message = messageOf(slot, class, packed);
            for (uint256 seat; seat < 48; ++seat) {
                if ((ballots[i].mask >> seat) & 1 == 0) continue;
                sum = BlsSigner.add(sum, BlsSigner.sign(secretOfSeat(class, seat), message));
            }
        }
        BlsSigner.writeSignature(words, ballots.length * wordsPerGroup, sum);
    }

    function secretOfSeat(uint64 class, uint256 seat) internal view returns (uint256) {
        return BlsSigner.secretOf(seatsAt(class * SEATS_PER_CLASS + seat));
    }

    function messageOf(uint64 slot, uint64 class, uint64[] memory packed) internal pure returns (bytes32) {
        bytes memory bytes_ = abi.encodePacked(slot, class);
        for (uint256 i; i < packed.length; ++i) {
            bytes_ = bytes.concat(bytes_, abi.encodePacked(packed[i]));
        }
        return keccak256(bytes_);
    }

    function packResults(uint256[] memory results) internal pure returns (uint64[] memory packed) {
        packed = new uint64[]((results.length + 23) / 24);
        for (uint256 i; i < results.length; ++i) {
            packed[i / 24] |= uint64(results[i] << (2 * (i % 24)));
        }
    }

    /// @return hash of the committees drawn in the era
    function subsets() internal view returns (bytes32) {
        ChallengeTotalsRecord memory t = challengeTotals();
        uint256 high = (uint256(t.subsets0) << 96) | (uint256(t.subsets1) << 64) | (uint256(t.subsets2) << 32)
            | t.subsets3;
        uint256 low = (uint256(t.subsets4) << 96) | (uint256(t.subsets5) << 64) | (uint256(t.subsets6) << 32)
            | t.subsets7;
        return bytes32((high << 128) | low);
    }
}
