"""Whatever is signed is accepted, and any flipped bit of body or signature headers is refused."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.storefront.clarity.webhook import BadSignature, WebhookScheme, WebhookSettings, sign, verify

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SETTINGS = [
    WebhookSettings(secrets=("whsec_a",)),
    WebhookSettings(scheme=WebhookScheme.STANDARD, secrets=("whsec_" + base64.b64encode(b"key").decode(),)),
]


def flip(data: bytes, bit: int) -> bytes:
    place, shift = divmod(bit % (len(data) * 8), 8)
    return data[:place] + bytes([data[place] ^ (1 << shift)]) + data[place + 1 :]


@given(st.sampled_from(SETTINGS), st.binary(min_size=1), st.integers(min_value=0))
def test_a_flipped_bit_of_the_body_is_refused(settings: WebhookSettings, body: bytes, bit: int) -> None:
    headers = sign(body, settings=settings, now=NOW, message_id="msg_1")
    verify(headers, body, settings=settings, now=NOW)
    with pytest.raises(BadSignature):
        verify(headers, flip(body, bit), settings=settings, now=NOW)


@given(st.sampled_from(SETTINGS), st.binary(), st.integers(min_value=0), st.data())
def test_a_flipped_bit_of_a_header_is_refused(
    settings: WebhookSettings, body: bytes, bit: int, data: st.DataObject
) -> None:
    headers = sign(body, settings=settings, now=NOW, message_id="msg_1")
    name = data.draw(st.sampled_from(sorted(headers)))
    bent = flip(headers[name].encode("latin-1"), bit).decode("latin-1")
    with pytest.raises(BadSignature):
        verify({**headers, name: bent}, body, settings=settings, now=NOW)
