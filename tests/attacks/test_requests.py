"""Hostile and careless HTTP clients, against the real server: typed refusals, never our own fault."""

import random
import time
from typing import Any

import httpx
import pytest

from domain.events import ActorKind
from tests.attacks.conftest import Target

VIEWER = "{ viewer { role } }"
WATCH = "subscription { deadlineUpdates { __typename } }"
CHAIN = "{ ...f0 } " + " ".join(f"fragment f{i} on Query {{ ...f{i + 1} }}" for i in range(600))
TEXTS = ["", "a", "ab", "%_", "\\", "a\0b", "\0", "\ufffe", "😀" * 60, "' OR 1=1--", "$1", "x" * 10_000]
BY_SEARCH = "query ($text: String) { tickets(filter: {search: $text}) { totalCount } }"
BY_ID = "query ($text: ID!) { node(id: $text) { id } ticket(id: $text) { id } }"
BY_CURSOR = "query ($text: String) { tickets(after: $text) { totalCount } }"
NOTE = "mutation ($text: String!) { addNote(input: {ticketId: $text, note: $text}) { __typename } }"


def codes(answer: dict[str, Any]) -> list[str]:
    """The codes of its errors."""
    return [error["extensions"]["code"] for error in answer.get("errors") or []]


@pytest.mark.parametrize("body", [b"5", b"null", b'"x"', b"true"])
def test_a_body_that_is_no_object_is_refused(target: Target, body: bytes) -> None:
    assert target.post(body).status_code == 400


@pytest.mark.parametrize(
    "body", [b"", b"x", b"[]", b"{}", b"[" * 99_999, b'{"query":5}', b'{"query":"\\ud800"}']
)
def test_a_body_that_is_no_request_is_refused(target: Target, body: bytes) -> None:
    assert target.post(body).status_code == 400


def test_a_subscription_needs_a_stream(target: Target) -> None:
    answer = target.post({"query": WATCH}, accept="application/json")
    assert answer.status_code == 400 or codes(answer.json()) == ["BAD_USER_INPUT"]


def test_a_long_chain_of_fragments_is_refused(target: Target) -> None:
    chain = CHAIN + " fragment f600 on Query { viewer { role } }"
    assert codes(target.post({"query": chain}).json()) in (["LIMIT"], ["GRAPHQL_VALIDATION_FAILED"])


def test_a_filter_list_beyond_reason_is_refused(target: Target) -> None:
    query = "query ($list: [Urgency!]) { tickets(filter: {urgency: $list}) { totalCount } }"
    answer = target.post({"query": query, "variables": {"list": ["CRITICAL"] * 20_000}}).json()
    assert codes(answer) in (["LIMIT"], ["BAD_USER_INPUT"])


def test_mutations_by_get_are_refused(target: Target) -> None:
    """A link on a page must not write."""
    query = f"{target.url}?query=mutation%7BsaveShop(input%3A%7Bname%3A%22x%22%7D)%7B__typename%7D%7D"
    headers = {"authorization": f"Bearer {target.token(ActorKind.PLATFORM)}"}
    assert httpx.get(query, headers=headers).status_code == 400


@pytest.mark.parametrize("document", [BY_SEARCH, BY_ID, BY_CURSOR, NOTE])
def test_no_text_is_our_own_fault(target: Target, document: str) -> None:
    """Odd texts, and random ones of a fixed seed, are found or refused; nothing breaks."""
    chance = random.Random(7)
    made = [
        "".join(chr(chance.choice([0, 9, 37, 95, 92, 0x4E00, 0x1F600])) for _ in range(9)) for _ in range(20)
    ]
    for text in TEXTS + made:
        answer = target.post({"query": document, "variables": {"text": text}})
        assert answer.status_code == 200
        assert not {"INTERNAL", "UNAVAILABLE"} & set(codes(answer.json())), text


@pytest.mark.parametrize(
    "document",
    [
        "{" + "shops{edges{node{id}}} " * 1_000 + "}",
        "{" + "viewer{role} " * 1_900 + "}",
        "{"
        + " ".join(f"...f{n}" for n in range(800))
        + "}"
        + " ".join(f"fragment f{n} on Query {{ viewer {{ role }} }}" for n in range(800)),
    ],
    ids=["lists", "objects", "fragments"],
)
def test_fields_repeated_beyond_reason_are_refused_at_once(target: Target, document: str) -> None:
    """Validation compares fields of one name with each other: 1,300 of them took it three seconds."""
    start = time.monotonic()
    answer = target.post({"query": document}).json()
    assert codes(answer) in (["LIMIT"], ["GRAPHQL_PARSE_FAILED"])
    assert time.monotonic() - start < 1
