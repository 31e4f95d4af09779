"""What the environment may say, and what is answered to what it may not."""

import pytest

from hoistway.settings import Environment, read_environment


def test_nothing_said_means_the_defaults() -> None:
    assert read_environment({"HOISTWAY_BRAND": "", "BRAND": "x", "HOISTWAY_NOISE": "1"}) == Environment()


def test_texts_stay_texts_and_numbers_become_numbers() -> None:
    said = {"HOISTWAY_BRAND": "7", "HOISTWAY_SUPPORT": "null", "HOISTWAY_TRUSTED_PROXIES": " 2 "}
    read = read_environment(said | {"HOISTWAY_ACCESS_LOG": "True"})
    assert (read.brand, read.support, read.trusted_proxies, read.access_log) == ("7", "null", 2, True)


@pytest.mark.parametrize(
    ("variable", "value", "wanted"),
    [
        ("HOISTWAY_TRUSTED_PROXIES", "6", "a number from 0 to 5"),
        ("HOISTWAY_TRUSTED_PROXIES", "one", "a number from 0 to 5"),
        ("HOISTWAY_KEEP_DAYS", "1", "a number from 2 to 4000"),
        ("HOISTWAY_ACCESS_LOG", "perhaps", "true or false"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(variable: str, value: str, wanted: str) -> None:
    with pytest.raises(ValueError, match="HOISTWAY_") as refused:
        read_environment({variable: value})
    assert str(refused.value) == f"{variable} must be {wanted}"
