"""What a merkle-root multisig remembers within a transaction, and that it never believes too much.

Each test makes several calls in one transaction; `True` means that the module verified.
"""

from dataclasses import replace

import pytest
from eth_utils import keccak
from tests.support.signing import VALIDATORS, Proven, message, with_signatures

SET = VALIDATORS[:3]
MESSAGES = [message(nonce=i, body=f"message {i}".encode()) for i in range(40)]
PROVEN = Proven(MESSAGES)


def full(index: int, signers=SET[:2], proven: Proven = PROVEN) -> bytes:
    return proven.merkle_root(index, signers).encode()


def unsigned(index: int, proven: Proven = PROVEN) -> bytes:
    return with_signatures(proven.merkle_root(index, []), *()).encode()


def short(index: int, proven: Proven = PROVEN) -> bytes:
    proof = proven.tree.proof(index, len(proven.messages) - 1)
    return proven.hook + index.to_bytes(4) + b"".join(proof[:4])


@pytest.fixture(scope="module", params=["Static", "Cloned"])
def form(request):
    """Where the set of validators stands."""
    return f"{request.param}MerkleRootMultisigIsm"


@pytest.fixture(scope="module")
def ism(static_ism, form):
    return static_ism(form, [each.address for each in SET], 2)


@pytest.fixture(scope="module")
def sequence(project, owner):
    return owner.deploy(project.Sequence)


@pytest.fixture(scope="module")
def together(ism, sequence):
    """Whether each (metadata, message[, module]) verifies, all in one transaction."""

    def together(*calls: tuple) -> list[bool]:
        modules = [call[2] if len(call) > 2 else ism for call in calls]
        data = [
            module.verify.encode_input(metadata, of.encode())
            for module, (metadata, of, *_) in zip(modules, calls, strict=True)
        ]
        successes, answers = sequence.run.call(modules, data)
        words = [int.from_bytes(answer) == 1 for answer in answers]
        return [success and word for success, word in zip(successes, words, strict=True)]

    return together


def test_checkpoint_is_verified_once(together):
    calls = [(full(0), MESSAGES[0]), *((unsigned(i), MESSAGES[i]) for i in (1, 20, 39))]
    assert together(*calls) == [True, True, True, True]


@pytest.fixture(scope="module")
def shown(ism, sequence):
    """Whether messages verify after the module was shown a proof, all in one transaction."""

    def shown(proof: tuple, *calls: tuple) -> list[bool]:
        data = [ism.remember.encode_input(*proof)]
        data += [ism.verify.encode_input(metadata, of.encode()) for metadata, of in calls]
        successes, answers = sequence.run.call([ism] * len(data), data)
        words = [int.from_bytes(answer) == 1 for answer in answers[1:]]
        return [success and word for success, word in zip(successes[1:], words, strict=True)]

    return shown


@pytest.mark.parametrize("index", [0, 15, 16, 39])
def test_proof_that_was_shown_serves_its_sixteen_leaves_and_its_checkpoint(shown, index):
    proof = (full(0), MESSAGES[0].origin, MESSAGES[0].id)
    calls = [(short(index), MESSAGES[index]), (unsigned(index), MESSAGES[index])]
    assert shown(proof, *calls) == [index < 16, True]


@pytest.mark.parametrize(
    "proof",
    [
        (unsigned(0), MESSAGES[0].origin, MESSAGES[0].id),
        (full(0, SET[:1]), MESSAGES[0].origin, MESSAGES[0].id),
        (full(0), MESSAGES[0].origin + 1, MESSAGES[0].id),
        (full(0), MESSAGES[0].origin, MESSAGES[1].id),
        (short(0), MESSAGES[0].origin, MESSAGES[0].id),
    ],
)
def test_proof_that_verify_would_refuse_teaches_nothing(shown, proof):
    calls = [(short(1), MESSAGES[1]), (unsigned(1), MESSAGES[1])]
    assert shown(proof, *calls) == [False, False]


def test_proof_that_was_shown_is_forgotten_with_the_transaction(ism, owner, revert_of):
    ism.remember(full(0), MESSAGES[0].origin, MESSAGES[0].id, sender=owner)
    assert revert_of(ism.verify, short(1), MESSAGES[1].encode())[0] == "SubtreeNotVerified"


def test_signatures_are_needed_first(together):
    calls = [(unsigned(1), MESSAGES[1]), (full(0), MESSAGES[0]), (unsigned(1), MESSAGES[1])]
    assert together(*calls) == [False, True, True]


@pytest.mark.parametrize("index", range(16, 32))
def test_short_form_serves_the_same_sixteen_leaves(together, index):
    calls = [(full(16), MESSAGES[16]), (short(index), MESSAGES[index])]
    assert together(*calls) == [True, True]


@pytest.mark.parametrize("index", [0, 15, 32, 39])
def test_short_form_does_not_serve_other_leaves(together, index):
    calls = [(full(16), MESSAGES[16]), (short(index), MESSAGES[index])]
    assert together(*calls) == [True, False]


def test_short_form_alone_is_refused(ism, revert_of):
    name, _ = revert_of(ism.verify, short(3), MESSAGES[3].encode())
    assert name == "SubtreeNotVerified"


def test_short_form_serves_after_an_unsigned_full_one(together):
    calls = [(full(0), MESSAGES[0]), (unsigned(20), MESSAGES[20]), (short(21), MESSAGES[21])]
    assert together(*calls) == [True, True, True]


def test_forged_message_is_refused_in_both_forms(together):
    forged = replace(MESSAGES[1], body=b"forged")
    calls = [(full(0), MESSAGES[0]), (unsigned(1), forged), (short(1), forged)]
    assert together(*calls) == [True, False, False]


