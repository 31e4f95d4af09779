"""What is an e-mail address, and the one form of its domain."""

import pytest

from hoistway.protocol.email_domain import domain_of, is_address, own_addresses


@pytest.mark.parametrize(
    "text",
    [
        "ann@acme.example",
        "Ann.O'Neil+lifts@ACME.example",
        "jürgen@bücher.example",
        "root@mailhost",
        "a@xn--bcher-kva.example",
    ],
)
def test_addresses(text: str) -> None:
    assert is_address(text)
    assert own_addresses(text) == (text,)


@pytest.mark.parametrize(
    "text",
    [
        "boss(x)@acme.example", "boss@acme.example(x)", "(x)boss@acme.example", '"boss"@acme.example', "boss@acme.example.",
        "boss@[127.0.0.1]", "boss@127.0.0.1", "bo\\ss@acme.example", "a,b@acme.example", "a:b@acme.example;", "<a@acme.example>",
        "boss @acme.example", "@acme.example", "boss@", "boss", "", "a@b@acme.example", "boss@acme..example", "boss@-acme.example",
        "b\x00@acme.example", f"{'a' * 65}@acme.example", "boss@ acme.example", "boss@acme.example ", "boss@𝐛ank.example",
        "boss@bank。example",
    ],
)  # fmt: skip
def test_what_mail_servers_would_read_as_another_address_is_none(text: str) -> None:
    assert not is_address(text)
    assert own_addresses(text) == ()


def test_whatever_has_a_domain_is_an_address() -> None:
    assert domain_of("ann@BÜCHER.example") == "xn--bcher-kva.example"
    assert domain_of("root@mailhost") is None, "of no full name anybody proves that it is theirs"
