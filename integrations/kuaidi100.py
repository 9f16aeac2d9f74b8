"""The Kuaidi100 push: signed form in, scans out, and the answers it expects (`domain.md §8`)."""

from __future__ import annotations

import hashlib
import hmac
import urllib.parse
from dataclasses import replace
from typing import TYPE_CHECKING

from domain import scans
from integrations import errors, pushes, times

if TYPE_CHECKING:
    from collections.abc import Mapping

# The answer to a push that was taken; without it Kuaidi100 sends the push again.
ACCEPTED: Mapping[str, bool | str] = {"result": True, "returnCode": "200", "message": "成功"}

_MAX_FORM_FIELDS = 20

# The `status` words of the basic edition and of the one with sub-states, as the codes that mean the same.
_CODE_OF_STATUS = {
    "在途": "0", "到达派件城市": "1001", "干线": "1002", "转递": "1003",
    "揽收": "1", "已下单": "101", "待揽收": "102", "已揽收": "103",
    "疑难": "2", "超时未签收": "201", "超时未更新": "202", "派件异常": "204", "无法联系": "206",
    "超区": "207", "滞留": "208", "破损": "209", "销单": "210",
    "签收": "3", "本人签收": "301", "派件异常后签收": "302", "代签": "303", "投柜或站签收": "304",
    "退签": "4", "已销单": "401", "拒签": "14",
    "派件": "5", "投柜或驿站": "501",
    "退回": "6", "转投": "7",
    "清关": "8", "待清关": "10", "清关中": "11", "已清关": "12", "清关异常": "13",
}  # fmt: skip


def parse_form(body: bytes) -> tuple[str, str]:
    """`param` and `sign` of a form-encoded push; an absent sign is empty, so that no salt verifies it.

    Raises `PushError` if the body is no UTF-8 form, or has not exactly one `param` and at most one `sign`.
    """
    try:
        fields = urllib.parse.parse_qs(
            body.decode("utf-8").rstrip("\r\n"),
            keep_blank_values=True,
            max_num_fields=_MAX_FORM_FIELDS,
            encoding="utf-8",
            errors="strict",
        )
    except ValueError as error:
        message = "not a form in UTF-8"
        raise errors.PushError(message) from error
    params, signs = fields.get("param", []), fields.get("sign", [""])
    if len(params) != 1 or len(signs) != 1:
        message = "expected one field 'param' and one field 'sign'"
        raise errors.PushError(message)
    return params[0], signs[0]


def verify(param: str, sign: str, salt: str) -> bool:
    """Whether `sign` is the hex MD5 of `param` + `salt`, in either case, compared in constant time.

    An empty salt verifies nothing: it would let anybody sign.
    """
    if not salt:
        return False
    signed = (param + salt).encode("utf-8", "surrogatepass")
    # MD5 is what Kuaidi100 signs with; the choice is not ours.
    expected = hashlib.md5(signed, usedforsecurity=False).hexdigest().upper()
    given = sign.strip().upper().encode("utf-8", "surrogatepass")
    return hmac.compare_digest(expected.encode("ascii"), given)


def refused(message: str, *, code: str = "500") -> dict[str, bool | str]:
    """The answer to a push that was not taken, so that Kuaidi100 sends it again."""
    return {"result": False, "returnCode": code, "message": message}


def parse(param: str) -> pushes.Parsed:
    """The scans of a push, in its order (newest first); empty when the push brings no data (`abort`).

    A scan's code is its `statusCode`, else what its `status` word stands for, else `scans.NO_CODE` or, for
    the newest, the push's `state` (`_with_state`). A datum that cannot be read becomes a problem with its
    place. Raises `PushError` if this is no JSON, or has no result, carrier or waybill number.
    """
    push = pushes.decode(param)
    result = push.get("lastResult") if isinstance(push, dict) else None
    if not isinstance(result, dict):
        if isinstance(push, dict) and push.get("status") == "abort":
            return pushes.Parsed(())
        message = "expected an object with 'lastResult'"
        raise errors.PushError(message)
    data = result.get("data")
    if data is None or data == []:
        return pushes.Parsed(())
    if not isinstance(data, list):
        message = "'data' is not an array"
        raise errors.PushError(message)
    try:
        carrier, number = pushes.waybill(result, carrier="com", number="nu")
    except ValueError as error:
        raise errors.PushError(str(error)) from error
    found, problems = _scans(carrier, number, data)
    return pushes.Parsed(_with_state(found, pushes.field(result, "state", max_chars=4)), problems)


def _scans(
    carrier: str, number: str, data: list[object]
) -> tuple[list[scans.Scan], tuple[pushes.RowProblem, ...]]:
    """The readable data of a push as scans, and the others as problems."""
    found: list[scans.Scan] = []
    problems: list[pushes.RowProblem] = []
    for index, datum in enumerate(data):
        try:
            found.append(_scan(carrier, number, datum))
        except ValueError as error:
            problems.append(pushes.RowProblem(index, str(error)))
    return found, tuple(problems)


def _scan(carrier: str, number: str, datum: object) -> scans.Scan:
    """One datum as a scan; raises ValueError saying what is wrong with it."""
    if not isinstance(datum, dict):
        message = "not an object"
        raise ValueError(message)  # noqa: TRY004 -- data at fault, not the caller
    status = pushes.field(datum, "status", max_chars=pushes.MAX_CODE_CHARS)
    return scans.Scan(
        carrier=carrier,
        waybill_number=number,
        occurred_at=times.parse(
            pushes.field(datum, "ftime", max_chars=40) or pushes.field(datum, "time", max_chars=40)
        ),
        code=pushes.field(datum, "statusCode", max_chars=pushes.MAX_CODE_CHARS).upper()
        or _CODE_OF_STATUS.get(status, scans.NO_CODE),
        description=pushes.field(datum, "context", max_chars=pushes.MAX_DESCRIPTION_CHARS),
        source=scans.KUAIDI100,
    )


def _with_state(found: list[scans.Scan], state: str) -> tuple[scans.Scan, ...]:
    """The scans, the newest with the push's basic state as its code where that alone tells something.

    The plainest edition of the push has neither `statusCode` nor `status`, only one `state` of the waybill.
    That is a fact about the newest scan. But the same scan comes again in every later push, no longer the
    newest, and its code is part of its identity: so it is used only where no scan proves as much.
    """
    newest = max(found, key=lambda scan: scan.occurred_at, default=None)
    if newest is None or newest.code != scans.NO_CODE:
        return tuple(found)
    proven = any(scans.proves_pickup(scan.code, scan.description) for scan in found)
    telling = scans.proves_signed(state) or (not proven and scans.proves_pickup(state, ""))
    if not telling:
        return tuple(found)
    return tuple(replace(scan, code=state) if scan is newest else scan for scan in found)