def test_unsigned_root_is_refused(together):
    """A tree of the same hook with one leaf more, which nobody signed."""
    longer = Proven([*MESSAGES, message(nonce=40)])
    calls = [(full(0), MESSAGES[0]), (unsigned(40, longer), longer.messages[40])]
    assert together(*calls) == [True, False]
    assert together((full(0), MESSAGES[0]), (short(40, longer), longer.messages[40]))[1] is False


def test_unsigned_checkpoint_with_a_signed_root_is_refused(together):
    """The digest covers the index and the id, too."""
    other_id = bytearray(unsigned(1))
    other_id[36] ^= 1
    other_index = bytearray(unsigned(1))
    other_index[1095] ^= 64
    calls = [
        (full(0), MESSAGES[0]),
        (bytes(other_id), MESSAGES[1]),
        (bytes(other_index), MESSAGES[1]),
    ]
    assert together(*calls) == [True, False, False]


def test_other_origin_is_refused(together):
    elsewhere = Proven([replace(each, origin=1001) for each in MESSAGES])
    calls = [
        (full(0), MESSAGES[0]),
        (unsigned(1, elsewhere), elsewhere.messages[1]),
        (short(1, elsewhere), elsewhere.messages[1]),
    ]
    assert together(*calls) == [True, False, False]


def test_other_hook_is_refused(together):
    elsewhere = Proven(MESSAGES, hook=b"\xbb" * 32)
    calls = [
        (full(0), MESSAGES[0]),
        (unsigned(1, elsewhere), MESSAGES[1]),
        (short(1, elsewhere), MESSAGES[1]),
    ]
    assert together(*calls) == [True, False, False]


@pytest.mark.parametrize("others", [VALIDATORS[3:6], SET[:2], VALIDATORS[2::-1]])
def test_other_validators_know_nothing_of_it(static_ism, together, others, form):
    other = static_ism(form, [each.address for each in others], 2)
    calls = [
        (full(0), MESSAGES[0]),
        (unsigned(1), MESSAGES[1], other),
        (short(1), MESSAGES[1], other),
    ]
    assert together(*calls) == [True, False, False]


def test_too_few_signatures_leave_nothing_behind(together):
    calls = [
        (full(0, SET[:1]), MESSAGES[0]),
        (full(0, [SET[0], VALIDATORS[9]]), MESSAGES[0]),
        (unsigned(0), MESSAGES[0]),
        (short(0), MESSAGES[0]),
    ]
    assert together(*calls) == [False] * 4


def test_transaction_ends_and_all_is_forgotten(ism, owner, revert_of):
    ism.verify(full(0), MESSAGES[0].encode(), sender=owner)
    name, _, needed = revert_of(ism.verify, unsigned(1), MESSAGES[1].encode())
    assert (name, needed) == ("SignaturesTooShort", 130)
    assert revert_of(ism.verify, short(1), MESSAGES[1].encode())[0] == "SubtreeNotVerified"


def test_leaf_after_the_checkpoint_has_no_short_form(together):
    """The signed tree ends at leaf 4, so leaf 5 of its subtree is zero."""
    proven = Proven(MESSAGES[:5])
    longer = Proven(MESSAGES[:6])
    calls = [(full(0, proven=proven), MESSAGES[0]), (short(5, longer), MESSAGES[5])]
    assert together(*calls) == [True, False]


@pytest.mark.parametrize("length", [0, 36, 163, 165, 1095])
def test_other_lengths_are_no_short_form(ism, revert_of, length):
    assert revert_of(ism.verify, short(1).ljust(1095, b"\0")[:length], MESSAGES[1].encode()) == ()


def test_batch_of_32_pays_for_signatures_and_proof_twice(project, owner, mailbox, ism):
    """Per message at most a third of what the reference pays for one delivery alone."""
    recipient = owner.deploy(project.LightRecipient)
    recipient.setInterchainSecurityModule(ism, sender=owner)
    batch = [message(nonce=i, recipient=recipient.address, body=b"x" * 32) for i in range(32)]
    proven = Proven(batch)
    metadata = [full(i, proven=proven) if i % 16 == 0 else short(i, proven) for i in range(32)]

    receipt = mailbox.processBatch(metadata, [each.encode() for each in batch], sender=owner)

    assert all(mailbox.delivered(each.id) for each in batch)
    assert receipt.gas_used / 32 < 0.33 * 119_742


def test_failed_message_of_a_batch_teaches_nothing(project, owner, mailbox, ism):
    """A message whose delivery reverts takes back what its verification remembered."""
    recipient = owner.deploy(project.HostileRecipient)
    recipient.setMode(1, sender=owner)  # refuse
    mailbox.setDefaultIsm(ism, sender=owner)
    batch = [message(nonce=i, recipient=recipient.address) for i in range(2)]
    proven = Proven(batch)
    data = [each.encode() for each in batch]

    receipt = mailbox.processBatch([full(0, proven=proven), short(1, proven)], data, sender=owner)

    reasons = {bytes(e.messageId): e.reason for e in receipt.decode_logs(mailbox.ProcessFailed)}
    selector = keccak(text="SubtreeNotVerified(bytes32)")[:4]
    assert bytes(reasons[batch[1].id])[:4] == selector
    assert not any(mailbox.delivered(each.id) for each in batch)


def test_messages_are_whole_messages(ism, revert_of):
    """64 bytes, the preimage of an inner node, are no message."""
    assert revert_of(ism.verify, short(1), bytes(64)) == ()
